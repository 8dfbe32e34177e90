//! Disks.

use crate::SpecError;
use std::path::PathBuf;
use std::str::FromStr;

/// Disks that one machine has slots for.
pub const MAX_DISKS: usize = 5;

/// Longest serial number (virtio specification, 5.2.6.1: GET_ID returns 20 bytes).
const MAX_SERIAL: usize = 20;

/// What becomes of what the guest writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DiskMode {
    /// It goes to the file.
    #[default]
    Write,
    /// The guest cannot write.
    ReadOnly,
    /// It is kept for this run and dropped at its end; the file stays as it is.
    Snapshot,
}

/// A disk backed by a raw image file (formats are never guessed from content that a guest can write).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// The image.
    pub path: PathBuf,
    /// What becomes of writes.
    pub mode: DiskMode,
    /// Serial number the guest sees.
    pub serial: Option<String>,
}

impl Disk {
    /// A disk whose writes go to the raw image `path`.
    pub fn new(path: impl Into<PathBuf>) -> Disk {
        Disk { path: path.into(), mode: DiskMode::default(), serial: None }
    }
}

impl FromStr for Disk {
    type Err = SpecError;

    /// `FILE[,ro|snapshot][,serial=TEXT]`; a comma inside FILE is written twice.
    fn from_str(text: &str) -> Result<Disk, SpecError> {
        let fail = |why: String| SpecError::Disk { text: text.to_owned(), why };
        let mut words = split_commas(text).into_iter();
        let path = words.next().filter(|p| !p.is_empty()).ok_or_else(|| fail("no file is named".into()))?;
        let mut disk = Disk::new(path);
        for word in words {
            match word.split_once('=').unwrap_or((&word, "")) {
                ("ro", "") => disk.mode = DiskMode::ReadOnly,
                ("snapshot", "") => disk.mode = DiskMode::Snapshot,
                ("serial", serial) => {
                    if serial.is_empty() || serial.len() > MAX_SERIAL || !serial.is_ascii() {
                        return Err(fail(format!("a serial is 1 to {MAX_SERIAL} ASCII characters")));
                    }
                    disk.serial = Some(serial.to_owned());
                }
                _ => return Err(fail(format!("`{word}` is not an option of a disk"))),
            }
        }
        Ok(disk)
    }
}

/// Splits at single commas; two in a row stand for one.
pub(crate) fn split_commas(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == ',' && chars.next_if_eq(&',').is_none() {
            words.push(String::new());
        } else if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disks_parse() {
        let disk: Disk = "a.img,ro,serial=root".parse().unwrap();
        assert_eq!(disk.path, PathBuf::from("a.img"));
        assert_eq!((disk.mode, disk.serial.as_deref()), (DiskMode::ReadOnly, Some("root")));
        assert_eq!("a,,b.img".parse::<Disk>().unwrap(), Disk::new("a,b.img"));
        assert_eq!("x,snapshot".parse::<Disk>().unwrap().mode, DiskMode::Snapshot);
        for bad in ["", ",ro", "x,rw", "x,ro=1", "x,serial=", "x,serial=123456789012345678901", "x,"] {
            assert!(matches!(bad.parse::<Disk>(), Err(SpecError::Disk { .. })), "{bad}");
        }
    }
}
