//! Bare-metal guest programs: sources in guests/, assembled with the cross compiler when a test asks.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Scratch;

/// Where RAM starts on the `virt` board; machine-mode programs begin there.
pub const RAM: u64 = 0x8000_0000;

/// Where a kernel begins when firmware sits below it.
pub const KERNEL: u64 = 0x8020_0000;

/// Assembles `guests/NAME.S` into an ELF file at `address`. Needs `riscv64-linux-gnu-gcc`.
#[track_caller]
pub fn assemble(scratch: &Scratch, name: &str, address: u64) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests").join(name).with_extension("S");
    let elf = scratch.path().join(name).with_extension("elf");
    let done = Command::new("riscv64-linux-gnu-gcc")
        .args(["-march=rv64imafdc_zicsr", "-mabi=lp64d", "-nostdlib", "-static", "-g", "-Wl,--build-id=none"])
        .arg(format!("-Wl,-Ttext={address:#x},-N"))
        .arg("-o")
        .arg(&elf)
        .arg(&source)
        .output()
        .expect("start riscv64-linux-gnu-gcc");
    assert!(done.status.success(), "{}:\n{}", source.display(), String::from_utf8_lossy(&done.stderr));
    elf
}
