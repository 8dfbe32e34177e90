//! How running machines are reached: which port of the loopback interface leads to a machine's ssh, and the key that
//! opens it.
//!
//! ```text
//!   lodge run ── writes and locks ──► machines/NAME ── is read by ──► lodge ssh, lodge cp
//!                                      ssh/id_ed25519 ── goes into lodge's Debian guests, by the kernel command line
//! ```
//! A file whose lock nobody holds is left over from a machine that is gone. Both folders are the user's alone.

use anyhow::{Context, anyhow, bail};
use lodge_host::private::{PrivateDir, user_cache};
use lodge_spec::{Forward, Link, MachineSpec, Protocol};
use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The guest's ssh.
const SSH: u16 = 22;
/// Longest public key that goes into a guest by its command line.
const MAX_KEY: usize = 200;

/// A running machine that others can find, as long as this lives.
#[derive(Debug)]
pub(crate) struct Announced {
    folder: PrivateDir,
    name: String,
    _locked: File,
}

impl Drop for Announced {
    fn drop(&mut self) {
        let _ = self.folder.remove(&self.name);
    }
}

fn folder(name: &str) -> anyhow::Result<PrivateDir> {
    let root = user_cache().ok_or_else(|| anyhow!("set HOME, so that lodge has a place of its own"))?;
    let path = root.join(name);
    PrivateDir::open(&path).with_context(|| format!("cannot use {}", path.display()))
}

/// The port of this host that leads to the ssh of `spec`'s guest.
fn ssh_port(spec: &MachineSpec) -> Option<u16> {
    let rules = spec.nics.iter().flat_map(|nic| match &nic.link {
        Link::User(user) => &user.forwards[..],
        _ => &[],
    });
    let near = |address: IpAddr| {
        address == IpAddr::V4(Ipv4Addr::LOCALHOST) || address == IpAddr::V4(Ipv4Addr::UNSPECIFIED)
    };
    let mut rules = rules.filter(|rule| rule.protocol == Protocol::Tcp && near(rule.address));
    rules.find_map(|rule| {
        let offset = SSH.checked_sub(rule.guest).filter(|offset| *offset < rule.count)?;
        Some(rule.host + offset)
    })
}

/// Gives the guest's ssh a free port of the loopback interface, if it has none.
pub(crate) fn add_ssh_port(spec: &mut MachineSpec) {
    let free = || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).ok()?.local_addr().ok().map(|a| a.port());
    if ssh_port(spec).is_some() {
        return;
    }
    let user = spec.nics.iter_mut().find_map(|nic| match &mut nic.link {
        Link::User(user) => Some(user),
        _ => None,
    });
    if let (Some(user), Some(host)) = (user, free()) {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        user.forwards.push(Forward { protocol: Protocol::Tcp, address, host, guest: SSH, count: 1 });
    }
}

/// Lets others find the machine of `spec`; not when it has no way in, or another of its name is running.
pub(crate) fn announce(spec: &MachineSpec) -> Option<Announced> {
    let (port, folder, name) = (ssh_port(spec)?, folder("machines").ok()?, spec.name.to_string());
    let mut file = folder.existing_or_new(&name).ok()?;
    file.try_lock().ok()?;
    file.set_len(0).ok()?;
    writeln!(file, "{port}").ok()?;
    Some(Announced { folder, name, _locked: file })
}

/// The name and port of the running machine `name`, or of the only one there is.
///
/// # Errors
/// There is none, or more than one.
pub(crate) fn find(name: Option<&str>) -> anyhow::Result<(String, u16)> {
    let folder = folder("machines")?;
    let mut running: Vec<(String, u16)> = Vec::new();
    for listed in folder.list()? {
        let Ok(mut file) = folder.existing(&listed.name) else { continue };
        if matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
            let mut text = String::new();
            file.read_to_string(&mut text)?;
            running.extend(text.trim().parse().ok().map(|port| (listed.name, port)));
        }
    }
    let names = running.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    match name {
        Some(name) => running.into_iter().find(|(other, _)| other == name).ok_or_else(|| {
            let others = if names.is_empty() { "none is".to_owned() } else { format!("running: {names}") };
            anyhow!(
                "no machine {name} runs that ssh leads to ({others}); start one with: lodge run debian --name {name}, \
                 or with --forward PORT:22"
            )
        }),
        None if running.len() > 1 => bail!("more than one machine runs: name one of {names}"),
        None => running
            .pop()
            .ok_or_else(|| anyhow!("no machine runs that ssh leads to; start one with: lodge run debian")),
    }
}

/// lodge's own key.
#[derive(Debug)]
pub(crate) struct Key(pub(crate) PathBuf);

impl Key {
    /// The key, made with `ssh-keygen` if it is not there yet.
    ///
    /// # Errors
    /// There is no such program, or no place for the key.
    pub(crate) fn of_user() -> anyhow::Result<Key> {
        let folder = folder("ssh")?;
        let path = folder.path().join("id_ed25519");
        if !path.exists() {
            // Under another name first, so that two at once do not spoil each other's.
            let fresh = folder.path().join(format!("new-{}", std::process::id()));
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-C", "lodge", "-f"])
                .arg(&fresh)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .status()
                .context("cannot start ssh-keygen; install the package openssh-client")?;
            if !made.success() {
                bail!("ssh-keygen cannot make a key in {}", folder.path().display());
            }
            let public = |path: &Path| path.with_extension("pub");
            std::fs::rename(public(&fresh), public(&path)).context("cannot keep a new key")?;
            std::fs::rename(&fresh, &path).context("cannot keep a new key")?;
        }
        Ok(Key(path))
    }

    fn public(&self) -> Option<String> {
        std::fs::read_to_string(self.0.with_extension("pub")).ok()
    }
}

/// What on a kernel command line lets lodge's key and the user's own one into a guest with systemd, as root
/// (systemd-tmpfiles' credential `ssh.authorized_keys.root`).
pub(crate) fn key_credential() -> Option<String> {
    let own = Key::of_user().ok()?.public()?;
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let users = home
        .into_iter()
        .flat_map(|home| ["id_ed25519.pub", "id_ecdsa.pub"].map(|key| home.join(".ssh").join(key)));
    let users = users.filter_map(|path| std::fs::read_to_string(path).ok()).find(|key| key.len() <= MAX_KEY);
    let keys: String =
        [Some(own), users].into_iter().flatten().map(|key| format!("{}\n", key.trim())).collect();
    Some(format!("systemd.set_credential_binary=ssh.authorized_keys.root:{}", base64(keys.as_bytes())))
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().chain([&0, &0]).take(3).fold(0u32, |bits, b| bits << 8 | u32::from(*b));
        for n in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * n)) as usize & 63];
            text.push(if n <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use lodge_spec::{Boot, User};

    #[test]
    fn bytes_become_text() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    fn spec(rules: &[&str]) -> MachineSpec {
        let mut spec = MachineSpec::new(Boot::new(None, Some("K".into()), None, None).unwrap());
        let forwards = rules.iter().map(|rule| rule.parse().unwrap()).collect();
        spec.nics[0].link = Link::User(User { forwards, ..User::default() });
        spec
    }

    #[test]
    fn the_way_to_ssh_is_found_or_made() {
        assert_eq!(ssh_port(&spec(&["udp:1:22", "8080:80", "2222:22"])), Some(2222));
        assert_eq!(ssh_port(&spec(&["2000-2010:20"])), Some(2002));
        assert_eq!(ssh_port(&spec(&["[::1]:2222:22", "2000-2001:20"])), None);
        let mut spec = spec(&["8080:80"]);
        add_ssh_port(&mut spec);
        let port = ssh_port(&spec).unwrap();
        add_ssh_port(&mut spec);
        assert_eq!(ssh_port(&spec), Some(port));
    }
}
