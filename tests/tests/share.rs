//! `--share`: what either side makes looks right on the other, and nothing leads out of the folder.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lodge_tests::{Guest, Machine, Need, Scratch, Shell, need, pattern, peer};

const BOOT: Duration = Duration::from_secs(120);
const ANSWER: Duration = Duration::from_secs(120);
const LONG: Duration = Duration::from_secs(600);
const PROMPT: &str = "root@lodge:~# ";

fn here() -> bool {
    // Through the template: it is lodge that has the guest mount the folder.
    !peer() && need(&[Need::Guest(Guest::Kernel), Need::Guest(Guest::Initrd)])
}

/// A guest with `shares`.
fn shell(shares: &[&str]) -> Shell {
    let arguments: Vec<&str> = shares.iter().flat_map(|share| ["--share", share]).collect();
    Shell::enter(Machine::busybox().arguments(&arguments).on_terminal(), PROMPT, BOOT, ANSWER)
}

/// Each protocol's words behind a folder.
const PROTOCOLS: [&str; 2] = ["", ",9p"];

/// What is below a folder: path, kind and permissions, time, and the content's checksum or the target.
const SURVEY: &str = "find . | LC_ALL=C sort | while IFS= read -r f; do stat -c '%n %f' \"$f\"; \
                      if [ -L \"$f\" ]; then readlink \"$f\"; elif [ -f \"$f\" ]; then \
                      stat -c '%Y %s' \"$f\"; md5sum <\"$f\"; fi; done";

fn survey(folder: &Path) -> String {
    let out = Command::new("sh").arg("-c").arg(SURVEY).current_dir(folder).output().expect("start sh");
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// What `md5sum` says of a file without a name.
fn md5sum(file: &Path) -> String {
    let file = std::fs::File::open(file).expect("open it");
    let out = Command::new("md5sum").stdin(file).output().expect("start md5sum");
    String::from_utf8_lossy(&out.stdout).trim_end().to_string()
}

/// A tree of directories, files, links and odd names, the same each time.
fn grow(folder: &Path, seed: u64) {
    let bytes = pattern(seed, 4096);
    let mut folders = vec![folder.to_path_buf()];
    for (n, chunk) in bytes.chunks_exact(8).enumerate().take(200) {
        let parent = folders[usize::from(chunk[0]) % folders.len()].clone();
        let path = parent.join(format!("n{n} {}", ["a", "ü", "x\ty", "'"][n % 4]));
        match chunk[1] % 8 {
            0 | 1 => {
                std::fs::create_dir(&path).expect("make a directory");
                folders.push(path);
            }
            2 => symlink(["..", "/etc/passwd", "n1 a", "nowhere"][n % 4], &path).expect("make a link"),
            3 if n > 0 => drop(std::fs::hard_link(folder.join("first"), &path)),
            _ => {
                let size = usize::from(chunk[2]) * usize::from(chunk[3]) * 3;
                std::fs::write(&path, pattern(n as u64, size)).expect("write a file");
                let mode = [0o644, 0o600, 0o755, 0o640][usize::from(chunk[4]) % 4];
                std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("chmod");
            }
        }
    }
}

#[test]
fn a_tree_is_the_same_on_both_sides() {
    if !here() {
        return;
    }
    for protocol in PROTOCOLS {
        let (from, to, aside) = (Scratch::new(), Scratch::new(), Scratch::new());
        from.file("first", b"first");
        grow(from.path(), 7);
        let share = |folder: &Scratch, place: &str| format!("{}:{place}{protocol}", folder.path().display());
        let mut shell = shell(&[&share(&from, "/from"), &share(&to, "/to")]);
        // The host's, in the guest.
        let tree = survey(from.path());
        let theirs =
            shell.run_within(&format!("cd /from; {SURVEY} >/tmp/survey; md5sum </tmp/survey"), LONG).0;
        let ours = aside.file("survey", tree.as_bytes());
        assert_eq!(theirs, md5sum(&ours), "{protocol}: the guest sees another tree than\n{tree}");
        // The guest's, on the host: a copy of everything, made there.
        shell.run_within("cp -a /from/. /to/", LONG);
        assert_eq!(survey(to.path()), tree, "{protocol}");
        shell.power_off("poweroff", ANSWER);
    }
}

#[test]
fn files_live_their_life_on_both_sides() {
    if !here() {
        return;
    }
    for protocol in PROTOCOLS {
        let scratch = Scratch::new();
        let mut shell = shell(&[&format!("{}:/shared{protocol}", scratch.path().display())]);
        shell.run("cd /shared");
        // Made, appended to, truncated, renamed, linked, removed; by the host's user.
        shell.run("umask 077; echo one >a; echo two >>a; umask 022; mkdir -p d/e; mv a d/e/b; ln d/e/b c");
        let file = scratch.path().join("c");
        let found = std::fs::metadata(&file).expect("made by the guest");
        assert_eq!((found.mode() & 0o7777, found.nlink(), found.size()), (0o600, 2, 8));
        assert_eq!(found.uid(), std::fs::metadata(scratch.path()).expect("it is there").uid());
        shell.run("dd if=/dev/zero of=d/e/b bs=1 seek=2 count=0 2>/dev/null");
        assert_eq!(std::fs::read(&file).expect("read"), b"on");
        shell.answers("stat -c '%U %G %a' c", "root root 600");
        // Written by the host: seen at the next opening.
        std::fs::write(&file, "from the host, and longer").expect("write");
        shell.answers("sleep 2; cat c", "from the host, and longer");
        // Open without a name.
        shell.answers(
            "exec 3<>gone; rm gone; echo kept >&3; cat /proc/self/fd/3; exec 3>&-; ls gone 2>&1 | wc -l",
            "kept\n1",
        );
        shell.answers("touch -d '2001-02-03 04:05:06' c; stat -c %Y c", "981173106");
        assert_eq!(std::fs::metadata(&file).expect("it is there").mtime(), 981_173_106);
        shell.answers("mkfifo p; (echo through >p &) ; cat p", "through");
        shell.answers("df . | tail -n 1 | wc -w", "6");
        // Every byte, through page cache and back.
        shell.run("dd if=/dev/urandom of=big bs=64k count=128 2>/dev/null; sync");
        let sum = shell.run("md5sum <big");
        assert_eq!(sum, md5sum(&scratch.path().join("big")));
        shell.run("rm -r d c p big");
        assert_eq!(std::fs::read_dir(scratch.path()).expect("list").count(), 0);
        shell.power_off("poweroff", ANSWER);
    }
}

#[test]
fn read_only_is() {
    if !here() {
        return;
    }
    for protocol in PROTOCOLS {
        let scratch = Scratch::new();
        scratch.file("f", b"content");
        let mut shell = shell(&[&format!("{}:/shared,ro{protocol}", scratch.path().display())]);
        shell.answers("cat /shared/f", "content");
        // Also when the guest's own mount says otherwise.
        let kind = if protocol.is_empty() { "virtiofs" } else { "9p" };
        let options = if protocol.is_empty() { "rw" } else { "rw,trans=virtio,version=9p2000.L" };
        shell.run(&format!("umount /shared; mount -t {kind} -o {options} share0 /shared"));
        for command in
            ["echo x >/shared/f", "touch /shared/g", "rm /shared/f", "mkdir /shared/d", "chmod 0 /shared/f"]
        {
            let (answer, status) = shell.run_status(&format!("{command} 2>&1"));
            assert!(status != 0 && answer.contains("Read-only file system"), "{command}: {answer}");
        }
        assert_eq!(std::fs::read(scratch.path().join("f")).expect("read"), b"content");
        assert_eq!(std::fs::metadata(scratch.path().join("f")).expect("it is there").mode() & 0o777, 0o644);
        shell.power_off("poweroff", ANSWER);
    }
}

#[test]
fn nothing_leads_out() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    scratch.file("secret", b"the host's secret");
    let inside = scratch.path().join("inside");
    std::fs::create_dir(&inside).expect("make a folder");
    symlink(scratch.path(), inside.join("absolute")).expect("make a link");
    symlink("../secret", inside.join("relative")).expect("make a link");
    for protocol in PROTOCOLS {
        let mut shell = shell(&[&format!("{}:/shared{protocol}", inside.display())]);
        // Links mean what they mean in the guest.
        for command in ["cat /shared/relative", "cat /shared/absolute/secret", "cat /shared/../secret"] {
            assert_ne!(shell.run_status(&format!("{command} 2>/dev/null")).1, 0, "{command}");
        }
        shell.answers("readlink /shared/relative", "../secret");
        assert_ne!(shell.run_status("mknod /shared/dev c 1 3 2>/dev/null").1, 0, "no devices on the host");
        shell.power_off("poweroff", ANSWER);
    }
}

#[test]
fn several_folders_and_a_reset() {
    if !here() {
        return;
    }
    let (one, two) = (Scratch::new(), Scratch::new());
    one.file("f", b"one");
    two.file("f", b"two");
    let shares =
        [format!("{}:/one", one.path().display()), format!("{}:/two,tag=other,ro", two.path().display())];
    let mut first = shell(&[&shares[0], &shares[1]]);
    first.answers("cat /one/f /two/f", "onetwo");
    first.run("sleep 1000 </one/f & echo more >>/one/f");
    first.session().send("reboot -f\n");
    let mut second = Shell::enter(first.leave(), PROMPT, BOOT, ANSWER);
    second.answers("cat /one/f /two/f", "onemore\ntwo");
    second.answers("mount | grep -c virtiofs", "2");
    second.power_off("poweroff", ANSWER);
}

/// As a checkout does it: many small files in many folders, then all of them read, listed, renamed and removed.
#[test]
fn many_small_files() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    let mut shell = shell(&[&format!("{}:/shared", scratch.path().display())]);
    shell.run_within(
        "cd /shared; for d in $(seq 1 40); do mkdir d$d; for f in $(seq 1 50); do echo $d-$f >d$d/f$f; done; done",
        LONG,
    );
    assert_eq!(std::fs::read(scratch.path().join("d40/f50")).expect("made by the guest"), b"40-50\n");
    shell.answers("find . -type f | wc -l", "2000");
    let sum = shell.run("cat $(find . -type f | sort) | md5sum");
    shell.run_within("tar -cf /tmp/all.tar . && mkdir new && tar -xf /tmp/all.tar -C new", LONG);
    shell.answers("cd new; cat $(find . -type f | sort) | md5sum; cd ..", &sum);
    shell.run_within("for d in $(seq 1 40); do mv d$d new/e$d; done; rm -r new", LONG);
    assert_eq!(std::fs::read_dir(scratch.path()).expect("list").count(), 0);
    shell.power_off("poweroff", ANSWER);
}

/// A program that tries what POSIX and Linux promise of files: locks, mappings, lists that change, files without names.
#[test]
fn promises_of_files_are_kept() {
    if !here() || !need(&[Need::Program("riscv64-linux-gnu-gcc")]) {
        return;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests/files.c");
    for protocol in PROTOCOLS {
        let scratch = Scratch::new();
        let mut gcc = Command::new("riscv64-linux-gnu-gcc");
        gcc.args(["-O1", "-static", "-o"]).arg(scratch.path().join("files")).arg(&source);
        let done = gcc.output().expect("start riscv64-linux-gnu-gcc");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let mut shell = shell(&[&format!("{}:/shared{protocol}", scratch.path().display())]);
        // Run from the folder itself.
        let command = format!("mkdir /shared/d; /shared/files /shared/d {} 2>&1", protocol.trim_matches(','));
        let (answer, _) = shell.run_within(&command, LONG);
        assert_eq!(answer, "all right", "{protocol}");
        assert_eq!(std::fs::read_dir(scratch.path().join("d")).expect("list").count(), 0);
        shell.power_off("poweroff", ANSWER);
    }
}
