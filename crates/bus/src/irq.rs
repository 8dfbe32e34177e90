//! Interrupt lines.

use std::sync::Arc;

/// Something with numbered interrupt inputs: an interrupt controller, or a vCPU.
pub trait IrqSink: Send + Sync {
    /// Input `line` is now `high` or not. Level semantics: repeating a level changes nothing.
    fn set(&self, line: u32, high: bool);
}

/// One line into an [`IrqSink`]: all that a device knows about interrupts.
#[derive(Clone)]
pub struct Irq {
    sink: Arc<dyn IrqSink>,
    line: u32,
}

impl Irq {
    /// The line number `line` of `sink`.
    pub fn new(sink: Arc<dyn IrqSink>, line: u32) -> Irq {
        Irq { sink, line }
    }

    /// A line that leads nowhere.
    pub fn unconnected() -> Irq {
        struct Nowhere;
        impl IrqSink for Nowhere {
            fn set(&self, _: u32, _: bool) {}
        }
        Irq::new(Arc::new(Nowhere), 0)
    }

    /// Drives the line.
    pub fn set(&self, high: bool) {
        self.sink.set(self.line, high);
    }

    /// Drives the line high.
    pub fn raise(&self) {
        self.set(true);
    }

    /// Drives the line low.
    pub fn lower(&self) {
        self.set(false);
    }
}

impl std::fmt::Debug for Irq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Irq({})", self.line)
    }
}
