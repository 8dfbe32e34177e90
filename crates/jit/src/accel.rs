//! The two accelerators of this crate, and how a board gets a vCPU of either.

use crate::blocks::Lifted;
use crate::core::Core;
use crate::emit::Translator;
use crate::engine::{Backend, Engine, Exit};
use crate::ir::Block;
use crate::smp::Peers;
use crate::softmmu::jump_index;
use crate::{Frame, Isa, Tuning, interp};
use lodge_cpu::{Link, Vcpu};
use lodge_memory::GuestMemory;
use std::sync::Arc;

/// Which back end runs the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accel {
    /// Host code, made by the translator.
    Jit(Tuning),
    /// The reference interpreter.
    Interp,
}

/// A vCPU. `peers` is one value for all vCPUs of a machine.
///
/// # Errors
/// What the host said when it gave no memory for translated code.
pub fn vcpu<I: Isa>(
    accel: Accel,
    isa: I,
    link: Arc<Link>,
    memory: Arc<GuestMemory>,
    peers: Peers,
) -> std::io::Result<Box<dyn Vcpu>> {
    Ok(match accel {
        Accel::Jit(tuning) => Box::new(Engine::new(isa, Translator::<I>::new(tuning)?, link, memory, peers)?),
        Accel::Interp => Box::new(Engine::new(isa, Interpreter::default(), link, memory, peers)?),
    })
}

/// Runs blocks by interpreting them. A handle is an index into `blocks`, plus one so that 0 is none.
#[derive(Default)]
struct Interpreter {
    blocks: Vec<Option<Block>>,
}

impl<I: Isa> Backend<I> for Interpreter {
    fn miss(&self) -> u64 {
        0
    }

    fn compile(&mut self, lifted: Lifted, _frame: &Frame) -> Option<u64> {
        const MOST: usize = 1 << 15;
        if self.blocks.len() == MOST {
            return None;
        }
        self.blocks.push(Some(lifted.block));
        Some(self.blocks.len() as u64)
    }

    fn kill(&mut self, handle: u64) {
        self.blocks[handle as usize - 1] = None;
    }

    fn chain(&mut self, _site: u64, _handle: u64) {}

    fn clear(&mut self) {
        *self = Interpreter::default();
    }

    fn run(&mut self, core: &mut Core<I>, handle: u64) -> Exit {
        let mut handle = handle;
        loop {
            let Some(Some(block)) = self.blocks.get((handle as usize).wrapping_sub(1)) else {
                return Exit::Go(core.frame.pc);
            };
            let pc = match interp::run_block(core, block) {
                Ok(pc) => pc,
                Err(pending) => return Exit::Pending(pending),
            };
            if core.link.wanted() {
                return Exit::Go(pc);
            }
            let key = core.frame.jump_key;
            let jump = core.mmu.current().jumps[jump_index(pc)];
            if jump.key != pc ^ key || jump.code == 0 {
                return Exit::Go(pc);
            }
            core.frame.pc = pc;
            handle = jump.code;
        }
    }
}
