//! Making vCPUs of the accelerator that a spec asks for.

use crate::machine::BoardError;
use lodge_bus::Clock;
use lodge_cpu::{Link, Vcpu};
use lodge_host::private::{PrivateDir, user_cache};
use lodge_isa_riscv::{Hart, Options, Paging};
use lodge_jit::{Peers, Store, Tuning};
use lodge_memory::GuestMemory;
use lodge_spec::{Accel, JitCache, MachineSpec, Tier};
use std::path::PathBuf;
use std::sync::Arc;

/// Three levels do for all the RAM a machine may have, and the translator mirrors the users' half of them.
pub(crate) const PAGING: Paging = Paging::Sv39;

/// One RISC-V hart for each of `links`; with `own_firmware`, calls from S-mode come to lodge.
pub(crate) fn riscv(
    spec: &MachineSpec,
    links: &[Arc<Link>],
    memory: &Arc<GuestMemory>,
    clock: &Clock,
    own_firmware: bool,
    counts: bool,
) -> Result<Vec<Box<dyn Vcpu>>, BoardError> {
    let jit = spec.jit;
    let accel = match (spec.accel, jit.tier) {
        (Accel::Interp, _) | (_, Tier::Interp) => lodge_jit::Accel::Interp,
        // No host of ours runs RISC-V guests faster than the translator.
        (Accel::Auto | Accel::Jit, tier) => lodge_jit::Accel::Jit(Tuning {
            regions: tier == Tier::Two,
            mirror: jit.mirror,
            stats: jit.stats != lodge_spec::JitStats::Off,
            shares: jit.stats == lodge_spec::JitStats::Shares,
            counts,
            // Little of a counted run would be hot otherwise.
            hot_after: if counts { 20 } else { Tuning::default().hot_after },
            trap_after: if counts { 20 } else { Tuning::default().trap_after },
            ..Tuning::default()
        }),
    };
    let jits = matches!(accel, lodge_jit::Accel::Jit(_));
    let peers = Peers::with_store(if jits { translations(&spec.jit_cache) } else { None });
    let options = Options { firmware: !own_firmware, paging: PAGING, vlen: spec.vectors.bits() };
    let hart = |link: &Arc<Link>| {
        let hart = Hart::new(u64::from(link.id()), clock.clone(), link.clone(), options);
        lodge_jit::vcpu(accel, hart, link.clone(), memory.clone(), peers.clone()).map_err(|e| {
            let why = format!("no memory for translated code ({e}); try --accel interp");
            BoardError::Engine { hart: link.id(), why }
        })
    };
    links.iter().map(hart).collect()
}

/// Whether and where translations will be kept, in words, for a machine that is not built.
pub(crate) fn keeping(spec: &MachineSpec) -> String {
    let interprets = spec.accel == Accel::Interp || spec.jit.tier == Tier::Interp;
    if interprets || spec.jit_cache == JitCache::Off {
        return "translations are not kept".into();
    }
    match kept_in(&spec.jit_cache) {
        Some(dir) => match PrivateDir::could_open(&dir) {
            Ok(()) => format!("translations are kept in {}", dir.display()),
            Err(why) => format!("translations cannot be kept in {}: {why}", dir.display()),
        },
        None => {
            "translations are not kept: the user has no cache directory; set HOME or XDG_CACHE_HOME".into()
        }
    }
}

fn kept_in(cache: &JitCache) -> Option<PathBuf> {
    match cache {
        JitCache::Off => None,
        JitCache::In(dir) => Some(dir.clone()),
        JitCache::On | JitCache::Check => user_cache().map(|root| root.join("translations")),
    }
}

/// Where translations come from and go to. A run does not fail because they cannot be kept.
fn translations(cache: &JitCache) -> Option<Arc<Store>> {
    if *cache == JitCache::Off {
        return None;
    }
    let Some(dir) = kept_in(cache) else { return Some(Arc::new(Store::in_memory())) };
    let store = Store::open::<Hart>(&dir).unwrap_or_else(|error| {
        tracing::warn!("translations are not kept in {}: {error}", dir.display());
        Store::in_memory()
    });
    Some(Arc::new(if *cache == JitCache::Check { store.checking() } else { store }))
}
