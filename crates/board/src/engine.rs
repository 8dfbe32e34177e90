//! Making vCPUs of the accelerator that a spec asks for.

use crate::machine::BoardError;
use lodge_bus::Clock;
use lodge_cpu::{Link, Vcpu};
use lodge_isa_riscv::{Hart, Options, Paging};
use lodge_jit::{Peers, Tuning};
use lodge_memory::GuestMemory;
use lodge_spec::{Accel, Jit, Tier};
use std::sync::Arc;

/// Bits of a vector register.
pub(crate) const VLEN: u16 = 128;

/// Three levels do for all the RAM a machine may have, and the translator mirrors the users' half of them.
pub(crate) const PAGING: Paging = Paging::Sv39;

/// One RISC-V hart for each of `links`; with `own_firmware`, calls from S-mode come to lodge.
pub(crate) fn riscv(
    (accel, jit): (Accel, Jit),
    links: &[Arc<Link>],
    memory: &Arc<GuestMemory>,
    clock: &Clock,
    own_firmware: bool,
) -> Result<Vec<Box<dyn Vcpu>>, BoardError> {
    let accel = match (accel, jit.tier) {
        (Accel::Interp, _) | (_, Tier::Interp) => lodge_jit::Accel::Interp,
        // No host of ours runs RISC-V guests faster than the translator.
        (Accel::Auto | Accel::Jit, tier) => lodge_jit::Accel::Jit(Tuning {
            regions: tier == Tier::Two,
            mirror: jit.mirror,
            stats: jit.stats,
            ..Tuning::default()
        }),
    };
    let peers = Peers::default();
    let options = Options { firmware: !own_firmware, paging: PAGING, vlen: VLEN };
    let hart = |link: &Arc<Link>| {
        let hart = Hart::new(u64::from(link.id()), clock.clone(), link.clone(), options);
        lodge_jit::vcpu(accel, hart, link.clone(), memory.clone(), peers.clone()).map_err(|e| {
            let why = format!("no memory for translated code ({e}); try --accel interp");
            BoardError::Engine { hart: link.id(), why }
        })
    };
    links.iter().map(hart).collect()
}
