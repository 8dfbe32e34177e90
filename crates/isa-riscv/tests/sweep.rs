//! Nothing a guest can put in memory may make the decoder panic, and what it accepts must be said consistently.
//!
//! Every 16-bit encoding always; every 32-bit encoding when LODGE_LONG=1 (best with `--release`), else a dense stride.

use lodge_isa_riscv::{Inst, Op, decode, decode_compressed, encode, length};

/// What must hold of anything decoded, cheap enough for 2^32 words.
fn check(inst: &Inst, raw: u32) {
    let (mask, bits) = inst.op.fixed();
    assert!(inst.raw == raw && (inst.len == 2 || raw & mask == bits), "{raw:#010x} is no {:?}", inst.op);
    let registers = inst.rd | inst.rs1 | inst.rs2 | inst.rs3;
    assert!(registers < 32 && inst.rm < 8 && inst.imm.abs() <= 1 << 31, "{raw:#010x}: {inst:?} out of range");
    assert!(inst.imm == i64::from(inst.imm as i32), "{raw:#010x}: {inst:?} immediate is not sign-extended");
}

/// Counts of accepted words in `words`.
fn sweep(words: impl Iterator<Item = u32>) -> u64 {
    let mut accepted = 0;
    for word in words {
        if let Some(inst) = decode(word) {
            check(&inst, word);
            accepted += 1;
        }
    }
    accepted
}

#[test]
fn every_compressed_encoding_decodes_or_refuses() {
    let mut accepted = 0;
    for half in 0..=u16::MAX {
        let Some(inst) = decode_compressed(half) else { continue };
        assert_eq!((inst.len, length(half)), (2, 2));
        check(&inst, u32::from(half));
        // The expansion is a real 32-bit instruction, the same but for length and bits.
        let word = encode(&inst);
        let long = decode(word).unwrap_or_else(|| panic!("{half:#06x} expands to illegal {word:#010x}"));
        assert_eq!(Inst { len: 2, raw: u32::from(half), ..long }, inst, "{half:#06x}");
        assert!(!inst.to_string().is_empty());
        accepted += 1;
    }
    assert_eq!(accepted, ACCEPTED_COMPRESSED, "another number of 16-bit encodings is accepted");
}

/// Of 49152 that are not first halves of 32-bit instructions.
const ACCEPTED_COMPRESSED: u32 = 47_751;

#[test]
fn every_word_decodes_or_refuses() {
    if std::env::var_os("LODGE_LONG").is_none() {
        // An odd stride visits every value of every bit field below it, and takes well under a second.
        let accepted = sweep((0..=u32::MAX).step_by(1021));
        assert!(accepted > 100_000, "only {accepted} words accepted");
        return;
    }
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let part = |i: u64| (i << 32) / threads;
    let accepted: u64 = std::thread::scope(|scope| {
        let start = |i| scope.spawn(move || sweep((part(i)..part(i + 1)).map(|word| word as u32)));
        let running: Vec<_> = (0..threads).map(start).collect();
        running.into_iter().map(|thread| thread.join().expect("the sweep panicked")).sum()
    });
    println!("{accepted} of 2^32 words are instructions");
    let by_rows = counted_by_rows();
    assert_eq!(accepted, by_rows, "the decoder accepts other words than the rows of the table");
}

/// How many words the table's rows cover, from their masks alone: each row's own, less the rows inside it.
fn counted_by_rows() -> u64 {
    let inside = |a: Op, b: Op| {
        let ((am, ab), (bm, bb)) = (a.fixed(), b.fixed());
        a != b && am & bm == bm && ab & bm == bb
    };
    let outermost = Op::ALL.iter().filter(|a| !Op::ALL.iter().any(|b| inside(**a, *b)));
    outermost.map(|op| 1u64 << op.fixed().0.count_zeros()).sum()
}

#[test]
fn encode_is_the_inverse_of_decode() {
    for op in Op::ALL {
        let (mask, bits) = op.fixed();
        let mut free = 0u32;
        for _ in 0..500 {
            let word = bits | free & !mask;
            let inst = decode(word).unwrap_or_else(|| panic!("{op:?}: {word:#010x} is refused"));
            let again = encode(&inst);
            assert_eq!(
                decode(again),
                Some(Inst { raw: again, ..inst }),
                "{op:?}: {word:#010x} {again:#010x}"
            );
            free = free.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        }
    }
}

#[test]
fn reserved_encodings_are_illegal() {
    let words = [
        (0x0000_0000, "all zeros"),
        (0xffff_ffff, "all ones"),
        (0x1015_252f, "lr.w with rs2 other than zero"),
        (0x0205_151b, "slliw by 32 or more"),
        (0x2801_40af, "amocas.q with odd rd"),
        (0x2811_412f, "amocas.q with odd rs2"),
        (0x0030_200f, "cbo number 3"),
        (0x0000_208f, "cbo with rd"),
        (0x0000_0173, "ecall with rd"),
        (0x0000_4073, "system funct3 100"),
        (0x0000_7003, "load funct3 111"),
        (0xc210_7553, "fcvt.wu.d is legal, see below"),
    ];
    for (word, why) in &words[..words.len() - 1] {
        assert_eq!(decode(*word), None, "{word:#010x}: {why}");
    }
    assert_eq!(decode(0xc210_7553).map(|inst| inst.op), Some(Op::FcvtWuD));
    let halves = [
        (0x0000, "defined to be illegal"),
        (0x0004, "c.addi4spn by zero"),
        (0x2001, "c.addiw to x0"),
        (0x6101, "c.addi16sp by zero"),
        (0x6501, "c.lui of zero"),
        (0x4002, "c.lwsp to x0"),
        (0x6002, "c.ldsp to x0"),
        (0x8002, "c.jr x0"),
        (0x9c7d, "quadrant 1 arithmetic, last row"),
    ];
    for (half, why) in halves {
        assert_eq!(decode_compressed(half), None, "{half:#06x}: {why}");
    }
}

#[test]
fn hints_write_nothing() {
    for (half, why) in [
        (0x0001u16, "c.nop"),
        (0x0005, "c.nop 1"),
        (0x4005, "c.li x0"),
        (0x6005, "c.lui x0"),
        (0x8006, "c.mv x0"),
        (0x9006, "c.add x0"),
        (0x0002, "c.slli x0"),
    ] {
        let inst = decode_compressed(half).unwrap_or_else(|| panic!("{why} is refused"));
        assert_eq!(inst.rd, 0, "{why}: {inst}");
    }
    assert_eq!(decode(0x0100_000f).map(|inst| inst.op), Some(Op::Pause));
    assert_eq!(decode(0x0015_6013).map(|inst| inst.op), Some(Op::PrefetchR));
    assert_eq!(decode(0x0025_6013).map(|inst| inst.op), Some(Op::Ori));
}
