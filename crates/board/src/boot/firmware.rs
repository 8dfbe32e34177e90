//! Recognising firmware.

use crate::boot::{Elf, FormatError, kernel};

/// Bytes of one flash bank: EDK2 images are padded to exactly this.
pub(crate) const FLASH_BANK: u64 = 32 << 20;

/// What `--firmware` named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Firmware {
    /// M-mode firmware with its own addresses.
    Elf(Elf),
    /// M-mode firmware to be put at the start of RAM.
    Raw,
    /// A UEFI firmware volume, which runs in S-mode from flash.
    Uefi,
}

/// Recognises firmware.
///
/// # Errors
/// [`FormatError`].
pub fn parse_firmware(bytes: &[u8]) -> Result<Firmware, FormatError> {
    if bytes.is_empty() {
        return Err(FormatError::Empty);
    }
    // UEFI PI specification, volume 3: a firmware volume carries its signature at byte 40.
    if bytes.get(40..44) == Some(b"_FVH") {
        return match bytes.len() as u64 {
            len if len > FLASH_BANK => Err(FormatError::TooLarge { limit: lodge_spec::Size(FLASH_BANK) }),
            _ => Ok(Firmware::Uefi),
        };
    }
    if Elf::is(bytes) {
        return Ok(Firmware::Elf(Elf::parse(bytes)?));
    }
    match kernel::recognise(bytes)? {
        // Firmware has no header of its own: any bytes without another's mark may be some.
        kernel::Payload::Raw => Ok(Firmware::Raw),
        _ => Err(FormatError::Unknown { hint: "; it is a kernel: give it with --kernel" }),
    }
}
