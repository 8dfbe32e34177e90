//! What other threads can do to a vCPU: kick it, drive its lines, ask it to do something, stop it.

use crate::Vcpu;
use lodge_bus::IrqSink;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Work for a vCPU's own thread.
pub type Request = Box<dyn FnOnce(&mut dyn Vcpu) + Send>;

/// What the machine wants of a vCPU's thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Want {
    /// Run the guest.
    Run = 0,
    /// Stand still between two instructions, serving requests.
    Pause = 1,
    /// End the thread.
    Exit = 2,
}

/// 8-byte words of [`Link::room`].
pub const ROOM: usize = 640;

/// The attention flag, with an engine's own memory right behind it, so that what an engine runs reaches both from one
/// address.
#[repr(C, align(64))]
struct Desk {
    attention: AtomicU64,
    room: Room,
}

/// The attention word after a kick: all ones, so that only zero shows nothing when it is tested with the word.
const WANTED: u64 = u64::MAX;

#[repr(C, align(64))]
struct Room([AtomicU64; ROOM]);

/// The shared side of one vCPU.
pub struct Link {
    id: u32,
    desk: Box<Desk>,
    claimed: AtomicBool,
    /// The attention word when nobody wants anything.
    calm: AtomicU64,
    lines: AtomicU64,
    pulses: AtomicU64,
    powered: AtomicBool,
    want: AtomicU8,
    requests: Mutex<Vec<Request>>,
    sleeping: AtomicBool,
    /// Whether the thread stands still (paused, or ended).
    still: Mutex<bool>,
    wake: Condvar,
    stood: Condvar,
}

impl Link {
    /// The link of vCPU number `id`; `powered`: runs from the start (the others wait to be started by software).
    pub fn new(id: u32, powered: bool) -> Arc<Link> {
        Arc::new(Link {
            id,
            desk: Box::new(Desk {
                attention: AtomicU64::new(0),
                room: Room([const { AtomicU64::new(0) }; ROOM]),
            }),
            claimed: AtomicBool::new(false),
            calm: AtomicU64::new(0),
            lines: AtomicU64::new(0),
            pulses: AtomicU64::new(0),
            powered: AtomicBool::new(powered),
            want: AtomicU8::new(Want::Pause as u8),
            requests: Mutex::new(Vec::new()),
            sleeping: AtomicBool::new(false),
            still: Mutex::new(false),
            wake: Condvar::new(),
            stood: Condvar::new(),
        })
    }

    /// vCPU number.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Makes the vCPU leave guest code, or wakes it.
    pub fn kick(&self) {
        self.desk.attention.store(WANTED, Ordering::SeqCst);
        if self.sleeping.load(Ordering::SeqCst) {
            let _still = self.lock_still();
            self.wake.notify_all();
        }
    }

    /// Whether there was a kick since the last was taken.
    pub fn wanted(&self) -> bool {
        self.desk.attention.load(Ordering::Relaxed) as u32 != 0
    }

    /// Takes the kick, if there was one.
    pub fn take_attention(&self) -> bool {
        self.desk.attention.swap(self.calm.load(Ordering::SeqCst), Ordering::SeqCst) as u32 != 0
    }

    /// The word that translated code polls: its lower half is zero as long as there was no kick, and all of it ones after
    /// one.
    pub fn attention(&self) -> &AtomicU64 {
        &self.desk.attention
    }

    /// The upper half of the word as long as there was no kick: what an engine likes to test with it.
    pub fn set_calm(&self, upper: u32) {
        let calm = u64::from(upper) << 32;
        self.calm.store(calm, Ordering::SeqCst);
        // A kick stays one.
        let change = |word: u64| (word as u32 == 0).then_some(calm);
        let _ = self.desk.attention.fetch_update(Ordering::SeqCst, Ordering::SeqCst, change);
    }

    /// Memory for the engine that runs the vCPU, 64 bytes behind the attention flag: it lives as long as the link does, and
    /// is the engine's alone until [`Link::return_room`]. `None`: another engine has it.
    pub fn claim_room(&self) -> Option<&[AtomicU64; ROOM]> {
        (!self.claimed.swap(true, Ordering::SeqCst)).then_some(&self.desk.room.0)
    }

    /// The engine that claimed the room is gone.
    pub fn return_room(&self) {
        self.claimed.store(false, Ordering::SeqCst);
    }

    /// Levels of the vCPU's interrupt inputs, a bit each.
    pub fn lines(&self) -> u64 {
        self.lines.load(Ordering::SeqCst)
    }

    /// Sets interrupt bits that the guest clears itself (RISC-V: SSIP by an IPI).
    pub fn pulse(&self, bits: u64) {
        self.pulses.fetch_or(bits, Ordering::SeqCst);
        self.kick();
    }

    /// The pulses that came since they were last taken.
    pub fn pulses(&self) -> u64 {
        self.pulses.load(Ordering::SeqCst)
    }

    /// Takes the pulses that came since the last call.
    pub fn take_pulses(&self) -> u64 {
        self.pulses.swap(0, Ordering::SeqCst)
    }

    /// Whether the vCPU is switched on (RISC-V SBI HSM: started).
    pub fn powered(&self) -> bool {
        self.powered.load(Ordering::SeqCst)
    }

    /// Switches the vCPU on or off. A vCPU that switches itself off stops at its next return.
    pub fn set_powered(&self, on: bool) {
        self.powered.store(on, Ordering::SeqCst);
        self.kick();
    }

    /// What the machine wants now.
    pub fn want(&self) -> Want {
        match self.want.load(Ordering::SeqCst) {
            0 => Want::Run,
            1 => Want::Pause,
            _ => Want::Exit,
        }
    }

    /// Says what is wanted. `Exit` is final.
    pub fn set_want(&self, want: Want) {
        let mut still = self.lock_still();
        if self.want() != Want::Exit {
            self.want.store(want as u8, Ordering::SeqCst);
            *still &= want != Want::Run;
        }
        drop(still);
        self.kick();
    }

    /// Waits until the thread stands still. Call after `set_want(Pause | Exit)`, from another thread.
    pub fn wait_still(&self) {
        let mut still = self.lock_still();
        while !*still {
            still = self.stood.wait(still).unwrap_or_else(|e| e.into_inner());
        }
    }

    /// Queues `request` for the vCPU's thread.
    pub fn post(&self, request: Request) {
        self.requests.lock().unwrap_or_else(|e| e.into_inner()).push(request);
        self.kick();
    }

    /// Whether the thread has reason to leave guest code beyond interrupts.
    pub fn has_business(&self) -> bool {
        self.want() != Want::Run
            || !self.powered()
            || !self.requests.lock().unwrap_or_else(|e| e.into_inner()).is_empty()
    }

    /// Runs the queued requests, in order.
    pub fn serve(&self, vcpu: &mut dyn Vcpu) {
        loop {
            let batch = std::mem::take(&mut *self.requests.lock().unwrap_or_else(|e| e.into_inner()));
            if batch.is_empty() {
                return;
            }
            batch.into_iter().for_each(|request| request(vcpu));
        }
    }

    /// Sleeps until the next kick (returns at once when one is pending), and takes the kick.
    pub fn sleep(&self) {
        self.sleeping.store(true, Ordering::SeqCst);
        let mut guard = self.lock_still();
        while !self.take_attention() {
            guard = self.wake.wait(guard).unwrap_or_else(|e| e.into_inner());
        }
        drop(guard);
        self.sleeping.store(false, Ordering::SeqCst);
        // Whoever looks at lines and pulses next must do so even though the kick is taken.
        self.desk.attention.store(WANTED, Ordering::SeqCst);
    }

    /// The thread stands, unless it was told to run in the meantime.
    pub(crate) fn now_still(&self) {
        let mut still = self.lock_still();
        *still = self.want() != Want::Run;
        drop(still);
        self.stood.notify_all();
    }

    /// Sleeps, like [`Link::sleep`], without leaving a kick behind: for loops that look at everything anyway.
    pub(crate) fn stand(&self) {
        self.sleep();
        self.take_attention();
    }

    fn lock_still(&self) -> MutexGuard<'_, bool> {
        self.still.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl IrqSink for Link {
    fn set(&self, line: u32, high: bool) {
        let bit = 1 << line;
        let old = if high {
            self.lines.fetch_or(bit, Ordering::SeqCst)
        } else {
            self.lines.fetch_and(!bit, Ordering::SeqCst)
        };
        if (old & bit != 0) != high {
            self.kick();
        }
    }
}
