//! ELF, as far as booting needs it: 64-bit little-endian RISC-V programs (System V ABI, ELF-64 object file format).

use crate::boot::FormatError;
use std::ops::Range;

const EM_RISCV: u16 = 243;
const PT_LOAD: u32 = 1;
/// More program headers than any kernel or firmware has.
const MAX_HEADERS: u16 = 256;

/// A program to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elf {
    /// Physical address of the first instruction.
    pub entry: u64,
    /// What goes where, by physical address. Never empty.
    pub segments: Vec<Segment>,
}

/// A stretch of memory that a program wants filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Physical address.
    pub address: u64,
    /// Bytes in memory; those past the file's are zero.
    pub len: u64,
    /// Where in the file its content is.
    pub file: Range<usize>,
}

/// Reads fields at fixed offsets, all bounds-checked.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes<const N: usize>(&self, what: &'static str, at: u64) -> Result<[u8; N], FormatError> {
        let truncated =
            || FormatError::Truncated { what, needed: at.saturating_add(N as u64), len: self.0.len() as u64 };
        let from = usize::try_from(at).map_err(|_| truncated())?;
        let bytes = self.0.get(from..).and_then(|rest| rest.first_chunk::<N>());
        bytes.copied().ok_or_else(truncated)
    }

    fn u16(&self, what: &'static str, at: u64) -> Result<u16, FormatError> {
        Ok(u16::from_le_bytes(self.bytes(what, at)?))
    }

    fn u32(&self, what: &'static str, at: u64) -> Result<u32, FormatError> {
        Ok(u32::from_le_bytes(self.bytes(what, at)?))
    }

    fn u64(&self, what: &'static str, at: u64) -> Result<u64, FormatError> {
        Ok(u64::from_le_bytes(self.bytes(what, at)?))
    }
}

impl Elf {
    /// Whether `bytes` begin like an ELF file.
    pub fn is(bytes: &[u8]) -> bool {
        bytes.starts_with(b"\x7fELF")
    }

    /// Reads the headers.
    ///
    /// # Errors
    /// Wrong machine, not loadable, or truncated.
    pub fn parse(bytes: &[u8]) -> Result<Elf, FormatError> {
        let file = Reader(bytes);
        let head = "the ELF header";
        let ident: [u8; 16] = file.bytes(head, 0)?;
        let machine = file.u16(head, 18)?;
        if ident[5] != 1 || machine != EM_RISCV {
            let machine = if ident[5] == 2 { machine.swap_bytes() } else { machine };
            return Err(FormatError::WrongArch {
                found: format!("an ELF file for {}", machine_name(machine)),
            });
        }
        if ident[4] != 2 {
            return Err(FormatError::WrongArch { found: "an ELF file for 32-bit RISC-V".into() });
        }
        match file.u16(head, 16)? {
            2 | 3 => {}
            1 => return Err(FormatError::Elf("it is an object file, not linked yet")),
            4 => return Err(FormatError::Elf("it is a core dump")),
            _ => return Err(FormatError::Elf("its type is unknown")),
        }
        let (entry, table) = (file.u64(head, 24)?, file.u64(head, 32)?);
        let (size, count) = (file.u16(head, 54)?, file.u16(head, 56)?);
        if count == 0 || count > MAX_HEADERS || size < 56 {
            return Err(FormatError::Elf("it has no program headers to load by"));
        }
        let mut segments = Vec::new();
        let mut start = None;
        for i in 0..count {
            let at = table.saturating_add(u64::from(i) * u64::from(size));
            let Some((segment, address)) = segment(&file, at)? else { continue };
            if (address..address.saturating_add(segment.len)).contains(&entry) {
                start = Some(segment.address.wrapping_add(entry - address));
            }
            segments.push(segment);
        }
        if segments.is_empty() {
            return Err(FormatError::Elf("it has nothing to load"));
        }
        segments.sort_by_key(|s| s.address);
        let entry = start.ok_or(FormatError::Elf("its entry point is outside of what it loads"))?;
        Ok(Elf { entry, segments })
    }

    /// First byte loaded.
    pub fn base(&self) -> u64 {
        self.segments.first().map_or(0, |s| s.address)
    }

    /// One past the last byte loaded.
    pub fn end(&self) -> u64 {
        self.segments.iter().map(|s| s.address.saturating_add(s.len)).max().unwrap_or(0)
    }

    /// The same program with its first byte at `base`: right for code that runs anywhere, as kernels and
    /// position-independent firmware do.
    #[must_use]
    pub fn moved_to(mut self, base: u64) -> Elf {
        let by = base.wrapping_sub(self.base());
        self.entry = self.entry.wrapping_add(by);
        for segment in &mut self.segments {
            segment.address = segment.address.wrapping_add(by);
        }
        self
    }
}

/// The segment described at `at`, with its virtual address, if it is one to load.
fn segment(file: &Reader<'_>, at: u64) -> Result<Option<(Segment, u64)>, FormatError> {
    let head = "the table of program headers";
    let kind = file.u32(head, at)?;
    let field = |n: u64| file.u64(head, at.saturating_add(n));
    let (offset, address, physical) = (field(8)?, field(16)?, field(24)?);
    let (in_file, len) = (field(32)?, field(40)?);
    if kind != PT_LOAD || len == 0 {
        return Ok(None);
    }
    if in_file > len {
        return Err(FormatError::Elf("a segment is larger in the file than in memory"));
    }
    if physical.checked_add(len).is_none() || address.checked_add(len - 1).is_none() {
        return Err(FormatError::Elf("a segment reaches past the end of the address space"));
    }
    let needed = offset.saturating_add(in_file);
    if needed > file.0.len() as u64 {
        return Err(FormatError::Truncated { what: "a segment", needed, len: file.0.len() as u64 });
    }
    let segment = Segment { address: physical, len, file: offset as usize..needed as usize };
    Ok(Some((segment, address)))
}

fn machine_name(machine: u16) -> String {
    match machine {
        3 => "x86 (32-bit)".into(),
        8 => "MIPS".into(),
        20 => "PowerPC (32-bit)".into(),
        21 => "PowerPC (64-bit)".into(),
        22 => "s390".into(),
        40 => "ARM (32-bit)".into(),
        62 => "x86-64".into(),
        183 => "arm64".into(),
        243 => "RISC-V (big-endian)".into(),
        258 => "LoongArch".into(),
        other => format!("machine number {other}"),
    }
}
