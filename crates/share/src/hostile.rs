//! A guest that is out to break its shared folder, made from bytes: the entry of the fuzz targets, and of a test that
//! feeds it random ones. Whatever it sends, it must get an answer, and nothing outside of the folder may change.

use crate::exchange::MemoryExchange;
use crate::folder::{Folder, Settings};
use crate::{Owners, fuse, p9};
use std::sync::Arc;

/// Room for an answer.
const ROOM: usize = 8192;

/// Cuts the input into requests: a length u8 (in units of four bytes) before each.
fn requests(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, rest) = bytes.split_first()?;
        let (request, rest) = rest.split_at(rest.len().min(usize::from(*len) * 4));
        bytes = rest;
        Some(request)
    })
}

fn folder(path: &std::path::Path) -> Option<Arc<Folder>> {
    let settings = Settings { read_only: false, owners: Owners::of_process(None) };
    Folder::open(path, settings).ok().map(Arc::new)
}

/// FUSE requests without their length, which is put before each: operation u8, node u8, then the arguments.
pub fn fuse(path: &std::path::Path, bytes: &[u8]) {
    let Some(mut server) = folder(path).and_then(|folder| fuse::Server::new(folder).ok()) else { return };
    for request in requests(bytes) {
        let [op, node, body @ ..] = request else { continue };
        let mut message = (fuse::wire::IN_HEADER as u32 + body.len() as u32).to_le_bytes().to_vec();
        message.extend(u32::from(*op).to_le_bytes());
        message.extend(7u64.to_le_bytes());
        message.extend(u64::from(*node).to_le_bytes());
        message.extend([0; 16]);
        message.extend(body);
        let _ = server.serve(&mut MemoryExchange::new(message, ROOM));
    }
    let _ = server.load(&server.save());
    // And as bytes without any sense.
    let _ = server.serve(&mut MemoryExchange::new(bytes.to_vec(), ROOM));
}

/// 9P messages without their length, which is put before each: type u8, then the fields.
pub fn p9(path: &std::path::Path, bytes: &[u8]) {
    let Some(mut server) = folder(path).and_then(|folder| p9::Server::new(folder).ok()) else { return };
    for request in requests(bytes) {
        let [kind, body @ ..] = request else { continue };
        let mut message = (p9::wire::HEADER as u32 + body.len() as u32).to_le_bytes().to_vec();
        message.extend([*kind, 1, 0]);
        message.extend(body);
        let _ = server.serve(&mut MemoryExchange::new(message, ROOM));
    }
    let _ = server.load(&server.save());
    let _ = server.serve(&mut MemoryExchange::new(bytes.to_vec(), ROOM));
}
