//! Recognising kernels.
//!
//! The raw Linux `Image` starts with the header of `Documentation/arch/riscv/boot-image-header.rst` in the Linux
//! kernel's tree, which doubles as the start of a PE program when the kernel has an EFI stub:
//!
//! ```text
//!   0 code or "MZ"   8 text_offset u64   16 image_size u64   24 flags u64   32 version u32
//!   48 "RISCV\0\0\0"   56 "RSC\x05"   60 offset of the PE header u32
//! ```

use crate::boot::{Elf, FormatError, unpack};

/// A kernel, unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// A program with its own addresses.
    Elf(Elf),
    /// A Linux `Image`.
    Image(Image),
    /// Bytes that say nothing of themselves.
    Raw,
}

/// A Linux `Image`'s own description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    /// Bytes it needs from its first byte on, its zero-initialised data included.
    pub size: u64,
}

/// Unpacks and recognises a kernel. Returns the unpacked bytes too.
///
/// # Errors
/// [`FormatError`].
pub fn parse_kernel(bytes: Vec<u8>) -> Result<(Payload, Vec<u8>), FormatError> {
    if bytes.is_empty() {
        return Err(FormatError::Empty);
    }
    let bytes = unpack::unpack(bytes)?;
    let payload = recognise(&bytes)?;
    Ok((payload, bytes))
}

pub(crate) fn recognise(bytes: &[u8]) -> Result<Payload, FormatError> {
    if Elf::is(bytes) {
        return Ok(Payload::Elf(Elf::parse(bytes)?));
    }
    if let Some(found) = foreign(bytes) {
        return Err(FormatError::WrongArch { found: found.into() });
    }
    if bytes.get(56..60) == Some(b"RSC\x05") {
        return image(bytes).map(Payload::Image);
    }
    if let Some(method) = packed(bytes) {
        return Err(FormatError::Compression { method: method.into() });
    }
    Ok(Payload::Raw)
}

/// What a raw payload looks like, for the error message.
pub(crate) fn unknown(bytes: &[u8]) -> FormatError {
    let hint = if bytes.windows(7).take(8 << 20).any(|w| w == b"U-Boot ") {
        "; it looks like U-Boot: start it with --firmware, or give its ELF file"
    } else if bytes.starts_with(b"MZ") {
        "; it is an EFI program: start it from EDK2"
    } else if bytes.starts_with(&[0xd0, 0x0d, 0xfe, 0xed]) {
        "; it is a device tree or a FIT image"
    } else {
        ""
    };
    FormatError::Unknown { hint }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|b| u32::from_le_bytes(*b))
}

fn image(bytes: &[u8]) -> Result<Image, FormatError> {
    let len = bytes.len() as u64;
    let truncated = |what, needed| FormatError::Truncated { what, needed, len };
    let header = bytes.first_chunk::<64>().ok_or(truncated("the Image header", 64))?;
    let size = u64::from(u32_at(header, 16).unwrap_or(0)) | u64::from(u32_at(header, 20).unwrap_or(0)) << 32;
    if header[24] & 1 != 0 {
        return Err(FormatError::WrongArch { found: "a big-endian RISC-V Linux Image".into() });
    }
    if header.starts_with(b"MZ") {
        let needed = pe_end(bytes, u32_at(header, 60).unwrap_or(0)).unwrap_or(len + 1);
        if needed > len {
            return Err(truncated("its EFI program", needed));
        }
    }
    Ok(Image { size: size.max(len) })
}

/// Where the last section of a PE program ends in its file; `None` when even its headers are not all there.
/// (PE format, section table: raw data size and pointer at 16 and 20 of 40 bytes a section.)
fn pe_end(bytes: &[u8], header: u32) -> Option<u64> {
    let header = header as usize;
    if bytes.get(header..)?.get(..4)? != b"PE\0\0" {
        return None;
    }
    let counts = u32_at(bytes, header + 4)? >> 16;
    let optional = u32_at(bytes, header + 20)? & 0xffff;
    let table = header + 24 + optional as usize;
    (0..counts as usize)
        .map(|i| {
            let (size, from) = (u32_at(bytes, table + i * 40 + 16)?, u32_at(bytes, table + i * 40 + 20)?);
            Some(u64::from(size) + u64::from(from))
        })
        .try_fold(0, |end, section| Some(end.max(section?)))
}

/// Kernels of other machines, by their own marks.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(0x202..0x206) == Some(b"HdrS") {
        Some("an x86 Linux kernel (bzImage)")
    } else if bytes.get(56..60) == Some(b"ARM\x64") {
        Some("an arm64 Linux Image")
    } else if bytes.get(0x24..0x28) == Some(&[0x18, 0x28, 0x6f, 0x01]) {
        Some("a 32-bit ARM Linux kernel (zImage)")
    } else if bytes.get(0x38..0x3c) == Some(&[0xcd, 0x23, 0x82, 0x81]) {
        Some("a LoongArch Linux kernel")
    } else {
        None
    }
}

/// Compressed files that cannot be booted as they are, by their own marks.
fn packed(bytes: &[u8]) -> Option<&'static str> {
    const MARKS: [(&[u8], &str); 3] =
        [(b"BZh", "bzip2"), (b"\x02\x21\x4c\x18", "lz4"), (b"\x89LZO\0", "lzo")];
    MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)).map(|(_, method)| *method)
}
