//! What a machine is connected to, opened as its spec says.

use crate::machine::{BoardError, Outside, World};
use crate::nic;
use lodge_console::Port;
use lodge_image::{Access, Disk, ImageError, open_raw, overlay};
use lodge_spec::{DiskMode, MachineSpec};
use std::path::Path;
use std::sync::Arc;

impl Outside {
    /// Opens the disks and networks of `spec`; `console` is where its terminal is, `scratch` a folder for what a run throws away.
    ///
    /// # Errors
    /// [`BoardError::Disk`], [`BoardError::Nic`].
    pub fn open(spec: &MachineSpec, console: Port, scratch: &Path) -> Result<Outside, BoardError> {
        let disks = spec.disks.iter().map(|disk| {
            open(disk, scratch)
                .map_err(|source| BoardError::Disk { path: disk.path.display().to_string(), source })
        });
        let disks = disks.collect::<Result<_, _>>()?;
        Ok(Outside { console, disks, nics: nic::open_all(spec)?, world: World::Host })
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
