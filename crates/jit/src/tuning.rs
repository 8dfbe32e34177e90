//! What the translator may do, and what it did: for measuring, and for forcing each part of it in tests.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Regions compiled in this process, and those of them that reach memory by the mirror.
static REGIONS: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// How many regions this process has compiled, of all vCPUs; and how many of them reach memory by the mirror. For tests
/// that want to know that they tested what they are for.
pub fn regions_compiled() -> (u64, u64) {
    (REGIONS[0].load(Ordering::Relaxed), REGIONS[1].load(Ordering::Relaxed))
}

/// Counts a region.
pub(crate) fn count_region(mirror: bool) {
    REGIONS[0].fetch_add(1, Ordering::Relaxed);
    REGIONS[1].fetch_add(mirror.into(), Ordering::Relaxed);
}

/// How blocks are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// Compile hot blocks together, as regions (tier two).
    pub regions: bool,
    /// Let regions reach memory through mirrored page tables, where the host has room for them.
    pub mirror: bool,
    /// Learn which pages' code keeps changing, and make no regions of it for a while.
    pub learn: bool,
    /// Times a block runs before it is hot; at least 1.
    pub hot_after: u32,
    /// Times the guest reads the FP flags before exceptions that have not accrued trap, so that reading costs nothing; 0:
    /// they never do.
    pub trap_after: u32,
    /// Say at the end, on standard error, what was done.
    pub stats: bool,
    /// Count which instructions are begun by blocks and which by regions, for those figures. A little slower; and what was
    /// kept by runs that did not count is not used.
    pub shares: bool,
    /// Count instructions, and tie no block to another, so that [`Vcpu::advance`](lodge_cpu::Vcpu::advance) stops soon: for
    /// running in lock-step with another engine. Slower.
    pub counts: bool,
}

/// What the translator of one vCPU has done so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stats {
    /// Blocks compiled, their guest instructions, bytes of host code, and the time it took (lifting included).
    pub blocks: Made,
    /// Blocks taken from the store of kept translations instead.
    pub reused: Made,
    /// Regions likewise.
    pub regions: Made,
    /// Accesses that the mirror did not have.
    pub mirror_misses: u64,
    /// Regions that gave up the mirror.
    pub demoted: u64,
    /// Times that everything was thrown away.
    pub cleared: u64,
    /// Instructions begun by blocks and by regions, where [`Tuning::shares`] asks for it.
    pub in_blocks: u64,
    /// See there.
    pub in_regions: u64,
    /// Operations that the interpreter or a helper did for them.
    pub slow: u64,
}

/// Things compiled.
#[derive(Debug, Clone, Copy, Default)]
pub struct Made {
    /// How many.
    pub count: u64,
    /// Guest instructions in them.
    pub instructions: u64,
    /// Bytes of host code.
    pub bytes: u64,
    /// Time.
    pub time: Duration,
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self.bytes as f64 / self.instructions.max(1) as f64;
        let Made { count, instructions, time, .. } = self;
        write!(f, "{count} of {instructions} instructions in {time:.1?}, {each:.1} bytes of code each")
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stats { blocks, reused, regions, mirror_misses, demoted, cleared, .. } = self;
        write!(f, "blocks: {blocks}; reused: {reused}; regions: {regions}; ")?;
        write!(
            f,
            "mirror: {mirror_misses} misses, given up by {demoted} regions; cache cleared {cleared} times"
        )?;
        let all = self.in_blocks + self.in_regions;
        let share = |part: u64| 100.0 * part as f64 / all as f64;
        if all > 0 {
            let (blocks, regions) = (share(self.in_blocks), share(self.in_regions));
            write!(
                f,
                "; shares: {all} instructions, {blocks:.2} % in tier one, {regions:.2} % in regions, "
            )?;
            write!(f, "{:.2} % with something done by the interpreter or a helper", share(self.slow))?;
        }
        Ok(())
    }
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            regions: true,
            mirror: true,
            learn: true,
            hot_after: 2000,
            trap_after: 4000,
            stats: false,
            shares: false,
            counts: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_said_where_they_were_counted() {
        let stats = Stats { in_blocks: 50, in_regions: 150, slow: 4, ..Stats::default() };
        let said = "shares: 200 instructions, 25.00 % in tier one, 75.00 % in regions, 2.00 % with something";
        assert!(stats.to_string().contains(said), "{stats}");
        assert!(!Stats::default().to_string().contains("shares"));
    }
}
