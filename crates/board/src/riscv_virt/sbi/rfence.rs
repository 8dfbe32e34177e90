//! Remote fences (chapter 8): other harts forget, and the caller waits until they have.
//!
//! Two harts may fence each other at the same moment: a waiting hart therefore keeps serving its own requests.

use super::{Answer, Error, Sbi};
use lodge_cpu::{Flush, Link, Vcpu, Want};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a waiting hart sleeps at most before it looks at its own requests again. Whoever completes the fence
/// wakes it earlier.
const NAP: Duration = Duration::from_micros(50);
/// Looks before the first nap: a hart that runs answers within a few hundred nanoseconds.
const SPINS: u32 = 200;

fn what(function: u64, args: [u64; 8]) -> Result<Flush, Error> {
    let (start, len) = (args[2], args[3]);
    // Start and length both zero, or length all ones: the whole address space.
    let range = (len != u64::MAX && (start, len) != (0, 0)).then_some((start, len));
    match function {
        0 => Ok(Flush::Instructions),
        1 => Ok(Flush::Translations { range, asid: None }),
        2 => Ok(Flush::Translations { range, asid: Some(args[4] as u16) }),
        _ => Err(Error::NotSupported),
    }
}

impl Sbi {
    pub(super) fn rfence(&self, vcpu: &mut dyn Vcpu, function: u64, args: [u64; 8]) -> Answer {
        let what = what(function, args)?;
        let own = Arc::clone(vcpu.link());
        let mut waiting: Vec<(&Arc<Link>, Arc<AtomicBool>)> = Vec::new();
        for hart in self.harts(args[0], args[1])? {
            if hart == own.id() as usize {
                vcpu.flush(what);
                continue;
            }
            let done = Arc::new(AtomicBool::new(false));
            let (flag, caller) = (done.clone(), std::thread::current());
            self.links[hart].post(Box::new(move |vcpu| {
                vcpu.flush(what);
                flag.store(true, Ordering::Release);
                caller.unpark();
            }));
            waiting.push((&self.links[hart], done));
        }
        let mut looks = 0;
        // A hart whose thread has ended runs no guest code with what it should have forgotten.
        while waiting.iter().any(|(link, done)| !done.load(Ordering::Acquire) && link.want() != Want::Exit) {
            own.serve(vcpu);
            looks += 1;
            if looks < SPINS { std::hint::spin_loop() } else { std::thread::park_timeout(NAP) }
        }
        Ok(0)
    }
}
