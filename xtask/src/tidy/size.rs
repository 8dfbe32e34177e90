//! Sizes: files of at most 800 lines beside tests, functions of at most 100. A long file that is flat is not the
//! sin, tangling is: so generated files and files that say `tidy: table` in their head are left alone, and so is
//! a function with `// tidy: table` on the line above it.

use super::source::Source;
use super::{Finding, House};

const FILE_LINES: usize = 800;
const FUNCTION_LINES: usize = 100;

/// Checks every file of the workspace.
pub fn check(house: &House, findings: &mut Vec<Finding>) {
    for source in house.sources.iter().filter(|source| !source.is_table()) {
        if !source.is_test() {
            let lines = source.text.lines().count() - test_lines(source);
            if lines > FILE_LINES {
                let what = format!(
                    "{lines} lines beside tests, more than {FILE_LINES}; split it by what changes together"
                );
                findings.push(Finding { place: source.place(0), what });
            }
        }
        functions(source, findings);
    }
}

/// Lines of `#[cfg(test)]` blocks inside the file.
fn test_lines(source: &Source) -> usize {
    let mut lines = 0;
    for (at, _) in source.code.match_indices("#[cfg(test)]") {
        if let Some(end) = source.block_end(at + "#[cfg(test)]".len()) {
            lines += source.text[at..end].matches('\n').count() + 1;
        }
    }
    lines
}

fn functions(source: &Source, findings: &mut Vec<Finding>) {
    for at in source.words("fn") {
        // `fn(` is a type.
        if !source.code[at + 2..].trim_start().starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
            continue;
        }
        let Some(end) = body_end(source, at) else { continue };
        let lines = source.text[at..end].matches('\n').count() + 1;
        let start = source.text[..at].rfind('\n').unwrap_or(0);
        let above = source.text[..start].lines().next_back().unwrap_or_default();
        if lines > FUNCTION_LINES && !above.contains("tidy: table") {
            let name: String = source.code[at + 3..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            let what = format!("fn {name} has {lines} lines, more than {FUNCTION_LINES}; name its steps");
            findings.push(Finding { place: source.place(at), what });
        }
    }
}

/// End of the function's body. A `;` inside an array type of the signature does not end the item.
fn body_end(source: &Source, at: usize) -> Option<usize> {
    let mut depth = 0i32;
    for (offset, byte) in source.code.bytes().enumerate().skip(at) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' => return source.block_end(offset),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_blocks_do_not_count() {
        let source = Source::new("x.rs".into(), "fn a() {}\n#[cfg(test)]\nmod tests {\n\n}\n".into());
        assert_eq!(test_lines(&source), 4);
    }

    #[test]
    fn long_functions_are_found_and_tables_are_not() {
        let body = "x();\n".repeat(120);
        let long = format!("fn a(x: [u8; 4]) {{\n{body}}}\n");
        for (text, expected) in [(long.clone(), 1), (format!("// tidy: table\n{long}"), 0)] {
            let mut findings = Vec::new();
            functions(&Source::new("x.rs".into(), text), &mut findings);
            assert_eq!(findings.len(), expected);
        }
    }
}
