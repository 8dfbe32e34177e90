//! From a request's bytes to an answer's: who decides where the answer's bytes go.

use super::Server;
use super::wire::{Header, IN_HEADER, OUT_HEADER, op, out_header};
use crate::exchange::{Exchange, Fault};
use crate::{Errno, Result};

/// Longest request without file data: the largest extended attribute, with names before it.
const LONGEST: u64 = (64 << 10) + 1024;

/// What an operation leaves to be said.
pub(super) enum Said {
    /// The answer is in the output buffer.
    Answer,
    /// There is no answer to this.
    Nothing,
}

impl Server {
    /// Serves one request.
    ///
    /// # Errors
    /// [`Fault`]: its memory is not what it should be.
    pub fn serve(&mut self, exchange: &mut dyn Exchange) -> std::result::Result<(), Fault> {
        let mut bytes = [0; IN_HEADER];
        if exchange.readable() < IN_HEADER as u64 {
            return Err(Fault("a FUSE request is shorter than its header".into()));
        }
        exchange.read(&mut bytes)?;
        let header = Header::parse(&bytes);
        let quiet = matches!(header.op, op::FORGET | op::BATCH_FORGET | op::INTERRUPT);
        if !quiet && exchange.writable() < OUT_HEADER as u64 {
            return Err(Fault("a FUSE request has no room for an answer".into()));
        }
        if u64::from(header.len) != IN_HEADER as u64 + exchange.readable() {
            return self.fail(&header, quiet, Errno::INVAL, exchange);
        }
        match header.op {
            op::READ => self.read(&header, exchange),
            op::WRITE => self.write(&header, exchange),
            _ if exchange.readable() > LONGEST => self.fail(&header, quiet, Errno::TOOBIG, exchange),
            _ => {
                let mut body = std::mem::take(&mut self.input);
                body.clear();
                body.resize(exchange.readable() as usize, 0);
                exchange.read(&mut body)?;
                self.output.0.clear();
                let room = exchange.writable().saturating_sub(OUT_HEADER as u64);
                let room = usize::try_from(room).unwrap_or(usize::MAX);
                let said = self.act(&header, &body, room);
                self.input = body;
                match said {
                    Ok(Said::Nothing) => Ok(()),
                    Ok(Said::Answer) if self.output.0.len() > room => {
                        self.fail(&header, quiet, Errno::RANGE, exchange)
                    }
                    Ok(Said::Answer) => {
                        let body = &self.output.0;
                        exchange.write(&out_header(OUT_HEADER + body.len(), 0, header.unique))?;
                        exchange.write(body)
                    }
                    Err(errno) => self.fail(&header, quiet, errno, exchange),
                }
            }
        }
    }

    fn fail(
        &self,
        header: &Header,
        quiet: bool,
        errno: Errno,
        exchange: &mut dyn Exchange,
    ) -> std::result::Result<(), Fault> {
        if quiet {
            return Ok(());
        }
        exchange.write(&out_header(OUT_HEADER, -errno.raw_os_error(), header.unique))
    }

    /// `fuse_read_in`: handle u64, offset u64, size u32, flags u32, lock owner u64, open flags u32, padding.
    fn read(&mut self, header: &Header, exchange: &mut dyn Exchange) -> std::result::Result<(), Fault> {
        let mut args = [0; 40];
        if exchange.readable() != args.len() as u64 {
            return self.fail(header, false, Errno::INVAL, exchange);
        }
        exchange.read(&mut args)?;
        let (handle, offset, size) = super::session::read_args(&args);
        let read = self.tree.read(handle, offset, (OUT_HEADER as u64, size.into()), exchange)?;
        match read {
            Ok(n) => {
                exchange.write(&out_header(OUT_HEADER + n, 0, header.unique))?;
                exchange.pass(n as u64)
            }
            Err(errno) => self.fail(header, false, errno, exchange),
        }
    }

    /// `fuse_write_in`: as for reading, with the flags of the write where those of the read are; then the data.
    fn write(&mut self, header: &Header, exchange: &mut dyn Exchange) -> std::result::Result<(), Fault> {
        let mut args = [0; 40];
        if exchange.readable() < args.len() as u64 {
            return self.fail(header, false, Errno::INVAL, exchange);
        }
        exchange.read(&mut args)?;
        let (handle, offset, size) = super::session::read_args(&args);
        if u64::from(size) != exchange.readable() {
            return self.fail(header, false, Errno::INVAL, exchange);
        }
        /// The guest's process has no right to keep set-user-id bits.
        const KILL_SUIDGID: u32 = 1 << 2;
        let kill = super::wire::u32_at(&args, 20) & KILL_SUIDGID != 0;
        match self.tree.write(handle, offset, (size.into(), kill), exchange)? {
            Ok(n) => {
                // `fuse_write_out`: size u32, padding.
                exchange.write(&out_header(OUT_HEADER + 8, 0, header.unique))?;
                exchange.write(&(n as u64).to_le_bytes())
            }
            Err(errno) => self.fail(header, false, errno, exchange),
        }
    }

    fn act(&mut self, header: &Header, body: &[u8], room: usize) -> Result<Said> {
        match header.op {
            op::FORGET | op::BATCH_FORGET => {
                self.forget(header, body);
                return Ok(Said::Nothing);
            }
            // Whatever is to be interrupted is done already: requests are served one by one.
            op::INTERRUPT => return Ok(Said::Nothing),
            op::LOOKUP | op::SYMLINK..=op::LINK | op::CREATE | op::RENAME2 => {
                self.act_on_names(header, body)?;
            }
            _ => self.act_on_files(header, body, room)?,
        }
        Ok(Said::Answer)
    }
}
