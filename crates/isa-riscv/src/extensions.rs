//! What the hart can do, as device trees and firmware tell it.
//!
//! It must not know how anything is done.

/// Extensions by their ratified names, in the order of the canonical ISA string (unprivileged manual, "ISA Extension
/// Naming Conventions"), for `riscv,isa-extensions`.
///
/// Svvptc: entries that become valid are seen without a fence, because nobody here remembers invalid ones. It spares
/// guests a fence after each page fault.
pub const EXTENSIONS: &[&str] = &[
    "i",
    "m",
    "a",
    "f",
    "d",
    "c",
    "v",
    "zicbom",
    "zicbop",
    "zicboz",
    "zicntr",
    "zicond",
    "zicsr",
    "zifencei",
    "zihintpause",
    "zihpm",
    "zaamo",
    "zacas",
    "zalrsc",
    "zawrs",
    "zfa",
    "zfhmin",
    "zba",
    "zbb",
    "zbc",
    "zbs",
    "zve32f",
    "zve32x",
    "zve64d",
    "zve64f",
    "zve64x",
    "zvl128b",
    "zvl256b",
    "zvl32b",
    "zvl64b",
    "smstateen",
    "sstc",
    "svadu",
    "svinval",
    "svnapot",
    "svpbmt",
    "svvptc",
];

/// For `riscv,isa-base`.
pub const BASE: &str = "rv64i";

/// Those of [`EXTENSIONS`] that a hart with vector registers of `vlen` bits has; 0: it has no vector unit.
pub fn extensions(vlen: u16) -> Vec<&'static str> {
    let has = |name: &str| match name.strip_prefix("zvl").and_then(|bits| bits.strip_suffix('b')) {
        Some(bits) => bits.parse().is_ok_and(|bits: u16| bits <= vlen),
        None => vlen != 0 || name != "v" && !name.starts_with("zve"),
    };
    EXTENSIONS.iter().copied().filter(|name| has(name)).collect()
}

/// The ISA string of such a hart, for `riscv,isa`: single letters together, the others behind underscores.
pub fn isa_string(vlen: u16) -> String {
    extensions(vlen).into_iter().fold(String::from("rv64"), |mut isa, name| {
        if name.len() > 1 {
            isa.push('_');
        }
        isa.push_str(name);
        isa
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_isa_string_is_canonical() {
        assert!(isa_string(128).starts_with("rv64imafdcv_zicbom_zicbop_"));
        assert!(isa_string(0).starts_with("rv64imafdc_zicbom_zicbop_"));
    }

    #[test]
    fn vectors_are_as_wide_as_they_are() {
        let zvl = |vlen| extensions(vlen).into_iter().filter(|name| name.starts_with("zv")).count();
        assert_eq!([0, 128, 256].map(zvl), [0, 8, 9]);
    }
}
