//! The stock kernel of a release and its modules.

use crate::apt::Apt;
use crate::arch::Arch;
use crate::cache::{Cache, remove_tree};
use crate::error::{At, Error, Result};
use crate::{Progress, deb};
use std::fs;
use std::path::{Path, PathBuf};

/// A kernel in the cache.
#[derive(Debug, Clone)]
pub(crate) struct Kernel {
    /// The boot file.
    pub(crate) image: PathBuf,
    /// What `uname -r` says under it.
    pub(crate) release: String,
    /// Its modules: holds `kernel/`, `modules.order`, ….
    pub(crate) modules: PathBuf,
}

/// The newest kernel of `suite` for `arch`, fetched unless the cache has one.
pub(crate) fn fetch(cache: &Cache, suite: &str, arch: &Arch, progress: &dyn Progress) -> Result<Kernel> {
    let name = format!("kernel-{suite}-{}", arch.debian);
    let dir = cache.entry(&name, progress, |dir| {
        let apt = Apt::open(cache, suite, arch.debian, progress)?;
        let meta = arch.kernel_package;
        let depends = apt.field(meta, "Depends")?;
        let versioned = depends
            .split(',')
            .filter_map(|dependency| dependency.split_whitespace().next())
            .find(|name| name.starts_with("linux-image-"))
            .ok_or_else(|| Error::NoPackage {
                package: format!("the kernel that {meta} stands for"),
                arch: arch.debian.to_owned(),
                suite: suite.to_owned(),
                why: format!("it depends on: {depends}"),
            })?;
        let packages = apt.download(&[versioned], progress)?;
        progress.begin("unpacking the kernel");
        for package in &packages {
            let tree = dir.join("tree");
            fs::create_dir(&tree).at("create", &tree)?;
            deb::extract(package, &tree)?;
            keep(&tree, dir)?;
            remove_tree(&tree)?;
        }
        for package in &packages {
            let _ = fs::remove_file(package); // 100 MB that are not needed again
        }
        Ok(())
    })?;
    open(&dir)
}

/// Moves what is needed of an unpacked kernel package in `tree` to `dir`.
fn keep(tree: &Path, dir: &Path) -> Result<()> {
    let broken = |why: &str| Error::Broken {
        what: "the kernel package".to_owned(),
        why: why.to_owned(),
        remove: dir.to_owned(),
    };
    let image =
        deb::file_named(&tree.join("boot"), "vmlinu")?.ok_or_else(|| broken("it has no boot/vmlinu*"))?;
    let mut modules = None;
    for place in ["usr/lib/modules", "lib/modules"] {
        modules = modules.or(deb::file_named(&tree.join(place), "")?);
    }
    let modules = modules.ok_or_else(|| broken("it has no lib/modules"))?;
    let to = dir.join("modules");
    fs::create_dir(&to).at("create", &to)?;
    let to = to.join(modules.file_name().unwrap_or_default());
    fs::rename(&modules, &to).at("move", &modules)?;
    fs::rename(&image, dir.join("kernel")).at("move", &image)
}

fn open(dir: &Path) -> Result<Kernel> {
    let modules = deb::file_named(&dir.join("modules"), "")?;
    let release = modules.as_ref().and_then(|path| path.file_name()?.to_str()).map(str::to_owned);
    match (modules, release) {
        (Some(modules), Some(release)) => Ok(Kernel { image: dir.join("kernel"), release, modules }),
        _ => Err(Error::Broken {
            what: format!("the kernel in {}", dir.display()),
            why: "its modules are gone".to_owned(),
            remove: dir.to_owned(),
        }),
    }
}

/// The release of the kernel the cache has, if it has one.
pub(crate) fn cached(cache: &Cache, suite: &str, arch: &Arch) -> Option<String> {
    let dir = cache.find(&format!("kernel-{suite}-{}", arch.debian))?;
    open(&dir).ok().map(|kernel| kernel.release)
}
