//! Extended attributes. Only those of users (`user.*`) pass: the others mean something to the host's kernel (privileges,
//! labels, access lists with the host's numbers) that a guest must neither learn nor set.

use crate::table::NodeId;
use crate::tree::{Tree, through};
use crate::{Errno, Result};
use rustix::fs::XattrFlags;
use std::ffi::CStr;

/// Longest name and value of Linux (`XATTR_NAME_MAX`, `XATTR_SIZE_MAX`); a list is as long as a value at most.
const LONGEST_NAME: usize = 255;
/// Longest value, and list.
pub(crate) const LONGEST: usize = 64 << 10;
const PREFIX: &[u8] = b"user.";

fn check(name: &CStr) -> Result<&CStr> {
    match name.to_bytes() {
        bytes if bytes.len() > LONGEST_NAME => Err(Errno::RANGE),
        bytes if bytes.starts_with(PREFIX) && bytes.len() > PREFIX.len() => Ok(name),
        _ => Err(Errno::OPNOTSUPP),
    }
}

impl Tree {
    /// The value of an attribute.
    ///
    /// # Errors
    /// `ENODATA` when there is none; `EOPNOTSUPP` when it is none of the user's.
    pub fn get_xattr(&mut self, id: NodeId, name: &CStr) -> Result<Vec<u8>> {
        let name = check(name)?;
        let path = through(&*self.table.fd(id)?);
        let mut value = vec![0; LONGEST];
        let n = rustix::fs::getxattr(path, name, value.as_mut_slice())?;
        value.truncate(n);
        Ok(value)
    }

    /// All names, each with a zero behind it.
    ///
    /// # Errors
    /// What the host says.
    pub fn list_xattr(&mut self, id: NodeId) -> Result<Vec<u8>> {
        let path = through(&*self.table.fd(id)?);
        let mut list = vec![0; LONGEST];
        let n = rustix::fs::listxattr(path, list.as_mut_slice())?;
        let names = list[..n].split_inclusive(|byte| *byte == 0);
        Ok(names.filter(|name| name.starts_with(PREFIX)).flatten().copied().collect())
    }

    /// Sets an attribute; `flags` as Linux numbers them (1: must be new, 2: must be there).
    ///
    /// # Errors
    /// `EOPNOTSUPP` when it is none of the user's; what else the host says.
    pub fn set_xattr(&mut self, id: NodeId, name: &CStr, value: &[u8], flags: u32) -> Result<()> {
        self.writable()?;
        let name = check(name)?;
        let flags = XattrFlags::from_bits(flags).ok_or(Errno::INVAL)?;
        rustix::fs::setxattr(through(&*self.table.fd(id)?), name, value, flags)
    }

    /// Removes an attribute.
    ///
    /// # Errors
    /// As for [`Tree::get_xattr`].
    pub fn remove_xattr(&mut self, id: NodeId, name: &CStr) -> Result<()> {
        self.writable()?;
        let name = check(name)?;
        rustix::fs::removexattr(through(&*self.table.fd(id)?), name)
    }
}
