use crate::storage::sha256_hex;

/// Which pictures of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// Those that are trained on.
    Train,
    /// Those that are kept for measuring: one in eight.
    HeldOut,
    /// Both.
    All,
}

impl Split {
    /// Whether a picture belongs to it, by its path inside the folder, written with `/`: it is held out if the
    /// first four bytes of the path's SHA-256, as a big-endian number, are divisible by 8.
    #[must_use]
    pub fn includes(self, relative: &str) -> bool {
        match self {
            Self::Train => !is_held_out(relative),
            Self::HeldOut => is_held_out(relative),
            Self::All => true,
        }
    }
}

fn is_held_out(relative: &str) -> bool {
    const ONE_IN: u32 = 8;
    let hash = sha256_hex(relative.as_bytes());
    let first = hash.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    first.is_some_and(|number| number % ONE_IN == 0)
}
