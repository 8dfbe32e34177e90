//! What can go wrong while a template is fetched or built, each with what to try.

use std::path::PathBuf;

/// A failure to fetch or build a template.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program of the host is not there.
    #[error(
        "{} not installed: {}; install with: apt install {}",
        if .0.len() == 1 { "a needed program is" } else { "needed programs are" },
        .0.iter().map(|tool| tool.name).collect::<Vec<_>>().join(", "),
        packages(.0)
    )]
    Missing(Vec<crate::tool::Tool>),
    /// A program of the host ran and failed.
    #[error("{doing} failed ({status}): {said}")]
    Failed {
        /// What it was asked to do, as in "fetching packages with apt-get".
        doing: String,
        /// How it ended.
        status: String,
        /// The end of what it said.
        said: String,
    },
    /// The host's file system refused something.
    #[error("cannot {doing} {}: {source}", path.display())]
    File {
        /// The verb, as in "write".
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Neither XDG_CACHE_HOME nor HOME says where a cache may be.
    #[error(
        "no place for the cache: neither XDG_CACHE_HOME nor HOME is set to an absolute path; set one of them"
    )]
    NoCacheDir,
    /// The machine's apt set-up names no Debian archive.
    #[error(
        "no Debian archive among the apt sources of this machine ({0}); name a sources file (.list or .sources) of \
         any Debian release in LODGE_APT_SOURCES"
    )]
    NoSources(String),
    /// The archive does not have a package.
    #[error("the archive has no package `{package}` for {arch} in {suite}: {why}")]
    NoPackage {
        /// What was looked for.
        package: String,
        /// Debian's name of the architecture.
        arch: String,
        /// The release.
        suite: String,
        /// What apt says about it.
        why: String,
    },
    /// The request cannot be met by any archive.
    #[error("{0}")]
    Refused(String),
    /// Something fetched is not what it should be.
    #[error("{what} is not usable: {why}; `rm -r {}` makes lodge fetch it again", remove.display())]
    Broken {
        /// Which file or package.
        what: String,
        /// What is wrong with it.
        why: String,
        /// What to delete to start afresh.
        remove: PathBuf,
    },
}

/// The Debian packages that bring `tools`, each once.
fn packages(tools: &[crate::tool::Tool]) -> String {
    let mut names: Vec<&str> = tools.iter().map(|tool| tool.package).collect();
    names.dedup();
    names.join(" ")
}

/// What the functions of this crate return.
pub type Result<T> = std::result::Result<T, Error>;

/// Turns an I/O error into an [`Error::File`] that says what was tried on which path.
pub(crate) trait At<T> {
    fn at(self, doing: &'static str, path: &std::path::Path) -> Result<T>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, doing: &'static str, path: &std::path::Path) -> Result<T> {
        self.map_err(|source| Error::File { doing, path: path.to_owned(), source })
    }
}
