//! An operating system that is out to break the root complex, made from bytes: the entry of the fuzz target, and of a
//! test that feeds it random ones. Whatever it does, it must return.

use crate::testing::{Messages, Os, Pins};
use crate::{
    Access, Bar, BarKind, Endpoint, EndpointSpec, Function, Identity, Interrupts, MsixPlace, Port, Root,
    VendorCapability, Window,
};
use lodge_bus::{Effect, Mmio};
use lodge_state::{Record, Saved, StateError};
use std::sync::Arc;

/// A device that checks that accesses lie inside its BARs.
struct Strict(Arc<Interrupts>);

/// BARs of [`endpoint`]: index, bytes.
const SIZES: [(usize, u64); 3] = [(0, 0x4000), (2, 0x1000), (3, 0x20)];

impl Strict {
    fn check(bar: usize, offset: u64, size: u8) {
        let (_, len) = SIZES.iter().find(|(index, _)| *index == bar).expect("a BAR that was declared");
        assert!(offset + u64::from(size) <= *len, "{offset:#x} of BAR {bar}");
    }
}

impl Function for Strict {
    fn read(&self, bar: usize, offset: u64, size: u8) -> u64 {
        Strict::check(bar, offset, size);
        offset
    }
    fn write(&self, bar: usize, offset: u64, size: u8, value: u64) -> Effect {
        Strict::check(bar, offset, size);
        if offset == 0 {
            self.0.set_pin(value & 1 != 0);
        }
        self.0.notify(value as u16);
        Effect::None
    }
    fn reset(&self) {}
}

impl Saved for Strict {
    fn save(&self) -> Record {
        Record::new("strict", 1, &())
    }
    fn load(&self, record: &Record) -> Result<(), StateError> {
        record.open::<()>("strict", 1)
    }
}

/// An endpoint with one of everything: three BARs, MSI-X, a way to the BARs through configuration space.
pub fn endpoint(messages: Arc<Messages>) -> (Arc<Endpoint>, Arc<Interrupts>) {
    let interrupts = Interrupts::new(5, Some(messages));
    let mut body = vec![20, 5, 0, 0, 0, 0];
    body.extend([0; 12]);
    let mut writable = vec![0, 0, 0xff, 0, 0, 0];
    writable.extend([0xff; 12]);
    let spec = EndpointSpec {
        identity: Identity {
            vendor: 0x1af4,
            device: 0x1040,
            revision: 1,
            class: 0xff_0000,
            subsystem_vendor: 0x1af4,
            subsystem: 0x1100,
        },
        bars: vec![
            Bar { index: 0, kind: BarKind::Memory64, size: SIZES[0].1 },
            Bar { index: 2, kind: BarKind::Memory32, size: SIZES[1].1 },
            Bar { index: 3, kind: BarKind::Ports, size: SIZES[2].1 },
        ],
        msix: Some(MsixPlace { bar: 2, table: 0, pending: 0x800 }),
        vendor: vec![VendorCapability { body, writable }],
        access: Some(Access { capability: 0, bar: 4, offset: 8, length: 12, data: 16 }),
        express: true,
        pin: true,
    };
    let endpoint = Endpoint::new(&spec, interrupts.clone(), Arc::new(Strict(interrupts.clone())));
    (endpoint, interrupts)
}

/// A root complex with an endpoint, a port with one, and an empty port.
pub fn machine() -> (Arc<Root>, [Arc<Port>; 2], Arc<Pins>, Arc<Messages>) {
    let (pins, irqs) = Pins::new();
    let messages = Arc::new(Messages::default());
    let root = Arc::new(Root::new(irqs));
    root.add(1, endpoint(messages.clone()).0);
    let ports = [root.add_port(2, 1), root.add_port(3, 2)];
    ports[0].plug_cold(endpoint(messages.clone()).0);
    (root, ports, pins, messages)
}

/// Accesses configuration space, windows and slots as `bytes` say.
pub fn run(bytes: &[u8]) {
    let (root, ports, _, messages) = machine();
    let mut os = Os::new(root.clone());
    let memory = Window::memory(root.clone(), 0);
    let io = Window::ports(root.clone());
    let mut bytes = bytes.iter().copied();
    if bytes.next().is_some_and(|first| first % 4 != 0) {
        os.enumerate();
    }
    let mut next = |n: u32| (0..n).fold(0_u64, |value, _| value << 8 | u64::from(bytes.next().unwrap_or(0)));
    // Each turn takes at least one byte that is not zero, or it is the end.
    for _ in 0..4096 {
        let pick = next(1);
        if pick == 0 {
            break;
        }
        let size = 1 << (pick >> 6);
        match pick % 16 {
            0..=7 => {
                let bus = next(1) % 4;
                let offset = bus << 20 | (next(1) % 5) << 15 | next(1);
                if pick & 1 == 0 {
                    root.write(offset, size, next(4) << 32 | next(4));
                } else {
                    let value = root.read(offset, size);
                    assert!(size == 8 || value >> (8 * u32::from(size)) == 0);
                }
            }
            8 => drop(root.write(next(4), size, next(4))),
            9 | 10 => {
                let base = if pick & 32 == 0 { 0x4000_0000 } else { 0x4_0000_0000 };
                let offset = base + next(3);
                memory.read(offset, size);
                memory.write(offset, size, next(2));
            }
            11 => drop(io.write(next(2), size, next(1))),
            12 => {
                let port = &ports[(pick as usize >> 5) & 1];
                if port.plug(endpoint(messages.clone()).0).is_err() && pick & 16 == 0 {
                    port.pull();
                }
            }
            13 => _ = ports[(pick as usize >> 5) & 1].ask_out(drop),
            14 => {
                let port = &ports[(pick as usize >> 5) & 1];
                port.load(&port.save()).expect("its own record");
            }
            _ if pick & 0x70 == 0 => root.reset(),
            _ => _ = os.place_bars((0, next(1) as u8 % 4), 6),
        }
        messages.take();
    }
}

#[cfg(test)]
mod tests {
    /// Fixed seeds: a failure comes back.
    #[test]
    fn no_random_accesses_do_harm() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        let runs = std::env::var("LODGE_FUZZ_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
        for _ in 0..runs {
            let bytes: Vec<u8> = (0..2000).map(|_| next()).collect();
            super::run(&bytes);
        }
    }
}
