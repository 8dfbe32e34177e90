//! The two ends of a character device and the bounded queues between them.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Bytes of input that wait for the guest before the back end has to wait.
pub const INPUT_LIMIT: usize = 64 << 10;
/// Bytes of output that wait for the back end before the guest's transmitter is busy.
pub const OUTPUT_LIMIT: usize = 256 << 10;

type Callback = Arc<dyn Fn() + Send + Sync>;

#[derive(Default)]
struct Queues {
    input: VecDeque<u8>,
    output: VecDeque<u8>,
    /// The device was refused room and wants to hear when there is some.
    starved: bool,
    /// The back end sleeps until there is output: a wake-up costs a system call, so only a sleeper gets one.
    idle: bool,
    /// Bytes taken by the back end that are not outside yet.
    writing: bool,
    /// Nobody takes output (any more): it vanishes.
    discard: bool,
}

struct Inner {
    queues: Mutex<Queues>,
    /// Output came, or the device end wants it out now.
    output_came: Condvar,
    /// Output went.
    output_went: Condvar,
    /// Input was read by the guest.
    input_went: Condvar,
    on_input: Mutex<Option<Callback>>,
    on_room: Mutex<Option<Callback>>,
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.queues.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Calls a callback with no lock held: it will come back to read or send.
    fn call(callback: &Mutex<Option<Callback>>) {
        let callback = callback.lock().unwrap_or_else(|e| e.into_inner()).clone();
        if let Some(callback) = callback {
            callback();
        }
    }
}

/// The device's end. Clones are the same end. No call here waits but those that say so.
#[derive(Clone)]
pub struct Port(Arc<Inner>);

/// The outside's end of a [`Port`].
pub struct Backend(Arc<Inner>);

/// A character device: the end for a device and the end for a back end.
pub fn port() -> (Port, Backend) {
    let inner = Arc::new(Inner {
        queues: Mutex::default(),
        output_came: Condvar::new(),
        output_went: Condvar::new(),
        input_went: Condvar::new(),
        on_input: Mutex::new(None),
        on_room: Mutex::new(None),
    });
    (Port(inner.clone()), Backend(inner))
}

impl Port {
    /// A port that leads nowhere: output vanishes, input never comes.
    pub fn null() -> Port {
        let (port, _) = port();
        port.0.lock().discard = true;
        port
    }

    /// Sends guest bytes outside; returns how many were taken. When not all were, [`Port::on_room`]'s callback
    /// comes once there is room again.
    pub fn send(&self, bytes: &[u8]) -> usize {
        let mut queues = self.0.lock();
        if queues.discard {
            return bytes.len();
        }
        let taken = bytes.len().min(OUTPUT_LIMIT.saturating_sub(queues.output.len()));
        queues.output.extend(&bytes[..taken]);
        queues.starved |= taken < bytes.len();
        if taken > 0 && std::mem::take(&mut queues.idle) {
            self.0.output_came.notify_all();
        }
        taken
    }

    /// Sends all of `bytes`, waiting for room up to `patience` in all; returns how many were taken.
    pub fn send_waiting(&self, bytes: &[u8], patience: Duration) -> usize {
        let end = Instant::now() + patience;
        let mut sent = self.send(bytes);
        while sent < bytes.len() && self.wait_for_room(end.saturating_duration_since(Instant::now())) {
            sent += self.send(&bytes[sent..]);
        }
        sent
    }

    /// Waits until [`Port::send`] has room for a byte, at most `patience`. Says whether it has.
    pub fn wait_for_room(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut queues = self.0.lock();
        while !queues.discard && queues.output.len() >= OUTPUT_LIMIT {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            queues = self.0.output_went.wait_timeout(queues, left).unwrap_or_else(|e| e.into_inner()).0;
        }
        true
    }

    /// Takes input that came from outside; returns how many bytes.
    pub fn receive(&self, into: &mut [u8]) -> usize {
        let mut queues = self.0.lock();
        let count = into.len().min(queues.input.len());
        for (slot, byte) in into.iter_mut().zip(queues.input.drain(..count)) {
            *slot = byte;
        }
        if count > 0 {
            self.0.input_went.notify_all();
        }
        count
    }

    /// Bytes of input that wait.
    pub fn pending(&self) -> usize {
        self.0.lock().input.len()
    }

    /// Calls `callback`, on a thread of the back end, whenever input came. One callback a port.
    pub fn on_input(&self, callback: Box<dyn Fn() + Send + Sync>) {
        *self.0.on_input.lock().unwrap_or_else(|e| e.into_inner()) = Some(callback.into());
        if self.pending() > 0 {
            Inner::call(&self.0.on_input);
        }
    }

    /// Calls `callback`, on a thread of the back end, when there is room again after a short [`Port::send`].
    pub fn on_room(&self, callback: Box<dyn Fn() + Send + Sync>) {
        *self.0.on_room.lock().unwrap_or_else(|e| e.into_inner()) = Some(callback.into());
    }

    /// Waits until all output is outside, at most `patience`. Says whether it is. Call it before the process ends.
    pub fn flush(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut queues = self.0.lock();
        while !queues.discard && (queues.writing || !queues.output.is_empty()) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            queues = self.0.output_went.wait_timeout(queues, left).unwrap_or_else(|e| e.into_inner()).0;
        }
        true
    }
}

impl Backend {
    /// Hands `bytes` to the guest, waiting while more than [`INPUT_LIMIT`] bytes wait already.
    pub fn put(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let mut queues = self.0.lock();
            while queues.input.len() >= INPUT_LIMIT {
                queues = self.0.input_went.wait(queues).unwrap_or_else(|e| e.into_inner());
            }
            let (now, later) = bytes.split_at(bytes.len().min(INPUT_LIMIT - queues.input.len()));
            queues.input.extend(now);
            bytes = later;
            drop(queues);
            Inner::call(&self.0.on_input);
        }
    }

    /// Hands what fits of `bytes` to the guest without waiting; returns how many bytes did.
    pub fn offer(&self, bytes: &[u8]) -> usize {
        let mut queues = self.0.lock();
        let taken = bytes.len().min(INPUT_LIMIT.saturating_sub(queues.input.len()));
        queues.input.extend(&bytes[..taken]);
        drop(queues);
        if taken > 0 {
            Inner::call(&self.0.on_input);
        }
        taken
    }

    /// Moves the guest's output, at most `limit` bytes, to the end of `into`. Does not wait.
    pub fn take(&self, into: &mut Vec<u8>, limit: usize) {
        let mut queues = self.0.lock();
        self.take_locked(&mut queues, into, limit);
        let starved = std::mem::take(&mut queues.starved);
        drop(queues);
        if starved {
            Inner::call(&self.0.on_room);
        }
    }

    fn take_locked(&self, queues: &mut Queues, into: &mut Vec<u8>, limit: usize) {
        let count = limit.min(queues.output.len());
        into.extend(queues.output.drain(..count));
        if count > 0 {
            self.0.output_went.notify_all();
        }
    }

    /// Waits for output. Returns false when none came for `patience`.
    pub fn wait(&self, patience: Duration) -> bool {
        let mut queues = self.0.lock();
        if queues.output.is_empty() {
            queues.idle = true;
            queues = self.0.output_came.wait_timeout(queues, patience).unwrap_or_else(|e| e.into_inner()).0;
            queues.idle = false;
        }
        !queues.output.is_empty()
    }

    /// Says that bytes which [`Backend::take`] gave are (not yet) on their way outside, for [`Port::flush`].
    pub(crate) fn set_writing(&self, writing: bool) {
        self.0.lock().writing = writing;
        if !writing {
            self.0.output_went.notify_all();
        }
    }

    /// Adds words of lodge's own to the output, beyond the bound.
    pub(crate) fn say(&self, words: &[u8]) {
        let mut queues = self.0.lock();
        queues.output.extend(words);
        queues.idle = false;
        self.0.output_came.notify_all();
    }

    /// Nobody takes output any more: what there is and what comes vanishes, and the guest goes on.
    pub fn discard(&self) {
        let mut queues = self.0.lock();
        queues.discard = true;
        queues.output.clear();
        let starved = std::mem::take(&mut queues.starved);
        drop(queues);
        self.0.output_went.notify_all();
        if starved {
            Inner::call(&self.0.on_room);
        }
    }

    /// Whether the device's end is gone.
    pub(crate) fn alone(&self, shares: usize) -> bool {
        Arc::strong_count(&self.0) <= shares
    }
}

impl Clone for Backend {
    fn clone(&self) -> Backend {
        Backend(self.0.clone())
    }
}

impl std::fmt::Debug for Port {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let queues = self.0.lock();
        write!(f, "Port({} in, {} out)", queues.input.len(), queues.output.len())
    }
}
