//! What ends a machine against everybody's will.

use lodge_board::BoardError;
use std::net::SocketAddr;

/// A machine could not start or go on.
#[derive(Debug, thiserror::Error)]
pub enum VmmError {
    /// It cannot be built.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The host refuses threads.
    #[error("cannot start the thread of {what}; check the host's limits (ulimit -u)")]
    Thread {
        /// Whose.
        what: String,
        /// What the host said.
        source: std::io::Error,
    },
    /// The engine gave up.
    #[error("vCPU {hart} cannot go on: {why}")]
    Fatal {
        /// Which.
        hart: u32,
        /// The engine's line.
        why: String,
    },
    /// The debugger's door cannot be opened.
    #[error("cannot listen for a debugger at {address}; choose another --gdb address")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the host said.
        source: std::io::Error,
    },
    /// The host refuses to tell of signals.
    #[error("cannot listen for signals")]
    Signals(#[source] std::io::Error),
}
