//! Inodes that the guest knows: where they were last seen, who they are, and for some an open descriptor.
//!
//! ```text
//!   lookup ──► Node { key, parent, name }          the guest may know very many
//!                 └─ fd (O_PATH)                   only as many as the budget allows; found again by name when needed
//! ```
//! A node found again must be the same file (device, inode, time of birth); otherwise it is stale and the guest looks
//! again. Nodes that are open keep their descriptor, so that a file without a name lives on while it is in use.

use crate::attr::Kind;
use crate::folder::{FIELDS, Folder, ITSELF};
use crate::{Errno, Result};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Statx, openat2, statx};
use std::collections::{HashMap, VecDeque};
use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

/// Number of an inode that a guest knows; never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u64);

impl NodeId {
    /// The folder itself.
    pub const ROOT: NodeId = NodeId(1);
}

/// Most inodes that a guest may know at a time.
const MOST: usize = 1 << 20;
/// Deepest directory.
const DEEPEST: usize = 2048;

/// Who a file is, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) device: (u32, u32),
    pub(crate) ino: u64,
    pub(crate) birth: (i64, u32),
}

impl Key {
    pub(crate) fn of(stat: &Statx) -> Key {
        Key {
            device: (stat.stx_dev_major, stat.stx_dev_minor),
            ino: stat.stx_ino,
            birth: (stat.stx_btime.tv_sec, stat.stx_btime.tv_nsec),
        }
    }
}

/// What changes whenever a file's content does: size, time of writing, time of any change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Version(u64, (i64, u32), (i64, u32));

/// A file that was changed this short a time ago may be changed again without another time showing, in seconds.
const TOO_FRESH: i64 = 2;

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) key: Key,
    pub(crate) kind: Kind,
    pub(crate) parent: NodeId,
    pub(crate) name: CString,
    /// How often the guest was told of it and has not forgotten.
    pub(crate) lookups: u64,
    /// Nodes whose parent it is.
    children: usize,
    /// Open files of it.
    pins: usize,
    /// How it was when it was opened last: see [`Table::unchanged`].
    opened: Option<Version>,
    fd: Option<Arc<OwnedFd>>,
    /// The descriptor is an open file's, and goes with the last of them.
    borrowed: bool,
    /// Used since the hand of the clock passed.
    fresh: bool,
}

/// All nodes of a tree.
#[derive(Debug)]
pub(crate) struct Table {
    nodes: HashMap<NodeId, Node>,
    by_key: HashMap<Key, NodeId>,
    next: u64,
    /// Nodes with a descriptor, in the order of the clock's hand.
    open: VecDeque<NodeId>,
    budget: usize,
}

/// Opens `name` in `dir` without following or leaving anything.
pub(crate) fn open_path(dir: impl AsFd, name: &CStr) -> Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let within = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
    openat2(dir, name, flags, Mode::empty(), within)
}

/// What is behind a descriptor.
pub(crate) fn stat_fd(fd: impl AsFd) -> Result<Statx> {
    statx(fd, c"", AtFlags::EMPTY_PATH, FIELDS)
}

impl Table {
    pub(crate) fn new(folder: &Folder) -> Result<Table> {
        let root = folder.root.try_clone().map_err(|_| Errno::NFILE)?;
        let stat = stat_fd(&root)?;
        let node = Node {
            key: Key::of(&stat),
            kind: Kind(FileType::from_raw_mode(stat.stx_mode.into())),
            parent: NodeId::ROOT,
            name: CString::default(),
            lookups: 1,
            children: 0,
            pins: 1,
            opened: None,
            fd: Some(Arc::new(root)),
            borrowed: false,
            fresh: true,
        };
        Ok(Table {
            by_key: HashMap::from([(node.key, NodeId::ROOT)]),
            nodes: HashMap::from([(NodeId::ROOT, node)]),
            next: NodeId::ROOT.0 + 1,
            open: VecDeque::new(),
            budget: folder.descriptors,
        })
    }

    pub(crate) fn node(&self, id: NodeId) -> Result<&Node> {
        self.nodes.get(&id).ok_or(Errno::STALE)
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// All but the root, parents first or later.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().map(|(id, node)| (*id, node)).filter(|(id, _)| *id != NodeId::ROOT)
    }

    /// The guest is told of the file `stat`, seen as `name` in `parent`.
    pub(crate) fn enter(&mut self, parent: NodeId, name: &CStr, stat: &Statx) -> Result<NodeId> {
        let key = Key::of(stat);
        if let Some(&id) = self.by_key.get(&key) {
            self.seen(id, parent, name);
            if let Some(node) = self.nodes.get_mut(&id) {
                node.lookups = node.lookups.saturating_add(1);
            }
            return Ok(id);
        }
        let id = NodeId(self.next);
        self.insert(id, key, Kind(FileType::from_raw_mode(stat.stx_mode.into())), (parent, name), 1)?;
        Ok(id)
    }

    /// A node as a record has it, or a new one.
    pub(crate) fn insert(
        &mut self,
        id: NodeId,
        key: Key,
        kind: Kind,
        (parent, name): (NodeId, &CStr),
        lookups: u64,
    ) -> Result<()> {
        if self.nodes.len() >= MOST {
            return Err(Errno::NFILE);
        }
        if self.nodes.contains_key(&id) || self.by_key.contains_key(&key) {
            return Err(Errno::EXIST);
        }
        self.by_key.insert(key, id);
        let name = name.to_owned();
        let (fd, borrowed, fresh) = (None, false, false);
        let (children, pins, opened) = (0, 0, None);
        let node = Node { key, kind, parent, name, lookups, children, pins, opened, fd, borrowed, fresh };
        self.nodes.insert(id, node);
        self.next = self.next.max(id.0.saturating_add(1));
        if let Some(parent) = self.nodes.get_mut(&parent) {
            parent.children += 1;
        }
        Ok(())
    }

    /// Counts children anew, after nodes were inserted in any order. Nodes without a parent make the record impossible.
    pub(crate) fn adopt(&mut self) -> Result<()> {
        let parents: Vec<NodeId> = self.iter().map(|(_, node)| node.parent).collect();
        self.nodes.values_mut().for_each(|node| node.children = 0);
        for parent in parents {
            self.nodes.get_mut(&parent).ok_or(Errno::INVAL)?.children += 1;
        }
        Ok(())
    }

    /// The file `id` is called `name` in `parent` now.
    pub(crate) fn seen(&mut self, id: NodeId, parent: NodeId, name: &CStr) {
        let Some(node) = self.nodes.get_mut(&id).filter(|_| id != NodeId::ROOT) else { return };
        if node.name.as_c_str() != name {
            node.name = name.to_owned();
        }
        let old = std::mem::replace(&mut node.parent, parent);
        if old != parent {
            if let Some(parent) = self.nodes.get_mut(&parent) {
                parent.children += 1;
            }
            if let Some(old) = self.nodes.get_mut(&old) {
                old.children -= 1;
            }
            self.drop_unused(old);
        }
    }

    /// The guest forgets `id` as often as it was told of it `times`.
    pub(crate) fn forget(&mut self, id: NodeId, times: u64) {
        if let Some(node) = self.nodes.get_mut(&id).filter(|_| id != NodeId::ROOT) {
            node.lookups = node.lookups.saturating_sub(times);
            self.drop_unused(id);
        }
    }

    /// Drops `id` if nobody needs it, and then perhaps its parents.
    fn drop_unused(&mut self, mut id: NodeId) {
        while id != NodeId::ROOT
            && let Some(node) = self.nodes.get(&id)
            && (node.lookups, node.children, node.pins) == (0, 0, 0)
        {
            let parent = node.parent;
            self.by_key.remove(&node.key);
            self.nodes.remove(&id);
            if let Some(parent) = self.nodes.get_mut(&parent) {
                parent.children -= 1;
            }
            id = parent;
        }
    }

    /// `file` of `id` is open from now on: the node keeps a descriptor, so that the file lives without a name.
    pub(crate) fn pin(&mut self, id: NodeId, file: &Arc<OwnedFd>) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.pins += 1;
            if node.fd.is_none() {
                (node.fd, node.borrowed) = (Some(file.clone()), true);
            }
        }
    }

    /// Whether the content of `id`, which is being opened and is `stat` now, is the same as when it was opened last.
    pub(crate) fn unchanged(&mut self, id: NodeId, stat: &Statx) -> bool {
        let (written, changed) = (stat.stx_mtime, stat.stx_ctime);
        let now =
            Version(stat.stx_size, (written.tv_sec, written.tv_nsec), (changed.tv_sec, changed.tv_nsec));
        let clock = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs() as i64);
        let Some(node) = self.nodes.get_mut(&id) else { return false };
        let same = node.opened == Some(now);
        node.opened = (clock.saturating_sub(changed.tv_sec) > TOO_FRESH).then_some(now);
        same
    }

    /// One of the open files of `id` is closed.
    pub(crate) fn unpin(&mut self, id: NodeId) {
        if let Some(node) = self.nodes.get_mut(&id) {
            node.pins = node.pins.saturating_sub(1);
            if node.pins == 0 && std::mem::take(&mut node.borrowed) {
                node.fd = None;
            }
            self.drop_unused(id);
        }
    }

    /// A descriptor of `id`, for naming it, not for reading.
    pub(crate) fn fd(&mut self, id: NodeId) -> Result<Arc<OwnedFd>> {
        let mut path = Vec::new();
        let mut at = id;
        let mut fd = loop {
            let node = self.nodes.get_mut(&at).ok_or(Errno::STALE)?;
            if let Some(fd) = &node.fd {
                node.fresh = true;
                break fd.clone();
            }
            path.push(at);
            at = node.parent;
            // What the host's user moves about can leave us with a ring.
            if path.len() > DEEPEST {
                return Err(Errno::LOOP);
            }
        };
        while let Some(next) = path.pop() {
            let node = self.node(next)?;
            // Not there any more, or another thing at its place: either way what the guest knew is gone.
            let found = open_path(&fd, &node.name).map_err(|errno| match errno {
                Errno::NOENT | Errno::NOTDIR => Errno::STALE,
                errno => errno,
            })?;
            if Key::of(&stat_fd(&found)?) != node.key {
                return Err(Errno::STALE);
            }
            fd = Arc::new(found);
            self.keep(next, fd.clone());
        }
        Ok(fd)
    }

    fn keep(&mut self, id: NodeId, fd: Arc<OwnedFd>) {
        if let Some(node) = self.nodes.get_mut(&id) {
            (node.fd, node.fresh) = (Some(fd), true);
            self.open.push_back(id);
        }
        // Twice around: once to take everybody's mark, once to find one without.
        let mut patience = 2 * self.open.len();
        while self.open.len() > self.budget && patience > 0 {
            patience -= 1;
            let Some(oldest) = self.open.pop_front() else { return };
            let Some(node) = self.nodes.get_mut(&oldest) else { continue };
            if node.pins > 0 || std::mem::take(&mut node.fresh) {
                self.open.push_back(oldest);
            } else {
                node.fd = None;
            }
        }
    }

    /// Gives all descriptors back that are not in use.
    pub(crate) fn close_idle(&mut self) {
        let nodes = &mut self.nodes;
        self.open.retain(|id| match nodes.get_mut(id) {
            Some(node) if node.pins == 0 => {
                node.fd = None;
                false
            }
            node => node.is_some(),
        });
    }

    /// Attributes of `id`; costs no descriptor of its own.
    pub(crate) fn stat(&mut self, id: NodeId) -> Result<Statx> {
        let node = self.node(id)?;
        if let Some(fd) = &node.fd {
            return stat_fd(fd);
        }
        let (parent, name, key) = (node.parent, node.name.clone(), node.key);
        let dir = self.fd(parent)?;
        match statx(&dir, &name, ITSELF, FIELDS) {
            Ok(stat) if Key::of(&stat) == key => Ok(stat),
            Ok(_) | Err(Errno::NOENT | Errno::NOTDIR) => Err(Errno::STALE),
            Err(errno) => Err(errno),
        }
    }

    /// Removes the bookkeeping that `open` entries of dropped nodes leave behind when there are too many.
    pub(crate) fn tidy(&mut self) {
        if self.open.len() > self.budget / 2 {
            let nodes = &self.nodes;
            self.open.retain(|id| nodes.get(id).is_some_and(|node| node.fd.is_some()));
        }
    }
}

impl Table {
    /// If the guest knows the file `stat`, it is called `name` in `parent` now.
    pub(crate) fn moved(&mut self, stat: &Statx, parent: NodeId, name: &CStr) {
        if let Some(&id) = self.by_key.get(&Key::of(stat)) {
            self.seen(id, parent, name);
        }
    }
}
