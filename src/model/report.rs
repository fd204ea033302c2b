use std::fmt;

use serde::Serialize;

/// A tensor whose shape is not the one that is needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrongShape {
    /// The tensor's name.
    pub name: String,
    /// What the network needs.
    pub expected: Vec<usize>,
    /// What the file has.
    pub found: Vec<usize>,
}

/// What became of every tensor of a file, and of every tensor that the network needs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TensorReport {
    /// Taken from the file.
    pub loaded: Vec<String>,
    /// Needed and not in the file.
    pub missing: Vec<String>,
    /// In the file and not needed, for a known reason: the classifier, blocks beyond those in use, another part of the
    /// model that the backbone was trained in.
    pub ignored: Vec<String>,
    /// In the file and unknown.
    pub unexpected: Vec<String>,
    /// In the file with another shape.
    pub wrong_shape: Vec<WrongShape>,
}

impl TensorReport {
    /// Whether everything that is needed was there in its right shape.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.missing.is_empty() && self.wrong_shape.is_empty()
    }

    /// The first few things that are wrong, in one line.
    #[must_use]
    pub fn complaint(&self) -> String {
        const SHOWN: usize = 3;
        let wrong = self.wrong_shape.iter().map(WrongShape::to_string);
        let missing = self.missing.iter().map(|name| format!("{name} is missing"));
        let all: Vec<String> = wrong.chain(missing).collect();
        let shown = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("; ");
        match all.len().saturating_sub(SHOWN) {
            0 => shown,
            more => format!("{shown}; and {more} more"),
        }
    }
}

impl fmt::Display for WrongShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {:?} and should be {:?}", self.name, self.found, self.expected)
    }
}

impl fmt::Display for TensorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} loaded, {} missing, {} ignored, {} unexpected, {} of a wrong shape",
            self.loaded.len(),
            self.missing.len(),
            self.ignored.len(),
            self.unexpected.len(),
            self.wrong_shape.len()
        )
    }
}
