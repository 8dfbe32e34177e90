//! A shared folder: lodge's virtio-fs against QEMU's 9P, metadata and bulk, on a scratch folder of the host.
//!
//! The same shell script runs in both guests; what it prints of the files must agree. Caches of the guest are dropped
//! before everything that reads, so that the host is asked.

use std::fmt::Write;
use std::path::PathBuf;

use lodge_template::cpio::Archive;

use super::compile;
use super::guest;
use super::machine::{Contender, Setup};
use super::table::Section;
use crate::guests::BootFiles;

const BAR: f64 = 2.0;

/// Row and command, in this order; each finds what the one before left.
const STEPS: [(&str, &str); 7] = [
    (
        "create",
        "for d in $(seq 1 20); do mkdir d$d; for f in $(seq 1 100); do echo $d-$f >d$d/f$f; done; done",
    ),
    ("list", "ls -lR | wc -l"),
    ("read", "cat d*/f*"),
    (
        "rename",
        "for d in $(seq 1 20); do mv d$d e$d; for f in $(seq 1 20); do mv e$d/f$f e$d/g$f; done; done",
    ),
    ("remove", "rm -r e*; ls"),
    ("bulk-write", "dd if=/dev/zero of=big bs=1M count=128 2>/dev/null; sync"),
    ("bulk-read", "cat big | wc -c; rm big"),
];

/// Before the steps: the folder on /mnt, whichever way the machine has it.
const HEAD: &str = "#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t devtmpfs dev /dev; mount -t proc proc /proc; mount -t sysfs sys /sys
exec </dev/console >/dev/console 2>&1
modprobe -q virtio_mmio; modprobe -q 9pnet_virtio; modprobe -q 9p
mount -t virtiofs share0 /mnt 2>/dev/null ||
    mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=mmap share0 /mnt
cd /mnt || echo 'no shared folder'
now() { cut -d ' ' -f 1 /proc/uptime; }
step() {
    echo 3 >/proc/sys/vm/drop_caches
    echo \"start $1\"
    read -r go
    from=$(now)
    sum=$(eval \"$2\" | md5sum | cut -c 1-16)
    echo \"bench $1 $(echo $(now) $from | awk '{ print $1 - $2 }') 0 $sum\"
}
echo programs follow
";

/// Boots each contender in turns and runs the steps.
pub fn measure(contenders: &[Contender], files: &BootFiles, rounds: usize) -> Result<Section, String> {
    let files = BootFiles { kernel: files.kernel.clone(), initrd: initrd(files)? };
    let folder = compile::folder()?.join("shared");
    let odd = |why: std::io::Error| format!("cannot make {}: {why}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(odd)?;
    }
    std::fs::create_dir(&folder).map_err(odd)?;
    let setup = Setup { share: Some(&folder), ..Setup::new(&files, "console=ttyS0 quiet") };
    let names = STEPS.map(|(name, _)| name);
    let samples = guest::in_turns(contenders, &setup, &names, rounds);
    Ok(Section {
        name: "share",
        what: "a folder of the host in the guest: 2000 small files, and 128 MiB in one; QEMU's by 9P"
            .to_string(),
        bar: Some(BAR).filter(|_| contenders.len() > 1),
        metal_bar: None,
        rows: names.iter().map(|name| guest::row(name, &samples)).collect(),
        remarks: Vec::new(),
    })
}

fn initrd(files: &BootFiles) -> Result<PathBuf, String> {
    let mut init = String::from(HEAD);
    for (name, command) in STEPS {
        writeln!(init, "step {name} '{command}'").map_err(|why| why.to_string())?;
    }
    init.push_str("cd /; umount /mnt; poweroff -f\n");
    let mut entries = Archive::new();
    entries.file("init", 0o755, init.as_bytes());
    let mut whole = std::fs::read(&files.initrd)
        .map_err(|why| format!("cannot read {}: {why}", files.initrd.display()))?;
    // Archives may follow one another, each on a boundary of 4 bytes.
    whole.resize(whole.len().next_multiple_of(4), 0);
    whole.extend(entries.finish());
    let initrd = compile::folder()?.join("initrd-share");
    std::fs::write(&initrd, whole).map_err(|why| format!("cannot write {}: {why}", initrd.display()))?;
    Ok(initrd)
}
