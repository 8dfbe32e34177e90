//! Compressed kernels: gzip, xz or zstd files, and EFI zboot images (a PE program that carries its kernel
//! compressed).
//!
//! The zboot header is that of `drivers/firmware/efi/libstub/zboot-header.S` in the Linux kernel's tree:
//!
//! ```text
//!   0 "MZ"   4 "zimg"   8 payload offset u32   12 payload length u32   24 method, zero-terminated
//! ```

use crate::boot::FormatError;
use lodge_spec::Size;
use std::io::Read;

/// No kernel is larger than this when unpacked.
pub(crate) const LIMIT: Size = Size(1 << 30);
/// Memory an xz or lzma dictionary may take.
const DICTIONARY_KIB: u32 = 256 << 10;

/// Unpacks `bytes` if they are packed in a way that is known.
pub(crate) fn unpack(bytes: Vec<u8>) -> Result<Vec<u8>, FormatError> {
    const MARKS: [(&[u8], &[u8]); 3] =
        [(&[0x1f, 0x8b], b"gzip"), (b"\xfd7zXZ\0", b"xz"), (&[0x28, 0xb5, 0x2f, 0xfd], b"zstd")];
    if let Some((_, method)) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Packed { method, payload: &bytes }.unpack();
    }
    match zboot(&bytes)? {
        Some(packed) => packed.unpack(),
        None => Ok(bytes),
    }
}

struct Packed<'a> {
    method: &'a [u8],
    payload: &'a [u8],
}

fn zboot(bytes: &[u8]) -> Result<Option<Packed<'_>>, FormatError> {
    if !bytes.starts_with(b"MZ") || bytes.get(4..8) != Some(b"zimg") {
        return Ok(None);
    }
    let len = bytes.len() as u64;
    let header = bytes.get(..64).ok_or(FormatError::Truncated { what: "its header", needed: 64, len })?;
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (from, size) = (word(8) as usize, word(12) as usize);
    let needed = from as u64 + size as u64;
    let payload = bytes.get(from..).and_then(|rest| rest.get(..size));
    let payload = payload.ok_or(FormatError::Truncated { what: "the compressed kernel", needed, len })?;
    let method = header[24..56].split(|&b| b == 0).next().unwrap_or_default();
    Ok(Some(Packed { method, payload }))
}

impl Packed<'_> {
    fn unpack(&self) -> Result<Vec<u8>, FormatError> {
        let damaged = |method, why: String| FormatError::Damaged { method, why };
        match self.method {
            b"gzip" => all("gzip", flate2::read::GzDecoder::new(self.payload)),
            b"xz" | b"xzkern" => {
                all("xz", lzma_rust2::XzReader::new_mem_limit(self.payload, false, DICTIONARY_KIB))
            }
            b"lzma" => {
                let reader = lzma_rust2::LzmaReader::new_mem_limit(self.payload, DICTIONARY_KIB, None);
                all("lzma", reader.map_err(|e| damaged("lzma", e.to_string()))?)
            }
            b"zstd" | b"zstd22" => {
                let reader = ruzstd::decoding::StreamingDecoder::new(self.payload);
                all("zstd", reader.map_err(|e| damaged("zstd", e.to_string()))?)
            }
            other => Err(FormatError::Compression { method: name(other) }),
        }
    }
}

/// A method's name as it may be shown: it comes from the file.
fn name(method: &[u8]) -> String {
    if !method.is_empty() && method.iter().all(u8::is_ascii_alphanumeric) {
        String::from_utf8_lossy(method).into_owned()
    } else {
        "an unknown method".into()
    }
}

fn all(method: &'static str, reader: impl Read) -> Result<Vec<u8>, FormatError> {
    let mut bytes = Vec::new();
    let read = reader.take(LIMIT.0 + 1).read_to_end(&mut bytes);
    read.map_err(|e| FormatError::Damaged { method, why: e.to_string() })?;
    if bytes.len() as u64 > LIMIT.0 { Err(FormatError::TooLarge { limit: LIMIT }) } else { Ok(bytes) }
}
