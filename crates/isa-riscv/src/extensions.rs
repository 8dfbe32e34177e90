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

/// The ISA string, for `riscv,isa`: single letters together, the others behind underscores.
pub fn isa_string() -> String {
    EXTENSIONS.iter().fold(String::from("rv64"), |mut isa, name| {
        if name.len() > 1 {
            isa.push('_');
        }
        isa.push_str(name);
        isa
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_isa_string_is_canonical() {
        assert!(super::isa_string().starts_with("rv64imafdc_zicbom_zicbop_"));
    }
}
