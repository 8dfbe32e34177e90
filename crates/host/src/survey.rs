//! What this host offers, for `lodge doctor`. Looks only; changes nothing.

use std::fs::{self, OpenOptions};
use std::path::Path;

/// How good something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// There and usable.
    Ok,
    /// Absent, closed or incomplete; lodge works, less well or with fewer features.
    Limited,
    /// Absent, and lodge does not work without.
    Missing,
}

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub name: &'static str,
    /// How good it is.
    pub state: State,
    /// What was found.
    pub says: String,
    /// What to do about it; empty when all is well.
    pub remedy: String,
}

impl Finding {
    /// A finding; the remedy counts only when something is to be done.
    pub fn new(
        name: &'static str,
        state: State,
        says: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Finding {
        let remedy = if state == State::Ok { String::new() } else { remedy.into() };
        Finding { name, state, says: says.into(), remedy }
    }
}

/// Looks at everything.
pub fn survey() -> Vec<Finding> {
    vec![cpus(), memory(), translated_code(), kvm(), tun(), cgroups(), namespaces()]
}

fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

fn cpus() -> Finding {
    let count = std::thread::available_parallelism().map_or(1, |n| n.get());
    let says = format!("{count}, {}", std::env::consts::ARCH);
    let state = if cfg!(target_arch = "x86_64") { State::Ok } else { State::Limited };
    Finding::new("CPUs", state, says, "on this host lodge has only its interpreter, which is slow")
}

fn memory() -> Finding {
    let info = read("/proc/meminfo").unwrap_or_default();
    let free = info.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let kib: u64 = free.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0);
    let state = if kib >= 2 << 20 { State::Ok } else { State::Limited };
    Finding::new("memory", state, format!("{} MiB available", kib >> 10), "give guests less with --memory")
}

fn translated_code() -> Finding {
    match crate::CodeMapping::new(4096, 4096) {
        Ok(_) => Finding::new("translated code", State::Ok, "may be run", ""),
        Err(e) => Finding::new(
            "translated code",
            State::Limited,
            format!("the host forbids executable memory: {e}"),
            "allow memfd mappings to be executable (SELinux, vm.memfd_noexec), or use --accel interp",
        ),
    }
}

fn device(name: &'static str, path: &str, absent: &'static str, closed: &'static str) -> Finding {
    if !Path::new(path).exists() {
        return Finding::new(name, State::Limited, format!("no {path}"), absent);
    }
    match OpenOptions::new().read(true).write(true).open(path) {
        Ok(_) => Finding::new(name, State::Ok, format!("{path} can be used"), ""),
        Err(e) => Finding::new(name, State::Limited, format!("{path}: {e}"), closed),
    }
}

fn kvm() -> Finding {
    device(
        "KVM",
        "/dev/kvm",
        "not needed to emulate; for guests of this host's architecture turn on virtualization in the firmware, and \
         load kvm_intel or kvm_amd",
        "add yourself to the group kvm: sudo usermod -aG kvm $USER, then log in again",
    )
}

fn tun() -> Finding {
    device(
        "tun",
        "/dev/net/tun",
        "not needed yet; for bridged networks: sudo modprobe tun",
        "not needed yet; for bridged networks the device must be open to you",
    )
}

fn cgroups() -> Finding {
    let remedy = "not needed yet; for limits on guests boot with systemd.unified_cgroup_hierarchy=1";
    match read("/sys/fs/cgroup/cgroup.controllers") {
        Some(controllers) if !controllers.is_empty() => {
            Finding::new("cgroups", State::Ok, format!("version 2: {controllers}"), "")
        }
        Some(_) => Finding::new("cgroups", State::Limited, "version 2, no controllers", remedy),
        None if Path::new("/sys/fs/cgroup").exists() => {
            Finding::new("cgroups", State::Limited, "version 1", remedy)
        }
        None => Finding::new("cgroups", State::Limited, "not mounted", remedy),
    }
}

fn namespaces() -> Finding {
    let most = read("/proc/sys/user/max_user_namespaces").and_then(|text| text.parse().ok()).unwrap_or(0u64);
    let off = |path: &str, value: &str| read(path).is_some_and(|text| text == value);
    let says = if most == 0 {
        "user namespaces are turned off (user.max_user_namespaces is 0)"
    } else if off("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        "only root may make user namespaces (kernel.unprivileged_userns_clone is 0)"
    } else if off("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        "AppArmor restricts user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1)"
    } else {
        return Finding::new("namespaces", State::Ok, "user namespaces for everybody", "");
    };
    Finding::new(
        "namespaces",
        State::Limited,
        says,
        "not needed yet; for containers set that value with sysctl",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shortcoming_has_a_remedy() {
        for found in survey() {
            assert_eq!(found.state == State::Ok, found.remedy.is_empty(), "{found:?}");
            assert!(!found.says.is_empty() && !found.says.contains('\n'), "{found:?}");
        }
    }
}
