//! Who answers at an address: the BARs that are switched on, as far as the bridges above hand their addresses down.

use crate::bus::{Bus, Node};
use crate::endpoint::Endpoint;
use std::sync::Arc;

/// Addresses from `first` to `last`; none when `last` is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Range {
    const ALL: Range = Range { first: 0, last: u64::MAX };

    fn both(self, other: Range) -> Range {
        Range { first: self.first.max(other.first), last: self.last.min(other.last) }
    }

    fn holds(self, other: Range) -> bool {
        self.first <= other.first && other.last <= self.last
    }
}

struct Route {
    range: Range,
    bar: usize,
    endpoint: Arc<Endpoint>,
}

/// All routes of an address space, by address.
#[derive(Default)]
pub(crate) struct Routes(Vec<Route>);

impl Routes {
    /// The routes below `bus`; `ports`: of I/O ports.
    pub(crate) fn below(bus: &Bus, ports: bool) -> Routes {
        let mut found = Vec::new();
        collect(bus, ports, &[Range::ALL], &mut found);
        found.sort_by_key(|route| route.range.first);
        // Where two overlap, the lower one answers: what hardware does is not defined.
        let mut routes: Vec<Route> = Vec::with_capacity(found.len());
        for route in found {
            if routes.last().is_none_or(|last| last.range.last < route.range.first) {
                routes.push(route);
            }
        }
        Routes(routes)
    }

    /// The BAR that all of `size` bytes at `address` are in, and the offset.
    pub(crate) fn find(&self, address: u64, size: u8) -> Option<(Arc<Endpoint>, usize, u64)> {
        let after = self.0.partition_point(|route| route.range.first <= address);
        let route = &self.0[after.checked_sub(1)?];
        let last = address.checked_add(u64::from(size).checked_sub(1)?)?;
        (last <= route.range.last).then(|| (route.endpoint.clone(), route.bar, address - route.range.first))
    }
}

fn collect(bus: &Bus, ports: bool, windows: &[Range], into: &mut Vec<Route>) {
    for node in bus.nodes() {
        match node {
            Node::Endpoint(endpoint) => {
                for (bar, first) in endpoint.decoded(ports) {
                    let Some(last) = first.checked_add(bar.size - 1) else { continue };
                    let range = Range { first, last };
                    if windows.iter().any(|window| window.holds(range)) {
                        into.push(Route { range, bar: bar.index, endpoint: endpoint.clone() });
                    }
                }
            }
            Node::Port(port) => {
                let below = port.windows(ports);
                let windows: Vec<Range> =
                    windows.iter().flat_map(|above| below.iter().map(|below| above.both(*below))).collect();
                collect(port.bus(), ports, &windows, into);
            }
        }
    }
}
