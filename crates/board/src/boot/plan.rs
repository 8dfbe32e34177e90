//! Where everything goes, and where the first instruction is.
//!
//! ```text
//!   RAM   │ firmware │    │ kernel (ELF: where linked) ...zero data │   ...   │ initrd │ device tree │  (rest of RAM)
//!         0x8000_0000     0x8020_0000                                          └ below 0xc000_0000 ┘
//! ```
//! The device tree and the initrd are as high as a 32-bit program can still reach, like on the boards that firmware
//! for this machine was written for; firmware and kernels grow from below.

use crate::boot::source::read;
use crate::boot::{
    BootError, Elf, Firmware, Payload, Segment, firmware, kernel, parse_firmware, parse_kernel,
};
use lodge_spec::{Boot, Kernel, Size};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest kernel or firmware file.
const MAX_FILE: Size = Size(512 << 20);
/// Alignment of the device tree and the initrd.
const ALIGN: u64 = 2 << 20;
/// No RAM above this is used for what a 32-bit program may have to reach.
const LOW_END: u64 = 0xc000_0000;
/// Room kept for the device tree.
pub(crate) const FDT_ROOM: u64 = 64 << 10;

/// What the plan must know of the board.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// First byte of RAM; firmware goes here.
    pub ram: u64,
    /// Bytes of RAM.
    pub ram_len: u64,
    /// Kernels without addresses of their own go here.
    pub kernel: u64,
    /// First byte of the first flash bank.
    pub flash: u64,
}

/// Bytes for RAM.
#[derive(Debug, Clone)]
pub struct Load {
    /// For people.
    pub what: String,
    /// Guest physical address.
    pub address: u64,
    /// Bytes taken in memory; more than the content when zeroes follow.
    pub len: u64,
    bytes: Arc<Vec<u8>>,
    content: Range<usize>,
}

impl Load {
    /// What is copied to `address`.
    pub fn content(&self) -> &[u8] {
        &self.bytes[self.content.clone()]
    }
}

/// How the harts begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Hart 0 in S-mode at `entry`; the others wait for an SBI call; lodge answers SBI calls.
    Supervisor {
        /// First instruction.
        entry: u64,
    },
    /// All harts in M-mode at the reset vector, which leads to `entry`.
    Machine {
        /// First instruction of the firmware.
        entry: u64,
        /// What the firmware is told to start next, 0: nothing.
        next: u64,
    },
}

/// Everything that happens before the first instruction.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What goes into RAM, ascending; the device tree is not among it.
    pub loads: Vec<Load>,
    /// How the harts begin.
    pub start: Start,
    /// Where the device tree goes.
    pub fdt: u64,
    /// Where the initrd is.
    pub initrd: Option<Range<u64>>,
    /// The kernel's command line.
    pub append: String,
    /// Content of the flash banks.
    pub flash: [Option<Vec<u8>>; 2],
    /// The steps of booting, a line each, for people.
    pub chain: Vec<String>,
}

struct Planner {
    layout: Layout,
    loads: Vec<Load>,
    chain: Vec<String>,
}

/// Reads all files that `boot` names and places their content.
///
/// # Errors
/// [`BootError`]: a file cannot be read or is not what it should be, or RAM is too small.
pub fn plan(boot: &Boot, layout: Layout) -> Result<Plan, BootError> {
    let mut planner = Planner { layout, loads: Vec::new(), chain: Vec::new() };
    let fdt = ((layout.ram + layout.ram_len).min(LOW_END) - FDT_ROOM) & !(ALIGN - 1);
    let mut flash = [None, None];
    let start = match boot {
        Boot::Kernel(kernel) => {
            planner.chain.push("lodge's own SBI answers firmware calls; hart 0 starts in S-mode".into());
            let entry = planner.kernel(kernel, false)?;
            Start::Supervisor { entry }
        }
        Boot::Firmware { firmware, kernel } => planner.firmware(firmware, kernel.as_ref(), &mut flash)?,
    };
    let initrd = boot.kernel().and_then(|k| k.initrd.as_deref());
    let initrd = initrd.map(|path| planner.initrd(path, fdt)).transpose()?;
    planner.chain.push(format!("device tree at {fdt:#x}"));
    planner.check(fdt)?;
    let append = boot.kernel().map(|k| k.append.clone()).unwrap_or_default();
    Ok(Plan { loads: planner.loads, start, fdt, initrd, append, flash, chain: planner.chain })
}

impl Planner {
    fn firmware(
        &mut self,
        path: &Path,
        next: Option<&Kernel>,
        flash: &mut [Option<Vec<u8>>; 2],
    ) -> Result<Start, BootError> {
        let bytes = read("firmware", path, MAX_FILE)?;
        let parsed = parse_firmware(&bytes).map_err(|source| BootError::Format {
            what: "firmware",
            path: path.to_owned(),
            source,
        })?;
        let entry = match parsed {
            Firmware::Uefi if next.is_some() => {
                return Err(BootError::KernelForUefi { path: path.to_owned() });
            }
            Firmware::Uefi => return self.uefi(path, bytes, flash),
            Firmware::Elf(elf) => self.elf("firmware", elf, bytes, self.layout.ram),
            Firmware::Raw => {
                let len = bytes.len() as u64;
                self.load("firmware", self.layout.ram, len, bytes);
                self.layout.ram
            }
        };
        self.chain.push(format!("firmware {} at {entry:#x}, all harts in M-mode", path.display()));
        let next = next.map(|kernel| self.kernel(kernel, true)).transpose()?.unwrap_or(0);
        Ok(Start::Machine { entry, next })
    }

    /// UEFI firmware lies in flash, its variables in the second bank: a copy for this run of the file beside it.
    fn uefi(
        &mut self,
        path: &Path,
        code: Vec<u8>,
        flash: &mut [Option<Vec<u8>>; 2],
    ) -> Result<Start, BootError> {
        let entry = self.layout.flash;
        self.chain.push("lodge's own SBI answers firmware calls; hart 0 starts in S-mode".into());
        self.chain.push(format!("UEFI firmware {} in flash at {entry:#x}", path.display()));
        if let Some(beside) = variables_beside(path) {
            let vars = read("UEFI variables", &beside, Size(firmware::FLASH_BANK))?;
            self.chain.push(format!("UEFI variables: a copy, for this run, of {}", beside.display()));
            flash[1] = Some(vars);
        }
        flash[0] = Some(code);
        Ok(Start::Supervisor { entry })
    }

    /// Places a kernel; returns its first instruction.
    fn kernel(&mut self, kernel: &Kernel, raw_allowed: bool) -> Result<u64, BootError> {
        let path = &kernel.path;
        let fail = |source| BootError::Format { what: "kernel", path: path.to_owned(), source };
        let (payload, bytes) = parse_kernel(read("kernel", path, MAX_FILE)?).map_err(fail)?;
        let (form, entry) = match payload {
            Payload::Elf(elf) => ("ELF", self.elf("kernel", elf, bytes, self.layout.kernel)),
            Payload::Image(image) => {
                self.load("kernel", self.layout.kernel, image.size, bytes);
                ("Linux Image", self.layout.kernel)
            }
            Payload::Raw if raw_allowed => {
                let len = bytes.len() as u64;
                self.load("kernel", self.layout.kernel, len, bytes);
                ("raw binary", self.layout.kernel)
            }
            Payload::Raw => return Err(fail(kernel::unknown(&bytes))),
        };
        self.chain.push(format!("kernel {} ({form}) at {entry:#x}", path.display()));
        Ok(entry)
    }

    /// Places a program where it wants to be, or at `otherwise` when there is no RAM there.
    fn elf(&mut self, what: &str, elf: Elf, bytes: Vec<u8>, otherwise: u64) -> u64 {
        let elf = if elf.base() < self.layout.ram || elf.base() >= self.layout.ram + self.layout.ram_len {
            elf.moved_to(otherwise)
        } else {
            elf
        };
        let bytes = Arc::new(bytes);
        for Segment { address, len, file } in elf.segments {
            self.loads.push(Load { what: what.into(), address, len, bytes: bytes.clone(), content: file });
        }
        elf.entry
    }

    fn initrd(&mut self, path: &Path, end: u64) -> Result<Range<u64>, BootError> {
        let bytes = read("initrd", path, Size(self.layout.ram_len))?;
        let len = bytes.len() as u64;
        let at = end.saturating_sub(len) & !(ALIGN - 1);
        if at < self.layout.ram {
            return Err(self.no_room("the initrd", self.layout.ram, len));
        }
        self.chain.push(format!("initrd {} at {at:#x}, {}", path.display(), Size(len)));
        self.load("initrd", at, len, bytes);
        Ok(at..at + len)
    }

    fn load(&mut self, what: &str, address: u64, len: u64, bytes: Vec<u8>) {
        let content = 0..bytes.len();
        self.loads.push(Load { what: what.into(), address, len, bytes: Arc::new(bytes), content });
    }

    fn no_room(&self, what: &str, at: u64, need: u64) -> BootError {
        BootError::NoRoom { what: what.into(), at, need, memory: Size(self.layout.ram_len) }
    }

    /// Everything lies in RAM, nothing on anything else.
    fn check(&mut self, fdt: u64) -> Result<(), BootError> {
        self.loads.sort_by_key(|load| load.address);
        let ram_end = self.layout.ram + self.layout.ram_len;
        for load in &self.loads {
            let end = load.address.checked_add(load.len);
            if load.address < self.layout.ram || end.is_none_or(|end| end > ram_end) {
                return Err(self.no_room(&format!("the {}", load.what), load.address, load.len));
            }
        }
        let mut taken: Vec<(u64, u64, &str)> =
            self.loads.iter().map(|l| (l.address, l.address + l.len, l.what.as_str())).collect();
        taken.push((fdt, fdt + FDT_ROOM, "device tree"));
        taken.sort_unstable();
        for pair in taken.windows(2) {
            if pair[0].1 > pair[1].0 {
                let (first, second) = (format!("the {}", pair[0].2), format!("the {}", pair[1].2));
                return Err(BootError::Overlap { first, second, at: pair[1].0 });
            }
        }
        Ok(())
    }
}

/// `…VARS…` beside `…CODE…`, if there is one.
fn variables_beside(code: &Path) -> Option<PathBuf> {
    let name = code.file_name()?.to_str()?;
    let beside = name.contains("CODE").then(|| code.with_file_name(name.replace("CODE", "VARS")))?;
    beside.is_file().then_some(beside)
}
