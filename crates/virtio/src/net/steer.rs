//! Which receive queue a frame goes to when the driver uses several (§5.1.6.5.6.1, automatic receive steering): the
//! partner of the queue that the same connection was last sent from.

/// Connections that are told apart; a power of two.
const FLOWS: usize = 1024;

/// The queue pair that each connection was last sent on.
#[derive(Debug)]
pub(super) struct Flows([u8; FLOWS]);

impl Flows {
    pub(super) fn new() -> Flows {
        Flows([0; FLOWS])
    }

    /// The driver sent `frame` on pair `pair`.
    pub(super) fn learn(&mut self, frame: &[u8], pair: u16) {
        self.0[slot(frame)] = pair as u8;
    }

    /// The pair for a frame to the driver, of the first `pairs`.
    pub(super) fn pick(&self, frame: &[u8], pairs: u16) -> u16 {
        if pairs <= 1 { 0 } else { u16::from(self.0[slot(frame)]) % pairs }
    }
}

/// A number that both directions of a connection share.
fn slot(frame: &[u8]) -> usize {
    let (at, kind) = match frame.get(12..14) {
        Some([0x81, 0]) => (18, frame.get(16..18)),
        kind => (14, kind),
    };
    let byte = |at: usize| u32::from(frame.get(at).copied().unwrap_or(0));
    let word = |at: usize| byte(at) << 24 | byte(at + 1) << 16 | byte(at + 2) << 8 | byte(at + 3);
    let (addresses, ports) = match kind {
        // IPv4: addresses at 12 and 16; ports behind the header, unless it is a later fragment.
        Some([8, 0]) => {
            let whole = (word(at + 4) & 0x1fff) == 0 && matches!(byte(at + 9), 6 | 17);
            let header = at + (byte(at) as usize & 15) * 4;
            (word(at + 12) ^ word(at + 16), if whole { word(header) } else { 0 })
        }
        // IPv6: addresses at 8 and 24, 16 bytes each.
        Some([0x86, 0xdd]) => {
            let sum = (0..8).fold(0, |sum, n| sum ^ word(at + 8 + n * 4));
            (sum, if matches!(byte(at + 6), 6 | 17) { word(at + 40) } else { 0 })
        }
        _ => (0, 0),
    };
    // The ports' halves change places with the direction.
    let mixed = addresses ^ (ports >> 16) ^ (ports & 0xffff);
    (mixed.wrapping_mul(0x9e37_79b1) >> 22) as usize % FLOWS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(from: [u8; 4], to: [u8; 4], ports: [u16; 2]) -> Vec<u8> {
        let mut frame = vec![0; 12];
        frame.extend([8, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0]);
        frame.extend(from);
        frame.extend(to);
        frame.extend(ports.iter().flat_map(|p| p.to_be_bytes()));
        frame.resize(60, 0);
        frame
    }

    #[test]
    fn answers_come_where_the_question_went_out() {
        let mut flows = Flows::new();
        let (a, b) = ([10, 0, 2, 15], [10, 0, 2, 2]);
        for (port, pair) in (1000..).zip([3, 1, 2, 0]) {
            flows.learn(&tcp(a, b, [port, 80]), pair);
            assert_eq!(flows.pick(&tcp(b, a, [80, port]), 4), pair);
            assert_eq!(flows.pick(&tcp(b, a, [80, port]), 1), 0);
        }
        assert!(flows.pick(&[], 2) < 2);
    }
}
