//! One message in, one out; and the server's state.

use super::fids::{Fid, Fids, Xattr};
use super::wire::{Fields, HEADER, Reply, header, msg};
use crate::exchange::{Exchange, Fault};
use crate::file::HandleId;
use crate::folder::Folder;
use crate::saved::TreeSaved;
use crate::table::NodeId;
use crate::tree::Tree;
use crate::{Errno, Result};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Longest message.
pub(super) const MAX_SIZE: u32 = 1 << 20;
/// Shortest that one can agree on.
const MIN_SIZE: u32 = 4096;
/// Longest message without file data: an extended attribute, with what is before it.
const LONGEST: u64 = (64 << 10) + 1024;

/// Serves one client's messages, one by one.
#[derive(Debug)]
pub struct Server {
    pub(super) tree: Tree,
    pub(super) fids: Fids,
    /// Longest message that the client takes.
    pub(super) size: u32,
    input: Vec<u8>,
    pub(super) reply: Reply,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FidSaved {
    fid: u32,
    node: u64,
    uid: u32,
    handle: Option<u64>,
    xattr: Option<Xattr>,
}

/// A server as a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSaved {
    tree: TreeSaved,
    fids: Vec<FidSaved>,
    size: u32,
}

impl Server {
    /// Serves `folder` to a client that knows nothing of it.
    ///
    /// # Errors
    /// When the host is out of descriptors.
    pub fn new(folder: Arc<Folder>) -> Result<Server> {
        let tree = Tree::new(folder)?;
        let (input, reply) = (Vec::new(), Reply::default());
        Ok(Server { tree, fids: Fids::default(), size: MIN_SIZE, input, reply })
    }

    /// As if the guest had just been switched on.
    ///
    /// # Errors
    /// When the host is out of descriptors.
    pub fn reset(&mut self) -> Result<()> {
        *self = Server::new(self.tree.folder().clone())?;
        Ok(())
    }

    /// What the client knows now.
    pub fn save(&self) -> ServerSaved {
        let fid = |(fid, known): (&u32, &Fid)| FidSaved {
            fid: *fid,
            node: known.node.0,
            uid: known.uid,
            handle: known.handle.map(|handle| handle.0),
            xattr: known.xattr.clone(),
        };
        let mut fids: Vec<_> = self.fids.0.iter().map(fid).collect();
        fids.sort_by_key(|fid| fid.fid);
        ServerSaved { tree: self.tree.save(), fids, size: self.size }
    }

    /// Becomes what `saved` says; see [`Tree::load`].
    ///
    /// # Errors
    /// As there; nothing has changed then.
    pub fn load(&mut self, saved: &ServerSaved) -> Result<()> {
        let tree = Tree::load(self.tree.folder().clone(), &saved.tree)?;
        let mut fids = Fids::default();
        for fid in &saved.fids {
            let handle = fid.handle.map(HandleId);
            let known = tree.table.node(NodeId(fid.node)).is_ok();
            if !known || handle.is_some_and(|handle| tree.listed(handle).is_err()) {
                return Err(Errno::INVAL);
            }
            fids.free(fid.fid)?;
            let xattr = fid.xattr.clone();
            fids.0.insert(fid.fid, Fid { node: NodeId(fid.node), uid: fid.uid, handle, xattr });
        }
        let size = saved.size.clamp(MIN_SIZE, MAX_SIZE);
        *self = Server { tree, fids, size, ..Server::new(self.tree.folder().clone())? };
        Ok(())
    }

    /// Serves one message.
    ///
    /// # Errors
    /// [`Fault`]: its memory is not what it should be.
    pub fn serve(&mut self, exchange: &mut dyn Exchange) -> std::result::Result<(), Fault> {
        let mut head = [0; HEADER];
        if exchange.readable() < HEADER as u64 || exchange.writable() < HEADER as u64 + 4 {
            return Err(Fault("a 9P message has no header, or no room for an answer".into()));
        }
        exchange.read(&mut head)?;
        let len = u32::from_le_bytes([head[0], head[1], head[2], head[3]]);
        let (kind, tag) = (head[4], u16::from_le_bytes([head[5], head[6]]));
        if u64::from(len) != HEADER as u64 + exchange.readable() {
            return refuse(tag, Errno::INVAL, exchange);
        }
        if let Some(outcome) = self.serve_data(kind, tag, exchange)? {
            return outcome.map_or_else(|errno| refuse(tag, errno, exchange), Ok);
        }
        if exchange.readable() > LONGEST {
            return refuse(tag, Errno::MSGSIZE, exchange);
        }
        let mut body = std::mem::take(&mut self.input);
        body.clear();
        body.resize(exchange.readable() as usize, 0);
        exchange.read(&mut body)?;
        self.reply.0.clear();
        let room = exchange.writable().min(self.size.into()) as usize - HEADER;
        let done = self.act(kind, &mut Fields(&body), room);
        self.input = body;
        match done {
            Ok(()) if self.reply.0.len() > room => refuse(tag, Errno::MSGSIZE, exchange),
            Ok(()) => {
                let reply = &self.reply.0;
                exchange.write(&header(HEADER + reply.len(), kind + 1, tag))?;
                exchange.write(reply)
            }
            Err(errno) => refuse(tag, errno, exchange),
        }
    }

    fn act(&mut self, kind: u8, fields: &mut Fields<'_>, room: usize) -> Result<()> {
        match kind {
            msg::VERSION => self.version(fields),
            // Nobody has to prove anything: the share is the guest's.
            msg::AUTH => Err(Errno::OPNOTSUPP),
            msg::ATTACH => self.attach(fields),
            // What was to be flushed is done.
            msg::FLUSH => Ok(()),
            msg::WALK => self.walk(fields),
            msg::CLUNK => self.clunk(fields),
            msg::REMOVE => self.remove(fields),
            msg::LCREATE | msg::SYMLINK | msg::MKNOD | msg::MKDIR => self.make(kind, fields),
            msg::RENAME | msg::RENAMEAT | msg::LINK | msg::UNLINKAT => self.name(kind, fields),
            msg::LOPEN => self.open(fields),
            msg::STATFS => self.statistics(fields),
            msg::READLINK => self.read_link(fields),
            msg::GETATTR => self.get_attr(fields),
            msg::SETATTR => self.set_attr(fields),
            msg::XATTRWALK => self.xattr_walk(fields),
            msg::XATTRCREATE => self.xattr_create(fields),
            msg::READDIR => self.list(fields, room),
            msg::FSYNC => self.sync(fields),
            msg::LOCK => self.lock(fields),
            msg::GETLOCK => self.get_lock(fields),
            _ => Err(Errno::OPNOTSUPP),
        }
    }

    /// Longest message u32, version; the same back.
    fn version(&mut self, fields: &mut Fields<'_>) -> Result<()> {
        let (size, version) = (fields.u32()?, fields.string()?);
        self.reset()?;
        if size < MIN_SIZE {
            return Err(Errno::INVAL);
        }
        self.size = size.min(MAX_SIZE);
        self.reply.u32(self.size);
        let known = version.as_bytes() == b"9P2000.L";
        self.reply.string(if known { b"9P2000.L" } else { b"unknown" });
        Ok(())
    }
}

/// Error reply: the error's number u32.
pub(super) fn refuse(tag: u16, errno: Errno, exchange: &mut dyn Exchange) -> std::result::Result<(), Fault> {
    exchange.write(&header(HEADER + 4, msg::LERROR + 1, tag))?;
    exchange.write(&(errno.raw_os_error() as u32).to_le_bytes())
}
