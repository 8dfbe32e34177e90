//! Whose a file is, on either side.

use rustix::fs::{Gid, Uid};

/// Shown for everybody whom the guest has no number for ("nobody").
const NOBODY: u32 = 65534;

/// User and group of the guest's process that asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caller {
    /// User.
    pub uid: u32,
    /// Group.
    pub gid: u32,
}

/// How owners on the host and in the guest correspond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners {
    /// The same numbers on both sides. Only for a lodge that may give files away: the host's root.
    Same,
    /// The host's user who runs lodge is `guest` over there; everybody else is nobody. What the guest makes is the
    /// host's user's, whoever made it.
    One {
        /// User and group on the host.
        host: Caller,
        /// User and group in the guest.
        guest: Caller,
    },
}

impl Owners {
    /// What suits the process: [`Owners::Same`] for root, unless the guest's owner is given.
    pub fn of_process(guest: Option<Caller>) -> Owners {
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        match guest {
            None if uid.is_root() => Owners::Same,
            guest => Owners::One {
                host: Caller { uid: uid.as_raw(), gid: gid.as_raw() },
                guest: guest.unwrap_or_default(),
            },
        }
    }

    /// The guest's numbers for a host's.
    pub(crate) fn to_guest(self, host: Caller) -> Caller {
        match self {
            Owners::Same => host,
            Owners::One { host: ours, guest } => Caller {
                uid: if host.uid == ours.uid { guest.uid } else { NOBODY },
                gid: if host.gid == ours.gid { guest.gid } else { NOBODY },
            },
        }
    }

    /// The host's numbers for those that the guest wants a file to have; `None`: they cannot be had.
    pub(crate) fn to_host(self, uid: Option<u32>, gid: Option<u32>) -> Option<(Option<Uid>, Option<Gid>)> {
        match self {
            // All ones mean "leave it" to the kernel: never a number.
            Owners::Same if uid == Some(u32::MAX) || gid == Some(u32::MAX) => None,
            Owners::Same => Some((uid.map(Uid::from_raw), gid.map(Gid::from_raw))),
            // They are the host's user's already, and stay so.
            Owners::One { guest, .. } => {
                let same = uid.is_none_or(|uid| uid == guest.uid) && gid.is_none_or(|gid| gid == guest.gid);
                same.then_some((None, None))
            }
        }
    }

    /// Whom a file that `caller` makes is to be given to.
    pub(crate) fn of_new(self, caller: Caller) -> Option<(Uid, Gid)> {
        let possible = caller.uid != u32::MAX && caller.gid != u32::MAX;
        (self == Owners::Same && possible).then(|| (Uid::from_raw(caller.uid), Gid::from_raw(caller.gid)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_user_is_the_guests_root_and_back() {
        let (host, guest) = (Caller { uid: 1000, gid: 100 }, Caller::default());
        let owners = Owners::One { host, guest };
        assert_eq!(owners.to_guest(host), guest);
        assert_eq!(owners.to_guest(Caller::default()), Caller { uid: NOBODY, gid: NOBODY });
        assert_eq!(owners.to_host(Some(0), None), Some((None, None)));
        assert_eq!(owners.to_host(Some(1000), None), None);
        assert_eq!(owners.of_new(guest), None);
        assert_eq!(Owners::Same.to_host(None, Some(u32::MAX)), None);
        assert_eq!(Owners::Same.to_guest(host), host);
    }
}
