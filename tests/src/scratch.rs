//! Scratch folders and files with known contents.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A folder that goes away with its owner.
pub struct Scratch {
    folder: tempfile::TempDir,
}

impl Scratch {
    /// A fresh empty folder.
    #[track_caller]
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("make a scratch folder") }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into it.
    #[track_caller]
    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).expect("write a scratch file");
        path
    }

    /// A sparse file of `size` bytes.
    #[track_caller]
    pub fn disk(&self, name: &str, size: u64) -> PathBuf {
        let path = self.path().join(name);
        let file = std::fs::File::create(&path).expect("create a scratch disk");
        file.set_len(size).expect("size a scratch disk");
        path
    }
}

impl Default for Scratch {
    fn default() -> Self {
        Self::new()
    }
}

/// `size` bytes that look random and are the same each time for the same `seed` (xorshift64).
pub fn pattern(seed: u64, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes
}

/// SHA-256 of a file's first `size` bytes in hex, as the host's own sha256sum sees them.
#[track_caller]
pub fn sha256(file: &Path, size: u64) -> String {
    let head = Command::new("head").arg("-c").arg(size.to_string()).arg(file).stdout(Stdio::piped()).spawn();
    let head = head.expect("start head").stdout.take().expect("head's output is a pipe");
    let out = Command::new("sha256sum").stdin(head).output().expect("start sha256sum");
    String::from_utf8_lossy(&out.stdout).split_whitespace().next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_repeat_and_differ() {
        assert_eq!(pattern(7, 100), pattern(7, 100));
        assert_ne!(pattern(7, 100), pattern(8, 100));
        assert_eq!(pattern(1, 13).len(), 13);
    }
}
