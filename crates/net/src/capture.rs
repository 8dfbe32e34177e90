//! Writes the frames of a link to a file, as pcapng (IETF draft-ietf-opsawg-pcapng), which Wireshark and tcpdump read.
//!
//! ```text
//!   device ── Capture ── any Link
//!                └─► FILE: section header, one interface, one enhanced packet block a frame
//! ```
//! Frames are written as they pass: with segmentation offload one is larger than the MTU, and with checksum offload
//! its checksum is not computed yet. It must not change what passes. A file that cannot be written any more ends the
//! capture, not the network.

use crate::link::{Features, Link, MAX_FRAME, Offload, Offloads, Received};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Block types.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
/// Tells a reader in which order the file's bytes are.
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
/// LINKTYPE_ETHERNET.
const ETHERNET: u16 = 1;
/// Options: the writer's name, the interface's name, its clock's resolution, a packet's direction.
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const EPB_FLAGS: u16 = 2;
/// Directions in `EPB_FLAGS`, seen from the guest's card.
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;

/// A capture cannot begin.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the capture of the network to {}: {why}; name a file in a folder you may write to", path.display())]
pub struct CaptureError {
    path: PathBuf,
    why: io::Error,
}

/// A link whose frames are written down.
#[derive(Debug)]
pub struct Capture<L> {
    link: L,
    out: Option<BufWriter<File>>,
    path: PathBuf,
    block: Vec<u8>,
}

impl<L: Link> Capture<L> {
    /// Captures `link` to a new file at `path`; one that is there is replaced. `name` is the interface's.
    ///
    /// # Errors
    /// [`CaptureError`]: the file cannot be written.
    pub fn new(link: L, path: &Path, name: &str) -> Result<Capture<L>, CaptureError> {
        let failed = |why| CaptureError { path: path.to_path_buf(), why };
        let out = BufWriter::with_capacity(256 << 10, File::create(path).map_err(failed)?);
        let mut capture = Capture { link, out: Some(out), path: path.to_path_buf(), block: Vec::new() };
        capture.head(name).map_err(failed)?;
        Ok(capture)
    }

    fn head(&mut self, name: &str) -> io::Result<()> {
        let mut section = Vec::new();
        section.extend(BYTE_ORDER_MAGIC.to_le_bytes());
        section.extend([1, 0, 0, 0]); // version 1.0
        section.extend((-1i64).to_le_bytes()); // length not known
        option(&mut section, SHB_USERAPPL, b"lodge");
        option(&mut section, 0, &[]);
        let mut interface = Vec::new();
        interface.extend(ETHERNET.to_le_bytes());
        interface.extend([0, 0]);
        interface.extend((MAX_FRAME as u32).to_le_bytes());
        option(&mut interface, IF_NAME, name.as_bytes());
        option(&mut interface, IF_TSRESOL, &[9]); // nanoseconds
        option(&mut interface, 0, &[]);
        let Some(out) = &mut self.out else { return Ok(()) };
        for (kind, body) in [(SECTION_HEADER, section), (INTERFACE, interface)] {
            block(out, kind, &body)?;
        }
        out.flush()
    }

    fn note(&mut self, frame: &[u8], direction: u32) {
        let Some(out) = &mut self.out else { return };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64;
        let body = &mut self.block;
        body.clear();
        let (high, low) = ((now >> 32) as u32, now as u32);
        for word in [0, high, low, frame.len() as u32, frame.len() as u32] {
            body.extend(word.to_le_bytes());
        }
        body.extend(frame);
        body.resize(body.len().next_multiple_of(4), 0);
        option(body, EPB_FLAGS, &direction.to_le_bytes());
        option(body, 0, &[]);
        if let Err(why) = block(out, ENHANCED_PACKET, body) {
            self.end(&why);
        }
    }

    fn flush(&mut self) {
        if let Some(out) = &mut self.out
            && !out.buffer().is_empty()
            && let Err(why) = out.flush()
        {
            self.end(&why);
        }
    }

    fn end(&mut self, why: &io::Error) {
        eprintln!("lodge: the capture of the network to {} ends here: {why}", self.path.display());
        self.out = None;
    }
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend(code.to_le_bytes());
    body.extend((value.len() as u16).to_le_bytes());
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
}

fn block(out: &mut impl Write, kind: u32, body: &[u8]) -> io::Result<()> {
    let total = (body.len() as u32 + 12).to_le_bytes();
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&total)?;
    out.write_all(body)?;
    out.write_all(&total)
}

impl<L: Link> Link for Capture<L> {
    fn features(&self) -> Features {
        self.link.features()
    }

    fn start(&mut self, accepts: Offloads) {
        self.link.start(accepts);
    }

    fn set_up(&mut self, up: bool) {
        self.link.set_up(up);
    }

    fn connected(&self) -> bool {
        self.link.connected()
    }

    fn send(&mut self, frame: &[u8], offload: Offload) {
        self.note(frame, OUTBOUND);
        self.link.send(frame, offload);
    }

    fn receive(&mut self, room: &mut [u8]) -> Option<Received> {
        let received = self.link.receive(room);
        match received {
            Some(Received { len, .. }) => self.note(&room[..len], INBOUND),
            // The device is about to wait: whoever reads the file meanwhile finds all of it.
            None => self.flush(),
        }
        received
    }

    fn ready(&self) -> BorrowedFd<'_> {
        self.link.ready()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pair;

    #[test]
    fn the_file_is_a_chain_of_whole_blocks() {
        let path = std::env::temp_dir().join(format!("lodge-capture-{}.pcapng", std::process::id()));
        let (a, mut b) = pair(1500).unwrap();
        let mut a = Capture::new(a, &path, "net0").unwrap();
        a.send(&[1; 61], Offload::default());
        b.send(&[2; 64], Offload::default());
        let mut room = vec![0; MAX_FRAME];
        while a.receive(&mut room).is_some() {}
        let file = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap());
        let (mut at, mut kinds) = (0, Vec::new());
        while at < file.len() {
            let total = word(at + 4) as usize;
            assert_eq!(word(at + total - 4) as usize, total);
            kinds.push((word(at), total));
            at += total;
        }
        assert_eq!(kinds.iter().map(|k| k.0).collect::<Vec<_>>(), [SECTION_HEADER, 1, 6, 6]);
        assert_eq!(kinds[2].1, 12 + 20 + 64 + 12);
    }

    #[test]
    fn a_file_that_cannot_be_is_refused() {
        let (a, _b) = pair(1500).unwrap();
        let e = Capture::new(a, Path::new("/nowhere/x.pcapng"), "net0").unwrap_err().to_string();
        assert!(e.contains("/nowhere/x.pcapng") && e.contains("name a file"), "{e}");
    }
}
