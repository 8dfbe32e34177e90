//! `cargo xtask setup`: the Debian packages that building, testing and measuring need, in one list.
//! Must not know what a test does with them.

use std::process::{Command, Stdio};

use crate::shell;

/// Package, and a file that is there when it is installed. Every package exists in Debian 12 and later.
const PACKAGES: &[(&str, &str, &str)] = &[
    ("gcc", "/usr/bin/gcc", "links Rust programs"),
    ("g++", "/usr/bin/g++", "compiles libFuzzer's driver"),
    ("qemu-system-misc", "/usr/bin/qemu-system-riscv64", "the machine we are measured against"),
    ("opensbi", "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.elf", "firmware under test"),
    ("u-boot-qemu", "/usr/lib/u-boot/qemu-riscv64_smode/uboot.elf", "firmware under test"),
    ("qemu-user", "/usr/bin/qemu-riscv64", "oracle for instructions"),
    ("gdb-multiarch", "/usr/bin/gdb-multiarch", "attaches to guests"),
    ("device-tree-compiler", "/usr/bin/dtc", "reads our device trees"),
    ("binutils-riscv64-linux-gnu", "/usr/bin/riscv64-linux-gnu-objdump", "oracle for the disassembler"),
    ("gcc-riscv64-linux-gnu", "/usr/bin/riscv64-linux-gnu-gcc", "compiles guest programs"),
    ("libc6-dev-riscv64-cross", "/usr/riscv64-linux-gnu/lib/libc.a", "compiles guest programs"),
    ("mmdebstrap", "/usr/bin/mmdebstrap", "builds the suites' disk"),
    ("e2fsprogs", "/usr/sbin/mke2fs", "builds disks without root"),
    ("fakeroot", "/usr/bin/fakeroot", "builds the suites' disk"),
    ("xz-utils", "/usr/bin/xz", "unpacks kernel modules"),
];

/// Installs what is missing.
pub fn run(_arguments: &[String]) -> Result<(), String> {
    let missing: Vec<&str> = PACKAGES
        .iter()
        .filter(|(_, file, _)| !std::path::Path::new(file).exists())
        .map(|(name, ..)| *name)
        .collect();
    if missing.is_empty() {
        println!("setup: all {} packages are here", PACKAGES.len());
        return Ok(());
    }
    println!("setup: installing {}", missing.join(" "));
    if shell::which("apt-get").is_none() {
        return Err(format!("no apt-get on this system; install the equivalents of: {}", missing.join(" ")));
    }
    shell::run(&mut apt(&["update"])?)?;
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(&missing);
    shell::run(&mut apt(&install)?)?;
    newest_qemu()
}

/// A newer QEMU makes a fairer measure: takes it where the machine's apt already offers backports.
fn newest_qemu() -> Result<(), String> {
    let policy = shell::output(Command::new("apt-cache").args(["policy", "qemu-system-misc"]))?;
    let Some(suite) = policy.split_whitespace().find_map(|word| {
        word.split('/').next().filter(|suite| suite.ends_with("-backports")).map(str::to_string)
    }) else {
        return Ok(());
    };
    shell::run(&mut apt(&[
        "install",
        "-y",
        "--no-install-recommends",
        "-t",
        &suite,
        "qemu-system-misc",
        "qemu-user",
    ])?)
}

/// apt-get as root, asking nothing, waiting for another apt to end.
fn apt(arguments: &[&str]) -> Result<Command, String> {
    let options = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=600"];
    let root = shell::output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if root {
        Command::new("env")
    } else if shell::which("sudo").is_some() {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    } else {
        return Err("packages are missing and this is neither root nor a system with sudo; as root run: \
                    cargo xtask setup"
            .to_string());
    };
    command.args(options).args(arguments);
    // A terminal lets sudo ask for the password; without one nothing may wait for input.
    if std::env::var_os("CI").is_some() {
        command.stdin(Stdio::null());
    }
    Ok(command)
}
