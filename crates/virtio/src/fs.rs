//! File system device (§5.11): a host folder by FUSE.
//!
//! ```text
//!   queue 0  hiprio: FORGET and INTERRUPT     queue 1  everything else
//! ```
//! One thread serves both, one request at a time.

use crate::VirtioError;
use crate::blk::copy_config;
use crate::device::{Broken, Device, Kind};
use crate::lent::Lent;
use crate::queue::Queues;
use lodge_share::fuse::{Server, ServerSaved};
use lodge_share::{Errno, Folder};
use lodge_state::{Record, Saved, StateError};
use std::sync::{Arc, Mutex, MutexGuard};

/// Bytes of a tag (§5.11.4).
pub const TAG_BYTES: usize = 36;
/// hiprio and the one request queue. A request of 256 pages (a mebibyte) has some more descriptors.
const QUEUE_SIZES: [u16; 2] = [128, 1024];
const TAG: &str = "virtio-fs";

/// The file system device.
pub struct Fs {
    tag: String,
    server: Mutex<Server>,
}

impl Fs {
    /// A device for `folder` that the guest mounts as `tag` (cut to 36 bytes).
    ///
    /// # Errors
    /// [`VirtioError::Share`].
    pub fn new(folder: Arc<Folder>, tag: &str) -> Result<Fs, VirtioError> {
        let name = folder.path().display().to_string();
        let server = Server::new(folder).map_err(|errno| refused(name, errno))?;
        Ok(Fs { tag: tag.to_owned(), server: Mutex::new(server) })
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(|e| e.into_inner())
    }
}

pub(crate) fn refused(folder: String, errno: Errno) -> VirtioError {
    VirtioError::Share { folder, source: errno.into() }
}

/// Why a record of what a guest knows of a folder is not taken.
pub(crate) fn not_restored(tag: &'static str, errno: Errno) -> StateError {
    let why = format!("the shared folder is not what it was when this was saved ({errno})");
    StateError::Invalid { tag, why }
}

impl Device for Fs {
    fn kind(&self) -> Kind {
        Kind::Fs
    }

    fn name(&self) -> String {
        format!("fs {}", self.tag)
    }

    fn features(&self) -> u64 {
        0
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUE_SIZES
    }

    /// §5.11.4: tag, zero-padded; number of request queues u32.
    fn config(&self, offset: u64, into: &mut [u8]) {
        let mut config = [0; TAG_BYTES + 4];
        for (to, from) in config[..TAG_BYTES].iter_mut().zip(self.tag.bytes()) {
            *to = from;
        }
        config[TAG_BYTES] = 1;
        copy_config(&config, offset, into);
    }

    fn reset(&self) {
        if let Err(errno) = self.server().reset() {
            tracing::warn!("a shared folder could not forget what the guest knew of it: {errno}");
        }
    }

    fn serve(&self, queues: &mut Queues, _kicked: u64) -> Result<(), Broken> {
        let mut server = self.server();
        for index in 0..QUEUE_SIZES.len() {
            queues.drain(index, |memory, chain| Ok(server.serve(&mut Lent { memory, chain })?))?;
        }
        Ok(())
    }
}

impl Saved for Fs {
    fn save(&self) -> Record {
        Record::new(TAG, 1, &self.server().save())
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: ServerSaved = record.open(TAG, 1)?;
        self.server().load(&saved).map_err(|errno| not_restored(TAG, errno))
    }
}
