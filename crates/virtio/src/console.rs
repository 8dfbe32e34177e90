//! Console (§5.3): one port, between the driver and a [`Port`] of the console crate.
//!
//! Output that the outside does not take yet stays in the driver's buffer, and input that the driver has no buffer
//! for stays in the port: nothing is lost and nobody waits.

use crate::Waker;
use crate::blk::copy_config;
use crate::device::{Broken, Device, Kind};
use crate::queue::Queues;
use lodge_console::Port;
use lodge_state::{Record, Saved, StateError};
use serde::{Deserialize, Serialize};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// Feature bits (§5.3.3).
const SIZE: u64 = 1 << 0;
const EMERG_WRITE: u64 = 1 << 2;

const QUEUE_SIZES: [u16; 2] = [128, 128];
const RECEIVE: usize = 0;
const TRANSMIT: usize = 1;
/// Offset of the emergency write register in the config.
const EMERGENCY: u64 = 8;
const PIECE: usize = 4096;
const TAG: &str = "virtio-console";

/// The console.
pub struct Console {
    port: Port,
    /// Columns in the low half, rows in the high half.
    size: AtomicU32,
    resized: AtomicBool,
    /// Bytes already sent of the first waiting transmit chain.
    sent: AtomicU64,
    buffer: Mutex<Box<[u8; PIECE]>>,
}

#[derive(Serialize, Deserialize)]
struct ConsoleSaved {
    size: u32,
    sent: u64,
}

impl Console {
    /// A console on `port`, of 80 columns and 25 rows until told otherwise.
    pub fn new(port: Port) -> Console {
        Console {
            port,
            size: AtomicU32::new(80 | 25 << 16),
            resized: AtomicBool::new(false),
            sent: AtomicU64::new(0),
            buffer: Mutex::new(Box::new([0; PIECE])),
        }
    }

    /// The terminal has this size now; `waker` is the device's own.
    pub fn resize(&self, columns: u16, rows: u16, waker: &Waker) {
        self.size.store(u32::from(columns) | u32::from(rows) << 16, Ordering::SeqCst);
        self.resized.store(true, Ordering::SeqCst);
        waker.wake();
    }

    /// Hands waiting input to the driver's buffers.
    fn receive(&self, queues: &mut Queues, buffer: &mut [u8; PIECE]) -> Result<(), Broken> {
        loop {
            while self.port.pending() > 0 && !queues.stop_wanted() {
                let Some(mut chain) = queues.pop(RECEIVE)? else { break };
                while chain.writable() > 0 {
                    let n = chain.writable().min(PIECE as u64) as usize;
                    let n = self.port.receive(&mut buffer[..n]);
                    if n == 0 {
                        break;
                    }
                    chain.write(queues.memory(), &buffer[..n])?;
                }
                queues.push(RECEIVE, chain)?;
            }
            queues.publish(RECEIVE)?;
            if queues.stop_wanted() {
                queues.again(RECEIVE);
                return Ok(());
            }
            // New buffers are news only while input waits for them.
            if self.port.pending() == 0 || !queues.listen(RECEIVE)? {
                return Ok(());
            }
        }
    }

    /// Sends what the outside takes. A chain goes back to the driver when its last byte is gone.
    fn transmit(&self, queues: &mut Queues, buffer: &mut [u8; PIECE]) -> Result<(), Broken> {
        loop {
            let mut served = 0;
            while let Some(mut chain) = queues.peek(TRANSMIT)? {
                let sent = self.sent.load(Ordering::SeqCst).min(chain.readable());
                chain.skip_input(sent)?;
                while chain.readable() > 0 {
                    let n = chain.readable().min(PIECE as u64) as usize;
                    chain.read(queues.memory(), &mut buffer[..n])?;
                    let taken = self.port.send(&buffer[..n]);
                    self.sent.fetch_add(taken as u64, Ordering::SeqCst);
                    if taken < n || queues.stop_wanted() {
                        queues.publish(TRANSMIT)?;
                        if taken == n {
                            queues.again(TRANSMIT);
                        }
                        return Ok(());
                    }
                }
                queues.take(TRANSMIT);
                queues.push(TRANSMIT, chain)?;
                self.sent.store(0, Ordering::SeqCst);
                served += 1;
                if served == QUEUE_SIZES[TRANSMIT] {
                    queues.again(TRANSMIT);
                    return queues.publish(TRANSMIT);
                }
            }
            queues.publish(TRANSMIT)?;
            if !queues.listen(TRANSMIT)? {
                return Ok(());
            }
            if queues.stop_wanted() {
                queues.again(TRANSMIT);
                return Ok(());
            }
        }
    }
}

impl Device for Console {
    fn kind(&self) -> Kind {
        Kind::Console
    }

    fn name(&self) -> String {
        "virtio-console".into()
    }

    fn features(&self) -> u64 {
        SIZE | EMERG_WRITE
    }

    fn queue_sizes(&self) -> &[u16] {
        &QUEUE_SIZES
    }

    fn config(&self, offset: u64, into: &mut [u8]) {
        // cols u16, rows u16, max_nr_ports u32, emerg_wr u32
        let mut config = [0; 12];
        config[..4].copy_from_slice(&self.size.load(Ordering::SeqCst).to_le_bytes());
        config[4] = 1;
        copy_config(&config, offset, into);
    }

    fn write_config(&self, offset: u64, from: &[u8]) {
        if offset == EMERGENCY {
            // Works before any set-up; when the outside takes no more the character is lost.
            self.port.send(&from[..1.min(from.len())]);
        }
    }

    fn attach(&self, waker: Waker) {
        let room = waker.clone();
        self.port.on_room(Box::new(move || room.wake()));
        self.port.on_input(Box::new(move || waker.wake()));
    }

    fn reset(&self) {
        self.sent.store(0, Ordering::SeqCst);
    }

    fn serve(&self, queues: &mut Queues, _kicked: u64) -> Result<(), Broken> {
        if self.resized.swap(false, Ordering::SeqCst) && queues.features() & SIZE != 0 {
            queues.config_changed();
        }
        let mut buffer = self.buffer.lock().unwrap_or_else(|e| e.into_inner());
        self.receive(queues, &mut buffer)?;
        self.transmit(queues, &mut buffer)
    }
}

impl Saved for Console {
    fn save(&self) -> Record {
        let (size, sent) = (self.size.load(Ordering::SeqCst), self.sent.load(Ordering::SeqCst));
        Record::new(TAG, 1, &ConsoleSaved { size, sent })
    }

    fn load(&self, record: &Record) -> Result<(), StateError> {
        let saved: ConsoleSaved = record.open(TAG, 1)?;
        self.size.store(saved.size, Ordering::SeqCst);
        self.sent.store(saved.sent, Ordering::SeqCst);
        Ok(())
    }
}
