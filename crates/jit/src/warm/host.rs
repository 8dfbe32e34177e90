//! What a kept translation depends on besides guest code: this build of the program, this host, this kind of guest.

use super::format::checksum;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;

/// Names a file of translations: only for the same key may code be used. `None` when the build cannot be told.
pub(super) fn key<I: 'static>() -> Option<u64> {
    let features = features();
    let features = features.map(u32::to_le_bytes);
    let guest = std::any::type_name::<I>();
    Some(checksum(&[&build()?.to_le_bytes(), features.as_flattened(), guest.as_bytes()]))
}

/// The processor's features, as it states them.
#[cfg(target_arch = "x86_64")]
fn features() -> [u32; 12] {
    use std::arch::x86_64::__cpuid_count;
    let (one, seven, more) = (__cpuid_count(1, 0), __cpuid_count(7, 0), __cpuid_count(7, 1));
    let extended = __cpuid_count(0x8000_0001, 0);
    // Leaf 1 EBX says which processor this is, not which kind.
    let [a, b, c, d] = [one.eax, one.ecx, one.edx, seven.ebx];
    [a, b, c, d, seven.ecx, seven.edx, more.eax, more.ebx, more.ecx, more.edx, extended.ecx, extended.edx]
}

#[cfg(not(target_arch = "x86_64"))]
fn features() -> [u32; 12] {
    [0; 12]
}

/// Identifies the running program's text: the linker's build id, else a sum over all of it.
fn build() -> Option<u64> {
    let mut file = File::open("/proc/self/exe").ok()?;
    if let Some(id) = build_id(&file) {
        return Some(checksum(&[b"id", &id]));
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).ok()?;
    Some(checksum(&[b"all", &bytes]))
}

/// The contents of the GNU build id note (ELF-64 object file format: program headers, note section).
fn build_id(file: &File) -> Option<Vec<u8>> {
    const NOTE: u32 = 4;
    let word = |bytes: &[u8], at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let long = |bytes: &[u8], at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let mut head = [0; 64];
    file.read_exact_at(&mut head, 0).ok()?;
    if head[..6] != *b"\x7fELF\x02\x01" {
        return None;
    }
    let (table, count) = (long(&head, 32)?, u16::from_le_bytes([head[56], head[57]]));
    for n in 0..u64::from(count.min(64)) {
        let mut entry = [0; 56];
        file.read_exact_at(&mut entry, table.checked_add(56 * n)?).ok()?;
        if word(&entry, 0)? != NOTE {
            continue;
        }
        let mut notes = vec![0; long(&entry, 32)?.min(4096) as usize];
        file.read_exact_at(&mut notes, long(&entry, 8)?).ok()?;
        let mut rest = &notes[..];
        while let Some(head) = rest.get(..12) {
            let (name, len) = (word(head, 0)? as usize, word(head, 4)? as usize);
            let from = 12 + name.next_multiple_of(4);
            if word(head, 8)? == 3 && rest.get(12..16) == Some(b"GNU\0") {
                return rest.get(from..from.checked_add(len)?).filter(|id| id.len() >= 8).map(Vec::from);
            }
            rest = rest.get(from + len.next_multiple_of(4)..).unwrap_or_default();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_stable_and_tells_guests_apart() {
        assert_eq!(key::<u8>(), key::<u8>());
        assert_ne!(key::<u8>().unwrap(), key::<u16>().unwrap());
    }
}
