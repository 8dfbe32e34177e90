//! The keys lodge keeps for itself on a terminal: Ctrl-a and one more.

/// Ctrl-a.
const PREFIX: u8 = 0x01;

/// What Ctrl-a h shows. Lines end as a raw terminal needs them.
pub(crate) const HELP: &str = "\r\n\
    Ctrl-a x       end lodge\r\n\
    Ctrl-a h       this help\r\n\
    Ctrl-a Ctrl-a  send Ctrl-a to the guest\r\n";

/// What a key asked of lodge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// End.
    Quit,
    /// Show [`HELP`].
    Help,
}

/// Takes the escapes out of what is typed.
#[derive(Debug, Default)]
pub(crate) struct Escapes {
    after_prefix: bool,
}

impl Escapes {
    /// Appends to `guest` what of `typed` is for the guest, and returns what was asked of lodge.
    /// Ctrl-a and any other key send nothing, as in other terminal programs.
    pub(crate) fn filter(&mut self, typed: &[u8], guest: &mut Vec<u8>) -> Vec<Asked> {
        let mut asked = Vec::new();
        for &byte in typed {
            if !self.after_prefix {
                self.after_prefix = byte == PREFIX;
                if !self.after_prefix {
                    guest.push(byte);
                }
                continue;
            }
            self.after_prefix = false;
            match byte {
                PREFIX => guest.push(PREFIX),
                b'x' | b'X' => asked.push(Asked::Quit),
                b'h' | b'H' | b'?' => asked.push(Asked::Help),
                _ => {}
            }
        }
        asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_out_even_across_reads() {
        let mut escapes = Escapes::default();
        let mut guest = Vec::new();
        assert_eq!(escapes.filter(b"ls\r\x01", &mut guest), []);
        assert_eq!(escapes.filter(b"h\x01\x01a\x01zb", &mut guest), [Asked::Help]);
        assert_eq!(escapes.filter(b"\x01x", &mut guest), [Asked::Quit]);
        assert_eq!(guest, b"ls\r\x01ab");
    }
}
