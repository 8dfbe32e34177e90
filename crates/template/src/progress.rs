//! How a long piece of work tells whoever asked for it how far it is.
//!
//! The crate never prints: the command line draws a bar, a daemon fills a job record, a test listens.

/// Told what is going on while a template is fetched or built. Calls come from the thread that does the work.
pub trait Progress {
    /// A new piece of work begins; the one before it is over. `what` reads like "fetching the kernel".
    fn begin(&self, what: &str);
    /// How much of the current piece is done, from 0.0 to 1.0. Not every piece can say.
    fn fraction(&self, done: f64);
    /// Something the user should know although the work goes on.
    fn note(&self, text: &str);
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str) {}
    fn fraction(&self, _done: f64) {}
    fn note(&self, _text: &str) {}
}
