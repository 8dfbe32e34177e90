//! Making vCPUs of the accelerator that a spec asks for.

use crate::machine::BoardError;
use lodge_bus::Clock;
use lodge_cpu::{Link, Vcpu};
use lodge_memory::GuestMemory;
use lodge_spec::Accel;
use std::sync::Arc;

/// One RISC-V hart for each of `links`; with `own_firmware`, calls from S-mode come to lodge.
pub(crate) fn riscv(
    accel: Accel,
    _links: &[Arc<Link>],
    _memory: &Arc<GuestMemory>,
    _clock: &Clock,
    _own_firmware: bool,
) -> Result<Vec<Box<dyn Vcpu>>, BoardError> {
    Err(BoardError::Engine { hart: 0, why: format!("this lodge was built without the accelerator {accel}") })
}
