//! Reads the headers of a tar stream as it passes: who owns what, with which permissions.
//!
//! `tar` itself does the extracting; an ordinary user's copy loses the owners, and they are remembered here.
//! Formats: POSIX.1 ustar headers, GNU long names (`L`, `K`) and pax extended headers (`x`, only `path`).

use std::io::{self, Read, Write};

/// One member of the archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Absolute path in the guest, as in "/usr/bin/true".
    pub path: String,
    /// Owner's number.
    pub uid: u32,
    /// Group's number.
    pub gid: u32,
    /// Permission bits with set-uid, set-gid and sticky.
    pub mode: u32,
    /// ustar's letter for what it is: `0` file, `2` symbolic link, `5` directory, …
    pub kind: u8,
}

/// Names longer than this are refused: no path on Linux is.
const LONGEST_NAME: u64 = 64 * 1024;

/// Copies the tar stream from `input` to `output` and returns its members.
pub fn tee(input: &mut impl Read, output: &mut impl Write) -> io::Result<Vec<Member>> {
    let mut members = Vec::new();
    let mut long_name: Option<String> = None;
    let mut block = [0; 512];
    loop {
        if !read_block(input, &mut block)? {
            break; // no end mark: tar says so itself
        }
        output.write_all(&block)?;
        if block.iter().all(|&byte| byte == 0) {
            continue; // the end mark is two of these; padding follows
        }
        let size = number(&block[124..136]).ok_or_else(|| bad("size"))?;
        let kind = if block[156] == 0 { b'0' } else { block[156] };
        if matches!(kind, b'L' | b'K' | b'x' | b'g') {
            if size > LONGEST_NAME {
                return Err(bad("name length"));
            }
            let mut data = vec![0; size.next_multiple_of(512) as usize];
            input.read_exact(&mut data)?;
            output.write_all(&data)?;
            data.truncate(size as usize);
            match kind {
                b'L' => long_name = Some(text(&data)),
                b'x' => long_name = pax_path(&data).or(long_name),
                _ => {}
            }
            continue;
        }
        let path = long_name.take().unwrap_or_else(|| short_name(&block));
        let field =
            |range: std::ops::Range<usize>| number(&block[range]).and_then(|value| u32::try_from(value).ok());
        members.push(Member {
            path: absolute(&path).ok_or_else(|| bad("path"))?,
            mode: field(100..108).ok_or_else(|| bad("mode"))? & 0o7777,
            uid: field(108..116).ok_or_else(|| bad("uid"))?,
            gid: field(116..124).ok_or_else(|| bad("gid"))?,
            kind,
        });
        let data = size.checked_next_multiple_of(512).ok_or_else(|| bad("size"))?;
        if io::copy(&mut input.take(data), output)? != data {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    output.flush()?;
    Ok(members)
}

/// Fills `block`; false at the end of the stream.
fn read_block(input: &mut impl Read, block: &mut [u8; 512]) -> io::Result<bool> {
    let mut filled = 0;
    while filled < block.len() {
        match input.read(&mut block[filled..]) {
            Ok(0) if filled == 0 => return Ok(false),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("tar header with an impossible {what}"))
}

/// An octal number, or GNU's big-endian form with the top bit set.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        let (head, tail) = field.split_at(field.len() - 8);
        let zero = head.iter().enumerate().all(|(i, &byte)| byte == if i == 0 { 0x80 } else { 0 });
        return zero.then(|| u64::from_be_bytes(tail.try_into().expect("eight bytes")));
    }
    let digits = text(field);
    let digits = digits.trim();
    if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
}

fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

fn short_name(block: &[u8; 512]) -> String {
    let name = text(&block[..100]);
    let prefix = if &block[257..263] == b"ustar\0" { text(&block[345..500]) } else { String::new() };
    if prefix.is_empty() { name } else { format!("{prefix}/{name}") }
}

/// The `path` record of a pax header: lines of "LENGTH KEY=VALUE\n".
fn pax_path(mut data: &[u8]) -> Option<String> {
    while let Some(space) = data.iter().position(|&byte| byte == b' ') {
        let length: usize = std::str::from_utf8(&data[..space]).ok()?.parse().ok()?;
        let record = data.get(space + 1..length)?.strip_suffix(b"\n")?;
        if let Some(path) = record.strip_prefix(b"path=") {
            return Some(String::from_utf8_lossy(path).into_owned());
        }
        data = &data[length..];
    }
    None
}

/// "./usr/bin/" as "/usr/bin"; none for a path that climbs out.
fn absolute(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    (!parts.contains(&"..")).then(|| format!("/{}", parts.join("/")))
}

#[cfg(test)]
#[path = "tar_tests.rs"]
mod tests;
