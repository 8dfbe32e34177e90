//! Names of directory entries as a guest sends them.

use crate::{Errno, Result};
use std::ffi::CStr;

/// Longest name (`NAME_MAX` of Linux).
const LONGEST: usize = 255;

/// One component of a path: not empty, no slash, neither `.` nor `..`. Whatever it names lies in the directory it is
/// looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name<'a>(&'a CStr);

impl<'a> Name<'a> {
    /// Takes a name.
    ///
    /// # Errors
    /// `ENAMETOOLONG`; `EINVAL` when it is no name.
    pub fn new(name: &'a CStr) -> Result<Name<'a>> {
        let bytes = name.to_bytes();
        if bytes.len() > LONGEST {
            return Err(Errno::NAMETOOLONG);
        }
        if bytes.is_empty() || bytes == b"." || bytes == b".." || bytes.contains(&b'/') {
            return Err(Errno::INVAL);
        }
        Ok(Name(name))
    }

    /// As the kernel takes it.
    pub(crate) fn as_c_str(self) -> &'a CStr {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_single_components_are_names() {
        for good in [c"a", c"...", c".a", c"a b\n", c"\xff"] {
            assert!(Name::new(good).is_ok(), "{good:?}");
        }
        for bad in [c"", c".", c"..", c"a/b", c"/", c"../x", c"a/"] {
            assert_eq!(Name::new(bad), Err(Errno::INVAL), "{bad:?}");
        }
        let long = std::ffi::CString::new(vec![b'x'; 256]).unwrap();
        assert_eq!(Name::new(&long), Err(Errno::NAMETOOLONG));
    }
}
