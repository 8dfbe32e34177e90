//! Host folders given to a guest.

use crate::SpecError;
use crate::disk::split_commas;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Shared folders that one machine has slots for.
pub const MAX_SHARES: usize = 4;
/// Longest tag (virtio specification, 5.11.4), and longest mount point that we pass on a kernel command line.
const MAX_TAG: usize = 36;
const MAX_MOUNTPOINT: usize = 256;

/// How a guest reaches a shared folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ShareProtocol {
    /// virtio-fs.
    #[default]
    Fs,
    /// virtio-9p, for guests that have only that.
    P9,
}

/// A folder of the host that the guest sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The folder.
    pub path: PathBuf,
    /// What the guest mounts it by; `None`: see [`Share::tag`].
    pub tag: Option<String>,
    /// Where guests of lodge's own mount it.
    pub mountpoint: String,
    /// The guest cannot change anything.
    pub read_only: bool,
    /// How the guest reaches it.
    pub protocol: ShareProtocol,
    /// User and group in the guest who own what is the host's user's: root, unless said otherwise.
    pub owner: Option<(u32, u32)>,
}

impl Share {
    /// `path`, writable, by virtio-fs, on the usual mount point.
    pub fn new(path: impl Into<PathBuf>) -> Share {
        let path = path.into();
        let mountpoint = usual_mountpoint(&path);
        let (tag, owner, protocol) = (None, None, ShareProtocol::default());
        Share { path, tag, mountpoint, read_only: false, protocol, owner }
    }

    /// What the guest mounts it by, when it is share `number` of its machine.
    pub fn tag(&self, number: usize) -> String {
        self.tag.clone().unwrap_or_else(|| format!("share{number}"))
    }
}

/// `/mnt/` and the folder's name, with `-` for what a kernel command line or a mount table would take amiss.
fn usual_mountpoint(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let name: String = name.unwrap_or_default().chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
    let name = name.chars().take(64).collect::<String>();
    if name.is_empty() { "/mnt/share".into() } else { format!("/mnt/{name}") }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-+@".contains(c)
}

fn check_mountpoint(text: &str) -> Result<String, String> {
    let trimmed = text.trim_end_matches('/');
    let mut parts = trimmed.split('/');
    let absolute = parts.next() == Some("") && !trimmed.is_empty();
    let good = |part: &str| !part.is_empty() && part != "." && part != ".." && part.chars().all(is_plain);
    if !absolute || trimmed.len() > MAX_MOUNTPOINT || !parts.all(good) {
        return Err(format!(
            "`{}` cannot be its mount point: write a whole path of letters, digits and ._-+@, like /srv/data",
            text.escape_debug()
        ));
    }
    Ok(trimmed.to_owned())
}

impl FromStr for Share {
    type Err = SpecError;

    /// `DIR[:MOUNTPOINT][,ro][,9p][,tag=TEXT][,owner=UID[:GID]]`; a comma inside DIR is written twice. The mount point
    /// begins at the last `:/`.
    fn from_str(text: &str) -> Result<Share, SpecError> {
        let fail = |why: String| SpecError::Share { text: text.to_owned(), why };
        let mut words = split_commas(text).into_iter();
        let place = words.next().unwrap_or_default();
        let (path, mountpoint) = match place.rsplit_once(":/") {
            Some((path, rest)) => (path, Some(check_mountpoint(&format!("/{rest}")).map_err(fail)?)),
            None => (place.as_str(), None),
        };
        if path.is_empty() {
            return Err(fail("no folder is named".into()));
        }
        if mountpoint.is_none() && path.rsplit_once(':').is_some_and(|(_, end)| !end.contains('/')) {
            // Else a relative mount point would quietly become part of the folder's name.
            return Err(fail("a mount point begins with a slash".into()));
        }
        let mut share = Share::new(path);
        share.mountpoint = mountpoint.unwrap_or(share.mountpoint);
        for word in words {
            match word.split_once('=').unwrap_or((&word, "")) {
                ("ro", "") => share.read_only = true,
                ("9p", "") => share.protocol = ShareProtocol::P9,
                ("tag", tag) => {
                    if tag.is_empty() || tag.len() > MAX_TAG || !tag.chars().all(is_plain) {
                        return Err(fail(format!("a tag is 1 to {MAX_TAG} letters, digits and ._-+@")));
                    }
                    share.tag = Some(tag.to_owned());
                }
                ("owner", owner) => {
                    share.owner = Some(parse_owner(owner).ok_or_else(|| {
                        fail(format!(
                            "`{}` is no owner: write the numbers of user and group, like 1000:1000",
                            owner.escape_debug()
                        ))
                    })?);
                }
                _ => return Err(fail(format!("`{}` is not an option of a share", word.escape_debug()))),
            }
        }
        Ok(share)
    }
}

fn parse_owner(text: &str) -> Option<(u32, u32)> {
    let (uid, gid) = text.split_once(':').unwrap_or((text, text));
    let number = |text: &str| text.parse().ok().filter(|number| *number != u32::MAX);
    Some((number(uid)?, number(gid)?))
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let read_only = if self.read_only { ", read-only" } else { "" };
        write!(f, "{} on {}{read_only}", self.path.display(), self.mountpoint)
    }
}

/// Says what does not fit together of several shares.
pub(crate) fn check_all(shares: &[Share]) -> Result<(), SpecError> {
    if shares.len() > MAX_SHARES {
        return Err(SpecError::Shares { asked: shares.len() });
    }
    for (n, share) in shares.iter().enumerate() {
        for (m, other) in shares.iter().enumerate().take(n) {
            if share.mountpoint == other.mountpoint {
                let what = format!("the mount point {}", share.mountpoint);
                return Err(SpecError::ShareTwice { what });
            }
            if share.tag(n) == other.tag(m) {
                return Err(SpecError::ShareTwice { what: format!("the tag {}", share.tag(n)) });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_parse() {
        let share: Share = "/home/me/src".parse().unwrap();
        assert_eq!(share, Share::new("/home/me/src"));
        assert_eq!((share.mountpoint.as_str(), share.tag(1).as_str()), ("/mnt/src", "share1"));
        let share: Share = "a:b,,c:/srv/data/,ro,9p,tag=x,owner=1000:100".parse().unwrap();
        assert_eq!((share.path.to_str(), share.mountpoint.as_str()), (Some("a:b,c"), "/srv/data"));
        assert_eq!(
            (share.read_only, share.protocol, share.owner),
            (true, ShareProtocol::P9, Some((1000, 100)))
        );
        assert_eq!(
            (share.tag(0).as_str(), share.to_string().as_str()),
            ("x", "a:b,c on /srv/data, read-only")
        );
        assert_eq!("./my stuff".parse::<Share>().unwrap().mountpoint, "/mnt/my-stuff");
        assert_eq!(".".parse::<Share>().unwrap().mountpoint, "/mnt/share");
        for bad in [
            "",
            ":/x",
            "a:/",
            "a:b",
            "a:/b c",
            "a:/b/../c",
            "a,rw",
            "a,tag=",
            "a,tag=x y",
            "a,owner=me",
            "a,owner=1:",
            "a,owner=4294967295",
            "a,ro=1",
            "a,",
        ] {
            assert!(matches!(bad.parse::<Share>(), Err(SpecError::Share { .. })), "{bad}");
        }
    }

    #[test]
    fn shares_must_differ() {
        let shares = |words: &[&str]| words.iter().map(|word| word.parse().unwrap()).collect::<Vec<Share>>();
        assert!(check_all(&shares(&["a", "b", "/x:/mnt/c", "d"])).is_ok());
        for bad in [
            &["a", "b:/mnt/a"][..],
            &["a,tag=t", "b,tag=t"],
            &["a,tag=share1", "b"],
            &["a", "b", "c", "d", "e"],
        ] {
            assert!(check_all(&shares(bad)).is_err(), "{bad:?}");
        }
    }
}
