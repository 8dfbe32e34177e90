//! Bad input: each kind gets one clear line on standard error that names what was wrong, an exit code that is
//! not zero, and no panic. Hostile guests end the same way, or are simply outlived.

use std::path::Path;
use std::time::Duration;

use lodge_tests::{Guest, KERNEL, Machine, Need, RAM, Scratch, assemble, finish, lodge, need, pattern, peer};

const SOON: Duration = Duration::from_secs(60);

/// Runs `lodge` with `arguments`, which must be refused in one line that contains each of `names`.
#[track_caller]
fn refused(arguments: &[&str], names: &[&str]) {
    let done = finish(&mut lodge(arguments), SOON);
    let said = format!("lodge {}\n{done:#?}", arguments.join(" "));
    let code = done.status.code().unwrap_or_else(|| panic!("ended by a signal: {said}"));
    assert!(code != 0 && code != 101, "exit code {code}: {said}");
    assert!(!done.err.contains("panicked") && !done.out.contains("panicked"), "panic: {said}");
    let lines: Vec<&str> = done.err.lines().filter(|line| !line.trim().is_empty()).collect();
    assert_eq!(lines.len(), 1, "one line on standard error: {said}");
    for name in names {
        assert!(lines[0].contains(name), "the line should name {name:?}: {said}");
    }
}

fn here() -> bool {
    !peer() && need(&[])
}

/// As [`refused`] for a file given as the kernel.
#[track_caller]
fn refused_kernel(file: &Path) {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    refused(&["run", "--arch", "riscv64", "--kernel", &file.to_string_lossy()], &[&name]);
}

/// The smallest kernel: the 64-byte head of a RISC-V Linux `Image` (Linux, Documentation/arch/riscv/boot-image-header)
/// before one page of nothing.
fn image() -> Vec<u8> {
    let mut bytes = vec![0; 64 + 4096];
    bytes[8..16].copy_from_slice(&0x20_0000u64.to_le_bytes());
    bytes[16..24].copy_from_slice(&(64u64 + 4096).to_le_bytes());
    bytes[32..36].copy_from_slice(&2u32.to_le_bytes());
    bytes[48..56].copy_from_slice(b"RISCV\0\0\0");
    bytes[56..60].copy_from_slice(b"RSC\x05");
    bytes
}

#[test]
fn missing_files() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    let kernel = scratch.file("kernel", &image());
    let kernel = kernel.to_string_lossy();
    for option in ["--kernel", "--initrd", "--firmware", "--disk"] {
        let mut arguments = vec!["run", "--arch", "riscv64"];
        if option != "--kernel" {
            arguments.extend(["--kernel", &kernel]);
        }
        arguments.extend([option, "/nowhere/at/all"]);
        refused(&arguments, &["/nowhere/at/all"]);
    }
    refused(&["run", "--arch", "riscv64", "--kernel", &scratch.path().to_string_lossy()], &["irectory"]);
}

#[test]
fn folders_that_cannot_be_shared() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    let kernel = scratch.file("kernel", &image());
    let kernel = kernel.to_string_lossy();
    let share = |text: &str, names: &[&str]| {
        refused(&["run", "--arch", "riscv64", "--kernel", &kernel, "--share", text], names);
    };
    share("/nowhere/at/all", &["/nowhere/at/all", "create it"]);
    share(&kernel, &["kernel", "not a folder"]);
    share(&format!("{}:relative", scratch.path().display()), &["mount point", "slash"]);
    share("/tmp:/a/../b", &["/a/../b"]);
    share("/tmp,rw", &["`rw`"]);
    let twice = ["--share", "/tmp:/x", "--share", "/:/x"];
    refused(&[&["run", "--arch", "riscv64", "--kernel", &kernel], &twice[..]].concat(), &["mount point /x"]);
}

#[test]
fn kernels_that_are_none() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    refused_kernel(&scratch.file("empty", &[]));
    refused_kernel(&scratch.file("short", &[0x7f]));
    for seed in 1..=8 {
        refused_kernel(&scratch.file(&format!("random{seed}"), &pattern(seed, 70_000)));
    }
    refused_kernel(&scratch.file("text", b"#!/bin/sh\necho this is no kernel\n"));
    // A gzip head with nothing behind it, and one that lies about its content.
    refused_kernel(&scratch.file("cut.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]));
    refused_kernel(
        &scratch.file("bad.gz", &[&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], &pattern(9, 999)[..]].concat()),
    );
}

#[test]
fn kernels_of_another_architecture_or_cut_short() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    // This very test is an ELF file of the host's architecture.
    refused_kernel(&std::env::current_exe().expect("a test knows its file"));
    if need(&[Need::Guest(Guest::Kernel)]) {
        let whole = std::fs::read(Guest::Kernel.path()).expect("read the kernel");
        refused_kernel(&scratch.file("cut-in-head", &whole[..48]));
        refused_kernel(&scratch.file("cut-in-body", &whole[..whole.len() / 2]));
    }
    if need(&[Need::Program("riscv64-linux-gnu-gcc")]) {
        let elf = std::fs::read(assemble(&scratch, "counter", KERNEL)).expect("read what was assembled");
        refused_kernel(&scratch.file("cut.elf", &elf[..0x50]));
        // Byte 4 is the class, 18 and 19 the machine, 32.. where the program headers are.
        for (name, at, byte) in
            [("class", 4, 1), ("machine", 18, 62), ("headers", 36, 0xff), ("count", 56, 0xff)]
        {
            let mut wrong = elf.clone();
            wrong[at] = byte;
            refused_kernel(&scratch.file(&format!("wrong-{name}.elf"), &wrong));
        }
    }
}

#[test]
fn sizes_and_counts_that_make_no_sense() {
    if !here() {
        return;
    }
    for size in
        ["", "0", "-1", "1Q", "G", "1.5.1G", "99999999999999999999", "18446744073709551616", "1 G", "65T"]
    {
        refused(&["run", "--arch", "riscv64", &format!("--memory={size}")], &["memory"]);
    }
    for cpus in ["0", "17", "-3", "many", "4294967297"] {
        refused(&["run", "--arch", "riscv64", &format!("--cpus={cpus}")], &["cpus"]);
    }
    refused(&["run", "--arch", "vax"], &["vax"]);
    refused(&["run", "no-such-template", "--arch", "riscv64"], &["no-such-template"]);
    refused(&["run", "--arch", "riscv64", "--accel", "magic"], &["magic"]);
    refused(&["run", "--arch", "riscv64", "--no-such-option"], &["--no-such-option"]);
    refused(&["run", "--arch", "riscv64", "--gdb", "not an address"], &["not an address"]);
}

#[test]
fn too_little_memory_for_what_is_to_be_loaded() {
    if here() && need(&[Need::Guest(Guest::Kernel)]) {
        let kernel = Guest::Kernel.path();
        refused(
            &["run", "--arch", "riscv64", "--kernel", &kernel.to_string_lossy(), "--memory", "16M"],
            &["memory"],
        );
    }
}

#[test]
fn a_guest_that_jumps_into_nowhere_is_told_apart_from_one_that_works() {
    if here() && need(&[Need::Program("riscv64-linux-gnu-gcc")]) {
        let scratch = Scratch::new();
        let elf = assemble(&scratch, "nowhere", KERNEL);
        refused(&["run", "--arch", "riscv64", "--kernel", &elf.to_string_lossy()], &["0x400"]);
    }
}

#[test]
fn a_guest_that_touches_every_unmapped_address_is_outlived() {
    if need(&[Need::Program("riscv64-linux-gnu-gcc")]) {
        let scratch = Scratch::new();
        let elf = assemble(&scratch, "unmapped", RAM);
        let mut session = Machine::busybox().firmware(&elf).memory("128M").on_pipes();
        session.expect("still running", SOON);
        session.ends_with(0, SOON);
        let lines = session.log().lines().count();
        assert!(lines < 100, "{lines} lines about one guest; what it logs must be limited");
    }
}

#[test]
fn random_bytes_as_firmware_never_panic() {
    if !here() {
        return;
    }
    for seed in 1..=8 {
        let scratch = Scratch::new();
        let file = scratch.file("firmware", &pattern(seed, 1 << 20));
        let mut session = Machine::busybox().firmware(&file).memory("128M").on_pipes();
        std::thread::sleep(Duration::from_secs(1));
        let log = session.log();
        assert!(!log.contains("panicked"), "seed {seed}:\n{log}");
        if let Some(status) = session.poll() {
            assert!(status.code().is_some_and(|code| code != 101), "seed {seed}: {status}\n{log}");
        }
    }
}
