use crate::storage::sha256_hex;

/// Which entries of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Those that are trained on.
    Train,
    /// Those that are kept for measuring.
    HeldOut,
    /// Both.
    All,
}

impl Split {
    /// Whether an entry belongs to it, by its path inside the folder, written with `/`: it is held out if the
    /// first four bytes of the path's SHA-256, as a big-endian number, are divisible by `one_in`. So an entry
    /// stays where it is when others are added.
    #[must_use]
    pub fn includes_one_in(self, relative: &str, one_in: u32) -> bool {
        let hash = sha256_hex(relative.as_bytes());
        let first = hash.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let is_held_out = first.is_some_and(|number| number % one_in == 0);
        match self {
            Self::Train => !is_held_out,
            Self::HeldOut => is_held_out,
            Self::All => true,
        }
    }
}
