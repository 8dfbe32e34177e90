//! Kernel modules as a package ships them: finding them, reading them, what they need.
//!
//! Each module says in its `.modinfo` section which modules it depends on (`depends=`), what it is also called
//! (`alias=`) and what should come first (`softdep=`): strings ended by NUL, in an ELF64 object.

use crate::error::{At, Error, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

/// No module of any kernel is larger; a damaged archive must not fill memory.
const LARGEST: u64 = 128 << 20;

/// The modules of one kernel, by name; `-` and `_` are the same in names.
#[derive(Debug)]
pub(crate) struct Modules {
    files: BTreeMap<String, PathBuf>,
    /// Directory of the tree, to give a path relative to it.
    dir: PathBuf,
}

/// In which form a module goes into an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Ready to load: for what every boot needs.
    Plain,
    /// As the package has it, mostly xz: small, unpacked by whoever loads it.
    Shipped,
}

/// One module, read.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    /// Path in the tree, as in "kernel/fs/ext4/ext4.ko.xz".
    pub(crate) path: String,
    /// What the file holds.
    pub(crate) contents: Vec<u8>,
    /// Modules without which its symbols do not resolve.
    pub(crate) depends: Vec<String>,
    /// Patterns of devices it drives, and other names.
    pub(crate) aliases: Vec<String>,
    /// `softdep` lines.
    pub(crate) soft: Vec<String>,
}

impl Modules {
    /// Looks through `dir`, as in "lib/modules/6.12.1".
    pub(crate) fn find(dir: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        let mut todo = vec![dir.join("kernel")];
        while let Some(next) = todo.pop() {
            for entry in std::fs::read_dir(&next).at("list", &next)? {
                let entry = entry.at("list", &next)?;
                let path = entry.path();
                if entry.file_type().at("look at", &path)?.is_dir() {
                    todo.push(path);
                } else if let Some(name) = entry.file_name().to_str().and_then(name_of_file) {
                    files.insert(name, path);
                }
            }
        }
        Ok(Self { files, dir: dir.to_owned() })
    }

    /// `names` and all they need, each after what it needs. Names the kernel has no module for are left out:
    /// it may have them built in.
    pub(crate) fn closure(&self, names: &[(&str, Packing)]) -> Result<Vec<Module>> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::new();
        for (name, packing) in names {
            self.visit((&canonical(name), *packing), &mut seen, &mut found)?;
        }
        Ok(found)
    }

    /// What every module says of itself, without its contents; read by all cores of the host.
    pub(crate) fn facts(&self) -> Result<Vec<Module>> {
        let files: Vec<(&String, &PathBuf)> = self.files.iter().collect();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = files.len().div_ceil(cores).max(1);
        let read = |(name, path): &(&String, &PathBuf)| -> Result<Module> {
            Ok(Module { contents: Vec::new(), ..self.read(name, path, Packing::Shipped)? })
        };
        std::thread::scope(|scope| {
            let shares: Vec<_> = files
                .chunks(share)
                .map(|share| scope.spawn(move || share.iter().map(read).collect::<Result<Vec<_>>>()))
                .collect();
            let mut all = Vec::new();
            for share in shares {
                all.extend(share.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
            }
            Ok(all)
        })
    }

    fn visit(
        &self,
        (name, packing): (&str, Packing),
        seen: &mut BTreeSet<String>,
        found: &mut Vec<Module>,
    ) -> Result<()> {
        if !seen.insert(name.to_owned()) {
            return Ok(());
        }
        let Some(path) = self.files.get(name) else { return Ok(()) };
        let module = self.read(name, path, packing)?;
        for needed in module.depends.iter().cloned().chain(module.soft.iter().flat_map(|s| softdep_before(s)))
        {
            self.visit((&needed, packing), seen, found)?;
        }
        found.push(module);
        Ok(())
    }

    fn read(&self, name: &str, path: &Path, packing: Packing) -> Result<Module> {
        let broken =
            |why: String| Error::Broken { what: path.display().to_string(), why, remove: self.dir.clone() };
        let mut shipped = Vec::new();
        let file = std::fs::File::open(path).at("open", path)?;
        file.take(LARGEST).read_to_end(&mut shipped).at("read", path)?;
        let mut object = Vec::new();
        let xz = path.extension().is_some_and(|ext| ext == "xz");
        if xz {
            let mut reader = lzma_rust2::XzReader::new(&shipped[..], true).take(LARGEST);
            reader.read_to_end(&mut object).map_err(|error| broken(error.to_string()))?;
        } else {
            object.clone_from(&shipped);
        }
        let info =
            modinfo(&object).ok_or_else(|| broken("not an ELF module with a .modinfo section".into()))?;
        let values = |key: &str| -> Vec<&str> {
            info.iter().filter_map(|line| line.strip_prefix(key)?.strip_prefix('=')).collect()
        };
        let relative = path.strip_prefix(&self.dir).unwrap_or(path).display().to_string();
        let plain = packing == Packing::Plain;
        let module = Module {
            name: name.to_owned(),
            path: relative.strip_suffix(".xz").filter(|_| plain).unwrap_or(&relative).to_owned(),
            depends: values("depends")
                .into_iter()
                .flat_map(|list| list.split(','))
                .filter(|n| !n.is_empty())
                .map(canonical)
                .collect(),
            aliases: values("alias").into_iter().map(str::to_owned).collect(),
            soft: values("softdep").into_iter().map(str::to_owned).collect(),
            contents: Vec::new(),
        };
        Ok(Module { contents: if plain { object } else { shipped }, ..module })
    }
}

/// The module in a file called "virtio-rng.ko.xz".
pub(crate) fn name_of_file(file: &str) -> Option<String> {
    let file = file.strip_suffix(".xz").unwrap_or(file);
    Some(canonical(file.strip_suffix(".ko")?))
}

pub(crate) fn canonical(name: &str) -> String {
    name.trim().replace('-', "_")
}

/// The modules a `softdep=pre: a b post: c` wants loaded before. `crypto-crc32c` is an alias of what the kernel
/// calls crc32c_generic.
fn softdep_before(value: &str) -> Vec<String> {
    let words = value.split_whitespace().skip_while(|word| *word != "pre:").skip(1);
    let before = words.take_while(|word| !word.ends_with(':'));
    before
        .map(|word| match word.strip_prefix("crypto-") {
            Some(algorithm) => canonical(&format!("{algorithm}_generic")),
            None => canonical(word),
        })
        .collect()
}

/// The strings of section `.modinfo` of a little-endian ELF64 object (ELF specification, "Sections").
fn modinfo(object: &[u8]) -> Option<Vec<&str>> {
    let u16_at = |at: usize| Some(u16::from_le_bytes(object.get(at..at.checked_add(2)?)?.try_into().ok()?));
    let u32_at = |at: usize| Some(u32::from_le_bytes(object.get(at..at.checked_add(4)?)?.try_into().ok()?));
    let u64_at = |at: usize| {
        let value = u64::from_le_bytes(object.get(at..at.checked_add(8)?)?.try_into().ok()?);
        usize::try_from(value).ok()
    };
    if object.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    let (table, size) = (u64_at(40)?, usize::from(u16_at(58)?)); // e_shoff, e_shentsize
    let (count, names) = (usize::from(u16_at(60)?), usize::from(u16_at(62)?)); // e_shnum, e_shstrndx
    let section = |index: usize| table.checked_add(index.checked_mul(size)?);
    let contents = |header: usize| {
        let (offset, length) = (u64_at(header.checked_add(24)?)?, u64_at(header.checked_add(32)?)?);
        object.get(offset..offset.checked_add(length)?)
    };
    let names = contents(section(names)?)?;
    for index in 0..count {
        let header = section(index)?;
        let name = names.get(u32_at(header)? as usize..)?;
        if name.starts_with(b".modinfo\0") {
            return Some(
                contents(header)?.split(|&b| b == 0).filter_map(|s| std::str::from_utf8(s).ok()).collect(),
            );
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn soft_dependencies_are_read() {
        assert_eq!(softdep_before("pre: crypto-crc32c a-b post: c"), ["crc32c_generic", "a_b"]);
        assert!(softdep_before("post: c").is_empty());
    }

    /// An ELF object of two sections: names and .modinfo.
    fn object(info: &[u8]) -> Vec<u8> {
        let names = b"\0.modinfo\0";
        let mut bytes = vec![0; 64];
        bytes[..6].copy_from_slice(b"\x7fELF\x02\x01");
        let table = 64 + names.len() + info.len();
        bytes[40..48].copy_from_slice(&(table as u64).to_le_bytes());
        bytes[58..60].copy_from_slice(&64u16.to_le_bytes());
        bytes[60..62].copy_from_slice(&2u16.to_le_bytes());
        bytes.extend(names);
        bytes.extend(info);
        for (name, offset, length) in [(0u32, 64, names.len()), (1, 64 + names.len(), info.len())] {
            let mut header = [0; 64];
            header[..4].copy_from_slice(&name.to_le_bytes());
            header[24..32].copy_from_slice(&(offset as u64).to_le_bytes());
            header[32..40].copy_from_slice(&(length as u64).to_le_bytes());
            bytes.extend(header);
        }
        bytes
    }

    #[test]
    fn modinfo_is_found_and_damage_is_survived() {
        let whole = object(b"license=GPL\0depends=a,b\0");
        assert_eq!(modinfo(&whole).unwrap()[..2], ["license=GPL", "depends=a,b"]);
        for cut in 0..whole.len() {
            let _ = modinfo(&whole[..cut]);
        }
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0xff;
            let _ = modinfo(&damaged);
        }
    }
}
