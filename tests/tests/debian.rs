//! `lodge run debian`: systemd to a login, and the programs that tell whether a processor is right.

use std::time::Duration;

use lodge_tests::{Guest, Machine, Need, Scratch, Shell, long, need, peer};

const MINUTE: Duration = Duration::from_secs(60);
/// The first boot finishes the installation inside the guest.
const BOOT: Duration = Duration::from_secs(900);
const PROMPT: &str = "root@";

fn here() -> bool {
    need(&[
        Need::Minutes,
        Need::Guest(Guest::Kernel),
        Need::Guest(Guest::DebianDisk),
        Need::Guest(Guest::DebianInitrd),
    ])
}

/// Boots to the login prompt and logs in.
fn login(machine: &Machine) -> Shell {
    let mut session = machine.on_terminal();
    session.expect("login: ", BOOT);
    session.send("root\n");
    if session.expect_one(&["assword: ", PROMPT], 2 * MINUTE).0 == 0 {
        session.send("\n");
        session.expect(PROMPT, 2 * MINUTE);
    }
    session.expect("# ", MINUTE);
    Shell::take(session, 2 * MINUTE)
}

#[test]
fn systemd_reaches_a_login() {
    if !here() {
        return;
    }
    let mut shell = login(&Machine::debian().cpus(2).memory("1G"));
    shell.answers(". /etc/os-release; echo $ID $VERSION_CODENAME", "debian trixie");
    shell.answers("ps -o comm= -p 1", "systemd");
    shell.answers("uname -m", "riscv64");
    let (state, _) = shell.run_within("systemctl is-system-running --wait", 5 * MINUTE);
    assert_eq!(state, "running", "{}", shell.run_status("systemctl --failed --no-pager").0);
    shell.answers("dpkg --audit | wc -l", "0");
    shell.answers("findmnt -n -o FSTYPE /", "ext4");
    shell.power_off("systemctl poweroff", 3 * MINUTE);
}

#[test]
fn shared_folders_are_mounted_by_themselves() {
    if peer() || !here() {
        return;
    }
    let scratch = Scratch::new();
    scratch.file("f", b"from the host");
    let place = scratch.path().display();
    let shares = [format!("{place}:/srv/shared"), format!("{place}:/srv/nine,9p,ro")];
    let machine = Machine::debian().memory("1G").arguments(&["--share", &shares[0], "--share", &shares[1]]);
    let mut shell = login(&machine);
    let (state, _) = shell.run_within("systemctl is-system-running --wait", 5 * MINUTE);
    assert_eq!(state, "running", "{}", shell.run_status("systemctl --failed --no-pager").0);
    shell.answers("findmnt -n -o FSTYPE /srv/shared; findmnt -n -o FSTYPE /srv/nine", "virtiofs\n9p");
    shell.answers("cat /srv/shared/f; cat /srv/nine/f", "from the hostfrom the host");
    // What the system's own tools do to a tree: packages' documents, out and in again.
    shell.run_within("tar -C /usr/share/doc -cf - bash apt dpkg | tar -C /srv/shared -xf -", 5 * MINUTE);
    shell.answers("diff -r /usr/share/doc/apt /srv/nine/apt && echo same", "same");
    assert_ne!(shell.run_status("touch /srv/nine/x 2>/dev/null").1, 0);
    shell.power_off("systemctl poweroff", 3 * MINUTE);
    assert!(scratch.path().join("dpkg/copyright").is_file());
}

#[test]
fn the_cached_disk_stays_pristine() {
    if !here() {
        return;
    }
    let modified =
        || std::fs::metadata(Guest::DebianDisk.path()).and_then(|file| file.modified()).expect("the disk");
    let before = modified();
    let mut shell = login(&Machine::debian().memory("1G"));
    shell.run("echo scribble >/root/scribble; sync");
    shell.power_off("systemctl poweroff", 3 * MINUTE);
    assert_eq!(modified(), before);
    let mut shell = login(&Machine::debian().memory("1G"));
    shell.answers("test -e /root/scribble || echo gone", "gone");
    shell.power_off("systemctl poweroff", 3 * MINUTE);
}

/// Debian with the suites' disk mounted on /suite.
fn with_suite() -> Option<Shell> {
    if !here() || !need(&[Need::Guest(Guest::SuiteDisk)]) {
        return None;
    }
    // Tests run side by side on one disk.
    let machine = Machine::debian().cpus(2).memory("2G").shared_disk(&Guest::SuiteDisk.path());
    let mut shell = login(&machine);
    shell.run("mkdir -p /suite && mount -o ro /dev/vdb /suite && mount -t proc proc /suite/proc");
    shell.run(
        "mount -t sysfs sys /suite/sys; mount -t devtmpfs dev /suite/dev; mount -t tmpfs tmp /suite/tmp",
    );
    Some(shell)
}

/// What stress-ng is to work on and verify; seconds when there is little time, and when there is half an hour in all.
const STRESSORS: [(&str, u64, u64); 9] = [
    ("--cpu 2 --cpu-method all", 16, 480),
    ("--vm 1 --vm-bytes 64M --vm-method all", 8, 360),
    ("--matrix 1 --matrix-method all", 8, 240),
    ("--atomic 2", 8, 120),
    ("--vecmath 1 --fp 1", 0, 180),
    ("--qsort 1 --str 1", 0, 120),
    ("--fork 1 --pipe 1", 0, 120),
    ("--memcpy 1 --tree 1", 0, 120),
    ("--mmap 1 --mmap-bytes 64M", 0, 60),
];

#[test]
fn stress_ng_finds_no_wrong_answer() {
    let Some(mut shell) = with_suite() else { return };
    for (class, short, long_run) in STRESSORS {
        let seconds = if long() { long_run } else { short };
        if seconds == 0 {
            continue;
        }
        let command = format!("chroot /suite stress-ng --temp-path /tmp --verify {class} -t {seconds}s 2>&1");
        let (answer, status) = shell.run_within(&command, 20 * MINUTE);
        println!("{command}\n{answer}");
        assert_eq!(status, 0, "{command}\n{answer}");
        assert!(
            answer.contains("successful run completed") && !answer.contains("fail:"),
            "{command}\n{answer}"
        );
    }
    shell.power_off("systemctl poweroff", 3 * MINUTE);
}

#[test]
fn cpython_passes_its_own_tests() {
    let Some(mut shell) = with_suite() else { return };
    let modules: &[&str] = if long() {
        &["test_float", "test_math", "test_struct", "test_threading"]
    } else {
        &["test_float", "test_struct"]
    };
    for module in modules {
        let command =
            format!("cd /; chroot /suite env HOME=/tmp python3 -m test -v {module} 2>&1 | tail -n 30");
        let (answer, _) = shell.run_within(&command, 30 * MINUTE);
        assert!(answer.contains("Result: SUCCESS"), "{module}:\n{answer}");
    }
    shell.power_off("systemctl poweroff", 3 * MINUTE);
}
