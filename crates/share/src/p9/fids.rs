//! The client's numbers for files.

use crate::file::HandleId;
use crate::table::NodeId;
use crate::tree::Tree;
use crate::{Errno, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Most fids of a client.
const MOST: usize = 1 << 16;

/// An extended attribute being read or written: its bytes travel by READ and WRITE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Xattr {
    /// Name and flags, when it is being written: set when the fid is given up.
    pub(super) write: Option<(Vec<u8>, u32)>,
    pub(super) value: Vec<u8>,
}

/// A file that the client knows; one lookup in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fid {
    pub(super) node: NodeId,
    /// Whom the client attached for.
    pub(super) uid: u32,
    pub(super) handle: Option<HandleId>,
    pub(super) xattr: Option<Xattr>,
}

#[derive(Debug, Default)]
pub(super) struct Fids(pub(super) HashMap<u32, Fid>);

impl Fids {
    pub(super) fn get(&self, fid: u32) -> Result<&Fid> {
        self.0.get(&fid).ok_or(Errno::BADF)
    }

    pub(super) fn get_mut(&mut self, fid: u32) -> Result<&mut Fid> {
        self.0.get_mut(&fid).ok_or(Errno::BADF)
    }

    /// Whether `fid` can be given to something new.
    pub(super) fn free(&self, fid: u32) -> Result<()> {
        match self.0.len() {
            MOST.. => Err(Errno::NFILE),
            _ if self.0.contains_key(&fid) => Err(Errno::BADF),
            _ => Ok(()),
        }
    }

    /// Gives `fid` to a node that was just looked up.
    pub(super) fn set(&mut self, fid: u32, node: NodeId, uid: u32) {
        self.0.insert(fid, Fid { node, uid, handle: None, xattr: None });
    }

    /// Gives up a fid, with what it holds in `tree`.
    pub(super) fn clunk(&mut self, fid: u32, tree: &mut Tree) -> Result<Fid> {
        let gone = self.0.remove(&fid).ok_or(Errno::BADF)?;
        if let Some(handle) = gone.handle {
            tree.release(handle);
        }
        tree.forget(gone.node, 1);
        Ok(gone)
    }

    /// The handle of an open file.
    pub(super) fn handle(&self, fid: u32) -> Result<HandleId> {
        self.get(fid)?.handle.ok_or(Errno::BADF)
    }
}
