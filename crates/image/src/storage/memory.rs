//! Storage in this process's memory: for tests, and for small throw-away disks.

use crate::{ImageError, Storage};
use std::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Bytes in memory; grows when written past the end.
#[derive(Debug, Default)]
pub struct MemoryStorage(RwLock<Vec<u8>>);

impl MemoryStorage {
    /// Storage that holds `bytes`.
    pub fn new(bytes: Vec<u8>) -> MemoryStorage {
        MemoryStorage(RwLock::new(bytes))
    }

    fn bytes(&self) -> RwLockReadGuard<'_, Vec<u8>> {
        self.0.read().unwrap_or_else(|e| e.into_inner())
    }

    fn bytes_mut(&self) -> RwLockWriteGuard<'_, Vec<u8>> {
        self.0.write().unwrap_or_else(|e| e.into_inner())
    }
}

impl Storage for MemoryStorage {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn len(&self) -> u64 {
        self.bytes().len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> Result<(), ImageError> {
        let bytes = self.bytes();
        let start = (offset as usize).min(bytes.len());
        let here = into.len().min(bytes.len() - start);
        into[..here].copy_from_slice(&bytes[start..start + here]);
        into[here..].fill(0);
        Ok(())
    }

    fn write_at(&self, offset: u64, from: &[u8]) -> Result<(), ImageError> {
        let mut bytes = self.bytes_mut();
        let end = offset as usize + from.len();
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[offset as usize..end].copy_from_slice(from);
        Ok(())
    }

    fn flush(&self) -> Result<(), ImageError> {
        Ok(())
    }

    fn zero(&self, offset: u64, len: u64, _unmap: bool) -> Result<bool, ImageError> {
        let mut bytes = self.bytes_mut();
        let start = (offset as usize).min(bytes.len());
        let end = (offset.saturating_add(len) as usize).min(bytes.len());
        bytes[start..end].fill(0);
        Ok(true)
    }
}
