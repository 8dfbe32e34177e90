//! What a machine is connected to, opened as its spec says.

use crate::machine::{BoardError, Outside, World};
use crate::nic;
use lodge_console::Port;
use lodge_image::{Access, Disk, ImageError, open_raw, overlay};
use lodge_share::{Caller, Folder, Owners, Settings};
use lodge_spec::{DiskMode, MachineSpec, Share};
use std::path::Path;
use std::sync::Arc;

impl Outside {
    /// Opens the disks, networks and shared folders of `spec`; `console` is where its terminal is, `scratch` a folder for
    /// what a run throws away.
    ///
    /// # Errors
    /// [`BoardError::Disk`], [`BoardError::Nic`], [`BoardError::Share`].
    pub fn open(spec: &MachineSpec, console: Port, scratch: &Path) -> Result<Outside, BoardError> {
        let disks = spec.disks.iter().map(|disk| {
            open(disk, scratch)
                .map_err(|source| BoardError::Disk { path: disk.path.display().to_string(), source })
        });
        let disks = disks.collect::<Result<_, _>>()?;
        let (nics, shares) = (nic::open_all(spec)?, open_shares(&spec.shares)?);
        Ok(Outside { console, disks, nics, shares, world: World::Host })
    }

    /// Makes everything that was written survive a power cut.
    ///
    /// # Errors
    /// [`BoardError::Disk`], the first; the others are flushed all the same.
    pub fn flush(&self) -> Result<(), BoardError> {
        let mut first = Ok(());
        for disk in &self.disks {
            if let Err(source) = disk.flush() {
                first = first.and(Err(BoardError::Disk { path: disk.name(), source }));
            }
        }
        first
    }
}

/// Opens folders to be shared.
///
/// # Errors
/// [`BoardError::Share`].
pub fn open_shares(shares: &[Share]) -> Result<Vec<Arc<Folder>>, BoardError> {
    let open = |share: &Share| {
        let owners = Owners::of_process(share.owner.map(|(uid, gid)| Caller { uid, gid }));
        let settings = Settings { read_only: share.read_only, owners };
        Ok(Arc::new(Folder::open(&share.path, settings)?))
    };
    shares.iter().map(open).collect()
}

fn open(disk: &lodge_spec::Disk, scratch: &Path) -> Result<Arc<dyn Disk>, ImageError> {
    Ok(match disk.mode {
        DiskMode::Write => Arc::new(open_raw(&disk.path, Access::Write)?),
        DiskMode::ReadOnly => Arc::new(open_raw(&disk.path, Access::Read)?),
        DiskMode::Snapshot => {
            let base = Arc::new(open_raw(&disk.path, Access::Read)?);
            Arc::new(overlay(base, scratch)?)
        }
    })
}
