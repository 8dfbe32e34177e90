//! What a machine starts with. The variants are the only combinations there are.

use crate::SpecError;
use std::path::PathBuf;

/// Longest kernel command line (Linux on RISC-V takes 1024 bytes with the final zero; others take more).
const MAX_APPEND: usize = 1023;

/// A kernel and what is handed to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// ELF, raw `Image`, gzip of either, or an EFI zboot image.
    pub path: PathBuf,
    /// Initial RAM disk.
    pub initrd: Option<PathBuf>,
    /// Command line.
    pub append: String,
}

/// Where the first instruction comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boot {
    /// The kernel starts in S-mode; lodge itself answers its firmware calls (SBI).
    Kernel(Kernel),
    /// Firmware starts as on the real board; it may start a kernel next.
    Firmware {
        /// OpenSBI, U-Boot (`.bin` or ELF) or EDK2 (`.fd`).
        firmware: PathBuf,
        /// What the firmware starts, when it is of the kind that is told.
        kernel: Option<Kernel>,
    },
}

impl Boot {
    /// Puts together what was given piece by piece.
    ///
    /// # Errors
    /// [`SpecError::NeedsKernel`] for an initrd or a command line without a kernel, [`SpecError::NothingToBoot`],
    /// [`SpecError::Append`].
    pub fn new(
        firmware: Option<PathBuf>,
        kernel: Option<PathBuf>,
        initrd: Option<PathBuf>,
        append: Option<String>,
    ) -> Result<Boot, SpecError> {
        let kernel = match kernel {
            Some(path) => Some(Kernel { path, initrd, append: checked(append.unwrap_or_default())? }),
            None if initrd.is_some() => return Err(SpecError::NeedsKernel { what: "--initrd" }),
            None if append.is_some() => return Err(SpecError::NeedsKernel { what: "--append" }),
            None => None,
        };
        match (firmware, kernel) {
            (Some(firmware), kernel) => Ok(Boot::Firmware { firmware, kernel }),
            (None, Some(kernel)) => Ok(Boot::Kernel(kernel)),
            (None, None) => Err(SpecError::NothingToBoot),
        }
    }

    /// The kernel, if one is given.
    pub fn kernel(&self) -> Option<&Kernel> {
        match self {
            Boot::Kernel(kernel) => Some(kernel),
            Boot::Firmware { kernel, .. } => kernel.as_ref(),
        }
    }
}

fn checked(append: String) -> Result<String, SpecError> {
    if append.len() > MAX_APPEND {
        Err(SpecError::Append { why: "is longer than 1023 bytes; shorten it" })
    } else if append.contains(['\0', '\n', '\r']) {
        Err(SpecError::Append { why: "holds a line break or a zero byte; remove it" })
    } else {
        Ok(append)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bootable_mixes_build() {
        let path = |s: &str| Some(PathBuf::from(s));
        assert!(matches!(Boot::new(None, path("k"), path("i"), None), Ok(Boot::Kernel(_))));
        assert!(matches!(Boot::new(path("f"), None, None, None), Ok(Boot::Firmware { kernel: None, .. })));
        assert_eq!(Boot::new(None, None, None, None), Err(SpecError::NothingToBoot));
        assert_eq!(
            Boot::new(path("f"), None, path("i"), None),
            Err(SpecError::NeedsKernel { what: "--initrd" })
        );
        assert_eq!(
            Boot::new(None, None, None, Some(String::new())),
            Err(SpecError::NeedsKernel { what: "--append" })
        );
        for bad in ["x".repeat(1024), "a\0b".into(), "a\nb".into()] {
            assert!(matches!(Boot::new(None, path("k"), None, Some(bad)), Err(SpecError::Append { .. })));
        }
    }
}
