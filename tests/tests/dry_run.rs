//! `lodge run --dry-run`: the machine in words, and a device tree that the device tree compiler reads.

use std::process::Command;
use std::time::Duration;

use lodge_tests::{KERNEL, Need, Scratch, assemble, finish, lodge, need, peer};

const SOON: Duration = Duration::from_secs(60);

fn fdtget(dtb: &std::path::Path, arguments: &[&str]) -> String {
    let out = Command::new("fdtget")
        .arg(arguments[0])
        .arg(dtb)
        .args(&arguments[1..])
        .output()
        .expect("start fdtget");
    assert!(out.status.success(), "fdtget {arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8_lossy(&out.stdout).trim().to_string()
}

#[test]
fn the_device_tree_compiles_and_says_what_was_asked_for() {
    let needs = [Need::Program("dtc"), Need::Program("fdtget"), Need::Program("riscv64-linux-gnu-gcc")];
    if peer() || !need(&needs) {
        return;
    }
    let scratch = Scratch::new();
    let kernel = assemble(&scratch, "counter", KERNEL);
    let disk = scratch.disk("d.img", 1 << 20);
    let mut command = lodge(&["run", "--dry-run", "--arch", "riscv64", "--cpus", "3", "--memory", "768M"]);
    command.arg("--kernel").arg(&kernel).arg("--disk").arg(&disk).args(["--append", "console=ttyS0 quiet"]);
    command.arg("--share").arg(format!("{}:/srv/shared,ro", scratch.path().display()));
    let done = finish(&mut command, SOON);
    assert!(done.status.success(), "{done:#?}");

    let start =
        done.out.find("/dts-v1/;").unwrap_or_else(|| panic!("no device tree source in:\n{}", done.out));
    let (words, rest) = done.out.split_at(start);
    let end = rest.rfind("};").expect("a device tree ends") + 2;
    for part in ["80000000", "uart", "plic", "virtio", "counter.elf", "d.img", "/srv/shared, read-only"] {
        assert!(words.to_lowercase().contains(part), "the description should mention {part}:\n{words}");
    }
    let dts = scratch.file("tree.dts", &rest.as_bytes()[..end]);
    let dtb = scratch.path().join("tree.dtb");
    let compiled = Command::new("dtc")
        .args(["-I", "dts", "-O", "dtb", "-o"])
        .arg(&dtb)
        .arg(&dts)
        .output()
        .expect("start dtc");
    assert!(compiled.status.success(), "{}\n{rest}", String::from_utf8_lossy(&compiled.stderr));

    assert!(fdtget(&dtb, &["-ts", "/", "compatible"]).contains("riscv-virtio"));
    assert_eq!(fdtget(&dtb, &["-tx", "/memory@80000000", "reg"]), "0 80000000 0 30000000");
    assert_eq!(fdtget(&dtb, &["-ts", "/chosen", "bootargs"]), "console=ttyS0 quiet");
    let cpus = fdtget(&dtb, &["-l", "/cpus"]);
    assert_eq!(cpus.lines().filter(|line| line.starts_with("cpu@")).count(), 3, "{cpus}");
    let isa = fdtget(&dtb, &["-ts", "/cpus/cpu@0", "riscv,isa"]);
    assert!(isa.starts_with("rv64imafdc"), "{isa}");
}

#[test]
fn nothing_is_started_and_nothing_is_written() {
    if peer() || !need(&[Need::Program("riscv64-linux-gnu-gcc")]) {
        return;
    }
    let scratch = Scratch::new();
    let kernel = assemble(&scratch, "counter", KERNEL);
    let mut command = lodge(&["run", "--dry-run", "--arch", "riscv64", "--kernel"]);
    command.arg(&kernel).current_dir(scratch.path());
    let before = std::fs::read_dir(scratch.path()).expect("list").count();
    // The counter never ends: coming back at all shows that it was not started.
    assert!(finish(&mut command, SOON).status.success());
    assert_eq!(std::fs::read_dir(scratch.path()).expect("list").count(), before);
}

#[test]
fn where_translations_cannot_be_kept_is_said() {
    if peer() || !need(&[Need::Program("riscv64-linux-gnu-gcc")]) {
        return;
    }
    let scratch = Scratch::new();
    let kernel = assemble(&scratch, "counter", KERNEL);
    let file = scratch.file("file", b"");
    let dir = scratch.path().join("new/translations");
    let says = |cache: &std::path::Path| {
        let mut command = lodge(&["run", "--dry-run", "--arch", "riscv64", "--kernel"]);
        command.arg(&kernel).arg("--jit-cache").arg(cache);
        let done = finish(&mut command, SOON);
        assert!(done.status.success(), "{done:#?}");
        done.out
    };
    assert!(says(&dir).contains(&format!("translations are kept in {}", dir.display())));
    assert!(!dir.exists() && !dir.parent().expect("above it").exists());
    let (inside, out) = (file.join("x"), says(&file.join("x")));
    let expected = format!("translations cannot be kept in {}: {} is not", inside.display(), file.display());
    assert!(out.contains(&expected), "{expected}\n{out}");
}

#[test]
fn doctor_says_what_this_host_offers() {
    if peer() || !need(&[]) {
        return;
    }
    let done = finish(&mut lodge(&["doctor"]), SOON);
    for word in ["kvm", "tun", "cgroup", "namespace", "apt", "mke2fs", "cache"] {
        assert!(done.out.to_lowercase().contains(word), "doctor should speak of {word}:\n{done:#?}");
    }
    assert!(!done.err.contains("panicked"), "{done:#?}");
}
