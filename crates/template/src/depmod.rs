//! The index files that tell `modprobe` and udev which module is where and what it needs: what depmod(8) makes.
//!
//! busybox reads the text files. kmod reads only the binary ones, each a trie of keys with values:
//!
//! ```text
//! magic, version, root            u32 big-endian; a reference to a node is its offset with flags in the top bits
//! node: [prefix NUL]              if PREFIX: what all keys below share
//!       [first last child…]       if CHILDREN: one reference for each byte from first to last, 0 for none
//!       [count (priority text NUL)…]  if VALUES: what the key that ends here stands for, best first
//! ```

use crate::error::{At, Result};
use crate::module::{Module, Modules, canonical, name_of_file};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

const MAGIC: u32 = 0xb007_f457;
const VERSION: u32 = 0x0002_0001;
const PREFIX: u32 = 0x8000_0000;
const VALUES: u32 = 0x4000_0000;
const CHILDREN: u32 = 0x2000_0000;

/// Keys of a binary index, each with its values and their priorities; the lowest number is the best.
type Keys = BTreeMap<Vec<u8>, Vec<(u32, String)>>;
/// One of them.
type Key<'a> = (&'a [u8], &'a [(u32, String)]);

/// Writes all index files for the modules in `dir`, as in "usr/lib/modules/6.12.1".
pub(crate) fn index(dir: &Path) -> Result<()> {
    let modules = Modules::find(dir)?.facts()?;
    let order = text_of(dir, "modules.order");
    let place: HashMap<String, u32> = order.lines().filter_map(file_module).zip(0..).collect();
    let priority = |name: &str| place.get(name).copied().unwrap_or(u32::MAX);

    let dependencies = dependency_lines(&modules);
    let mut keys = Keys::new();
    for (module, line) in modules.iter().zip(&dependencies) {
        insert(&mut keys, &module.name, priority(&module.name), line);
    }
    write(dir, "modules.dep.bin", &trie(&keys))?;
    write(dir, "modules.dep", (dependencies.join("\n") + "\n").as_bytes())?;

    let mut keys = Keys::new();
    for module in &modules {
        for alias in &module.aliases {
            insert(&mut keys, &normalized(alias), priority(&module.name), &module.name);
        }
    }
    write(dir, "modules.alias.bin", &trie(&keys))?;
    write(dir, "modules.alias", alias_index(&modules).as_bytes())?;

    let mut keys = Keys::new();
    for name in text_of(dir, "modules.builtin").lines().filter_map(file_module) {
        insert(&mut keys, &name, 0, "");
    }
    write(dir, "modules.builtin.bin", &trie(&keys))?;
    let mut keys = Keys::new();
    for entry in text_of(dir, "modules.builtin.modinfo").split('\0') {
        if let Some((name, alias)) = entry.split_once(".alias=") {
            insert(&mut keys, &normalized(alias), 0, &canonical(name));
        }
    }
    write(dir, "modules.builtin.alias.bin", &trie(&keys))?;
    write(dir, "modules.symbols.bin", &trie(&Keys::new()))?;
    let soft: String = modules
        .iter()
        .flat_map(|module| module.soft.iter().map(move |line| format!("softdep {} {line}\n", module.name)))
        .collect();
    write(dir, "modules.softdep", soft.as_bytes())?;
    write(dir, "modules.devname", modules.iter().filter_map(device_name).collect::<String>().as_bytes())
}

fn write(dir: &Path, name: &str, contents: &[u8]) -> Result<()> {
    let path = dir.join(name);
    std::fs::write(&path, contents).at("write", &path)
}

/// A file that kernels may come without.
fn text_of(dir: &Path, name: &str) -> String {
    std::fs::read(dir.join(name))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default()
}

/// The module in a line like "kernel/fs/ext4/ext4.ko".
fn file_module(line: &str) -> Option<String> {
    name_of_file(line.rsplit('/').next()?)
}

/// `modules.dep`: each module's file, then all it needs, nearest first (modules.dep(5)).
pub(crate) fn dependency_index(modules: &[Module]) -> String {
    dependency_lines(modules).join("\n") + "\n"
}

fn dependency_lines(modules: &[Module]) -> Vec<String> {
    let by_name: HashMap<&str, &Module> =
        modules.iter().map(|module| (module.name.as_str(), module)).collect();
    let line = |module: &Module| {
        let mut needed = Vec::new();
        collect(module, &by_name, &mut needed);
        needed.pop(); // itself
        let paths: String = needed.iter().rev().map(|needed| format!(" {}", needed.path)).collect();
        format!("{}:{paths}", module.path)
    };
    modules.iter().map(line).collect()
}

/// Appends to `found` what `module` needs, each after what it needs itself, then `module`.
fn collect<'a>(module: &'a Module, by_name: &HashMap<&str, &'a Module>, found: &mut Vec<&'a Module>) {
    for name in &module.depends {
        if let Some(needed) = by_name.get(name.as_str())
            && !std::ptr::eq(*needed, module)
            && !found.iter().any(|found| found.name == *name)
        {
            collect(needed, by_name, found);
        }
    }
    found.push(module);
}

/// `modules.alias`: the other names of each module (modprobe.d(5) syntax).
pub(crate) fn alias_index(modules: &[Module]) -> String {
    let lines =
        |m: &Module| -> String { m.aliases.iter().map(|a| format!("alias {a} {}\n", m.name)).collect() };
    modules.iter().map(lines).collect()
}

/// `modules.devname`: "fuse fuse c10:229" for a module whose device node may exist before it is loaded.
fn device_name(module: &Module) -> Option<String> {
    let name = module.aliases.iter().find_map(|alias| alias.strip_prefix("devname:"))?;
    let (kind, rest) = module.aliases.iter().find_map(|alias| {
        let character = alias.strip_prefix("char-major-").map(|rest| ('c', rest));
        character.or_else(|| alias.strip_prefix("block-major-").map(|rest| ('b', rest)))
    })?;
    let (major, minor) = rest.split_once('-')?;
    let numbers = (major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?);
    Some(format!("{} {name} {kind}{}:{}\n", module.name, numbers.0, numbers.1))
}

/// An alias as it is looked up: `-` is `_`, but not inside a range like `[0-9]`.
fn normalized(alias: &str) -> String {
    let mut inside = false;
    let turn = |c: char| {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            _ => {}
        }
        if c == '-' && !inside { '_' } else { c }
    };
    alias.chars().map(turn).collect()
}

fn insert(keys: &mut Keys, key: &str, priority: u32, value: &str) {
    // The trie has room for ASCII only, and strings end at NUL.
    if !key.is_empty() && key.is_ascii() && !key.contains('\0') && !value.contains('\0') {
        keys.entry(key.as_bytes().to_vec()).or_default().push((priority, value.to_owned()));
    }
}

/// The binary form of `keys`.
fn trie(keys: &Keys) -> Vec<u8> {
    let mut bytes: Vec<u8> = [MAGIC, VERSION, 0].iter().flat_map(|word| word.to_be_bytes()).collect();
    let sorted: Vec<_> = keys.iter().map(|(key, values)| (key.as_slice(), values.as_slice())).collect();
    let root = node(&mut bytes, &sorted, 0);
    bytes[8..12].copy_from_slice(&root.to_be_bytes());
    bytes
}

/// Appends the node for `keys`, which agree in their first `depth` bytes, after all nodes below it.
fn node(bytes: &mut Vec<u8>, keys: &[Key], depth: usize) -> u32 {
    let (Some((first, _)), Some((last, _))) = (keys.first(), keys.last()) else {
        return bytes.len() as u32; // an empty index: a reference without flags has nothing to read
    };
    // Sorted, so what the first and the last share, all share.
    let shared = first[depth..].iter().zip(&last[depth..]).take_while(|(a, b)| a == b).count();
    let end = depth + shared;
    let (values, below) = match keys {
        [(key, values), below @ ..] if key.len() == end => (*values, below),
        below => (&[][..], below),
    };
    let mut children: Vec<(u8, u32)> = Vec::new();
    for group in below.chunk_by(|(a, _), (b, _)| a[end] == b[end]) {
        let reference = node(bytes, group, end + 1);
        children.push((group[0].0[end], reference));
    }
    let offset = bytes.len() as u32;
    let mut flags = 0;
    if shared > 0 {
        flags |= PREFIX;
        bytes.extend(&first[depth..end]);
        bytes.push(0);
    }
    if let (Some(low), Some(high)) = (children.first(), children.last()) {
        flags |= CHILDREN;
        let (low, high) = (low.0, high.0);
        bytes.extend([low, high]);
        for byte in low..=high {
            let reference = children.iter().find(|child| child.0 == byte).map_or(0, |child| child.1);
            bytes.extend(reference.to_be_bytes());
        }
    }
    if !values.is_empty() {
        flags |= VALUES;
        let mut values = values.to_vec();
        values.sort();
        bytes.extend((values.len() as u32).to_be_bytes());
        for (priority, value) in values {
            bytes.extend(priority.to_be_bytes());
            bytes.extend(value.as_bytes());
            bytes.push(0);
        }
    }
    offset | flags
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(name: &str, depends: &[&str]) -> Module {
        Module {
            name: name.into(),
            path: format!("kernel/{name}.ko"),
            contents: Vec::new(),
            depends: depends.iter().map(|name| (*name).into()).collect(),
            aliases: vec![format!("fs-{name}")],
            soft: Vec::new(),
        }
    }

    #[test]
    fn indexes_list_all_that_is_needed_last_loaded_first() {
        let modules = [module("a", &["b", "builtin"]), module("b", &["c"]), module("c", &["c"])];
        assert_eq!(
            dependency_index(&modules),
            "kernel/a.ko: kernel/b.ko kernel/c.ko\nkernel/b.ko: kernel/c.ko\nkernel/c.ko:\n"
        );
        assert_eq!(alias_index(&modules[..1]), "alias fs-a a\n");
    }

    #[test]
    fn device_names_need_a_number() {
        let mut fuse = module("fuse", &[]);
        fuse.aliases = vec!["devname:fuse".into(), "char-major-10-229".into()];
        assert_eq!(device_name(&fuse).as_deref(), Some("fuse fuse c10:229\n"));
        fuse.aliases = vec!["devname:fuse".into(), "char-major-10-*".into()];
        assert_eq!(device_name(&fuse), None);
    }

    #[test]
    fn dashes_in_ranges_stay() {
        assert_eq!(normalized("of:a-b[0-9]-c"), "of:a_b[0-9]_c");
    }

    /// Looks a key up the way the format says.
    fn find(bytes: &[u8], key: &str) -> Vec<(u32, String)> {
        let word = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
        let text = |at: usize| -> &[u8] { bytes[at..].split(|&byte| byte == 0).next().unwrap() };
        assert_eq!((word(0), word(4)), (MAGIC, VERSION));
        let (mut reference, mut rest) = (word(8), key.as_bytes());
        loop {
            let mut at = (reference & 0x0fff_ffff) as usize;
            if reference & PREFIX != 0 {
                let Some(after) = rest.strip_prefix(text(at)) else { return Vec::new() };
                rest = after;
                at += text(at).len() + 1;
            }
            let mut next = 0;
            if reference & CHILDREN != 0 {
                let (low, high) = (bytes[at], bytes[at + 1]);
                if let Some(&byte) = rest.first().filter(|byte| (low..=high).contains(*byte)) {
                    next = word(at + 2 + usize::from(byte - low) * 4);
                }
                at += 2 + (usize::from(high - low) + 1) * 4;
            }
            if rest.is_empty() {
                let count = if reference & VALUES != 0 { word(at) } else { 0 };
                at += 4;
                let value = |_| {
                    let value = (word(at), String::from_utf8(text(at + 4).to_vec()).unwrap());
                    at += 5 + value.1.len();
                    value
                };
                return (0..count).map(value).collect();
            }
            if next == 0 {
                return Vec::new();
            }
            (reference, rest) = (next, &rest[1..]);
        }
    }

    #[test]
    fn what_goes_into_a_trie_comes_out() {
        let mut keys = Keys::new();
        for (key, priority, value) in
            [("ext4", 2, "x"), ("ext", 1, "y"), ("ext4", 1, "z"), ("virtio_blk", 7, "v"), ("e", 0, "")]
        {
            insert(&mut keys, key, priority, value);
        }
        insert(&mut keys, "nöt-ascii", 0, "");
        let bytes = trie(&keys);
        assert_eq!(find(&bytes, "ext4"), [(1, "z".to_owned()), (2, "x".to_owned())]);
        assert_eq!(find(&bytes, "ext"), [(1, "y".to_owned())]);
        assert_eq!(find(&bytes, "e"), [(0, String::new())]);
        assert_eq!(find(&bytes, "virtio_blk"), [(7, "v".to_owned())]);
        for absent in ["ex", "ext5", "virtio", "virtio_blk2", "", "n"] {
            assert!(find(&bytes, absent).is_empty(), "{absent}");
        }
        assert_eq!(trie(&Keys::new()).len(), 12);
    }
}
