//! From a wish to a spec, by way of a template when that is what was asked for.

use super::args::{Args, Template, Wish};
use super::terminal::{self, Talk};
use crate::progress::Shown;
use crate::reach;
use crate::usage;
use anyhow::{Context, bail};
use lodge_spec::{Boot, Disk, DiskMode, MachineSpec, Share, ShareProtocol};
use lodge_template::{Cache, Installed, Progress, Recipe};
use lodge_vmm::End;
use std::path::Path;

/// What comes of a wish.
pub(crate) enum Ready {
    /// A machine to run.
    Spec(Box<MachineSpec>),
    /// The user or a signal ended the work on the template.
    Ended(End),
}

/// The spec of the machine that `args` ask for. Fetches and builds what is missing.
pub(crate) fn spec(mut args: Args) -> anyhow::Result<Ready> {
    match args.wish()? {
        Wish::Files(boot) => args.spec(boot, Vec::new()).map(ready),
        Wish::Template(template) => {
            let cache = Cache::of_user()?;
            let arch = args.arch.to_string();
            match template {
                Template::Busybox => {
                    let boot = lodge_template::busybox(&cache, &arch, &Shown::new())?;
                    build(args, &boot, &boot.cmdline, Vec::new()).map(ready)
                }
                Template::Debian => debian(args, &cache, &Recipe::new(&arch)),
            }
        }
    }
}

fn ready(spec: MachineSpec) -> Ready {
    Ready::Spec(Box::new(spec))
}

fn build(
    mut args: Args,
    boot: &lodge_template::Boot,
    cmdline: &str,
    disks: Vec<Disk>,
) -> anyhow::Result<MachineSpec> {
    let mut append = cmdline.to_owned();
    let mounts: Vec<String> = (0..).zip(&args.shares).map(|(n, share)| mount_word(n, share)).collect();
    for word in mounts.into_iter().chain(args.append.take()) {
        append = format!("{append} {word}");
    }
    let (kernel, initrd) = (Some(boot.kernel.clone()), Some(boot.initrd.clone()));
    let boot = Boot::new(None, kernel, initrd, Some(append)).map_err(usage)?;
    args.spec(boot, disks)
}

/// The word on the kernel command line that has the guest mount share `number` of its machine: what, where, type and
/// options. systemd knows it, and lodge's own init.
fn mount_word(number: usize, share: &Share) -> String {
    let (kind, options) = match share.protocol {
        ShareProtocol::Fs => ("virtiofs", ""),
        // As long messages as the guest's driver can do, and shared mappings.
        ShareProtocol::P9 => ("9p", ",trans=virtio,version=9p2000.L,msize=512000,cache=mmap"),
    };
    let mode = if share.read_only { "ro" } else { "rw" };
    let (tag, place) = (share.tag(number), &share.mountpoint);
    format!("systemd.mount-extra={tag}:{place}:{kind}:nofail,{mode}{options}")
}

/// A disk whose cached image stays as it is, whatever the guest does.
fn throw_away(path: &Path) -> Disk {
    Disk { mode: DiskMode::Snapshot, ..Disk::new(path) }
}

fn debian(args: Args, cache: &Cache, recipe: &Recipe) -> anyhow::Result<Ready> {
    let mut installed = lodge_template::debian(cache, recipe, &Shown::new())?;
    if !installed.finished && !args.dry_run {
        installed = match finish(&args, cache, recipe, &installed)? {
            Ok(finished) => finished,
            Err(end) => {
                Shown::new().note("the installation was not finished; the next run begins it again");
                return Ok(Ready::Ended(end));
            }
        };
    }
    let disk = throw_away(&installed.disk);
    let mut cmdline = installed.boot.cmdline.clone();
    if let Some(keys) = (!args.dry_run).then(reach::key_credential).flatten() {
        cmdline = format!("{cmdline} {keys}");
    }
    let mut spec = build(args, &installed.boot, &cmdline, vec![disk])?;
    reach::add_ssh_port(&mut spec);
    Ok(ready(spec))
}

/// Lets the guest set up its own packages, once, on a copy that then goes into the cache. The inner error: somebody
/// ended it.
fn finish(
    args: &Args,
    cache: &Cache,
    recipe: &Recipe,
    installed: &Installed,
) -> anyhow::Result<Result<Installed, End>> {
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
        vectors: args.vectors,
        jit: args.jit,
        jit_cache: args.jit_cache.clone(),
        cpus: args.cpus,
        memory: args.memory,
        disks: vec![Disk::new(&copy)],
        nics: Vec::new(),
        ..MachineSpec::new(boot)
    };
    match terminal::run(&spec, Talk::Nobody)? {
        End::Shutdown(0) => {}
        End::Shutdown(code) => bail!("Debian's own set-up failed with {code}; the next run begins it again"),
        end => return Ok(Err(end)),
    }
    Ok(Ok(lodge_template::keep_finished(cache, recipe, &copy, &Shown::new())?))
}

/// A folder that is gone afterwards.
struct Scratch(std::path::PathBuf);

fn scratch(root: &Path) -> anyhow::Result<Scratch> {
    // A process number alone comes again: after a crash, or in another container on the same cache.
    let when = std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
    let path = root.join(format!("installing-{}-{when}", std::process::id()));
    std::fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
    Ok(Scratch(path))
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
