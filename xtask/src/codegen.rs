//! `cargo xtask codegen`: writes a decoder from its table of instructions.
//!
//! ```text
//! crates/isa-riscv/src/rv.table --rows--> check overlaps --> decision tree --rustfmt--> decode.rs (committed)
//! ```
//!
//! The head of rv.table explains the notation. Everything here is text in, text out: it knows bits and fields, and
//! must not know what any instruction means. The written file is committed, so building lodge never runs this;
//! `run(true)` tells whether the committed file still is what the table says.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Writes decode.rs from rv.table, or with `check` only compares.
///
/// # Errors
/// A line that says which row is wrong, which file could not be read or written, or that the file is stale.
pub fn run(check: bool) -> Result<(), String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/isa-riscv/src");
    let (table, target) = (source.join("rv.table"), source.join("decode.rs"));
    let text = read(&table)?;
    let rows = parse(&text).map_err(|why| format!("{}: {why}", table.display()))?;
    let fresh = rustfmt(&generate(&rows)?)?;
    if check {
        return match read(&target)? == fresh {
            true => Ok(()),
            false => {
                Err("crates/isa-riscv/src/decode.rs is older than rv.table: run `cargo xtask codegen`".into())
            }
        };
    }
    std::fs::write(&target, fresh).map_err(|why| format!("write {}: {why}", target.display()))
}

fn read(path: &PathBuf) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|why| format!("read {}: {why}", path.display()))
}

/// The workspace's own rustfmt style, so that `cargo fmt` leaves the written file alone.
fn rustfmt(text: &str) -> Result<String, String> {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path", config])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|why| format!("start rustfmt: {why} (try `rustup component add rustfmt`)"))?;
    let mut stdin = child.stdin.take().ok_or("rustfmt has no standard input")?;
    // rustfmt reads all of its input before it writes, so this cannot deadlock.
    stdin.write_all(text.as_bytes()).map_err(|why| format!("feed rustfmt: {why}"))?;
    drop(stdin);
    let out = child.wait_with_output().map_err(|why| format!("wait for rustfmt: {why}"))?;
    if !out.status.success() {
        return Err("rustfmt refused the written decoder: the generator wrote bad Rust".into());
    }
    String::from_utf8(out.stdout).map_err(|why| format!("rustfmt's output: {why}"))
}

/// A run of bits of the word that is a run of bits of a field.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Piece {
    /// Field's name as the table has it.
    field: String,
    /// Highest bit of the run in the field.
    high: u32,
    /// Lowest bit of the run in the field.
    low: u32,
    /// Lowest bit of the run in the word.
    at: u32,
}

struct Row {
    mnemonic: String,
    /// Bits that are fixed, and what they are.
    mask: u32,
    bits: u32,
    pieces: Vec<Piece>,
    operands: String,
    extension: String,
}

impl Row {
    /// `fcvt.w.s` is `FcvtWS`.
    fn variant(&self) -> String {
        self.mnemonic.split('.').map(capital).collect()
    }

    /// The manual's letter for the usual layouts, else the fields one after the other.
    fn shape(&self) -> String {
        let fields: Vec<String> = self
            .pieces
            .iter()
            .map(|p| {
                if WIDTHS.contains(&(&p.field, p.high + 1)) && p.low == 0 {
                    p.field.clone()
                } else {
                    format!("{}_{}", p.field, p.high)
                }
            })
            .collect();
        let name = fields.join("_");
        let known = [
            ("", "bare"),
            ("rs2_rs1_rd", "r_type"),
            ("rs3_rs2_rs1_rm_rd", "r4_type"),
            ("imm_11_rs1_rd", "i_type"),
            ("imm_11_rs2_rs1_imm_4", "s_type"),
            ("imm_12_imm_10_rs2_rs1_imm_4_imm_11", "b_type"),
            ("imm_31_rd", "u_type"),
            ("imm_20_imm_10_imm_11_imm_19_rd", "j_type"),
            ("csr_rs1_rd", "csr_type"),
            ("csr_zimm_rd", "csr_immediate"),
            ("shamt_5_rs1_rd", "shift_64"),
            ("shamt_4_rs1_rd", "shift_32"),
            ("aq_rl_rs2_rs1_rd", "amo_type"),
            ("aq_rl_rs1_rd", "lr_type"),
        ];
        known.iter().find(|k| k.0 == name).map_or(name, |k| k.1.to_string())
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}

/// Fields whose width need not be written.
const WIDTHS: [(&str, u32); 18] = [
    ("rd", 5),
    ("rs1", 5),
    ("rs2", 5),
    ("rs3", 5),
    ("zimm", 5),
    ("rm", 3),
    ("aq", 1),
    ("rl", 1),
    ("csr", 12),
    ("fm", 4),
    ("pred", 4),
    ("succ", 4),
    ("vd", 5),
    ("vs1", 5),
    ("vs2", 5),
    ("vs3", 5),
    ("vm", 1),
    ("nf", 3),
];

fn parse(text: &str) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let row = parse_row(line).map_err(|why| format!("line {}: {why}", number + 1))?;
        for other in &rows {
            overlap(&row, other).map_err(|why| format!("line {}: {why}", number + 1))?;
        }
        rows.push(row);
    }
    Ok(rows)
}

fn overlap(row: &Row, other: &Row) -> Result<(), String> {
    if row.mnemonic == other.mnemonic {
        return Err(format!("{} has two rows", row.mnemonic));
    }
    let both = row.mask & other.mask;
    let apart = (row.bits ^ other.bits) & both != 0;
    let nested = row.mask != other.mask && (both == row.mask || both == other.mask);
    if apart || nested {
        Ok(())
    } else {
        Err(format!("{} and {} share encodings", row.mnemonic, other.mnemonic))
    }
}

fn parse_row(line: &str) -> Result<Row, String> {
    let columns: Vec<&str> = line.split(';').map(str::trim).collect();
    let [mnemonic, pattern, operands, extension] = columns[..] else {
        return Err(format!("{} columns where 4 were expected", columns.len()));
    };
    let (mut mask, mut bits, mut at, mut pieces) = (0u32, 0u32, 32u32, Vec::new());
    let mut take = |count: u32| {
        at = at.checked_sub(count).ok_or("more than 32 bits")?;
        Ok::<u32, String>(at)
    };
    for token in pattern.split_whitespace() {
        if token.chars().all(|c| "01-".contains(c)) {
            for c in token.chars() {
                let bit = take(1)?;
                mask |= u32::from(c != '-') << bit;
                bits |= u32::from(c == '1') << bit;
            }
            continue;
        }
        for (field, high, low) in parse_field(token)? {
            let at = take(high - low + 1)?;
            pieces.push(Piece { field, high, low, at });
        }
    }
    match at {
        0 => Ok(Row {
            mnemonic: mnemonic.into(),
            mask,
            bits,
            pieces,
            operands: operands.into(),
            extension: extension.into(),
        }),
        short => Err(format!("{short} bits are missing")),
    }
}

/// `imm[12|10:5]` is imm 12..12 and imm 10..5.
fn parse_field(token: &str) -> Result<Vec<(String, u32, u32)>, String> {
    let Some((name, ranges)) = token.strip_suffix(']').and_then(|t| t.split_once('[')) else {
        let width = WIDTHS.iter().find(|w| w.0 == token).ok_or(format!("no field is called {token}"))?.1;
        return Ok(vec![(token.to_string(), width - 1, 0)]);
    };
    let number = |text: &str| text.parse::<u32>().map_err(|_| format!("{text} in {token} is no bit number"));
    ranges
        .split('|')
        .map(|range| {
            let (high, low) = range.split_once(':').unwrap_or((range, range));
            let (high, low) = (number(high)?, number(low)?);
            if low > high || high > 31 {
                return Err(format!("{token}: bits run from high to low, 31 at most"));
            }
            Ok((name.to_string(), high, low))
        })
        .collect()
}

fn generate(rows: &[Row]) -> Result<String, String> {
    let mut out = String::from(HEAD);
    write_op(&mut out, rows);
    write_shapes(&mut out, rows)?;
    write_decode(&mut out, rows)?;
    write_encode(&mut out, rows);
    Ok(out)
}

const HEAD: &str = "//! Decoder, encoder and the list of instructions. Written by `cargo xtask codegen` from rv.table: edit that.
//!
//! ```text
//! word --opcode--> one function per major opcode --funct3, funct7, ...--> shape (r_type, i_type, ...) --> Inst
//! ```

use crate::inst::Inst;

/// `count` bits of `word` from bit `low` up.
#[inline(always)]
fn bits(word: u32, low: u32, count: u32) -> u32 {
    (word >> low) & ((1 << count) - 1)
}

";

/// Adds formatted text; writing to a String cannot fail.
macro_rules! put {
    ($out:expr, $($text:tt)*) => {{ let _ = writeln!($out, $($text)*); }};
}

fn write_op(out: &mut String, rows: &[Row]) {
    let extensions: BTreeSet<&str> = rows.iter().map(|r| r.extension.as_str()).collect();
    put!(out, "/// Where an instruction comes from; `Priv` is the privileged manual's base.");
    put!(out, "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum Extension {{");
    for name in &extensions {
        put!(out, "/// {name}\n{name},");
    }
    put!(out, "}}\n\n/// One variant per mnemonic: `amoadd.w` is `AmoaddW`.");
    put!(
        out,
        "#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\n#[repr(u16)]\npub enum Op {{"
    );
    for row in rows {
        put!(
            out,
            "/// `{}` ({})\n{},",
            format!("{} {}", row.mnemonic, row.operands).trim(),
            row.extension,
            row.variant()
        );
    }
    put!(out, "}}\n");
    put!(
        out,
        "struct Facts {{ mnemonic: &'static str, operands: &'static str, extension: Extension, mask: u32, bits: u32 }}\n"
    );
    put!(out, "#[rustfmt::skip]\nstatic FACTS: [Facts; {}] = [", rows.len());
    for r in rows {
        put!(
            out,
            "    Facts {{ mnemonic: \"{}\", operands: \"{}\", extension: Extension::{}, mask: {:#010x}, bits: {:#010x} }},",
            r.mnemonic,
            r.operands,
            r.extension,
            r.mask,
            r.bits
        );
    }
    put!(out, "];\n\nimpl Op {{");
    put!(
        out,
        "/// All of them, in the table's order.\n#[rustfmt::skip]\npub const ALL: [Op; {}] = [",
        rows.len()
    );
    for some in rows.chunks(6) {
        let names: Vec<String> = some.iter().map(|r| format!("Op::{},", r.variant())).collect();
        put!(out, "        {}", names.join(" "));
    }
    put!(out, "    ];\n");
    put!(
        out,
        "/// As the manual and an assembler write it, without .aq and .rl.\npub fn mnemonic(self) -> &'static str {{ FACTS[self as usize].mnemonic }}\n"
    );
    put!(
        out,
        "/// Operand column of the table.\npub fn operands(self) -> &'static str {{ FACTS[self as usize].operands }}\n"
    );
    put!(
        out,
        "/// Extension that brings it.\npub fn extension(self) -> Extension {{ FACTS[self as usize].extension }}\n"
    );
    put!(
        out,
        "/// Which bits of the word are fixed, and what they are.\npub fn fixed(self) -> (u32, u32) {{ let facts = &FACTS[self as usize]; (facts.mask, facts.bits) }}"
    );
    put!(out, "}}\n");
}

/// Every layout of fields once, with the operations that have it.
fn shapes(rows: &[Row]) -> BTreeMap<String, Vec<&Row>> {
    let mut shapes: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        shapes.entry(row.shape()).or_default().push(row);
    }
    shapes
}

/// Field of Inst that a table field is kept in, and its place there.
fn home(field: &str) -> Result<(&str, u32), String> {
    Ok(match field {
        "rd" | "rs1" | "rs2" | "rs3" | "rm" | "aq" | "rl" | "vm" | "imm" => (field, 0),
        "vd" | "vs3" => ("rd", 0),
        "vs1" => ("rs1", 0),
        "vs2" => ("rs2", 0),
        "nf" => ("rs3", 0),
        "zimm" => ("rs1", 0),
        "shamt" | "csr" | "succ" | "vtypei" => ("imm", 0),
        "pred" => ("imm", 4),
        "fm" => ("imm", 8),
        other => return Err(format!("no field is called {other}")),
    })
}

fn write_shapes(out: &mut String, rows: &[Row]) -> Result<(), String> {
    for (name, members) in shapes(rows) {
        let pieces = &members[0].pieces;
        if members.iter().any(|m| m.pieces != *pieces) {
            return Err(format!(
                "{} and another row give the shape {name} two meanings",
                members[0].mnemonic
            ));
        }
        let mut homes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let (mut puts, mut sign) = (String::new(), None);
        for p in pieces {
            let (home, lift) = home(&p.field)?;
            let (count, shift) = (p.high - p.low + 1, p.low + lift);
            let get = format!("bits(word, {}, {count})", p.at);
            homes.entry(home).or_default().push(if shift == 0 { get } else { format!("({get} << {shift})") });
            let value = if matches!(home, "imm") {
                "inst.imm as u32".into()
            } else {
                format!("u32::from(inst.{home})")
            };
            let place = if p.at == 0 { String::new() } else { format!(" << {}", p.at) };
            let _ = write!(puts, " | bits({value}, {shift}, {count}){place}");
            if p.field == "imm" {
                sign = sign.max(Some(p.high));
            }
        }
        let word = if pieces.is_empty() { "_inst" } else { "inst" };
        put!(out, "#[inline(always)]\nfn {name}(op: Op, word: u32) -> Inst {{\nInst {{ op,");
        for (home, gets) in &homes {
            let get = gets.join(" | ");
            match (*home, sign) {
                ("imm", Some(31)) => put!(out, "imm: i64::from(({get}) as i32),"),
                ("imm", Some(high)) => {
                    put!(out, "imm: i64::from((({get}) << {0}) as i32 >> {0}),", 31 - high)
                }
                ("imm", None) => put!(out, "imm: i64::from({get}),"),
                ("aq" | "rl" | "vm", _) => put!(out, "{home}: {get} != 0,"),
                _ => put!(out, "{home}: ({get}) as u8,"),
            }
        }
        put!(out, "..Inst::bare(op, word) }}\n}}\n");
        let puts = if puts.is_empty() { "0".to_string() } else { puts[3..].to_string() };
        put!(out, "fn put_{name}({word}: &Inst) -> u32 {{ {puts} }}\n");
    }
    Ok(())
}

/// Names of the major opcodes, bits 6:2 (unprivileged manual, table "RISC-V base opcode map").
fn opcode_name(opcode: u32) -> String {
    let names = [
        (0x03, "load"),
        (0x07, "load_fp"),
        (0x0f, "misc_mem"),
        (0x13, "op_imm"),
        (0x17, "auipc"),
        (0x1b, "op_imm_32"),
        (0x23, "store"),
        (0x27, "store_fp"),
        (0x2f, "amo"),
        (0x33, "op"),
        (0x37, "lui"),
        (0x3b, "op_32"),
        (0x43, "madd"),
        (0x47, "msub"),
        (0x4b, "nmsub"),
        (0x4f, "nmadd"),
        (0x53, "op_fp"),
        (0x57, "op_v"),
        (0x63, "branch"),
        (0x67, "jalr"),
        (0x6f, "jal"),
        (0x73, "system"),
    ];
    names.iter().find(|n| n.0 == opcode).map_or(format!("opcode_{opcode:07b}"), |n| n.1.to_string())
}

fn write_decode(out: &mut String, rows: &[Row]) -> Result<(), String> {
    let mut majors: BTreeMap<u32, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        if row.mask & 0x7f != 0x7f {
            return Err(format!("{}: bits 6:0 must be fixed", row.mnemonic));
        }
        majors.entry(row.bits & 0x7f).or_default().push(row);
    }
    put!(out, "/// Decodes a 32-bit instruction word; `None` is an illegal instruction.");
    put!(out, "pub fn decode(word: u32) -> Option<Inst> {{ match word & 0x7f {{");
    for &major in majors.keys() {
        put!(out, "{major:#04x} => {}(word),", opcode_name(major));
    }
    put!(out, "_ => None, }} }}\n");
    for (major, rows) in majors {
        put!(out, "fn {}(word: u32) -> Option<Inst> {{ {} }}\n", opcode_name(major), tree(rows, 0x7f));
    }
    Ok(())
}

/// An expression that tells `rows` apart, given that the bits `tested` agree with all of them.
fn tree(mut rows: Vec<&Row>, tested: u32) -> String {
    let common = rows.iter().fold(!tested, |common, row| common & row.mask);
    if let [row] = rows[..] {
        let found = format!("Some({}(Op::{}, word))", row.shape(), row.variant());
        return test(common, row.bits, &found, "None");
    }
    let varying = rows.iter().fold(0, |varying, row| varying | (row.bits ^ rows[0].bits)) & common;
    if varying == 0 && common != 0 {
        let bits = rows[0].bits;
        return test(common, bits, &tree(rows, tested | common), "None");
    }
    if varying == 0 {
        // One row lies inside the others: ask for the most specific first.
        rows.sort_by_key(|row| (std::cmp::Reverse(row.mask.count_ones()), row.mnemonic.clone()));
        let first = rows.remove(0);
        let found = tree(vec![first], tested | first.mask);
        return test(first.mask & !tested, first.bits, &found, &tree(rows, tested));
    }
    let (low, count) = best_run(&rows, common);
    let mut groups: BTreeMap<u32, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        groups.entry((row.bits >> low) & ((1 << count) - 1)).or_default().push(row);
    }
    let run = ((1u32 << count) - 1) << low;
    let mut arms = String::new();
    for (value, rows) in groups {
        put!(arms, "0b{value:00$b} => {1},", count as usize, tree(rows, tested | run));
    }
    format!("match bits(word, {low}, {count}) {{ {arms} _ => None, }}")
}

fn test(mask: u32, bits: u32, found: &str, other: &str) -> String {
    if mask == 0 {
        return found.to_string();
    }
    let bits = bits & mask;
    let other = if other.starts_with("if ") { other.to_string() } else { format!("{{ {other} }}") };
    format!("if word & {mask:#010x} == {bits:#010x} {{ {found} }} else {other}")
}

/// The run of common bits that tells most rows apart; funct3 when it is one of them, as the manual's tables do.
fn best_run(rows: &[&Row], common: u32) -> (u32, u32) {
    let distinct = |low: u32, count: u32| {
        rows.iter().map(|row| (row.bits >> low) & ((1 << count) - 1)).collect::<BTreeSet<u32>>().len()
    };
    let mut best = (0, 0, 0);
    let mut low = 0;
    while low < 32 {
        let count = (common >> low).trailing_ones().min(if low <= 12 { 15 - low } else { 32 - low });
        if count == 0 {
            low += 1;
            continue;
        }
        if (low, count) == (12, 3) && distinct(low, count) > 1 {
            return (low, count);
        }
        best = best.max((distinct(low, count), low, count));
        low += count;
    }
    (best.1, best.2)
}

fn write_encode(out: &mut String, rows: &[Row]) {
    put!(
        out,
        "/// The 32-bit word that decodes to `inst`, whose `len` and `raw` are not looked at. Ignored bits are zero"
    );
    put!(out, "/// and a field too wide for its place is cut.");
    put!(out, "pub fn encode(inst: &Inst) -> u32 {{ let fields = match inst.op {{");
    for (name, members) in shapes(rows) {
        let ops: Vec<String> = members.iter().map(|m| format!("Op::{}", m.variant())).collect();
        put!(out, "{} => put_{name}(inst),", ops.join(" | "));
    }
    put!(out, "}}; fields | inst.op.fixed().1 }}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(table: &str) -> String {
        parse(table).err().unwrap_or_default()
    }

    #[test]
    fn committed_decoder_is_fresh() {
        assert_eq!(run(true), Ok(()));
    }

    #[test]
    fn pieces_lie_where_the_manual_draws_them() {
        let row =
            parse_row("beq ; imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011 ; rs1,rs2,target ; I").unwrap();
        assert_eq!((row.mask, row.bits), (0x707f, 0x0063));
        let places: Vec<_> = row.pieces.iter().map(|p| (p.field.as_str(), p.high, p.low, p.at)).collect();
        let imm = [("imm", 12, 12, 31), ("imm", 10, 5, 25), ("imm", 4, 1, 8), ("imm", 11, 11, 7)];
        assert_eq!(places, [imm[0], imm[1], ("rs2", 4, 0, 20), ("rs1", 4, 0, 15), imm[2], imm[3]]);
    }

    #[test]
    fn bad_rows_are_refused_by_line() {
        let cases = [
            ("add ; 0000000 rs2 rs1 000 rd 011001 ; rd ; I", "line 1: 1 bits are missing"),
            ("add ; 00000000 rs2 rs1 000 rd 0110011 ; rd ; I", "line 1: more than 32 bits"),
            ("add ; 0000000 rs9 rs1 000 rd 0110011 ; rd ; I", "line 1: no field is called rs9"),
            ("# head\nadd ; 0000000", "line 2: 2 columns where 4 were expected"),
            (
                "a ; imm[0:11] rs1 000 rd 0010011 ; rd ; I",
                "line 1: imm[0:11]: bits run from high to low, 31 at most",
            ),
        ];
        for (table, why) in cases {
            assert_eq!(refusal(table), why);
        }
    }

    #[test]
    fn a_row_may_lie_inside_another_but_not_across_it() {
        let ori = "ori ; imm[11:0] rs1 110 rd 0010011 ; rd,rs1,imm ; I\n";
        let prefetch = "prefetch.i ; imm[11:5] 00000 rs1 110 00000 0010011 ; imm(rs1) ; Zicbop\n";
        assert_eq!(refusal(&format!("{ori}{prefetch}")), "");
        let across = "across ; 0000000 rs2 rs1 110 rd 0010011 ; rd ; I\n";
        assert_eq!(refusal(&format!("{prefetch}{across}")), "line 2: across and prefetch.i share encodings");
        assert_eq!(refusal(&format!("{ori}{ori}")), "line 2: ori has two rows");
    }
}
