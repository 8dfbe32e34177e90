//! Block device (§5.2): sectors of a [`Disk`].
//!
//! Data goes through one buffer of at most a mebibyte, whatever the driver asks for. A failure of the disk is an
//! error status of that request; only a request without room for a status breaks the device.

use crate::device::{Broken, Device, Kind};
use crate::queue::{Chain, Queues};
use lodge_image::{Disk, ImageError, SECTOR};
use lodge_memory::GuestMemory;
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Feature bits (§5.2.3).
mod bit {
    pub(super) const SEG_MAX: u64 = 1 << 2;
    pub(super) const RO: u64 = 1 << 5;
    pub(super) const BLK_SIZE: u64 = 1 << 6;
    pub(super) const FLUSH: u64 = 1 << 9;
    pub(super) const TOPOLOGY: u64 = 1 << 10;
    pub(super) const CONFIG_WCE: u64 = 1 << 11;
    pub(super) const MQ: u64 = 1 << 12;
    pub(super) const DISCARD: u64 = 1 << 13;
    pub(super) const WRITE_ZEROES: u64 = 1 << 14;
}

/// Request types (§5.2.6).
mod request {
    pub(super) const IN: u32 = 0;
    pub(super) const OUT: u32 = 1;
    pub(super) const FLUSH: u32 = 4;
    pub(super) const GET_ID: u32 = 8;
    pub(super) const DISCARD: u32 = 11;
    pub(super) const WRITE_ZEROES: u32 = 13;
}

const QUEUE_SIZE: u16 = 256;
/// Most queues of a device.
pub const MAX_QUEUES: u16 = 16;
/// Bytes of the identity string (§5.2.6.1).
pub const ID_BYTES: usize = 20;
/// Data moves in pieces of this many bytes.
const PIECE: u64 = 1 << 20;
/// Longest stretch of one discard or write-zeroes segment, in sectors (1 GiB), and segments of one request.
const MAX_CLEAR_SECTORS: u32 = 1 << 21;
const MAX_CLEAR_SEGMENTS: u32 = 32;
/// The flag of a write-zeroes segment that allows freeing, the only one there is.
const UNMAP: u32 = 1;
/// Offset of the writeback byte in the config, the only one a driver may write.
const WRITEBACK: u64 = 32;
const TAG: &str = "virtio-blk";

/// Why a request failed, as the driver hears it.
#[derive(Debug)]
enum Failure {
    /// Status 1, with what to log.
    Io(String),
    /// Status 2.
    Unsupported,
    /// No status at all.
    Broken(Broken),
}

impl From<Broken> for Failure {
    fn from(e: Broken) -> Failure {
        Failure::Broken(e)
    }
}

impl From<ImageError> for Failure {
    fn from(e: ImageError) -> Failure {
        Failure::Io(e.to_string())
    }
}

/// The block device.
pub struct Blk {
    disk: Arc<dyn Disk>,
    id: [u8; ID_BYTES],
    queue_sizes: Vec<u16>,
    /// The driver's choice: the disk may keep writes in a cache until a flush.
    writeback: AtomicBool,
    /// Negotiated features.
    features: AtomicU64,
    /// Only the device's thread takes it.
    buffer: Mutex<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
struct BlkSaved {
    writeback: bool,
    /// Sectors: another disk is not this disk.
    capacity: u64,
}

impl Blk {
    /// A device for `disk` that calls itself `id` (cut to 20 bytes), with 1 to [`MAX_QUEUES`] queues.
    pub fn new(disk: Arc<dyn Disk>, id: &str, queues: u16) -> Blk {
        let mut bytes = [0; ID_BYTES];
        for (to, from) in bytes.iter_mut().zip(id.bytes()) {
            *to = from;
        }
        Blk {
            disk,
            id: bytes,
            queue_sizes: vec![QUEUE_SIZE; queues.clamp(1, MAX_QUEUES).into()],
            writeback: AtomicBool::new(true),
            features: AtomicU64::new(0),
            buffer: Mutex::new(Vec::new()),
        }
    }

    fn capacity(&self) -> u64 {
        self.disk.size() / SECTOR
    }

    /// The config structure of §5.2.4.
    fn config_bytes(&self) -> [u8; 60] {
        let mut config = [0; 60];
        let mut put = |at: usize, bytes: &[u8]| config[at..at + bytes.len()].copy_from_slice(bytes);
        let topology = self.disk.topology();
        let (logical, physical) = (topology.logical_block.max(512), topology.physical_block.max(512));
        let granularity = topology.discard_granularity.max(512);
        put(0, &self.capacity().to_le_bytes());
        put(12, &(u32::from(QUEUE_SIZE) - 2).to_le_bytes()); // seg_max
        put(20, &logical.to_le_bytes());
        put(24, &[(physical / logical).max(1).ilog2() as u8, 0]);
        put(26, &((physical / logical).max(1) as u16).to_le_bytes()); // min_io_size, in logical blocks
        put(28, &(topology.optimal_io / logical).to_le_bytes());
        put(32, &[self.writeback.load(Ordering::SeqCst).into()]);
        put(34, &(self.queue_sizes.len() as u16).to_le_bytes());
        put(36, &MAX_CLEAR_SECTORS.to_le_bytes());
        put(40, &MAX_CLEAR_SEGMENTS.to_le_bytes());
        put(44, &(granularity / SECTOR as u32).to_le_bytes());
        put(48, &MAX_CLEAR_SECTORS.to_le_bytes());
        put(52, &MAX_CLEAR_SEGMENTS.to_le_bytes());
        put(56, &[1]); // write_zeroes_may_unmap
        config
    }

    /// Whether each write must be durable when it completes: the driver cannot or does not want to flush (§5.2.5.2).
    fn write_through(&self) -> bool {
        let features = self.features.load(Ordering::SeqCst);
        features & (bit::FLUSH | bit::CONFIG_WCE) == 0
            || (features & bit::CONFIG_WCE != 0 && !self.writeback.load(Ordering::SeqCst))
    }

    /// Byte offset of `sector`, when `len` bytes from there are on the disk.
    fn range(&self, sector: u64, len: u64) -> Result<u64, Failure> {
        let offset = sector.checked_mul(SECTOR).filter(|offset| {
            len.is_multiple_of(SECTOR) && offset.checked_add(len).is_some_and(|end| end <= self.disk.size())
        });
        offset.ok_or_else(|| Failure::Io(format!("sector {sector}, {len} bytes: not a range of the disk")))
    }

    fn serve_chain(
        &self,
        memory: &GuestMemory,
        chain: &mut Chain,
        buffer: &mut Vec<u8>,
    ) -> Result<u8, Failure> {
        let mut header = [0; 16];
        chain.read(memory, &mut header)?;
        let kind = u32::from_le_bytes(std::array::from_fn(|i| header[i]));
        let sector = u64::from_le_bytes(std::array::from_fn(|i| header[8 + i]));
        match kind {
            request::IN => self.read(memory, chain, buffer, sector)?,
            request::OUT => self.write(memory, chain, buffer, sector)?,
            request::FLUSH => self.disk.flush()?,
            request::GET_ID => {
                let n = (chain.writable() - 1).min(ID_BYTES as u64) as usize;
                chain.write(memory, &self.id[..n])?;
            }
            request::DISCARD | request::WRITE_ZEROES => self.clear(memory, chain, kind)?,
            _ => return Err(Failure::Unsupported),
        }
        Ok(0)
    }

    fn read(
        &self,
        memory: &GuestMemory,
        chain: &mut Chain,
        buffer: &mut Vec<u8>,
        sector: u64,
    ) -> Result<(), Failure> {
        let mut left = chain.writable() - 1;
        let mut offset = self.range(sector, left)?;
        while left > 0 {
            let piece = room(buffer, left);
            self.disk.read_at(offset, piece)?;
            chain.write(memory, piece)?;
            offset += piece.len() as u64;
            left -= piece.len() as u64;
        }
        Ok(())
    }

    fn write(
        &self,
        memory: &GuestMemory,
        chain: &mut Chain,
        buffer: &mut Vec<u8>,
        sector: u64,
    ) -> Result<(), Failure> {
        let mut left = chain.readable();
        let mut offset = self.range(sector, left)?;
        while left > 0 {
            let piece = room(buffer, left);
            chain.read(memory, piece)?;
            self.disk.write_at(offset, piece)?;
            offset += piece.len() as u64;
            left -= piece.len() as u64;
        }
        if self.write_through() { Ok(self.disk.flush()?) } else { Ok(()) }
    }

    /// Discard and write-zeroes: a list of { sector u64, sectors u32, flags u32 }.
    fn clear(&self, memory: &GuestMemory, chain: &mut Chain, kind: u32) -> Result<(), Failure> {
        let len = chain.readable();
        if len == 0 || !len.is_multiple_of(16) || len / 16 > MAX_CLEAR_SEGMENTS.into() {
            return Err(Failure::Io(format!("a list of {len} bytes of ranges to clear")));
        }
        for _ in 0..len / 16 {
            let mut segment = [0; 16];
            chain.read(memory, &mut segment)?;
            let sector = u64::from_le_bytes(std::array::from_fn(|i| segment[i]));
            let sectors = u32::from_le_bytes(std::array::from_fn(|i| segment[8 + i]));
            let flags = u32::from_le_bytes(std::array::from_fn(|i| segment[12 + i]));
            if flags & !UNMAP != 0 || (kind == request::DISCARD && flags != 0) {
                return Err(Failure::Unsupported);
            }
            if sectors > MAX_CLEAR_SECTORS {
                return Err(Failure::Io(format!("{sectors} sectors to clear at once")));
            }
            let len = u64::from(sectors) * SECTOR;
            let offset = self.range(sector, len)?;
            if kind == request::DISCARD {
                self.disk.discard(offset, len)?;
            } else {
                self.disk.write_zeroes(offset, len, flags & UNMAP != 0)?;
            }
        }
        if self.write_through() { Ok(self.disk.flush()?) } else { Ok(()) }
    }
}

/// The first bytes of `buffer`, as many as the next piece of `left` has.
fn room(buffer: &mut Vec<u8>, left: u64) -> &mut [u8] {
    let n = left.min(PIECE) as usize;
    if buffer.len() < n {
        buffer.resize(n, 0);
    }
    &mut buffer[..n]
}

impl Device for Blk {
    fn kind(&self) -> Kind {
        Kind::Block
    }

    fn name(&self) -> String {
        let id = String::from_utf8_lossy(&self.id);
        format!("blk {}", id.trim_end_matches('\0'))
    }

    fn features(&self) -> u64 {
        let mut features = bit::SEG_MAX | bit::BLK_SIZE | bit::FLUSH | bit::TOPOLOGY | bit::CONFIG_WCE;
        features |= if self.disk.read_only() { bit::RO } else { bit::DISCARD | bit::WRITE_ZEROES };
        if self.queue_sizes.len() > 1 {
            features |= bit::MQ;
        }
        features
    }

    fn queue_sizes(&self) -> &[u16] {
        &self.queue_sizes
    }

    fn config(&self, offset: u64, into: &mut [u8]) {
        copy_config(&self.config_bytes(), offset, into);
    }

    fn write_config(&self, offset: u64, from: &[u8]) {
        if offset == WRITEBACK
            && from.len() == 1
            && self.features.load(Ordering::SeqCst) & bit::CONFIG_WCE != 0
        {
            self.writeback.store(from[0] & 1 != 0, Ordering::SeqCst);
        }
    }

    fn activate(&self, features: u64) {
        self.features.store(features, Ordering::SeqCst);
    }

    fn reset(&self) {
        self.features.store(0, Ordering::SeqCst);
        self.writeback.store(true, Ordering::SeqCst);
    }

    fn serve(&self, queues: &mut Queues, kicked: u64) -> Result<(), Broken> {
        let mut buffer = self.buffer.lock().unwrap_or_else(|e| e.into_inner());
        for index in 0..self.queue_sizes.len() {
            if kicked & (1 << index) == 0 {
                continue;
            }
            let mut failed = None;
            queues.drain(index, |memory, chain| {
                if chain.writable() == 0 {
                    return Err(Broken("a block request has no room for its status".into()));
                }
                let status = match self.serve_chain(memory, chain, &mut buffer) {
                    Ok(status) => status,
                    Err(Failure::Unsupported) => 2,
                    Err(Failure::Io(why)) => {
                        failed = Some(why);
                        1
                    }
                    Err(Failure::Broken(broken)) => return Err(broken),
                };
                // The status is the last byte, also when an error left some of the data unwritten.
                chain.skip_output(chain.writable() - 1)?;
                chain.write(memory, &[status])
            })?;
            if let Some(why) = failed {
                queues.complain(&format_args!("request failed: {why}"));
            }
        }
        Ok(())
    }
}

/// Copies what exists of `config` from `offset` on, and zeroes after it.
pub(crate) fn copy_config(config: &[u8], offset: u64, into: &mut [u8]) {
    for (i, byte) in into.iter_mut().enumerate() {
        let at = usize::try_from(offset).ok().and_then(|offset| offset.checked_add(i));
        *byte = at.and_then(|at| config.get(at)).copied().unwrap_or(0);
    }
}

impl Saved for Blk {
    fn save(&self) -> Record {
        let writeback = self.writeback.load(Ordering::SeqCst);
        Record::new(TAG, 1, &BlkSaved { writeback, capacity: self.capacity() })
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: BlkSaved = record.open(TAG, 1)?;
        if saved.capacity != self.capacity() {
            let why =
                format!("a disk of {} sectors was saved, this one has {}", saved.capacity, self.capacity());
            return Err(StateError::Invalid { tag: TAG, why });
        }
        self.writeback.store(saved.writeback, Ordering::SeqCst);
        Ok(())
    }
}
