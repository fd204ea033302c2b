use crate::storage::sha256_hex;

/// Of an entry, by its path inside the folder, written with `/`: a number in [0, 1) that is spread evenly over paths,
/// the second four bytes of the path's SHA-256 as a big-endian fraction. The entries below a quarter are among those
/// below a half, and an entry stays where it is when others are added. [`Split`] looks at other bytes of the hash.
#[must_use]
pub fn place(relative: &str) -> f64 {
    let hash = sha256_hex(relative.as_bytes());
    let second = hash.get(8..16).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    f64::from(second.unwrap_or_default()) / (f64::from(u32::MAX) + 1.0)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes 4 to 8 of the hashes, by Python's hashlib.
    #[test]
    fn a_place_is_in_the_hash_of_the_path() {
        for (path, expected) in [("00.png", 0x1d2f_b39b_u32), ("nature-kit/tree.glb", 0xe95f_f199)] {
            assert!((place(path) - f64::from(expected) / 4_294_967_296.0).abs() < 1e-12, "{path}");
        }
    }
}
