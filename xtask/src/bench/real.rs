//! Real programs: Debian's own, unpacked onto a disk that both contenders get, run by guests/bench/real/run.sh.

use std::path::{Path, PathBuf};

use super::guest::{in_turns, row, shares};
use super::machine::{Contender, Setup};
use super::table::Section;
use super::{compile, stats};
use crate::guests::BootFiles;
use crate::{shell, unpacked};

const BAR: f64 = 2.0;

/// What run.sh cannot do without.
const NEEDED: &[&str] = &["base-files", "coreutils", "dash", "mount", "sed"];

/// The programs. One that the mirror lacks leaves its row empty.
const WANTED: &[&str] = &[
    "gcc",
    "gzip",
    "libc6-dev",
    "luajit",
    "nodejs",
    "python3-minimal",
    "libpython3-stdlib",
    "quickjs",
    "sqlite3",
    "xz-utils",
];

/// The rows, in the order of run.sh.
const ROWS: &[&str] = &["gzip", "xz", "sqlite3", "python3", "gcc", "node", "qjs", "luajit"];

/// Files of guests/bench that go to /bench on the disk.
const FILES: &[&str] = &[
    "real/run.sh",
    "real/queries.sql",
    "real/objects.py",
    "real/engine.js",
    "real/engine.lua",
    "lz.c",
    "bench.h",
];

/// Bytes of the file to be compressed.
const TEXT: usize = 2 << 20;

/// Runs the programs on each contender in turns.
pub fn measure(contenders: &[Contender], files: &BootFiles, rounds: usize) -> Result<Section, String> {
    let disk = disk()?;
    let append = "console=ttyS0 quiet root=LABEL=real rw init=/bench/run.sh";
    let setup = Setup { disk: Some(&disk), ..Setup::new(files, append) };
    let samples = in_turns(contenders, &setup, ROWS, rounds);
    let mut remarks = stats::of_last_run();
    remarks.extend(shares(contenders, &setup, ROWS));
    Ok(Section {
        name: "real",
        what: "Debian's own programs".to_string(),
        bar: Some(BAR),
        metal_bar: None,
        rows: ROWS.iter().map(|name| row(name, &samples)).collect(),
        remarks,
    })
}

/// The disk; built beside its place and moved there when complete.
fn disk() -> Result<PathBuf, String> {
    let sources = shell::top().join("guests/bench");
    let mut contents = format!("{NEEDED:?} {WANTED:?} {TEXT}");
    let read =
        |path: &Path| std::fs::read(path).map_err(|why| format!("cannot read {}: {why}", path.display()));
    for name in FILES {
        contents += &String::from_utf8_lossy(&read(&sources.join(name))?);
    }
    let image = compile::folder()?.join(format!("real-{:08x}.img", unpacked::digest(&contents)));
    if image.is_file() {
        return Ok(image);
    }
    let partial = compile::folder()?.join("real.partial");
    clear(&partial)?;
    let root = match unpacked::tree(&[NEEDED, WANTED].concat(), &partial) {
        Ok(root) => root,
        Err(why) => {
            println!("bench: {why}; trying the programs one by one");
            clear(&partial)?;
            unpacked::tree(&[NEEDED, &available(&partial)?[..]].concat(), &partial)?
        }
    };
    let folder = root.join("bench");
    std::fs::create_dir_all(&folder).map_err(|why| format!("cannot make {}: {why}", folder.display()))?;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, bytes).map_err(|why| format!("cannot write {}: {why}", path.display()))
    };
    for name in FILES {
        write(name.rsplit('/').next().unwrap_or(name), &read(&sources.join(name))?)?;
    }
    write("text", &text())?;
    executable(&folder.join("run.sh"))?;
    // Disks of other contents are of no more use.
    for entry in std::fs::read_dir(compile::folder()?).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("real-") && name.ends_with(".img") {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    let built = partial.join("real.img");
    unpacked::disk(&root, &built, "real", "2G")?;
    std::fs::rename(&built, &image).map_err(|why| format!("cannot move {}: {why}", built.display()))?;
    Ok(image)
}

/// Those of the programs' packages that can be had.
fn available(folder: &Path) -> Result<Vec<&'static str>, String> {
    let mut have = Vec::new();
    for package in WANTED {
        if unpacked::tree(&[NEEDED, &[package]].concat(), folder).is_ok() {
            have.push(*package);
        }
        clear(folder)?;
    }
    Ok(have)
}

/// Makes `folder` an empty one.
fn clear(folder: &Path) -> Result<(), String> {
    let cannot = |why: std::io::Error| format!("cannot clear {}: {why}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(cannot)?;
    }
    std::fs::create_dir_all(folder).map_err(cannot)
}

fn executable(file: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
        .map_err(|why| format!("cannot set permissions of {}: {why}", file.display()))
}

/// Text that compresses about as well as prose does: words by Zipf's law, the same at every call.
fn text() -> Vec<u8> {
    let mut seed = 12345_u32;
    let mut number = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize
    };
    let words: Vec<Vec<u8>> = (0..4000)
        .map(|_| (0..2 + number() % 9).map(|_| b"etaoinshrdlucmfw"[number() % 16]).collect())
        .collect();
    let mut text = Vec::with_capacity(TEXT + 16);
    while text.len() < TEXT {
        // The product of two even choices is small far more often than large.
        let place = number() % words.len() * (number() % words.len()) / words.len();
        text.extend(&words[place]);
        text.push(if number() % 12 == 0 { b'\n' } else { b' ' });
    }
    text
}
