//! The flags of `lodge run`, and their way into a spec.

use crate::usage;
use clap::ValueEnum;
use lodge_spec::{
    Accel, Arch, Boot, Console, Cpus, Disk, Forward, Gdb, Jit, JitCache, Link, Mac, MachineSpec, Memory,
    Name, Nic, Share, SpecError, Vectors, Virtio, parse_nic,
};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// What `--help` says of exit codes.
pub(crate) const EXIT_CODES: &str = "\
Exit code: the one the guest powered off with (0 for a plain poweroff), 0 after Ctrl-a x, 1 for an error, 2 for a \
command line that makes no sense, 128 + n when signal n ended it.

On a terminal, Ctrl-a x ends the machine and Ctrl-a h shows more keys. LODGE_LOG=debug logs more.";

/// Something stock that lodge fetches and builds itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// A shell in a static busybox on the stock Debian kernel
    Busybox,
    /// Debian with systemd, on a disk; changes last as long as the run
    Debian,
}

/// What it is asked for. Without a kernel or firmware it runs a template.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to run when no kernel or firmware is given [default: busybox]
    #[arg(value_enum, conflicts_with_all = ["kernel", "firmware", "initrd"])]
    pub(crate) template: Option<Template>,
    /// Guest architecture: riscv64
    #[arg(long, value_name = "ARCH", default_value_t)]
    pub(crate) arch: Arch,
    /// Kernel: ELF, Image, either compressed, or EFI zboot
    #[arg(long, value_name = "FILE")]
    pub(crate) kernel: Option<PathBuf>,
    /// Initial RAM disk for the kernel
    #[arg(long, value_name = "FILE")]
    pub(crate) initrd: Option<PathBuf>,
    /// Kernel command line; with a template, added to its own
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub(crate) append: Option<String>,
    /// OpenSBI, U-Boot or EDK2, as in the Debian packages opensbi, u-boot-qemu and qemu-efi-riscv64
    #[arg(long, value_name = "FILE")]
    pub(crate) firmware: Option<PathBuf>,
    /// A raw disk image: FILE[,ro|snapshot][,serial=TEXT]; can be repeated
    #[arg(long = "disk", value_name = "DISK")]
    pub(crate) disks: Vec<Disk>,
    /// Give the guest a folder of this host: DIR[:MOUNTPOINT][,ro][,9p][,tag=TEXT][,owner=UID[:GID]]; can be repeated
    #[arg(long = "share", value_name = "SHARE")]
    pub(crate) shares: Vec<Share>,
    /// Number of CPUs, 1 to 16
    #[arg(long, value_name = "N", default_value_t)]
    pub(crate) cpus: Cpus,
    /// RAM, like 512M or 2G
    #[arg(long, value_name = "SIZE", default_value = "1G")]
    pub(crate) memory: Memory,
    /// A network: none, user[,restrict=on][,ipv6=off], tap=NAME, bridge=NAME or switch=NAME|PATH, each with
    /// [,mac=ADDR][,mtu=BYTES][,queues=N][,pcap=FILE]; can be repeated [default: user]
    #[arg(long = "net", value_name = "NET", value_parser = Net::from_str)]
    pub(crate) nets: Vec<Net>,
    /// Lead a port of this host to the guest: [tcp:|udp:][ADDRESS:]PORT[-END]:GUESTPORT, like 2222:22; can be repeated
    #[arg(long = "forward", value_name = "RULE")]
    pub(crate) forwards: Vec<Forward>,
    /// Hardware address of the network device; of the next one when repeated
    #[arg(long = "mac", value_name = "ADDR")]
    pub(crate) macs: Vec<Mac>,
    /// Record the frames of the first network in a pcapng file
    #[arg(long, value_name = "FILE")]
    pub(crate) pcap: Option<PathBuf>,
    /// Name of the machine
    #[arg(long, value_name = "NAME", default_value_t)]
    pub(crate) name: Name,
    /// The vector unit: off, or bits of its registers, 128 or 256
    #[arg(long, value_name = "BITS", default_value_t)]
    pub(crate) vectors: Vectors,
    /// Who runs the guest's instructions: auto, jit or interp
    #[arg(long, value_name = "ACCEL", default_value_t)]
    pub(crate) accel: Accel,
    /// How the translator works: tier=1|2|interp, mirror=on|off, stats=on|off|shares, with commas between
    #[arg(long, value_name = "SETTINGS", default_value_t)]
    pub(crate) jit: Jit,
    /// Keep translations for later runs: on, off, check (compare, do not use) or DIR
    #[arg(long, value_name = "WHERE", default_value_t)]
    pub(crate) jit_cache: JitCache,
    /// The guest device this terminal is connected to: serial or virtio
    #[arg(long, value_name = "DEVICE", default_value_t)]
    pub(crate) console: Console,
    /// Where the guest finds its virtio devices: mmio or pci; with ,packed=off there are no packed rings
    #[arg(long, value_name = "HOW", default_value_t)]
    pub(crate) virtio: Virtio,
    /// Let GDB attach at [ADDRESS:]PORT; the guest runs meanwhile
    #[arg(long, value_name = "ADDR", value_parser = Gdb::parse_address)]
    pub(crate) gdb: Option<SocketAddr>,
    /// With --gdb: stand at the first instruction until GDB lets the guest go
    #[arg(long, requires = "gdb")]
    pub(crate) gdb_wait: bool,
    /// Print the machine instead of running it: memory map, boot chain, device tree
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// What is to be booted.
pub(crate) enum Wish {
    /// Files that the user named.
    Files(Boot),
    /// Something lodge makes.
    Template(Template),
}

impl Args {
    /// What is to be booted.
    ///
    /// # Errors
    /// A usage error when the flags contradict each other.
    pub(crate) fn wish(&mut self) -> anyhow::Result<Wish> {
        if self.kernel.is_none() && self.firmware.is_none() && self.initrd.is_none() {
            return Ok(Wish::Template(self.template.unwrap_or(Template::Busybox)));
        }
        let append = self.append.take();
        let boot = Boot::new(self.firmware.take(), self.kernel.take(), self.initrd.take(), append);
        boot.map(Wish::Files).map_err(usage)
    }

    /// The machine that boots `boot`, with `disks` before those of the command line.
    ///
    /// # Errors
    /// A usage error when there are too many disks.
    pub(crate) fn spec(self, boot: Boot, mut disks: Vec<Disk>) -> anyhow::Result<MachineSpec> {
        disks.extend(self.disks);
        let nics = nics(self.nets, self.forwards, &self.macs, self.pcap).map_err(usage)?;
        let gdb = self.gdb.map(|address| Gdb { address, wait: self.gdb_wait });
        let spec = MachineSpec {
            name: self.name,
            board: lodge_spec::Board::of(self.arch),
            accel: self.accel,
            vectors: self.vectors,
            jit: self.jit,
            jit_cache: self.jit_cache,
            cpus: self.cpus,
            memory: self.memory,
            disks,
            nics,
            shares: self.shares,
            console: self.console,
            virtio: self.virtio,
            gdb,
            ..MachineSpec::new(boot)
        };
        spec.checked().map_err(|error: SpecError| usage(error))
    }
}

/// One `--net`: `None` is "none".
#[derive(Debug, Clone)]
pub(crate) struct Net(Option<Nic>);

impl FromStr for Net {
    type Err = SpecError;
    fn from_str(text: &str) -> Result<Net, SpecError> {
        parse_nic(text).map(Net)
    }
}

/// The network devices, with what the other flags say of them.
fn nics(
    nets: Vec<Net>,
    forwards: Vec<Forward>,
    macs: &[Mac],
    pcap: Option<PathBuf>,
) -> Result<Vec<Nic>, SpecError> {
    let mut nics =
        if nets.is_empty() { vec![Nic::default()] } else { nets.into_iter().filter_map(|n| n.0).collect() };
    if !forwards.is_empty() {
        let user = nics.iter_mut().find_map(|nic| match &mut nic.link {
            Link::User(user) => Some(user),
            _ => None,
        });
        let user = user.ok_or(SpecError::NeedsNet { what: "--forward", needs: "user" })?;
        user.forwards.extend(forwards);
    }
    if macs.len() > nics.len() {
        return Err(SpecError::NeedsNet { what: "--mac", needs: "user" });
    }
    for (nic, mac) in nics.iter_mut().zip(macs) {
        nic.mac = Some(*mac);
    }
    if pcap.is_some() {
        let first = nics.first_mut().ok_or(SpecError::NeedsNet { what: "--pcap", needs: "user" })?;
        first.pcap = pcap;
    }
    Ok(nics)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn parse(line: &str) -> Result<Args, String> {
        let words = std::iter::once("run").chain(line.split_whitespace());
        Line::try_parse_from(words).map(|line| line.args).map_err(|e| e.to_string())
    }

    fn spec(line: &str) -> anyhow::Result<MachineSpec> {
        let mut args = parse(line).map_err(anyhow::Error::msg)?;
        match args.wish()? {
            Wish::Files(boot) => args.spec(boot, Vec::new()),
            Wish::Template(template) => anyhow::bail!("{template:?}"),
        }
    }

    #[test]
    fn flags_become_a_spec() {
        let all = "--arch riscv64 --kernel K --initrd I --append quiet --firmware F --disk a --disk b,ro --cpus 4 \
                   --memory 1.5G --gdb 1234 --gdb-wait --name x --accel interp --console virtio --jit-cache /d \
                   --virtio pci,packed=off";
        let spec = spec(all).unwrap();
        assert_eq!((spec.cpus.get(), spec.memory.bytes(), spec.disks.len()), (4, 3 << 29, 2));
        assert_eq!((spec.accel, spec.console), (Accel::Interp, Console::Virtio));
        assert!(spec.gdb.unwrap().wait);
        assert_eq!(spec.virtio, Virtio { transport: lodge_spec::Transport::Pci, packed: false });
        assert_eq!(spec.jit_cache, JitCache::In("/d".into()));
        assert!(matches!(spec.boot, Boot::Firmware { kernel: Some(k), .. } if k.append == "quiet"));
    }

    #[test]
    fn defaults_are_those_of_the_spec() {
        let boot = Boot::new(None, Some("K".into()), None, None).unwrap();
        assert_eq!(spec("--kernel K").unwrap(), MachineSpec::new(boot));
    }

    #[test]
    fn nothing_named_means_a_template() {
        assert_eq!(spec("").unwrap_err().to_string(), "Busybox");
        assert_eq!(spec("debian --cpus 2").unwrap_err().to_string(), "Debian");
    }

    #[test]
    fn networks_come_together_from_their_flags() {
        let nics = |line: &str| spec(&format!("--kernel K {line}")).unwrap().nics;
        assert!(nics("--net none").is_empty());
        let all = nics(
            "--net tap=t --net user --forward 2222:22 --mac 52:54:00:00:00:01 --pcap F --forward udp:53:53",
        );
        assert_eq!((all.len(), all[0].pcap.as_deref()), (2, Some(std::path::Path::new("F"))));
        assert_eq!(all[0].mac.unwrap().to_string(), "52:54:00:00:00:01");
        assert!(matches!(&all[1].link, Link::User(user) if user.forwards.len() == 2));
    }

    #[test]
    fn contradictions_are_usage_errors() {
        for line in [
            "--kernel K --net nonsense",
            "--kernel K --net none --forward 2222:22",
            "--kernel K --net tap=t --forward 2222:22",
            "--kernel K --forward 0:22",
            "--kernel K --forward 80:80 --forward 80:81",
            "--kernel K --net none --mac 52:54:00:00:00:01",
            "--kernel K --net none --pcap F",
            "--kernel K --net user,mac=52:54:00:00:00:01 --net switch=s,mac=52:54:00:00:00:01",
            "--kernel K --mac 01:00:00:00:00:00",
            "--kernel K --net user --net user --net user --net user --net user",
            "debian --kernel K",
            "--cpus 0",
            "--memory 3",
            "--arch mips",
            "--gdb-wait",
            "--kernel K --jit-cache onn",
            "--kernel K --virtio isa",
            "--disk ,ro",
            "nonsense",
            "--firmware F --append x",
            "--initrd I",
            "--kernel K --share a:b",
            "--kernel K --share a --share x/a",
            "--kernel K --disk 1 --disk 2 --disk 3 --disk 4 --disk 5 --disk 6",
        ] {
            assert!(spec(line).is_err(), "{line}");
        }
    }
}
