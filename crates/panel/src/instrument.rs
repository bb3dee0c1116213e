//! The name of something that trades.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something that trades, known by the name its source gives it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instrument(Arc<str>);

impl Instrument {
    /// The instrument of this name.
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }

    /// The name of the instrument.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Instrument {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

/// In files an instrument is its name.
impl Serialize for Instrument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Instrument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::new(&String::deserialize(deserializer)?))
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
