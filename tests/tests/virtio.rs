//! The same devices on both transports and with both kinds of rings, under a stock kernel.

use std::time::Duration;

use lodge_tests::{Guest, Machine, Need, Scratch, Shell, finish, lodge, need, pattern, peer, sha256};

const BOOT: Duration = Duration::from_secs(120);
const ANSWER: Duration = Duration::from_secs(120);
const MINUTE: Duration = Duration::from_secs(60);
const PROMPT: &str = "root@lodge:~# ";
const MIB: u64 = 1 << 20;

/// Feature bit 34, counted from the left as the kernel prints them, from 1.
const PACKED: &str = "cut -c 35 /sys/bus/virtio/devices/virtio0/features";

fn here() -> bool {
    !peer() && need(&[Need::Guest(Guest::Kernel), Need::Guest(Guest::Initrd)])
}

fn shell(machine: &Machine) -> Shell {
    Shell::enter(machine.on_terminal(), PROMPT, BOOT, ANSWER)
}

/// Reads a disk, writes it, and gets random bytes: every device works.
fn work(shell: &mut Shell, disk: &std::path::Path) {
    shell.answers("sha256sum </dev/vda | cut -d ' ' -f 1", &sha256(disk, 16 * MIB));
    shell.run("dd if=/dev/urandom of=/tmp/data bs=64k count=100 2>/dev/null");
    shell.run("dd if=/tmp/data of=/dev/vda bs=64k 2>/dev/null; sync; echo 3 >/proc/sys/vm/drop_caches");
    shell.answers("dd if=/dev/vda bs=64k count=100 2>/dev/null | cmp - /tmp/data && echo same", "same");
    shell.answers("test -c /dev/hwrng || modprobe virtio_rng; head -c 5000 /dev/hwrng | wc -c", "5000");
    shell.answers("cat /sys/class/misc/hw_random/rng_current", "virtio_rng.0");
}

#[test]
fn a_kernel_finds_its_devices_on_pci() {
    if !here() {
        return;
    }
    for (virtio, packed) in [("pci", "1"), ("pci,packed=off", "0")] {
        let scratch = Scratch::new();
        let disk = scratch.file("disk.img", &pattern(7, 16 * MIB as usize));
        let machine = Machine::busybox().disk(&disk).cpus(2).arguments(&["--virtio", virtio]);
        let mut shell = shell(&machine);
        // As lspci would list them: block device, entropy source, balloon, network card.
        shell.answers(
            "cd /sys/bus/pci/devices; for d in 0000:00:0[0-35].0; do echo $d $(cat $d/vendor $d/device $d/class); done; cd /",
            "0000:00:00.0 0x1b36 0x0008 0x060000\n0000:00:01.0 0x1af4 0x1042 0x010000\n\
             0000:00:02.0 0x1af4 0x1044 0xff0000\n0000:00:03.0 0x1af4 0x1045 0xff0000\n\
             0000:00:05.0 0x1af4 0x1041 0x020000",
        );
        shell.answers("basename $(readlink /sys/bus/pci/devices/0000:00:01.0/driver)", "virtio-pci");
        shell.answers(
            "for d in /sys/bus/virtio/devices/*; do basename $(dirname $(readlink -f $d)); done | sort | tr '\\n' ' '",
            "0000:00:01.0 0000:00:02.0 0000:00:03.0 0000:00:05.0",
        );
        shell.answers(PACKED, packed);
        work(&mut shell, &disk);
        // Ports with slots, for what comes later.
        shell.answers("cat /sys/bus/pci/devices/*/class | grep -c 0x0604", "4");
        shell.power_off("poweroff", ANSWER);
    }
}

#[test]
fn both_kinds_of_rings_serve_on_mmio() {
    if !here() {
        return;
    }
    for (virtio, packed) in [("mmio", "1"), ("mmio,packed=off", "0")] {
        let scratch = Scratch::new();
        let disk = scratch.file("disk.img", &pattern(8, 16 * MIB as usize));
        let mut shell = shell(&Machine::busybox().disk(&disk).cpus(2).arguments(&["--virtio", virtio]));
        shell.answers(PACKED, packed);
        shell.answers("ls /sys/bus/pci/devices", "0000:00:00.0");
        work(&mut shell, &disk);
        shell.power_off("poweroff", ANSWER);
    }
}

/// The console's own device: whatever is typed and answered has gone over PCI. It is written to by polling too, when the
/// kernel starts.
#[test]
fn the_terminal_is_a_device_on_pci() {
    if !here() {
        return;
    }
    let arguments = ["--virtio", "pci", "--console", "virtio", "--append", "console=hvc0"];
    let mut shell = shell(&Machine::busybox().arguments(&arguments));
    shell.answers("tty", "/dev/hvc0");
    shell.answers("seq 1 5000 | md5sum | cut -c 1-32", "a5a208cd26b07cadade3450fe14d1d93");
    shell.answers("seq 1 300 | tail -n 1", "300");
    shell.power_off("poweroff", ANSWER);
}

#[test]
fn debian_runs_from_a_disk_on_pci() {
    let needs = [
        Need::Minutes,
        Need::Guest(Guest::Kernel),
        Need::Guest(Guest::DebianDisk),
        Need::Guest(Guest::DebianInitrd),
    ];
    if peer() || !need(&needs) {
        return;
    }
    let mut session = Machine::debian().cpus(2).arguments(&["--virtio", "pci"]).on_terminal();
    session.expect("login: ", 15 * MINUTE);
    session.send("root\n");
    session.expect("# ", 2 * MINUTE);
    let mut shell = Shell::take(session, 2 * MINUTE);
    shell.answers("findmnt -n -o FSTYPE /", "ext4");
    let root = "readlink -f /sys/class/block/$(basename $(findmnt -n -o SOURCE /)) | grep -c /0000:00:01.0/";
    shell.answers(root, "1");
    let (state, _) = shell.run_within("systemctl is-system-running --wait", 5 * MINUTE);
    assert_eq!(state, "running", "{}", shell.run_status("systemctl --failed --no-pager").0);
    shell.power_off("systemctl poweroff", 3 * MINUTE);
}

/// Firmware has PCI code of its own, which gives out addresses and moves BARs before any kernel.
#[test]
fn firmware_finds_a_disk_on_pci() {
    let needs = [Guest::OpenSbi, Guest::UBoot, Guest::Edk2].map(Need::Guest);
    if peer() || !need(&needs) {
        return;
    }
    let scratch = Scratch::new();
    let content = pattern(9, MIB as usize);
    let disk = scratch.file("disk.img", &content);
    let machine = |firmware: Guest| {
        Machine::busybox().firmware(&firmware.path()).disk(&disk).arguments(&["--virtio", "pci"])
    };
    let mut session = machine(Guest::OpenSbi).kernel(&Guest::UBoot.path()).on_terminal();
    session.expect("Hit any key to stop autoboot", MINUTE);
    session.send("\n");
    session.expect("=> ", MINUTE);
    session.send("virtio scan; virtio read 84000000 3 1; md.b 84000000 8\n");
    let start: Vec<String> = content[3 * 512..][..8].iter().map(|byte| format!("{byte:02x}")).collect();
    session.expect(&format!("84000000: {}", start.join(" ")), MINUTE);
    drop(session);
    let mut session = machine(Guest::Edk2).memory("1G").on_terminal();
    session.expect("PciRoot(0x0)/Pci(0x1,0x0)", 3 * MINUTE);
}

#[test]
fn a_dry_run_says_where_devices_are() {
    if !here() {
        return;
    }
    let text = |virtio: &str| {
        let done = finish(&mut lodge(&["run", "--dry-run", "--virtio", virtio]), MINUTE);
        assert!(done.status.success(), "{done:#?}");
        done.out
    };
    let pci = text("pci");
    for line in [
        "  00:00.0  host bridge",
        "  00:01.0  virtio-rng (irq 33)",
        "  00:10.0  root port, slot 1 empty (irq 32)",
    ] {
        assert!(pci.contains(line), "{line} is not in\n{pci}");
    }
    assert_eq!(pci.matches("virtio slot, empty (irq").count(), pci.matches("virtio_mmio@").count());
    let mmio = text("mmio");
    assert!(mmio.contains("  virtio-rng (irq 1)") && !mmio.contains("00:01.0"), "{mmio}");
    let done = finish(&mut lodge(&["run", "--dry-run", "--virtio", "isa"]), MINUTE);
    assert_eq!(done.status.code(), Some(2));
    assert!(done.err.contains("choose one of mmio or pci"), "{}", done.err);
}
