//! Writes the "newc" cpio archive the kernel unpacks as its initial file system
//! (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
//!
//! ```text
//! "070701" 13 fields of 8 hex digits | name NUL, padded to 4 | data, padded to 4 | … | "TRAILER!!!"
//! ```
//!
//! The same calls give the same bytes: owner root, time 0, inode numbers in order.

use std::collections::BTreeSet;

const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;
const CHARACTER: u32 = 0o020_000;

/// An archive being written. Paths are relative, without a leading slash; missing parents are made.
#[derive(Debug, Default)]
pub struct Archive {
    bytes: Vec<u8>,
    entries: u32,
    directories: BTreeSet<String>,
}

impl Archive {
    /// An empty archive.
    pub fn new() -> Self {
        Self::default()
    }

    /// A directory with permissions 0755, once however often it is asked for.
    pub fn directory(&mut self, path: &str) {
        if path.is_empty() || self.directories.contains(path) {
            return;
        }
        self.parent_of(path);
        self.directories.insert(path.to_owned());
        self.entry(path, DIRECTORY | 0o755, &[], (0, 0));
    }

    /// A regular file with permissions `mode`.
    pub fn file(&mut self, path: &str, mode: u32, data: &[u8]) {
        self.parent_of(path);
        self.entry(path, REGULAR | mode, data, (0, 0));
    }

    /// A symbolic link at `path` that says `target`.
    pub fn symlink(&mut self, path: &str, target: &str) {
        self.parent_of(path);
        self.entry(path, SYMLINK | 0o777, target.as_bytes(), (0, 0));
    }

    /// A character device node with its major and minor numbers.
    pub fn character_device(&mut self, path: &str, mode: u32, number: (u32, u32)) {
        self.parent_of(path);
        self.entry(path, CHARACTER | mode, &[], number);
    }

    /// The archive with its end mark.
    pub fn finish(mut self) -> Vec<u8> {
        self.entries = 0; // the end mark has inode number 0 by custom
        self.raw("TRAILER!!!", 0, 0, &[], (0, 0));
        self.bytes
    }

    fn parent_of(&mut self, path: &str) {
        if let Some((parent, _)) = path.rsplit_once('/') {
            self.directory(parent);
        }
    }

    fn entry(&mut self, path: &str, mode: u32, data: &[u8], device: (u32, u32)) {
        self.entries += 1;
        self.raw(path, self.entries, mode, data, device);
    }

    fn raw(&mut self, path: &str, inode: u32, mode: u32, data: &[u8], device: (u32, u32)) {
        let size = u32::try_from(data.len()).expect("kernel modules and programs are below 4 GiB");
        let name_size = path.len() as u32 + 1;
        let links = if mode & 0o170_000 == DIRECTORY { 2 } else { 1 };
        // ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check
        let fields = [inode, mode, 0, 0, links, 0, size, 0, 0, device.0, device.1, name_size, 0];
        self.bytes.extend_from_slice(b"070701");
        for field in fields {
            self.bytes.extend_from_slice(format!("{field:08X}").as_bytes());
        }
        self.bytes.extend_from_slice(path.as_bytes());
        self.bytes.push(0);
        self.pad();
        self.bytes.extend_from_slice(data);
        self.pad();
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads an archive back as "path mode size rdev" lines.
    fn list(bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            assert_eq!(&bytes[at..at + 6], b"070701");
            let field = |n: usize| {
                let text = std::str::from_utf8(&bytes[at + 6 + n * 8..at + 14 + n * 8]).unwrap();
                u32::from_str_radix(text, 16).unwrap() as usize
            };
            let (mode, size, name_size) = (field(1), field(6), field(11));
            let name = std::str::from_utf8(&bytes[at + 110..at + 110 + name_size - 1]).unwrap();
            lines.push(format!("{name} {mode:o} {size} {}:{}", field(9), field(10)));
            at = (at + 110 + name_size).next_multiple_of(4) + size.next_multiple_of(4);
        }
        lines
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut archive = Archive::new();
        archive.file("usr/bin/true", 0o755, b"#!x\n.");
        archive.directory("usr/bin");
        archive.symlink("bin", "usr/bin");
        archive.character_device("dev/console", 0o600, (5, 1));
        let bytes = archive.finish();
        assert_eq!(
            list(&bytes),
            [
                "usr 40755 0 0:0",
                "usr/bin 40755 0 0:0",
                "usr/bin/true 100755 5 0:0",
                "bin 120777 7 0:0",
                "dev 40755 0 0:0",
                "dev/console 20600 0 5:1",
                "TRAILER!!! 0 0 0:0",
            ]
        );
        assert_eq!(bytes.len() % 4, 0);
    }

    #[test]
    fn the_same_calls_give_the_same_bytes() {
        let make = || {
            let mut archive = Archive::new();
            archive.file("init", 0o755, b"hello");
            archive.finish()
        };
        assert_eq!(make(), make());
    }
}
