//! The server's state, and what of it is saved.

use super::wire::Output;
use crate::Result;
use crate::folder::Folder;
use crate::saved::TreeSaved;
use crate::tree::Tree;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Serves one guest's FUSE requests, one by one.
#[derive(Debug)]
pub struct Server {
    pub(super) tree: Tree,
    pub(super) input: Vec<u8>,
    pub(super) output: Output,
}

/// A server as a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSaved {
    tree: TreeSaved,
}

impl Server {
    /// Serves `folder` to a guest that knows nothing of it.
    ///
    /// # Errors
    /// When the host is out of descriptors.
    pub fn new(folder: Arc<Folder>) -> Result<Server> {
        let (tree, output) = (Tree::new(folder)?, Output::default());
        Ok(Server { tree, input: Vec::new(), output })
    }

    /// As if the guest had just been switched on.
    ///
    /// # Errors
    /// When the host is out of descriptors.
    pub fn reset(&mut self) -> Result<()> {
        *self = Server::new(self.tree.folder().clone())?;
        Ok(())
    }

    /// Inodes that the guest knows.
    pub fn known(&self) -> usize {
        self.tree.known()
    }

    /// What the guest knows now.
    pub fn save(&self) -> ServerSaved {
        ServerSaved { tree: self.tree.save() }
    }

    /// Becomes what `saved` says; see [`Tree::load`].
    ///
    /// # Errors
    /// As there; nothing has changed then.
    pub fn load(&mut self, saved: &ServerSaved) -> Result<()> {
        let tree = Tree::load(self.tree.folder().clone(), &saved.tree)?;
        *self = Server { tree, ..Server::new(self.tree.folder().clone())? };
        Ok(())
    }
}
