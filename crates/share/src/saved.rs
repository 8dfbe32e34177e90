//! What of a tree is saved: what the guest knows and has open, by name, to be found again.

use crate::attr::Kind;
use crate::file::{Handle, HandleId, Handles, Open};
use crate::folder::Folder;
use crate::table::{Key, NodeId, Table};
use crate::tree::Tree;
use crate::{Errno, Result};
use rustix::fs::{FileType, OFlags};
use serde::{Deserialize, Serialize};
use std::ffi::CString;
use std::sync::Arc;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct NodeSaved {
    id: u64,
    parent: u64,
    name: Vec<u8>,
    lookups: u64,
    device: (u32, u32),
    ino: u64,
    birth: (i64, u32),
    mode: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct HandleSaved {
    id: u64,
    node: u64,
    flags: u32,
    directory: bool,
}

/// A guest's knowledge of a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TreeSaved {
    nodes: Vec<NodeSaved>,
    handles: Vec<HandleSaved>,
}

impl Tree {
    /// What the guest knows now.
    pub fn save(&self) -> TreeSaved {
        let node = |(id, node): (NodeId, &crate::table::Node)| NodeSaved {
            id: id.0,
            parent: node.parent.0,
            name: node.name.as_bytes().to_vec(),
            lookups: node.lookups,
            device: node.key.device,
            ino: node.key.ino,
            birth: node.key.birth,
            mode: node.kind.0.as_raw_mode(),
        };
        let handle = |(id, handle): (HandleId, &Handle)| HandleSaved {
            id: id.0,
            node: handle.node.0,
            flags: handle.open.0,
            directory: handle.dir.is_some(),
        };
        let mut nodes: Vec<_> = self.table.iter().map(node).collect();
        let mut handles: Vec<_> = self.handles.iter().map(handle).collect();
        nodes.sort_by_key(|node| node.id);
        handles.sort_by_key(|handle| handle.id);
        TreeSaved { nodes, handles }
    }

    /// A tree whose guest knows what `saved` says. Files that were open are opened again, so they must still be where they
    /// were.
    ///
    /// # Errors
    /// `EINVAL` when the record contradicts itself; what the host says of a file that was open.
    pub fn load(folder: Arc<Folder>, saved: &TreeSaved) -> Result<Tree> {
        let most = folder.descriptors;
        let mut table = Table::new(&folder)?;
        for node in &saved.nodes {
            let name = CString::new(node.name.as_slice()).map_err(|_| Errno::INVAL)?;
            crate::Name::new(&name)?;
            let key = Key { device: node.device, ino: node.ino, birth: node.birth };
            let kind = Kind(FileType::from_raw_mode(node.mode));
            table.insert(NodeId(node.id), key, kind, (NodeId(node.parent), &name), node.lookups)?;
        }
        table.adopt()?;
        let mut tree = Tree::new(folder)?;
        tree.table = table;
        tree.handles = Handles::new(most);
        for saved in &saved.handles {
            let open = Open(saved.flags & !(OFlags::TRUNC.bits()));
            if saved.id == 0 || tree.handles.get(HandleId(saved.id)).is_some() {
                return Err(Errno::INVAL);
            }
            let node = NodeId(saved.node);
            let opened = if saved.directory { tree.open_dir(node)? } else { tree.open(node, open)? };
            tree.handles.rename(opened, HandleId(saved.id));
        }
        Ok(tree)
    }
}
