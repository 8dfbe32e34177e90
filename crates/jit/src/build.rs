//! What a lifter writes a block with.

use crate::ir::{BinOp, Block, Cond, Dst, End, Op, UnOp, Val, Width};

/// A block being built. [`crate::Isa::lift`] calls [`Builder::instruction`] for each guest instruction, then pushes
/// what it means, and ends with [`Builder::end`]; without an end the block just goes on behind its last instruction.
#[derive(Debug)]
pub struct Builder {
    pc: u64,
    next: u64,
    instructions: u32,
    tmps: u16,
    ops: Vec<Op>,
    end: Option<End>,
}

impl Builder {
    /// An empty block at `pc`.
    pub fn new(pc: u64) -> Builder {
        Builder { pc, next: pc, instructions: 0, tmps: 0, ops: Vec::with_capacity(32), end: None }
    }

    /// The guest instruction of `len` bytes at [`Builder::next_pc`] begins.
    pub fn instruction(&mut self, len: u8) {
        self.ops.push(Op::Guest { pc: self.next });
        self.next = self.next.wrapping_add(u64::from(len));
        self.instructions += 1;
    }

    /// Address behind the last instruction begun.
    pub fn next_pc(&self) -> u64 {
        self.next
    }

    /// Instructions so far.
    pub fn instructions(&self) -> u32 {
        self.instructions
    }

    /// Whether the block has its end.
    pub fn ended(&self) -> bool {
        self.end.is_some()
    }

    /// A fresh temporary.
    pub fn tmp(&mut self) -> Dst {
        self.tmps += 1;
        Dst::Tmp(self.tmps - 1)
    }

    /// Appends an operation.
    pub fn push(&mut self, op: Op) {
        self.ops.push(op);
    }

    /// dst = a
    pub fn mov(&mut self, dst: Dst, a: Val) {
        self.push(Op::Move { dst, a });
    }

    /// dst = an address computed from the program counter
    pub fn address(&mut self, dst: Dst, address: u64) {
        self.push(Op::Address { dst, address });
    }

    /// dst = a op b
    pub fn bin(&mut self, op: BinOp, w: Width, dst: Dst, a: Val, b: Val) {
        self.push(Op::Bin { op, w, dst, a, b });
    }

    /// dst = op a
    pub fn un(&mut self, op: UnOp, w: Width, dst: Dst, a: Val) {
        self.push(Op::Un { op, w, dst, a });
    }

    /// dst = (a cond b), 64 bits
    pub fn set(&mut self, cond: Cond, dst: Dst, a: Val, b: Val) {
        self.push(Op::Set { cond, w: Width::W64, dst, a, b });
    }

    /// Ends the block.
    pub fn end(&mut self, end: End) {
        self.end = Some(end);
    }

    /// The finished block.
    pub fn finish(mut self) -> Block {
        // Host code may point at operations: from here on they do not move.
        self.ops.shrink_to_fit();
        let end = self.end.unwrap_or(End::Jump { target: self.next, hint: crate::ir::Hint::None });
        Block {
            pc: self.pc,
            len: self.next.wrapping_sub(self.pc) as u32,
            instructions: self.instructions,
            tmps: self.tmps,
            ops: self.ops,
            end,
        }
    }
}
