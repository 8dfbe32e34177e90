//! The one harness behind every whole-guest test: start a program on a terminal or on pipes, say things to it,
//! wait for its answers with time-outs, and show the whole console when an answer does not come.
//!
//! ```text
//!  test ── Session::expect/send ──► pty or pipes ──► lodge ──► guest
//!    │                                 │
//!    └── Shell::run (exact answers) ◄──┘  every byte kept: the log in a failure
//! ```
//!
//! Knows nothing of lodge's insides: tests drive the binary a user runs. A session's process is ended, by its
//! own id, when the session is dropped.

#![forbid(unsafe_code)]

mod guest;
mod machine;
mod program;
mod scratch;
mod session;
mod shell;
mod web;

pub use guest::{Guest, Need, long, need};
pub use machine::{Finished, Machine, finish, lodge, peer};
pub use program::{KERNEL, RAM, assemble};
pub use scratch::{Scratch, pattern, sha256};
pub use session::{Session, Terminal};
pub use shell::Shell;
pub use web::{Web, names};
