//! The vCPU thread: one loop from power-on to exit.

use crate::{Flush, Link, Stop, Vcpu, Want};
use lodge_bus::Space;
use std::sync::Arc;

/// What the loop asks of the machine it belongs to. Called on the vCPU's thread.
pub trait Machine: Send + Sync {
    /// The guest called lodge's own firmware. The machine answers through [`Vcpu::answer`], or switches the vCPU off.
    /// What comes back is an effect on the whole machine, like that of a device register.
    fn call(&self, vcpu: &mut dyn Vcpu, args: [u64; 8]) -> lodge_bus::Effect;

    /// The vCPU stopped for an effect, a debugger or for good. The machine sets [`Want`] as it sees fit.
    fn stopped(&self, vcpu: &mut dyn Vcpu, stop: Stop);
}

/// Marks the thread as standing still even when it ends by a panic: nobody may wait for it forever.
struct StillAtEnd<'a>(&'a Link);

impl Drop for StillAtEnd<'_> {
    fn drop(&mut self) {
        self.0.set_want(Want::Exit);
        self.0.now_still();
    }
}

/// Drives one vCPU until its link wants [`Want::Exit`].
pub fn drive(vcpu: &mut dyn Vcpu, space: &Space, machine: &dyn Machine) {
    let link = Arc::clone(vcpu.link());
    let _still = StillAtEnd(&link);
    loop {
        link.serve(vcpu);
        match link.want() {
            Want::Exit => return,
            Want::Pause => {
                link.now_still();
                link.stand();
                continue;
            }
            Want::Run => {}
        }
        if !link.powered() {
            link.stand();
            // What others wrote meanwhile: a vCPU that is off must not go on being told of it.
            vcpu.flush(Flush::Instructions);
            continue;
        }
        match vcpu.run(space) {
            Stop::Kicked => {}
            Stop::Idle => link.sleep(),
            Stop::Call(args) => match machine.call(vcpu, args) {
                lodge_bus::Effect::None => {}
                effect => machine.stopped(vcpu, Stop::Effect(effect)),
            },
            stop => machine.stopped(vcpu, stop),
        }
    }
}
