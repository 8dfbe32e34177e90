//! A disk: what a guest writes and syncs is on it, for the host and for the next boot, to the last byte.

use std::time::Duration;

use lodge_tests::{Guest, Machine, Need, Scratch, Shell, need, pattern, sha256};

const BOOT: Duration = Duration::from_secs(120);
const ANSWER: Duration = Duration::from_secs(120);
const PROMPT: &str = "root@lodge:~# ";
const MIB: u64 = 1 << 20;

fn here() -> bool {
    need(&[Need::Guest(Guest::Kernel), Need::Guest(Guest::Initrd)])
}

fn shell(machine: &Machine) -> Shell {
    Shell::enter(machine.on_terminal(), PROMPT, BOOT, ANSWER)
}

#[test]
fn what_is_synced_is_there_after_a_reboot() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    let disk = scratch.disk("disk.img", 64 * MIB);
    let machine = Machine::busybox().disk(&disk);
    let mut first = shell(&machine);
    first.answers("cat /sys/class/block/vda/size", "131072");
    first.run("dd if=/dev/urandom of=/tmp/data bs=1M count=24 2>/dev/null");
    let sum = first.run("sha256sum </tmp/data | cut -d ' ' -f 1");
    first.run("dd if=/tmp/data of=/dev/vda bs=64k seek=16 2>/dev/null");
    first.run("sync");
    first.session().send("reboot -f\n");
    let mut second = Shell::enter(first.leave(), PROMPT, BOOT, ANSWER);
    second.answers("dd if=/dev/vda bs=64k skip=16 count=384 2>/dev/null | sha256sum | cut -d ' ' -f 1", &sum);
    second.power_off("poweroff", ANSWER);

    // The host sees the same bytes, and a new machine too.
    let mut part = scratch.disk("part", 0);
    let bytes = std::fs::read(&disk).expect("read the disk");
    std::fs::write(&mut part, &bytes[MIB as usize..25 * MIB as usize]).expect("write a part of it");
    assert_eq!(sha256(&part, 24 * MIB), sum);
    assert!(bytes[..MIB as usize].iter().all(|byte| *byte == 0), "nothing before the written part changed");
    let mut third = shell(&machine);
    third.answers("dd if=/dev/vda bs=64k skip=16 count=384 2>/dev/null | sha256sum | cut -d ' ' -f 1", &sum);
    third.power_off("poweroff", ANSWER);
}

#[test]
fn a_guest_reads_what_the_host_wrote_on_several_disks() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    // The second one ends in the middle of a page.
    let sizes = [8 * MIB, 3 * MIB + 512];
    let disks = [(1, "a.img"), (2, "b.img")]
        .map(|(seed, name)| scratch.file(name, &pattern(seed, sizes[seed as usize - 1] as usize)));
    let mut shell = shell(&Machine::busybox().disk(&disks[0]).disk(&disks[1]));
    for ((disk, size), device) in disks.iter().zip(sizes).zip(["vda", "vdb"]) {
        shell.answers(&format!("sha256sum </dev/{device} | cut -d ' ' -f 1"), &sha256(disk, size));
    }
    shell.power_off("poweroff", ANSWER);
}

#[test]
fn a_file_system_survives() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    let disk = scratch.disk("disk.img", 32 * MIB);
    let made = std::process::Command::new("mke2fs").args(["-q", "-t", "ext4"]).arg(&disk).status();
    assert!(made.expect("start mke2fs").success());
    let machine = Machine::busybox().disk(&disk);
    let mut first = shell(&machine);
    first.run("mkdir -p /mnt && mount -t ext4 /dev/vda /mnt");
    first.run("for i in $(seq 1 200); do seq 1 $i >/mnt/$i; done; rm /mnt/17; sync");
    let sums = first.run("cd /mnt; cat $(ls | sort) 2>/dev/null | md5sum; cd /; umount /mnt");
    first.power_off("poweroff", ANSWER);
    let checked =
        std::process::Command::new("e2fsck").args(["-f", "-n"]).arg(&disk).output().expect("start e2fsck");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let mut second = shell(&machine);
    second.run("mkdir -p /mnt && mount -t ext4 -o ro /dev/vda /mnt");
    second.answers("cd /mnt; cat $(ls | sort) 2>/dev/null | md5sum; cd /; umount /mnt", &sums);
    second.power_off("poweroff", ANSWER);
}
