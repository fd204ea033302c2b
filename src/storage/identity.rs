use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// A file's name and the hash of its bytes: enough to find the same thing again.
///
/// Written as `NAME sha256:HEX`, which is also how it is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The file's name without its folder.
    pub name: String,
    /// SHA-256 of the whole file, 64 lower-case hexadecimal digits.
    pub sha256: String,
}

impl Identity {
    /// The identity of these bytes under this name.
    #[must_use]
    pub fn of(name: impl Into<String>, bytes: &[u8]) -> Self {
        Self { name: name.into(), sha256: sha256_hex(bytes) }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} sha256:{}", self.name, self.sha256)
    }
}

impl FromStr for Identity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (name, sha256) = text.rsplit_once(" sha256:").ok_or(())?;
        Ok(Self { name: name.into(), sha256: sha256.into() })
    }
}

/// SHA-256 as 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        write!(hex, "{byte:02x}").ok();
        hex
    })
}
