//! From a wish to a spec, by way of a template when that is what was asked for.

use super::args::{Args, Template, Wish};
use super::terminal;
use crate::progress::Shown;
use crate::usage;
use anyhow::{Context, bail};
use lodge_spec::{Boot, Disk, DiskMode, MachineSpec};
use lodge_template::{Cache, Installed, Progress, Recipe};
use lodge_vmm::End;
use std::path::Path;

/// The spec of the machine that `args` ask for. Fetches and builds what is missing.
pub(crate) fn spec(mut args: Args) -> anyhow::Result<MachineSpec> {
    match args.wish()? {
        Wish::Files(boot) => args.spec(boot, Vec::new()),
        Wish::Template(template) => {
            let cache = Cache::of_user()?;
            let arch = args.arch.to_string();
            match template {
                Template::Busybox => {
                    let boot = lodge_template::busybox(&cache, &arch, &Shown::new())?;
                    build(args, &boot, &boot.cmdline, Vec::new())
                }
                Template::Debian => debian(args, &cache, &Recipe::new(&arch)),
            }
        }
    }
}

fn build(
    mut args: Args,
    boot: &lodge_template::Boot,
    cmdline: &str,
    disks: Vec<Disk>,
) -> anyhow::Result<MachineSpec> {
    let append = match args.append.take() {
        Some(more) => format!("{cmdline} {more}"),
        None => cmdline.to_owned(),
    };
    let (kernel, initrd) = (Some(boot.kernel.clone()), Some(boot.initrd.clone()));
    let boot = Boot::new(None, kernel, initrd, Some(append)).map_err(usage)?;
    args.spec(boot, disks)
}

/// A disk whose cached image stays as it is, whatever the guest does.
fn throw_away(path: &Path) -> Disk {
    Disk { mode: DiskMode::Snapshot, ..Disk::new(path) }
}

fn debian(args: Args, cache: &Cache, recipe: &Recipe) -> anyhow::Result<MachineSpec> {
    let mut installed = lodge_template::debian(cache, recipe, &Shown::new())?;
    if !installed.finished && !args.dry_run {
        installed = finish(&args, cache, recipe, &installed)?;
    }
    let disk = throw_away(&installed.disk);
    let cmdline = installed.boot.cmdline.clone();
    build(args, &installed.boot, &cmdline, vec![disk])
}

/// Lets the guest set up its own packages, once, on a copy that then goes into the cache.
fn finish(args: &Args, cache: &Cache, recipe: &Recipe, installed: &Installed) -> anyhow::Result<Installed> {
    let shown = Shown::new();
    shown.note("Debian sets up its packages in the guest now: minutes, once");
    let folder = scratch(cache.root())?;
    let copy = folder.0.join("disk");
    lodge_template::copy_disk(&installed.disk, &copy)?;
    drop(shown);
    let boot = Boot::new(
        None,
        Some(installed.boot.kernel.clone()),
        Some(installed.boot.initrd.clone()),
        Some(installed.finishing_cmdline()),
    )
    .map_err(usage)?;
    let spec = MachineSpec {
        accel: args.accel,
        cpus: args.cpus,
        memory: args.memory,
        disks: vec![Disk::new(&copy)],
        ..MachineSpec::new(boot)
    };
    match terminal::run(&spec)? {
        End::Shutdown(0) => {}
        End::Quit => bail!("the installation was not finished; the next run begins it again"),
        end => bail!("the installation ended with {end:?}; the next run begins it again"),
    }
    Ok(lodge_template::keep_finished(cache, recipe, &copy, &Shown::new())?)
}

/// A folder that is gone afterwards.
struct Scratch(std::path::PathBuf);

fn scratch(root: &Path) -> anyhow::Result<Scratch> {
    let path = root.join(format!("installing-{}", std::process::id()));
    std::fs::create_dir_all(&path).with_context(|| format!("cannot create {}", path.display()))?;
    Ok(Scratch(path))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
