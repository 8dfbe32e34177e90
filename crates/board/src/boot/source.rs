//! Reading a file whole, but never more of it than makes sense.

use crate::boot::BootError;
use lodge_spec::Size;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Reads `path`, at most `limit` bytes. Pipes work too.
pub(crate) fn read(what: &'static str, path: &Path, limit: Size) -> Result<Vec<u8>, BootError> {
    let fail = |source| BootError::Read { what, path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(fail)?;
    // One byte more than allowed tells a file that is just as large from one that is larger.
    file.take(limit.0 + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > limit.0 {
        return Err(BootError::TooLarge { what, path: path.to_owned(), limit });
    }
    Ok(bytes)
}
