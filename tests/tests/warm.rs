//! Translations kept from run to run: the second boot of a guest translates almost nothing, and whatever happens to
//! what was kept, the guest gets the same answers.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use lodge_tests::{Guest, Machine, Need, Scratch, Session, Shell, need, peer};

const BOOT: Duration = Duration::from_secs(120);
const ANSWER: Duration = Duration::from_secs(60);
const PROMPT: &str = "root@lodge:~# ";

fn here() -> bool {
    !peer() && need(&[Need::Guest(Guest::Kernel), Need::Guest(Guest::Initrd)])
}

/// What a run says of its translations.
#[derive(Debug, Default)]
struct Tally {
    translated: u64,
    reused: u64,
    checked: u64,
    differences: u64,
}

impl Tally {
    /// Reads the line that lodge logs at the end.
    fn of(log: &str) -> Tally {
        let plain: String =
            log.split('\x1b').map(|part| part.split_once('m').map_or(part, |p| p.1)).collect();
        let count = |name: &str| {
            let at = plain.rfind(&format!("{name}=")).unwrap_or_else(|| panic!("no {name} in:\n{log}"));
            let digits = plain[at + name.len() + 1..].split(|c: char| !c.is_ascii_digit()).next();
            digits.and_then(|digits| digits.parse().ok()).unwrap_or_else(|| panic!("no {name} in:\n{log}"))
        };
        let (translated, reused) = (count("translated"), count("reused"));
        Tally { translated, reused, checked: count("checked"), differences: count("differences") }
    }
}

fn command(cache: &str, cpus: u32) -> Command {
    let mut command = Machine::busybox().cpus(cpus).arguments(&["--jit-cache", cache]).command();
    command.env("LODGE_LOG", "lodge_jit=debug,warn");
    command
}

/// Boots, has the guest compute something, powers off; the log.
fn boot(command: &Command) -> String {
    let mut shell = Shell::enter(Session::on_terminal(command), PROMPT, BOOT, ANSWER);
    shell.answers("seq 1 1000 | awk '{ s += $1 * $1 } END { print s / 7 }'", "47690500");
    shell.answers("seq 1 20000 | md5sum | cut -c 1-32", "e071f707df7bbeee2a6a1eb48011ddd0");
    let mut session = shell.leave();
    session.send("poweroff\n");
    session.ends_with(0, ANSWER);
    session.log()
}

fn file(dir: &Path) -> std::path::PathBuf {
    let found = std::fs::read_dir(dir).expect("the cache").flatten().map(|entry| entry.path());
    found
        .into_iter()
        .find(|path| path.extension().is_some_and(|e| e == "jit"))
        .expect("a file of translations")
}

#[test]
fn the_second_boot_translates_almost_nothing() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    let dir = scratch.path().join("kept");
    let cache = dir.to_str().expect("UTF-8");
    let first = Tally::of(&boot(&command(cache, 1)));
    let second = Tally::of(&boot(&command(cache, 1)));
    assert!(first.translated > 10_000, "{first:?}");
    assert!(second.translated * 20 < first.translated, "{first:?} {second:?}");
    assert!(second.reused * 10 > first.translated * 9, "{first:?} {second:?}");

    // Bytes spoilt all over: fewer are found, and nothing else happens.
    let file = file(&dir);
    let mut bytes = std::fs::read(&file).expect("the file");
    for at in (100..bytes.len()).step_by(1_500_007) {
        bytes[at] ^= 4;
    }
    std::fs::write(&file, &bytes[..bytes.len() * 3 / 4]).expect("write the file");
    let spoilt = Tally::of(&boot(&command(cache, 2)));
    assert!(spoilt.translated > second.translated, "{spoilt:?}");
}

#[test]
fn what_is_kept_is_what_would_be_made() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    let dir = scratch.path().join("kept");
    boot(&command(dir.to_str().expect("UTF-8"), 1));
    // The checking mode looks in the user's cache.
    let home = scratch.path().join("home/lodge");
    std::fs::create_dir_all(&home).expect("a cache");
    std::fs::rename(&dir, home.join("translations")).expect("move the cache");
    let tally = Tally::of(&boot(&in_cache(&scratch.path().join("home"), "check")));
    assert!(tally.checked > 10_000 && tally.differences == 0, "{tally:?}");
}

/// With another cache directory. The guest's files are named, since the template would not be in that.
fn in_cache(cache: &Path, mode: &str) -> Command {
    let machine = Machine::default().kernel(&Guest::Kernel.path()).initrd(&Guest::Initrd.path());
    let machine = machine.append("console=ttyS0 quiet lodge.name=lodge").arguments(&["--jit-cache", mode]);
    let mut command = machine.command();
    command.env("XDG_CACHE_HOME", cache).env("LODGE_LOG", "lodge_jit=debug,warn");
    command
}

#[test]
fn two_at_once_share_one_cache() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    let dir = scratch.path().join("kept");
    let cache = dir.to_str().expect("UTF-8");
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..2).map(|_| scope.spawn(|| boot(&command(cache, 1)))).collect();
        runs.into_iter().for_each(|run| assert!(!run.join().expect("a boot").contains("WARN")));
    });
    let third = Tally::of(&boot(&command(cache, 1)));
    assert!(third.translated * 20 < third.reused, "{third:?}");
}

#[test]
fn a_full_disk_costs_a_warning() {
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    let dir = scratch.path().join("small");
    std::fs::create_dir(&dir).expect("a directory");
    let run = command(dir.join("kept").to_str().expect("UTF-8"), 1);
    // A file system of its own, as a user may have one in a namespace of its own.
    let mut within = Command::new("unshare");
    let script = "mount -t tmpfs -o size=2m,mode=700 none \"$0\" && exec \"$@\"";
    within.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).arg(&dir);
    if !within.arg("true").status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: no user namespaces here");
        return;
    }
    let mut within = Command::new("unshare");
    within.args(["--user", "--map-root-user", "--mount", "sh", "-c", script]).arg(&dir);
    within.arg(run.get_program()).args(run.get_args()).env("LODGE_LOG", "lodge_jit=debug,warn");
    let log = boot(&within);
    assert_eq!(log.matches("translations are not kept from here on").count(), 1, "{log}");
}

#[test]
fn off_is_off_and_what_others_may_write_is_not_trusted() {
    use std::os::unix::fs::PermissionsExt;
    if !here() {
        return;
    }
    let scratch = Scratch::new();
    let home = scratch.path().join("home");
    boot(&in_cache(&home, "off"));
    assert!(!home.exists());
    boot(&in_cache(&home, "on"));
    assert!(file(&home.join("lodge/translations")).exists());
    let dir = scratch.path().join("kept");
    std::fs::create_dir(&dir).expect("a directory");
    std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o777)).expect("its mode");
    let log = boot(&command(dir.to_str().expect("UTF-8"), 1));
    assert!(log.contains("open to other users"), "{log}");
    assert_eq!(std::fs::read_dir(&dir).expect("the directory").count(), 0);
}
