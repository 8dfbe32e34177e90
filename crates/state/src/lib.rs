//! Saved records: how a live thing becomes bytes for a snapshot, a migration or `inspect`, and back.
//!
//! One form serves all three: a tagged, versioned tree. `X` is live, `XSaved` (a plain serde struct beside it)
//! is what goes into the record; guest RAM and disks do not travel this way.
#![forbid(unsafe_code)]

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;

/// One device's or CPU's saved state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What kind of thing this is the state of, e.g. `plic`.
    pub tag: String,
    /// Version of the saved form; a reader accepts its own and older ones.
    pub version: u32,
    /// The state itself.
    pub value: serde_json::Value,
}

/// Why a record was not taken. The live thing is unchanged then.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The record belongs to another kind of device.
    #[error(
        "cannot restore {expected}: the record is of {found}; check that both machines have the same devices"
    )]
    WrongTag {
        /// Tag of the device asked to restore.
        expected: &'static str,
        /// Tag in the record.
        found: String,
    },
    /// Written by a newer lodge.
    #[error(
        "cannot restore {tag}: saved as version {found}, this lodge reads up to {known}; use a newer lodge"
    )]
    TooNew {
        /// The device.
        tag: &'static str,
        /// Version in the record.
        found: u32,
        /// Newest version understood.
        known: u32,
    },
    /// The tree does not have the form that the version promises, or a value no register can hold.
    #[error("cannot restore {tag}: {why}; the file is damaged")]
    Invalid {
        /// The device.
        tag: &'static str,
        /// What was wrong.
        why: String,
    },
}

/// Something whose guest-visible state can be saved and restored. Every device keeps this promise from its first
/// commit. `load` validates like a register write: a hostile record gives an error, never a bad device.
pub trait Saved: Send + Sync {
    /// What the guest can see of the thing, now.
    fn save(&self) -> Record;
    /// Becomes what `record` says.
    ///
    /// # Errors
    /// See [`StateError`]; nothing has changed then.
    fn load(&self, record: &Record) -> Result<(), StateError>;
}

impl Record {
    /// Wraps `value` (a plain struct) as a record.
    pub fn new<T: Serialize>(tag: &'static str, version: u32, value: &T) -> Record {
        let value = serde_json::to_value(value).unwrap_or(serde_json::Value::Null);
        Record { tag: tag.to_owned(), version, value }
    }

    /// Unwraps a record of kind `tag`, of version `known` or older.
    ///
    /// # Errors
    /// See [`StateError`].
    pub fn open<T: DeserializeOwned>(&self, tag: &'static str, known: u32) -> Result<T, StateError> {
        if self.tag != tag {
            return Err(StateError::WrongTag { expected: tag, found: self.tag.clone() });
        }
        if self.version > known {
            return Err(StateError::TooNew { tag, found: self.version, known });
        }
        serde_json::from_value(self.value.clone())
            .map_err(|e| StateError::Invalid { tag, why: e.to_string() })
    }
}

/// The state of a whole machine but its RAM and disks: a record for each named device and CPU.
pub type Tree = BTreeMap<String, Record>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_opens_only_as_what_it_is() {
        let record = Record::new("uart", 1, &vec![1u8, 2]);
        assert_eq!(record.open::<Vec<u8>>("uart", 1).unwrap(), vec![1, 2]);
        assert!(matches!(record.open::<Vec<u8>>("plic", 1), Err(StateError::WrongTag { .. })));
        assert!(matches!(record.open::<Vec<u8>>("uart", 0), Err(StateError::TooNew { .. })));
        assert!(matches!(record.open::<String>("uart", 1), Err(StateError::Invalid { .. })));
    }
}
