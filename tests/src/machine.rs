//! Command lines: the `lodge` under test, and the same machine under `qemu-system-riscv64`.
//!
//! With `LODGE_PEER=qemu` every test written against [`Machine`] runs on QEMU instead, which shows that a
//! failing test says something about lodge and not about the script.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::{Guest, Session};

/// The `lodge` program: `LODGE_BIN`, or what cargo built beside this test.
pub(crate) fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("LODGE_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().unwrap_or_default();
    // target/debug/deps/this-test: the profile's folder is two up.
    test.parent().and_then(Path::parent).unwrap_or(Path::new("")).join("lodge")
}

/// `lodge` with `arguments`.
pub fn lodge(arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments);
    command
}

/// What a program that ran to its end left behind.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub out: String,
    /// What it complained of.
    pub err: String,
}

/// Runs `command` to its end with nothing to read.
#[track_caller]
pub fn finish(command: &mut Command, within: Duration) -> Finished {
    let scratch = crate::Scratch::new();
    let (out, err) = (scratch.path().join("out"), scratch.path().join("err"));
    let create = |path: &Path| std::fs::File::create(path).expect("create a scratch file");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(create(&out))
        .stderr(create(&err))
        .spawn()
        .unwrap_or_else(|why| panic!("cannot start {command:?}: {why}"));
    let text = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("wait for our own child") {
            return Finished { status, out: text(&out), err: text(&err) };
        }
        if start.elapsed() > within {
            let _ = child.kill();
            let _ = child.wait();
            panic!(
                "{command:?} did not end within {within:?}\n---- out\n{}\n---- err\n{}",
                text(&out),
                text(&err)
            );
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A machine to boot, in the words of `lodge run`.
#[derive(Default)]
pub struct Machine {
    template: Option<String>,
    kernel: Option<PathBuf>,
    initrd: Option<PathBuf>,
    append: Option<String>,
    firmware: Option<PathBuf>,
    disks: Vec<PathBuf>,
    shared: Vec<PathBuf>,
    cpus: Option<u32>,
    memory: Option<String>,
    more: Vec<String>,
}

impl Machine {
    /// The busybox guest of a bare `lodge run`.
    pub fn busybox() -> Self {
        Self::default()
    }

    /// A full Debian: `lodge run debian`.
    pub fn debian() -> Self {
        Self { template: Some("debian".into()), ..Self::default() }
    }

    /// `--kernel`.
    pub fn kernel(mut self, file: &Path) -> Self {
        self.kernel = Some(file.into());
        self
    }

    /// `--initrd`.
    pub fn initrd(mut self, file: &Path) -> Self {
        self.initrd = Some(file.into());
        self
    }

    /// `--append`.
    pub fn append(mut self, text: &str) -> Self {
        self.append = Some(text.into());
        self
    }

    /// `--firmware`.
    pub fn firmware(mut self, file: &Path) -> Self {
        self.firmware = Some(file.into());
        self
    }

    /// One more `--disk`.
    pub fn disk(mut self, file: &Path) -> Self {
        self.disks.push(file.into());
        self
    }

    /// One more `--disk` that is everybody's: the guest only reads it.
    pub fn shared_disk(mut self, file: &Path) -> Self {
        self.shared.push(file.into());
        self
    }

    /// `--cpus`.
    pub fn cpus(mut self, count: u32) -> Self {
        self.cpus = Some(count);
        self
    }

    /// `--memory`.
    pub fn memory(mut self, size: &str) -> Self {
        self.memory = Some(size.into());
        self
    }

    /// Any other arguments of `lodge run`; a peer does not get them.
    pub fn arguments(mut self, more: &[&str]) -> Self {
        self.more.extend(more.iter().map(ToString::to_string));
        self
    }

    /// Starts it on a terminal.
    #[track_caller]
    pub fn on_terminal(&self) -> Session {
        Session::on_terminal(&self.command())
    }

    /// Starts it on pipes.
    #[track_caller]
    pub fn on_pipes(&self) -> Session {
        Session::on_pipes(&self.command())
    }

    /// The command line, for lodge or for the peer.
    pub fn command(&self) -> Command {
        if peer() { self.qemu() } else { self.lodge() }
    }

    fn lodge(&self) -> Command {
        let mut command = lodge(&["run"]);
        command.args(&self.template).args(["--arch", "riscv64"]);
        let mut option = |name: &str, value: Option<&Path>| {
            if let Some(value) = value {
                command.arg(name).arg(value);
            }
        };
        option("--kernel", self.kernel.as_deref());
        option("--initrd", self.initrd.as_deref());
        option("--firmware", self.firmware.as_deref());
        option("--append", self.append.as_deref().map(Path::new));
        option("--memory", self.memory.as_deref().map(Path::new));
        for disk in &self.disks {
            option("--disk", Some(disk));
        }
        for disk in &self.shared {
            command.arg("--disk").arg(format!("{},ro", disk.display()));
        }
        if let Some(cpus) = self.cpus {
            command.arg("--cpus").arg(cpus.to_string());
        }
        command.args(&self.more);
        command
    }

    fn qemu(&self) -> Command {
        let mut command = Command::new("qemu-system-riscv64");
        command.args(["-M", "virt", "-nographic", "-device", "virtio-rng-device"]);
        command.arg("-m").arg(self.memory.as_deref().unwrap_or("1G"));
        command.arg("-smp").arg(self.cpus.unwrap_or(1).to_string());
        let debian = self.template.is_some();
        match (&self.firmware, &self.kernel) {
            (Some(firmware), _) => _ = command.arg("-bios").arg(firmware),
            (None, Some(_)) => {}
            (None, None) => {
                let (initrd, append) = if debian {
                    (
                        Guest::DebianInitrd,
                        "root=LABEL=lodge-root console=ttyS0 quiet systemd.show_status=yes systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900",
                    )
                } else {
                    (Guest::Initrd, "console=ttyS0 quiet")
                };
                command.arg("-kernel").arg(Guest::Kernel.path()).arg("-initrd").arg(initrd.path());
                command.arg("-append").arg(self.append.as_deref().unwrap_or(append));
            }
        }
        for (name, value) in [("-kernel", &self.kernel), ("-initrd", &self.initrd)] {
            if let Some(value) = value {
                command.arg(name).arg(value);
            }
        }
        if let (Some(append), true) = (&self.append, self.kernel.is_some()) {
            command.arg("-append").arg(append);
        }
        let root = debian.then(|| Guest::DebianDisk.path());
        for (index, disk) in root.iter().chain(&self.disks).chain(&self.shared).enumerate() {
            // What belongs to everybody is only read.
            let snapshot = if debian { ",snapshot=on" } else { "" };
            let drive = format!("file={},format=raw,if=none,id=d{index}{snapshot}", disk.display());
            command.arg("-drive").arg(drive);
            command.arg("-device").arg(format!("virtio-blk-device,drive=d{index}"));
        }
        command
    }
}

/// Whether tests run on QEMU to check the scripts themselves.
pub fn peer() -> bool {
    std::env::var_os("LODGE_PEER").is_some_and(|name| name == "qemu")
}
