//! Networks: what a guest's network card is plugged into.
//!
//! ```text
//!   guest ── virtio-net ── Link ─┬─ user     our own router and NAT on host sockets; needs no rights
//!                                ├─ tap      an interface of the host's kernel, perhaps on a bridge
//!                                ├─ switch   shared with other machines of the user, at a socket
//!                                ├─ pair     another link in this process
//!                                └─ capture  writes what passes to a file, in front of any link
//! ```
//! A [`Link`] takes and gives Ethernet frames. It must not know which device holds it, nor what a guest is beyond
//! its frames, which may contain anything.
#![forbid(unsafe_code)]

mod capture;
mod event;
pub mod link;
mod pair;
pub mod switch;
pub mod tap;
pub mod user;
pub mod vnet;

pub use capture::{Capture, CaptureError};
pub use link::{Checksum, Features, Link, MAX_FRAME, Offload, Offloads, SegmentKind, Segmentation};
pub use pair::{Pair, pair};
