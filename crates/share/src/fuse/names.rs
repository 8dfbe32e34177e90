//! Operations whose arguments end in names.

use super::Server;
use super::wire::{Header, op, u32_at, u64_at};
use crate::file::Open;
use crate::name::Name;
use crate::owner::Caller;
use crate::table::NodeId;
use crate::{Errno, Result};
use std::ffi::CStr;

/// `args` bytes of arguments, then strings that each end in a zero: the first two of them.
struct Arguments<'a> {
    args: &'a [u8],
    strings: &'a [u8],
}

impl<'a> Arguments<'a> {
    fn new(body: &'a [u8], args: usize) -> Result<Arguments<'a>> {
        let (args, strings) = body.split_at_checked(args).ok_or(Errno::INVAL)?;
        Ok(Arguments { args, strings })
    }

    fn string(&mut self) -> Result<&'a CStr> {
        let string = CStr::from_bytes_until_nul(self.strings).map_err(|_| Errno::INVAL)?;
        self.strings = &self.strings[string.count_bytes() + 1..];
        Ok(string)
    }

    fn name(&mut self) -> Result<Name<'a>> {
        Name::new(self.string()?)
    }
}

impl Server {
    pub(super) fn act_on_names(&mut self, header: &Header, body: &[u8]) -> Result<()> {
        let (parent, caller) = (header.node, Caller { uid: header.uid, gid: header.gid });
        let (node, attr) = match header.op {
            op::LOOKUP => self.tree.lookup(parent, Arguments::new(body, 0)?.name()?)?,
            op::SYMLINK => {
                let mut args = Arguments::new(body, 0)?;
                let name = args.name()?;
                self.tree.make_link(parent, name, args.string()?, caller)?
            }
            // `fuse_mknod_in`: mode, device, umask (which the guest has applied), padding.
            op::MKNOD => {
                let mut args = Arguments::new(body, 16)?;
                self.tree.make_node(parent, args.name()?, u32_at(args.args, 0), caller)?
            }
            // `fuse_mkdir_in`: mode, umask.
            op::MKDIR => {
                let mut args = Arguments::new(body, 8)?;
                self.tree.make_dir(parent, args.name()?, u32_at(args.args, 0), caller)?
            }
            // `fuse_link_in`: the file's node u64.
            op::LINK => {
                let mut args = Arguments::new(body, 8)?;
                self.tree.link(NodeId(u64_at(args.args, 0)), parent, args.name()?)?
            }
            op::CREATE => return self.create(parent, body, caller),
            op::UNLINK | op::RMDIR => {
                let name = Arguments::new(body, 0)?.name()?;
                return self.tree.unlink(parent, name, header.op == op::RMDIR);
            }
            // `fuse_rename_in`: new directory u64. `fuse_rename2_in`: and flags u32, padding.
            op::RENAME | op::RENAME2 => {
                let mut args = Arguments::new(body, if header.op == op::RENAME { 8 } else { 16 })?;
                let (to, flags) = (NodeId(u64_at(args.args, 0)), u32_at(args.args, 8));
                let (old, new) = (args.name()?, args.name()?);
                return self.tree.rename((parent, old), (to, new), flags);
            }
            _ => return Err(Errno::NOSYS),
        };
        self.output.entry(node, &attr);
        Ok(())
    }

    /// `fuse_create_in`: flags, mode, umask, flags of the opening; then the name.
    fn create(&mut self, parent: NodeId, body: &[u8], caller: Caller) -> Result<()> {
        let mut args = Arguments::new(body, 16)?;
        let (flags, mode) = (u32_at(args.args, 0), u32_at(args.args, 4));
        let name = args.name()?;
        let (node, attr, handle) = self.tree.create(parent, name, Open(flags), mode, caller)?;
        self.output.entry(node, &attr);
        self.output.open(handle.0, 0);
        Ok(())
    }

    /// The value behind a name that follows `args` bytes of arguments.
    pub(super) fn name_and_value(body: &[u8], args: usize) -> Result<(&CStr, &[u8])> {
        let mut args = Arguments::new(body, args)?;
        let name = args.string()?;
        Ok((name, args.strings))
    }
}
