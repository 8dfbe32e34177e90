//! A bus: the functions on it, by device number, and how to find those behind its ports.

use crate::endpoint::Endpoint;
use crate::lines::{Lines, Wire};
use crate::port::Port;
use lodge_bus::Effect;
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, PoisonError, RwLock};

/// What is plugged into a place.
#[derive(Clone)]
pub(crate) enum Node {
    Endpoint(Arc<Endpoint>),
    Port(Arc<Port>),
}

impl Node {
    pub(crate) fn read_config(&self, at: u16, size: u8) -> u32 {
        match self {
            Node::Endpoint(endpoint) => endpoint.read_config(at, size),
            Node::Port(port) => port.read_config(at, size),
        }
    }

    pub(crate) fn write_config(&self, at: u16, size: u8, value: u32) -> Effect {
        match self {
            Node::Endpoint(endpoint) => endpoint.write_config(at, size, value),
            Node::Port(port) => {
                port.write_config(at, size, value);
                Effect::None
            }
        }
    }
}

/// A bus.
pub(crate) struct Bus {
    nodes: RwLock<BTreeMap<u8, Node>>,
    lines: Arc<Lines>,
    /// How far the bridges above turn the interrupt pins.
    turn: u8,
    /// Whether it is a link below a port, with device 0 alone.
    link: bool,
    moved: Arc<AtomicBool>,
}

impl Bus {
    pub(crate) fn new(lines: Arc<Lines>, turn: u8, link: bool, moved: Arc<AtomicBool>) -> Bus {
        Bus { nodes: RwLock::default(), lines, turn, link, moved }
    }

    /// The bus below a port that is `device` here.
    pub(crate) fn below(&self, device: u8) -> Bus {
        Bus::new(self.lines.clone(), self.turn + device, true, self.moved.clone())
    }

    pub(crate) fn wire(&self, device: u8) -> Wire {
        Wire::new(self.lines.clone(), device, self.turn)
    }

    /// # Panics
    /// When the place is taken or there is none: a mistake in a board.
    pub(crate) fn insert(&self, device: u8, node: Node) {
        assert!(device < if self.link { 1 } else { 32 }, "no device {device} on this bus");
        if let Node::Endpoint(endpoint) = &node {
            endpoint.connect(self.link, self.wire(device), self.moved.clone());
        }
        let mut nodes = self.nodes.write().unwrap_or_else(PoisonError::into_inner);
        assert!(nodes.insert(device, node).is_none(), "device {device} is there already");
    }

    pub(crate) fn remove(&self, device: u8) -> Option<Arc<Endpoint>> {
        match self.nodes.write().unwrap_or_else(PoisonError::into_inner).remove(&device)? {
            Node::Endpoint(endpoint) => {
                endpoint.disconnect();
                Some(endpoint)
            }
            Node::Port(_) => None,
        }
    }

    pub(crate) fn nodes(&self) -> Vec<Node> {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    fn get(&self, device: u8) -> Option<Node> {
        self.nodes.read().unwrap_or_else(PoisonError::into_inner).get(&device).cloned()
    }

    /// The function at `bus`, `device`, seen from this bus, which is number `own`. Functions other than 0 do not exist.
    pub(crate) fn find(&self, own: u8, bus: u8, device: u8) -> Option<Node> {
        if bus == own {
            return self.get(device);
        }
        // Which port a number is behind follows from what software wrote into the ports (bridge § 3.2.5.3).
        self.nodes().into_iter().find_map(|node| match node {
            Node::Port(port) => {
                let (secondary, subordinate) = port.reachable_buses()?;
                let inside = secondary > own && (secondary..=subordinate).contains(&bus);
                if inside { port.bus().find(secondary, bus, device) } else { None }
            }
            Node::Endpoint(_) => None,
        })
    }
}
