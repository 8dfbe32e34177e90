//! The file under everything that can happen to a file: what is found is right, or nothing is found.

use super::store::Store;
use super::store_tests::{add, found};
use lodge_host::private::PrivateDir;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

const KEY: u64 = 0x1234;
const LIMIT: u64 = 64 << 20;
/// Enough for several segments.
const SOME: u32 = 4000;

/// A directory that is gone afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("lodge-warm-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Scratch(path)
    }

    fn store(&self, limit: u64) -> Store {
        Store::with_key(PrivateDir::open(&self.0).unwrap(), KEY, limit)
    }

    fn file(&self) -> PathBuf {
        self.0.join(format!("{KEY:016x}.jit"))
    }

    /// A store on a copy of `bytes`.
    fn with(&self, bytes: &[u8]) -> Store {
        PrivateDir::open(&self.0).unwrap().existing_or_new(&format!("{KEY:016x}.jit")).unwrap();
        fs::write(self.file(), bytes).unwrap();
        self.store(LIMIT)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The bytes of a file with `SOME` records.
fn good() -> Vec<u8> {
    let scratch = Scratch::new();
    add(&scratch.store(LIMIT), 0..SOME);
    fs::read(scratch.file()).unwrap()
}

#[test]
fn the_next_run_finds_what_this_one_made() {
    let scratch = Scratch::new();
    add(&scratch.store(LIMIT), 0..SOME);
    let next = scratch.store(LIMIT);
    assert_eq!(found(&next, 0..SOME), SOME as usize);
    assert_eq!(found(&next, SOME..2 * SOME), 0);
    add(&next, SOME..2 * SOME);
    drop(next);
    assert_eq!(found(&scratch.store(LIMIT), 0..2 * SOME), 2 * SOME as usize);
}

#[test]
fn another_key_sees_nothing_of_it() {
    let scratch = Scratch::new();
    add(&scratch.store(LIMIT), 0..SOME);
    let dir = || PrivateDir::open(&scratch.0).unwrap();
    assert_eq!(found(&Store::with_key(dir(), KEY + 1, LIMIT), 0..SOME), 0);
    // Nor when the file is renamed.
    fs::copy(scratch.file(), scratch.0.join(format!("{:016x}.jit", KEY + 1))).unwrap();
    assert_eq!(found(&Store::with_key(dir(), KEY + 1, LIMIT), 0..SOME), 0);
}

#[test]
fn a_truncated_file_is_a_shorter_one() {
    let good = good();
    let scratch = Scratch::new();
    let mut last = 0;
    let step = if std::env::var_os("LODGE_LONG").is_some() { 101 } else { 9973 };
    for len in (0..good.len()).step_by(step).chain([0, 1, 23, 24, 25, 55, 56, 57]) {
        let store = scratch.with(&good[..len]);
        last = found(&store, 0..SOME).max(last);
        // And it can be added to.
        add(&store, SOME..SOME + 10);
        drop(store);
        assert_eq!(found(&scratch.store(LIMIT), SOME..SOME + 10), 10, "cut to {len}");
    }
    assert!(last > SOME as usize / 2);
}

#[test]
fn a_spoilt_bit_is_a_miss() {
    let good = good();
    let scratch = Scratch::new();
    let bits = good.len() * 8;
    let step = if std::env::var_os("LODGE_LONG").is_some() { 997 } else { 100_003 };
    // All of the headers, and bits all over.
    for bit in (0..56 * 8).step_by(3).chain((0..bits).step_by(step)) {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        // `found` fails if anything found is not what was added.
        let lost = SOME as usize - found(&scratch.with(&bytes), 0..SOME);
        assert!(lost > 0, "bit {bit} is not covered");
    }
}

#[test]
fn a_file_that_shrinks_while_it_is_read_is_a_miss() {
    let scratch = Scratch::new();
    let store = scratch.with(&good());
    fs::OpenOptions::new().write(true).open(scratch.file()).unwrap().set_len(40_000).unwrap();
    assert!(found(&store, 0..SOME) < SOME as usize);
}

#[test]
fn several_writers_at_once_all_get_their_part_in() {
    let scratch = Scratch::new();
    std::thread::scope(|scope| {
        for n in 0..6 {
            let store = scratch.store(LIMIT);
            scope.spawn(move || {
                for part in 0..4 {
                    let from = (4 * n + part) * 500;
                    add(&store, from..from + 500);
                    std::thread::yield_now();
                }
            });
        }
    });
    assert_eq!(found(&scratch.store(LIMIT), 0..12_000), 12_000);
}

#[test]
fn the_limit_holds_and_the_newest_stays() {
    let scratch = Scratch::new();
    let limit = 2 << 20;
    for round in 0..8 {
        add(&scratch.store(limit), round * SOME..(round + 1) * SOME);
        let len = fs::metadata(scratch.file()).unwrap().len();
        assert!(len <= limit, "{len}");
        let store = scratch.store(limit);
        assert_eq!(found(&store, round * SOME..(round + 1) * SOME), SOME as usize, "round {round}");
    }
    assert!(found(&scratch.store(limit), 0..SOME) < SOME as usize);
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 2, "the file and the lock");
}

#[test]
fn files_of_other_builds_make_room_the_oldest_first() {
    let scratch = Scratch::new();
    let dir = PrivateDir::open(&scratch.0).unwrap();
    let limit = 2 << 20;
    for (name, age) in [("old", 3), ("older", 4), ("new", 1)] {
        let file = dir.new_file(&format!("{name}.jit")).unwrap();
        file.set_len(limit / 3).unwrap();
        let now = std::time::SystemTime::now();
        file.set_modified(now - std::time::Duration::from_secs(3600 * age)).unwrap();
    }
    dir.new_file("new-1").unwrap();
    add(&scratch.store(limit), 0..10);
    let names: Vec<String> = dir.list().unwrap().into_iter().map(|file| file.name).collect();
    let there = |path: &str| names.iter().any(|name| name == path);
    assert!(there("new.jit") && !there("old.jit") && !there("older.jit") && !there("new-1"), "{names:?}");
}

#[test]
fn a_directory_open_to_others_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let open = |path: &Path| Store::open::<u8>(path).map(drop);
    open(&scratch.0).unwrap();
    fs::set_permissions(&scratch.0, fs::Permissions::from_mode(0o750)).unwrap();
    let said = open(&scratch.0).unwrap_err().to_string();
    assert!(said.contains("open to other users"), "{said}");
}

#[test]
fn any_bytes_can_be_read() {
    let mut bytes = good();
    let records = super::read_anything(&bytes);
    assert_eq!(records, SOME as usize);
    let mut seed = 1_u64;
    for _ in 0..200 {
        for _ in 0..20 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (seed >> 20) as usize % bytes.len();
            bytes[at] = (seed >> 55) as u8;
        }
        super::read_anything(&bytes);
    }
}
