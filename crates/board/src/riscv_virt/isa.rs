//! What the harts are announced to be.

/// Single letters, in the manual's order.
pub const BASE: &str = "imafdc";

/// Extensions with longer names, in the order of the ISA naming rules (unprivileged manual, "ISA Extension Naming
/// Conventions"). Svadu without Svade says that hardware sets the accessed and dirty bits.
pub const EXTENSIONS: [&str; 25] = [
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
    "sstc",
    "svadu",
    "svinval",
    "svnapot",
    "svpbmt",
    "smstateen",
];

/// Bytes that a cache-block instruction works on.
pub const CACHE_BLOCK: u32 = 64;

/// The value of `riscv,isa`.
pub fn string() -> String {
    format!("rv64{BASE}_{}", EXTENSIONS.join("_"))
}

/// The value of `riscv,isa-extensions`.
pub fn list() -> Vec<String> {
    BASE.chars().map(String::from).chain(EXTENSIONS.iter().map(|e| (*e).to_owned())).collect()
}
