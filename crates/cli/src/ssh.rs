//! `lodge ssh` and `lodge cp`: into a running machine, by the host's own ssh and scp.

use crate::reach::{Key, find};
use anyhow::{Context, bail};
use std::io::Read;
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// How long a machine that is starting is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// What `lodge ssh` is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct SshArgs {
    /// The machine [default: the only one that runs]
    name: Option<String>,
    /// Who to be there
    #[arg(long, short = 'l', value_name = "USER", default_value = "root")]
    user: String,
    /// A command to run there instead of a shell
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    command: Vec<String>,
}

/// What `lodge cp` is asked for.
#[derive(Debug, clap::Args)]
pub(crate) struct CopyArgs {
    /// Who to be in the machine
    #[arg(long, short = 'l', value_name = "USER", default_value = "root")]
    user: String,
    /// Copy folders with what is in them
    #[arg(long, short)]
    recursive: bool,
    /// What to copy and, last, where to: files of this host, or MACHINE:FILE
    #[arg(required = true, num_args = 2..)]
    files: Vec<String>,
}

/// Replaces this process by ssh.
pub(crate) fn ssh(args: SshArgs) -> anyhow::Result<ExitCode> {
    let (name, port) = find(args.name.as_deref())?;
    let mut command = ready("ssh", &name, port)?;
    command.arg("-p").arg(port.to_string()).arg("-l").arg(&args.user).arg("127.0.0.1");
    if !args.command.is_empty() {
        command.arg("--").args(args.command);
    }
    Err(command.exec()).context("cannot start ssh; install the package openssh-client")
}

/// Replaces this process by scp.
pub(crate) fn copy(args: CopyArgs) -> anyhow::Result<ExitCode> {
    let parts: Vec<(Option<&str>, &str)> = args.files.iter().map(|file| split(file)).collect();
    let mut machines: Vec<&str> = parts.iter().filter_map(|(machine, _)| *machine).collect();
    machines.sort_unstable();
    machines.dedup();
    let machine = match machines[..] {
        [one] => Some(one).filter(|name| !name.is_empty()),
        [] => bail!("none of the files is a machine's; write MACHINE:FILE for it"),
        _ => bail!("lodge copies between this host and one machine; copy in two steps"),
    };
    let (name, port) = find(machine)?;
    let mut command = ready("scp", &name, port)?;
    command.arg("-P").arg(port.to_string());
    if args.recursive {
        command.arg("-r");
    }
    command.arg("--");
    for (machine, file) in parts {
        match machine {
            Some(_) => command.arg(format!("{}@127.0.0.1:{file}", args.user)),
            // scp takes what has a colon for a host's unless a slash comes first.
            None if file.starts_with('/') => command.arg(file),
            None => command.arg(format!("./{file}")),
        };
    }
    Err(command.exec()).context("cannot start scp; install the package openssh-client")
}

/// A machine's name and a file's, if there is one; `:FILE` is a file of the only machine.
fn split(file: &str) -> (Option<&str>, &str) {
    match file.split_once(':') {
        Some((machine, file)) if !machine.contains('/') => (Some(machine), file),
        _ => (None, file),
    }
}

/// `program` with what both need, once the machine's ssh answers.
fn ready(program: &str, name: &str, port: u16) -> anyhow::Result<Command> {
    let key = Key::of_user()?;
    let end = Instant::now() + PATIENCE;
    while !answers(port) {
        if Instant::now() > end {
            bail!(
                "the ssh of machine {name} does not answer; is openssh-server installed in it, and running?"
            );
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    let mut command = Command::new(program);
    command.arg("-i").arg(key.0);
    // The port is lodge's own on this host's loopback: there is nobody in between whom a known key would keep out.
    for option in ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR"] {
        command.arg("-o").arg(option);
    }
    Ok(command)
}

/// Whether something at `port` greets as ssh does (RFC 4253, section 4.2).
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { return false };
    let mut greeting = [0; 4];
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    stream.read_exact(&mut greeting).is_ok() && &greeting == b"SSH-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_machines_are_told_apart() {
        assert_eq!(split("deb:/etc/hosts"), (Some("deb"), "/etc/hosts"));
        assert_eq!(split(":a"), (Some(""), "a"));
        assert_eq!(split("./a:b"), (None, "./a:b"));
        assert_eq!(split("a"), (None, "a"));
    }
}
