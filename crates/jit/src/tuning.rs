//! What the translator may do: for measuring, and for forcing each part of it in tests.

/// How blocks are compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// Compile hot blocks together, as regions (tier two).
    pub regions: bool,
    /// Times a block runs before it is hot; at least 1.
    pub hot_after: u32,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning { regions: true, hot_after: 2000 }
    }
}
