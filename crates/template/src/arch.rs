//! What differs between the architectures Debian has: package names and consoles.

use crate::error::{Error, Result};

/// A guest architecture a template can be made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arch {
    /// Debian's name of it, as in `dpkg --print-architecture`.
    pub debian: &'static str,
    /// The package that always depends on the newest stock kernel.
    pub kernel_package: &'static str,
    /// The serial console of lodge's board for it, as the kernel calls it.
    pub console: &'static str,
}

const ALL: [Arch; 1] = [Arch { debian: "riscv64", kernel_package: "linux-image-riscv64", console: "ttyS0" }];

impl Arch {
    /// The architecture Debian calls `name`.
    pub fn named(name: &str) -> Result<Self> {
        ALL.into_iter().find(|arch| arch.debian == name).ok_or_else(|| {
            let known: Vec<&str> = ALL.iter().map(|arch| arch.debian).collect();
            Error::Refused(format!("no template for architecture `{name}`; there is: {}", known.join(", ")))
        })
    }
}

/// The release templates are made of unless another is asked for: the first with every architecture lodge emulates.
pub const DEFAULT_SUITE: &str = "trixie";
