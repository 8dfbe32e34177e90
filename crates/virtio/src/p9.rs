//! 9P transport (a device of Linux and QEMU; its number is reserved in §5): a host folder by 9P2000.L, for guests without
//! virtio-fs. Its one queue carries a message and the room for its reply in each chain.

use crate::VirtioError;
use crate::blk::copy_config;
use crate::device::{Broken, Device, Kind};
use crate::fs::{not_restored, refused};
use crate::lent::Lent;
use crate::queue::Queues;
use lodge_share::Folder;
use lodge_share::p9::{Server, ServerSaved};
use lodge_state::{Record, Saved, StateError};
use std::sync::{Arc, Mutex, MutexGuard};

/// The configuration holds a tag.
const MOUNT_TAG: u64 = 1;
/// The Linux client puts at most 128 pieces into a request.
const QUEUE_SIZES: [u16; 1] = [256];
const TAG: &str = "virtio-9p";

/// The 9P device.
pub struct P9 {
    tag: String,
    server: Mutex<Server>,
}

impl P9 {
    /// A device for `folder` that the guest mounts as `tag`.
    ///
    /// # Errors
    /// [`VirtioError::Share`].
    pub fn new(folder: Arc<Folder>, tag: &str) -> Result<P9, VirtioError> {
        let name = folder.path().display().to_string();
        let server = Server::new(folder).map_err(|errno| refused(name, errno))?;
        Ok(P9 { tag: tag.to_owned(), server: Mutex::new(server) })
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Device for P9 {
    fn kind(&self) -> Kind {
        Kind::P9
    }

    fn name(&self) -> String {
        format!("9p {}", self.tag)
    }

    fn features(&self) -> u64 {
        MOUNT_TAG
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUE_SIZES
    }

    /// Length of the tag u16, tag (`linux/virtio_9p.h`).
    fn config(&self, offset: u64, into: &mut [u8]) {
        let len = u16::try_from(self.tag.len()).unwrap_or(u16::MAX);
        let mut config = len.to_le_bytes().to_vec();
        config.extend(self.tag.bytes().take(len.into()));
        copy_config(&config, offset, into);
    }

    fn reset(&self) {
        if let Err(errno) = self.server().reset() {
            tracing::warn!("a shared folder could not forget what the guest knew of it: {errno}");
        }
    }

    fn serve(&self, queues: &mut Queues, _kicked: u64) -> Result<(), Broken> {
        let mut server = self.server();
        queues.drain(0, |memory, chain| Ok(server.serve(&mut Lent { memory, chain })?))
    }
}

impl Saved for P9 {
    fn save(&self) -> Record {
        Record::new(TAG, 1, &self.server().save())
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: ServerSaved = record.open(TAG, 1)?;
        self.server().load(&saved).map_err(|errno| not_restored(TAG, errno))
    }
}
