//! One emulator process: its command line, its console, and the CPU time it has used.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::compile;
use super::stats::{self, Asked};
use crate::guests::BootFiles;
use crate::shell;

/// An emulator taking part.
pub struct Contender {
    /// As printed.
    pub name: &'static str,
    program: PathBuf,
    command: fn(&Path, &Setup<'_>) -> Command,
    /// Where it keeps what it has learnt of a guest, if it does such a thing.
    cache: Option<PathBuf>,
    /// Which figures of its translator it is asked for.
    asked: Asked,
}

/// What of earlier starts an emulator finds.
#[derive(Clone, Copy, PartialEq)]
pub enum Kept {
    /// Nothing.
    Nothing,
    /// What the start before left.
    FromBefore,
}

/// The machine both contenders are given.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// Kernel and initial file system.
    pub files: &'a BootFiles,
    /// Kernel command line.
    pub append: &'a str,
    /// Harts.
    pub cpus: u32,
    /// Memory in MiB.
    pub memory: u32,
    /// Whether the guest is to have the vector extension, where an emulator has to be asked for it.
    pub vector: bool,
    /// A raw disk image, which stays as it is.
    pub disk: Option<&'a Path>,
    /// A folder of the host that the guest mounts as `share0`, by the best that the emulator has.
    pub share: Option<&'a Path>,
    /// State of the emulator's cache.
    pub kept: Kept,
}

impl<'a> Setup<'a> {
    /// One hart, 1 GiB, no disk, nothing kept.
    pub fn new(files: &'a BootFiles, append: &'a str) -> Self {
        Self {
            files,
            append,
            cpus: 1,
            memory: 1024,
            vector: false,
            disk: None,
            share: None,
            kept: Kept::Nothing,
        }
    }
}

impl Contender {
    /// Us. Its cache is not the user's.
    pub fn lodge() -> Result<Self, String> {
        let cache = Some(compile::folder()?.join("cache"));
        let program = shell::tested_lodge();
        let asked = Asked::of(&program);
        Ok(Self { name: "lodge", program, command: lodge, cache, asked })
    }

    /// The peer.
    pub fn qemu() -> Result<Self, String> {
        let program = std::env::var_os("LODGE_QEMU").map(PathBuf::from);
        let program = program.or_else(|| shell::which("qemu-system-riscv64"));
        let program = program.ok_or("no qemu-system-riscv64 on PATH; cargo xtask setup installs it")?;
        Ok(Self { name: "qemu", program, command: qemu, cache: None, asked: Asked::Nothing })
    }

    /// The same, counting what ran in which tier; if it is one that does.
    pub fn counting(&self) -> Option<Self> {
        let counts = self.asked == Asked::Figures && stats::counts_shares(&self.program);
        let (name, command) = (self.name, self.command);
        let (program, cache) = (self.program.clone(), self.cache.clone());
        counts.then_some(Self { name, program, command, cache, asked: Asked::Shares })
    }

    /// First line of `--version`.
    pub fn version(&self) -> Result<String, String> {
        let text = shell::output(Command::new(&self.program).arg("--version"))?;
        Ok(text.lines().next().unwrap_or_default().to_string())
    }

    /// Whether a second start of the same guest differs from the first.
    pub fn keeps_a_cache(&self) -> bool {
        self.cache.is_some()
    }

    /// Starts the machine.
    pub fn start(&self, setup: &Setup<'_>) -> Result<Running, String> {
        let mut command = (self.command)(&self.program, setup);
        if let Some(cache) = &self.cache {
            if setup.kept == Kept::Nothing && cache.exists() {
                std::fs::remove_dir_all(cache)
                    .map_err(|why| format!("cannot clear {}: {why}", cache.display()))?;
            }
            command.env("XDG_CACHE_HOME", cache);
        }
        if self.asked != Asked::Nothing {
            let path = stats::file()?;
            let file = std::fs::File::create(&path)
                .map_err(|why| format!("cannot write {}: {why}", path.display()))?;
            command.args(self.asked.arguments()).stderr(file);
        }
        Running::start(self.name, &mut command)
    }
}

fn lodge(program: &Path, setup: &Setup<'_>) -> Command {
    let mut command = Command::new(program);
    // The peer's board has no network card of its own either.
    command.args(["run", "--arch", "riscv64", "--net", "none", "--kernel"]).arg(&setup.files.kernel);
    command.arg("--initrd").arg(&setup.files.initrd).args(["--append", setup.append]);
    command.arg("--cpus").arg(setup.cpus.to_string()).arg("--memory").arg(format!("{}M", setup.memory));
    if let Some(disk) = setup.disk {
        command.arg("--disk").arg(format!("{},snapshot", disk.display()));
    }
    if let Some(share) = setup.share {
        command.arg("--share").arg(share);
    }
    command
}

fn qemu(program: &Path, setup: &Setup<'_>) -> Command {
    let mut command = Command::new(program);
    command.args(["-M", "virt", "-accel", "tcg,thread=multi", "-nographic", "-no-reboot", "-kernel"]);
    command.arg(&setup.files.kernel).arg("-initrd").arg(&setup.files.initrd).args(["-append", setup.append]);
    command.arg("-smp").arg(setup.cpus.to_string()).arg("-m").arg(format!("{}M", setup.memory));
    command.args(["-device", "virtio-rng-device"]);
    if setup.vector {
        command.args(["-cpu", "rv64,v=true,vlen=128,vext_spec=v1.0"]);
    }
    if let Some(disk) = setup.disk {
        command.arg("-drive").arg(format!("file={},format=raw,if=none,id=disk,snapshot=on", disk.display()));
        command.args(["-device", "virtio-blk-device,drive=disk"]);
    }
    if let Some(share) = setup.share {
        command.arg("-fsdev").arg(format!("local,id=share,security_model=none,path={}", share.display()));
        command.args(["-device", "virtio-9p-device,fsdev=share,mount_tag=share0"]);
    }
    command
}

/// A started emulator.
pub struct Running {
    name: &'static str,
    child: Child,
    /// Kept open: an emulator may take the end of its input for a wish to end.
    input: Option<ChildStdin>,
    chunks: Receiver<Vec<u8>>,
    text: String,
    seen: usize,
    started: Instant,
}

impl Running {
    fn start(name: &'static str, command: &mut Command) -> Result<Self, String> {
        let started = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| format!("cannot start {}: {why}", command.get_program().display()))?;
        let (sender, chunks) = channel();
        let input = child.stdin.take();
        let output = child.stdout.take();
        std::thread::spawn(move || {
            let Some(mut output) = output else { return };
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut part) {
                if sender.send(part[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Ok(Self { name, child, input, chunks, text: String::new(), seen: 0, started })
    }

    /// The contender's name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Types `text` on the guest's console.
    pub fn say(&mut self, text: &str) -> Result<(), String> {
        let input = self.input.as_mut().ok_or("its input is closed")?;
        input
            .write_all(text.as_bytes())
            .and_then(|()| input.flush())
            .map_err(|why| format!("cannot type: {why}"))
    }

    /// Lets a guest that is powering itself off finish, so that the emulator ends in good order; any other, or one
    /// that takes too long, is killed.
    pub fn end(mut self, powering_off: bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while powering_off && Instant::now() < deadline {
            if let Ok(Some(_)) = self.child.try_wait() {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until `needle` is printed; returns the text before it.
    pub fn expect(&mut self, needle: &str, within: Duration) -> Result<String, String> {
        let deadline = Instant::now() + within;
        loop {
            if let Some(at) = self.text[self.seen..].find(needle) {
                let before = self.text[self.seen..self.seen + at].to_string();
                self.seen += at + needle.len();
                return Ok(before);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.chunks.recv_timeout(left) {
                Ok(chunk) => self.text += &String::from_utf8_lossy(&chunk),
                Err(why) => {
                    let what =
                        if why == RecvTimeoutError::Timeout { "did not print it in time" } else { "ended" };
                    let _ = std::io::stdout().write_all(self.text.as_bytes());
                    stats::complaints().iter().for_each(|line| println!("{line}"));
                    return Err(format!("waiting for {needle:?}, the emulator {what}; its console is above"));
                }
            }
        }
    }

    /// CPU seconds used so far, user and system, all threads.
    pub fn cpu_seconds(&self) -> Result<f64, String> {
        // Documentation/scheduler/sched-stats.rst: the first field of each thread's are the nanoseconds it ran. (What
        // the process as a whole used is told in hundredths of a second only.) A thread that ends takes its own with
        // it; those that run the guest do not.
        let folder = format!("/proc/{}/task", self.child.id());
        let odd = |why: &dyn std::fmt::Display| format!("cannot read {folder}: {why}");
        let mut nanoseconds = 0;
        for thread in std::fs::read_dir(&folder).map_err(|why| odd(&why))? {
            let file = thread.map_err(|why| odd(&why))?.path().join("schedstat");
            // It may have ended since.
            let text = std::fs::read_to_string(file).unwrap_or_default();
            nanoseconds += text.split(' ').next().and_then(|field| field.parse().ok()).unwrap_or(0_u64);
        }
        Ok(nanoseconds as f64 / 1e9)
    }

    /// Seconds since the start.
    pub fn wall_seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
