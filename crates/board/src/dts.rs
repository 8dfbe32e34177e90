//! A device tree blob as text, for people (Devicetree Specification 0.4, chapters 5 and 6).
//!
//! A blob does not say what type a property has; like other tools, this one guesses: text when it looks like text,
//! 32-bit cells when the length allows, bytes otherwise.

use std::fmt::Write;

const MAGIC: u32 = 0xd00d_feed;
/// Deeper than any tree that means something; a hostile one ends here.
const MAX_DEPTH: usize = 64;

fn u32_at(blob: &[u8], at: usize) -> Option<u32> {
    blob.get(at..)?.first_chunk().map(|b| u32::from_be_bytes(*b))
}

/// The zero-terminated string at the start of `bytes`.
fn string(bytes: &[u8]) -> Option<&str> {
    let end = bytes.iter().position(|&b| b == 0)?;
    std::str::from_utf8(&bytes[..end]).ok()
}

/// The text of `blob`; `None` when it is not a device tree.
pub fn print(blob: &[u8]) -> Option<String> {
    if u32_at(blob, 0)? != MAGIC {
        return None;
    }
    let structure = blob.get(u32_at(blob, 8)? as usize..)?;
    let names = blob.get(u32_at(blob, 12)? as usize..)?;
    let (mut out, mut at, mut depth) = (String::from("/dts-v1/;\n\n"), 0usize, 0usize);
    loop {
        let token = u32_at(structure, at)?;
        at += 4;
        match token {
            1 => {
                let name = string(structure.get(at..)?)?;
                at = (at + name.len() + 1).next_multiple_of(4);
                let name = if depth == 0 { "/" } else { name };
                let _ = writeln!(out, "{}{name} {{", tabs(depth));
                depth += 1;
                if depth > MAX_DEPTH {
                    return None;
                }
            }
            2 => {
                depth = depth.checked_sub(1)?;
                let _ = writeln!(out, "{}}};", tabs(depth));
            }
            3 => {
                let (len, name) = (u32_at(structure, at)? as usize, u32_at(structure, at + 4)? as usize);
                let value = structure.get(at + 8..)?.get(..len)?;
                at = (at + 8 + len).next_multiple_of(4);
                let _ = write!(out, "{}{}", tabs(depth), string(names.get(name..)?)?);
                property(&mut out, value);
            }
            4 => {}
            9 if depth == 0 => return Some(out),
            _ => return None,
        }
    }
}

fn tabs(depth: usize) -> String {
    "\t".repeat(depth)
}

fn property(out: &mut String, value: &[u8]) {
    let printable = |word: &[u8]| !word.is_empty() && word.iter().all(|b| matches!(b, b' '..=b'~'));
    if value.is_empty() {
        out.push_str(";\n");
    } else if let Some(text) = value.strip_suffix(&[0])
        && text.split(|&b| b == 0).all(printable)
    {
        let words: Vec<String> = text
            .split(|&b| b == 0)
            .map(|word| {
                format!("\"{}\"", String::from_utf8_lossy(word).replace('\\', "\\\\").replace('"', "\\\""))
            })
            .collect();
        let _ = writeln!(out, " = {};", words.join(", "));
    } else if value.len().is_multiple_of(4) {
        let cells: Vec<String> = value
            .chunks_exact(4)
            .map(|c| format!("{:#x}", c.iter().fold(0u32, |cell, b| cell << 8 | u32::from(*b))))
            .collect();
        let _ = writeln!(out, " = <{}>;", cells.join(" "));
    } else {
        let bytes: Vec<String> = value.iter().map(|b| format!("{b:02x}")).collect();
        let _ = writeln!(out, " = [{}];", bytes.join(" "));
    }
}
