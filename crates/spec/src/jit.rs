//! How the translator is to work: for measuring it, and for finding out which part of it a fault is in.

use crate::SpecError;
use std::fmt;
use std::str::FromStr;

/// What compiles the guest's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tier {
    /// Nothing: every block is interpreted.
    Interp,
    /// The one-pass emitter only.
    One,
    /// The same, and hot code once more, as regions.
    #[default]
    Two,
}

/// What to print about the translator when the machine has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JitStats {
    /// Nothing.
    #[default]
    Off,
    /// What was compiled, and what it took.
    On,
    /// Also how much of the guest ran in which tier. Counting that makes the guest a little slower.
    Shares,
}

/// Settings of the translator, `tier=2,mirror=on` in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jit {
    /// See [`Tier`].
    pub tier: Tier,
    /// Whether hot code may reach guest memory by way of mirrored page tables.
    pub mirror: bool,
    /// See [`JitStats`].
    pub stats: JitStats,
}

impl Default for Jit {
    fn default() -> Jit {
        Jit { tier: Tier::default(), mirror: true, stats: JitStats::Off }
    }
}

impl FromStr for Jit {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Jit, SpecError> {
        let mut jit = Jit::default();
        for setting in text.split(',') {
            match setting {
                "tier=interp" => jit.tier = Tier::Interp,
                "tier=1" => jit.tier = Tier::One,
                "tier=2" => jit.tier = Tier::Two,
                "mirror=on" => jit.mirror = true,
                "mirror=off" => jit.mirror = false,
                "stats=on" => jit.stats = JitStats::On,
                "stats=off" => jit.stats = JitStats::Off,
                "stats=shares" => jit.stats = JitStats::Shares,
                _ => {
                    let known = "tier=interp, tier=1, tier=2, mirror=on, mirror=off, stats=on, stats=off, \
                                 stats=shares";
                    return Err(SpecError::Word {
                        what: "translator setting",
                        text: setting.to_owned(),
                        known: known.to_owned(),
                    });
                }
            }
        }
        Ok(jit)
    }
}

impl fmt::Display for Jit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tier = match self.tier {
            Tier::Interp => "interp",
            Tier::One => "1",
            Tier::Two => "2",
        };
        let mirror = if self.mirror { "on" } else { "off" };
        let stats = match self.stats {
            JitStats::Off => "off",
            JitStats::On => "on",
            JitStats::Shares => "shares",
        };
        write!(f, "tier={tier},mirror={mirror},stats={stats}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_both_ways_and_nonsense_is_named() {
        for text in
            ["tier=1,mirror=on,stats=off", "tier=interp,mirror=off,stats=on", "tier=2,mirror=on,stats=shares"]
        {
            assert_eq!(text.parse::<Jit>().unwrap().to_string(), text);
        }
        assert_eq!("mirror=off".parse::<Jit>().unwrap().tier, Tier::Two);
        let error = "tier=1,fast".parse::<Jit>().unwrap_err().to_string();
        assert!(error.starts_with("unknown translator setting `fast`: choose one of tier=interp"), "{error}");
    }
}
