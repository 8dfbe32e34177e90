//! Raw images and overlays against files of the host, and an overlay against a model.

use crate::overlay::overlay_on;
use crate::{
    Access, Disk, Extent, Format, Image, ImageError, MemoryStorage, Place, Raw, Storage, Target, Topology,
    open_raw, overlay,
};
use std::fs;
use std::ops::Range;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A directory of its own for one test, gone at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Scratch {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("lodge-image-{}-{n}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Scratch(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn refusal(path: &Path, access: Access) -> String {
    match open_raw(path, access) {
        Ok(_) => panic!("{} opens", path.display()),
        Err(e) => {
            let text = e.to_string();
            assert!(text.contains(&*path.to_string_lossy()), "{text}");
            text
        }
    }
}

#[test]
fn a_file_is_read_written_and_grows_to_whole_sectors() {
    let scratch = Scratch::new();
    let path = scratch.file("disk", &[7; 1000]);
    let disk = open_raw(&path, Access::Write).unwrap();
    assert_eq!(disk.size(), 1024);
    let mut sector = [1; 512];
    disk.read_at(512, &mut sector).unwrap();
    assert_eq!((sector[487], sector[488], sector[511]), (7, 0, 0));
    disk.write_at(512, &[8; 512]).unwrap();
    disk.flush().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().len(), 1024);
    assert!(matches!(disk.write_at(1024, &[0]), Err(ImageError::OutOfRange { .. })));
    assert!(matches!(disk.read_at(u64::MAX, &mut [0]), Err(ImageError::OutOfRange { .. })));
}

#[test]
fn what_is_no_disk_is_refused_in_plain_words() {
    let scratch = Scratch::new();
    assert!(refusal(&scratch.0.join("none"), Access::Write).contains("no such file"));
    assert!(refusal(&scratch.0, Access::Write).contains("directory"));
    assert!(refusal(&scratch.0, Access::Read).contains("directory"));
    assert!(refusal(&scratch.file("empty", &[]), Access::Write).contains("empty"));
    assert!(refusal(Path::new("/dev/null"), Access::Write).contains("character device"));
    let pipe = scratch.0.join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0)
        .unwrap();
    assert!(refusal(&pipe, Access::Read).contains("pipe"));
}

#[test]
fn read_only_comes_only_when_asked_for() {
    let scratch = Scratch::new();
    let path = scratch.file("disk", &[7; 512]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let root = fs::OpenOptions::new().write(true).open(&path).is_ok();
    if !root {
        assert!(refusal(&path, Access::Write).contains("permission denied"));
        assert!(open_raw(&path, Access::WriteIfAllowed).unwrap().read_only());
    }
    let disk = open_raw(&path, Access::Read).unwrap();
    assert!(disk.read_only());
    for result in [disk.write_at(0, &[1]), disk.discard(0, 512), disk.write_zeroes(0, 512, true)] {
        assert!(matches!(result, Err(ImageError::ReadOnly { .. })));
    }
    disk.flush().unwrap();
}

#[test]
fn two_writers_never_meet_and_readers_keep_writers_out() {
    let scratch = Scratch::new();
    let path = scratch.file("disk", &[7; 512]);
    let writer = open_raw(&path, Access::Write).unwrap();
    assert!(refusal(&path, Access::Write).contains("uses it"));
    assert!(refusal(&path, Access::Read).contains("writes to it"));
    assert!(
        refusal(&path, Access::WriteIfAllowed).contains("uses it"),
        "in use is no reason to go read-only"
    );
    drop(writer);
    let readers = [open_raw(&path, Access::Read).unwrap(), open_raw(&path, Access::Read).unwrap()];
    assert!(refusal(&path, Access::Write).contains("uses it"));
    drop(readers);
    open_raw(&path, Access::Write).unwrap();
}

#[test]
fn discards_free_storage_and_zeroes_read_as_zero() {
    let scratch = Scratch::new();
    let path = scratch.file("disk", &vec![7; 1 << 20]);
    let disk = open_raw(&path, Access::Write).unwrap();
    let before = fs::metadata(&path).unwrap().blocks();
    disk.discard(0, 512 << 10).unwrap();
    disk.write_zeroes(600 << 10, 5000, false).unwrap();
    disk.write_zeroes(700 << 10, 5000, true).unwrap();
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.len(), 1 << 20);
    assert!(bytes[..512 << 10].iter().all(|b| *b == 0));
    for start in [600 << 10, 700 << 10] {
        assert!(bytes[start..start + 5000].iter().all(|b| *b == 0));
        assert_eq!((bytes[start - 1], bytes[start + 5000]), (7, 7));
    }
    assert!(fs::metadata(&path).unwrap().blocks() < before);
}

#[test]
fn an_overlay_leaves_its_base_pristine() {
    let scratch = Scratch::new();
    let content: Vec<u8> = (0..300_000).map(|i| (i % 249) as u8).collect();
    let path = scratch.file("base", &content);
    let base = Arc::new(open_raw(&path, Access::Read).unwrap());
    let one = overlay(base.clone(), &scratch.0).unwrap();
    let two = overlay(base, &scratch.0).unwrap();
    one.write_at(65_000, b"across a cluster's end, where the copy is made").unwrap();
    one.write_zeroes(200_000, 512, true).unwrap();
    let mut bytes = vec![0; 300_000];
    two.read_at(0, &mut bytes).unwrap();
    assert!(bytes == content);
    one.read_at(0, &mut bytes).unwrap();
    assert_eq!(&bytes[65_000..65_046], b"across a cluster's end, where the copy is made");
    assert!(bytes[200_000..200_512].iter().all(|b| *b == 0));
    assert!(bytes[..65_000] == content[..65_000] && bytes[65_046..200_000] == content[65_046..200_000]);
    assert!(bytes[200_512..] == content[200_512..]);
    drop((one, two));
    assert!(fs::read(&path).unwrap() == content);
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1, "nothing is left behind");
}

#[test]
fn an_overlay_behaves_like_plain_bytes() {
    const SIZE: u64 = 5 * (64 << 10) + 1536;
    let mut model: Vec<u8> = (0..SIZE).map(|i| (i % 247) as u8).collect();
    let base = Image::new(Box::new(Raw::new(MemoryStorage::new(model.clone()))), None, true);
    let disk = overlay_on(Arc::new(base), MemoryStorage::default());
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    };
    for round in 0..2000_u32 {
        let offset = random(SIZE / 512) * 512;
        let longest = if random(4) == 0 { SIZE } else { 20_000 };
        let len = (random(longest) / 512 * 512 + 512).min(SIZE - offset);
        let range = offset as usize..(offset + len) as usize;
        match random(5) {
            0 | 1 => {
                let data = vec![round as u8; len as usize];
                disk.write_at(offset, &data).unwrap();
                model[range].copy_from_slice(&data);
            }
            2 => {
                disk.write_zeroes(offset, len, random(2) == 0).unwrap();
                model[range].fill(0);
            }
            3 => {
                // Old content or zeroes: both are right, byte by byte.
                disk.discard(offset, len).unwrap();
                let mut now = vec![0; len as usize];
                disk.read_at(offset, &mut now).unwrap();
                assert!(
                    now.iter().zip(&model[range.clone()]).all(|(n, m)| n == m || *n == 0),
                    "round {round}"
                );
                model[range].copy_from_slice(&now);
            }
            _ => {
                let mut now = vec![1; len as usize];
                disk.read_at(offset, &mut now).unwrap();
                assert!(now == model[range], "round {round}");
            }
        }
    }
    let mut now = vec![1; SIZE as usize];
    disk.read_at(0, &mut now).unwrap();
    assert!(now == model);
}

#[test]
fn threads_that_write_beside_each_other_lose_nothing() {
    const SIZE: usize = 1 << 20;
    let base = Image::new(Box::new(Raw::new(MemoryStorage::new(vec![0; SIZE]))), None, true);
    let disk = overlay_on(Arc::new(base), MemoryStorage::default());
    std::thread::scope(|scope| {
        for n in 0..4_usize {
            let disk = &disk;
            scope.spawn(move || {
                for sector in (n..SIZE / 512).step_by(4) {
                    disk.write_at(sector as u64 * 512, &[n as u8 + 1; 512]).unwrap();
                }
            });
        }
    });
    let mut bytes = vec![0; SIZE];
    disk.read_at(0, &mut bytes).unwrap();
    assert!(bytes.chunks(512).enumerate().all(|(i, c)| c.iter().all(|b| usize::from(*b) == i % 4 + 1)));
}

/// Raw, whose next flush or zeroing fails.
struct Faulty {
    raw: Raw<MemoryStorage>,
    fail: Arc<AtomicBool>,
}

impl Format for Faulty {
    fn name(&self) -> String {
        "faulty".into()
    }
    fn size(&self) -> u64 {
        self.raw.size()
    }
    fn topology(&self) -> Topology {
        self.raw.topology()
    }
    fn locate(&self, offset: u64, len: u64) -> Result<Extent<'_>, ImageError> {
        self.raw.locate(offset, len)
    }
    fn prepare(&self, offset: u64, len: u64) -> Result<Target<'_>, ImageError> {
        self.raw.prepare(offset, len)
    }
    fn commit(&self, range: Range<u64>) -> Result<(), ImageError> {
        self.raw.commit(range)
    }
    fn zero(&self, _offset: u64, _len: u64, _unmap: bool) -> Result<u64, ImageError> {
        Ok(0)
    }
    fn flush(&self) -> Result<(), ImageError> {
        if !self.fail.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let source = std::io::Error::other("pulled the plug");
        Err(ImageError::Io { action: "flush", name: self.name(), offset: 0, source })
    }
}

#[test]
fn a_failed_flush_is_never_forgotten_and_zeroes_fall_back_to_writing() {
    let fail = Arc::new(AtomicBool::new(false));
    let raw = Raw::new(MemoryStorage::new(vec![3; 8192]));
    let disk = Image::new(Box::new(Faulty { raw, fail: fail.clone() }), None, false);
    disk.flush().unwrap();
    disk.write_zeroes(512, 4096, true).unwrap();
    let mut bytes = [1; 8192];
    disk.read_at(0, &mut bytes).unwrap();
    assert!((0..8192).all(|i| bytes[i] == if (512..4608).contains(&i) { 0 } else { 3 }));
    fail.store(true, Ordering::SeqCst);
    assert!(disk.flush().is_err());
    let later = disk.flush().unwrap_err().to_string();
    assert!(later.contains("lost writes") && later.contains("pulled the plug"), "{later}");
}

#[test]
fn storage_in_memory_reads_zeroes_past_its_end() {
    let storage = MemoryStorage::new(vec![1; 4]);
    let mut bytes = [9; 4];
    storage.read_at(2, &mut bytes).unwrap();
    assert_eq!(bytes, [1, 1, 0, 0]);
    let place = Raw::new(storage);
    assert!(matches!(place.locate(0, 4).unwrap().place, Place::At(_, 0)));
}
