//! One Rust file as the rules see it: the text, and the same text with comments, strings and characters blanked
//! so that a word found in it is code. Not a parser: braces and words are all it understands.

use std::path::PathBuf;

/// A Rust file.
pub struct Source {
    /// Path from the workspace's top.
    pub path: PathBuf,
    /// The file as it is.
    pub text: String,
    /// Same length and lines as `text`; everything that is not code is blank.
    pub code: String,
}

impl Source {
    /// Blanks what is not code.
    pub fn new(path: PathBuf, text: String) -> Self {
        let code = blank(&text);
        Self { path, text, code }
    }

    /// `path:line` of a byte offset.
    pub fn place(&self, offset: usize) -> String {
        let line = self.text[..offset].matches('\n').count() + 1;
        format!("{}:{line}", self.path.display())
    }

    /// Byte offsets at which `word` stands alone in code.
    pub fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let whole = |byte: Option<&u8>| !byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let bytes = self.code.as_bytes();
        self.code
            .match_indices(word)
            .map(|(at, _)| at)
            .filter(move |&at| (at == 0 || whole(bytes.get(at - 1))) && whole(bytes.get(at + word.len())))
    }

    /// Whether a program wrote this file, or it is a table that no one reads top to bottom.
    pub fn is_table(&self) -> bool {
        let marks = ["Written by `cargo xtask codegen`", "tidy: table"];
        self.text.lines().take(5).any(|line| marks.iter().any(|mark| line.contains(mark)))
    }

    /// Whether the whole file is test code.
    pub fn is_test(&self) -> bool {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with("_tests.rs")
            || name == "tests.rs"
            || self.path.components().any(|c| c.as_os_str() == "tests")
    }

    /// Offset just past the `}` that closes the first `{` at or after `from`; None if a `;` comes first.
    pub fn block_end(&self, from: usize) -> Option<usize> {
        let mut depth = 0usize;
        for (at, byte) in self.code.bytes().enumerate().skip(from) {
            match byte {
                b'{' => depth += 1,
                b'}' if depth <= 1 => return (depth == 1).then_some(at + 1),
                b'}' => depth -= 1,
                b';' if depth == 0 => return None,
                _ => {}
            }
        }
        None
    }
}

/// Replaces every byte of comments, string and character literals by a space, line ends kept.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = not_code(bytes, at);
        if end > at {
            for byte in &mut out[at..end] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
            at = end;
        } else {
            at += 1;
        }
    }
    String::from_utf8(out).unwrap_or_default()
}

/// End of the comment or literal that starts at `at`; `at` itself if none does.
fn not_code(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let part_of_word = at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_');
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => comment_end(bytes, at),
        [b'"', ..] => string_end(bytes, at + 1),
        [b'r', b'"' | b'#', ..] if !part_of_word => raw_end(bytes, at + 1).unwrap_or(at),
        [b'b', b'r', b'"' | b'#', ..] if !part_of_word => raw_end(bytes, at + 2).unwrap_or(at),
        [b'\'', b'\\', ..] => rest.iter().skip(3).position(|b| *b == b'\'').map_or(at, |n| at + n + 4),
        [b'\'', _, b'\'', ..] => at + 3,
        // A character of several bytes; a lifetime has no closing quote this near.
        [b'\'', first, ..] if !first.is_ascii() => {
            rest.iter().skip(1).take(6).position(|b| *b == b'\'').map_or(at, |n| at + n + 2)
        }
        _ => at,
    }
}

fn comment_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => {
                (depth, at) = (depth - 1, at + 2);
                if depth == 0 {
                    break;
                }
            }
            _ => at += 1,
        }
    }
    at
}

fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// `at` is just past the `r`; None for a raw identifier.
fn raw_end(bytes: &[u8], at: usize) -> Option<usize> {
    let hashes = bytes[at..].iter().take_while(|b| **b == b'#').count();
    if bytes.get(at + hashes) != Some(&b'"') {
        return None;
    }
    let close: Vec<u8> = std::iter::once(b'"').chain(std::iter::repeat_n(b'#', hashes)).collect();
    let body = at + hashes + 1;
    let length = bytes[body..].windows(close.len()).position(|window| window == close)?;
    Some(body + length + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_remains() {
        let source = Source::new(
            "x.rs".into(),
            "// unsafe\nlet a = \"unsafe \\\" {\"; /* { /* unsafe */ */ let b = r#\"\"unsafe{\"#; let c = '{'; \
             let d: &'static str; let e = '\\''; unsafe { f() } let g = 'é'; let unsafe_word = b\"{\";"
                .into(),
        );
        assert_eq!(source.words("unsafe").count(), 1, "{}", source.code);
        assert_eq!(source.code.matches('{').count(), 1, "{}", source.code);
        assert_eq!(source.place(source.words("unsafe").next().unwrap()), "x.rs:2");
    }

    #[test]
    fn blocks_end_where_their_brace_closes() {
        let source = Source::new("x.rs".into(), "fn f() { if x { y } }\nfn g();".into());
        assert_eq!(source.block_end(0), Some(21));
        assert_eq!(source.block_end(22), None);
    }
}
