use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::folder::list;
use super::{DatasetError, Split};
use crate::limits;
use crate::media::{Content, content_of_file, decode_sound, read_file};
use crate::storage::sha256_hex;

/// Of so many sounds one is held out.
const ONE_IN: u32 = 10;

/// One sound of a folder.
#[derive(Debug, Clone)]
pub struct SoundEntry {
    /// Its path inside the folder, written with `/`.
    pub relative: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// In mono, at the folder's rate.
    pub samples: Vec<f32>,
}

impl SoundEntry {
    /// The folder that it lies in, the first of its path; nothing if it lies in the root.
    #[must_use]
    pub fn class(&self) -> &str {
        self.relative.split_once('/').map_or("", |(class, _)| class)
    }

    /// Whether a word is part of its path: `jackson` of `digits/7_jackson_3.wav`.
    #[must_use]
    pub fn has_word(&self, word: &str) -> bool {
        self.relative.split(|symbol: char| !symbol.is_alphanumeric()).any(|own| own == word)
    }
}

/// The sounds of a folder and of the folders in it, decoded.
#[derive(Debug, Clone)]
pub struct SoundFolder {
    entries: Vec<SoundEntry>,
    /// In Hz.
    rate_hz: u32,
    /// The files that are not used, sorted: the path inside the folder, and a clause that says why.
    pub rejected: Vec<(PathBuf, String)>,
}

impl SoundFolder {
    /// Read every sound under a folder, in the order of their paths, in mono at a rate. What begins with a dot is
    /// skipped, links to folders are not followed, and a file that is no usable sound is
    /// [`rejected`](Self::rejected).
    ///
    /// # Errors
    /// [`DatasetError::Io`] if a folder cannot be listed, [`DatasetError::NoSounds`] if there is none that can be
    /// used, [`DatasetError::TooLarge`] if they do not fit into the memory that is allowed.
    pub fn scan(root: &Path, rate_hz: u32) -> Result<Self, DatasetError> {
        let mut files = Vec::new();
        list(root, "", &mut files)?;
        files.sort();
        let looked_at = files.len();
        let outcomes: Vec<Result<SoundEntry, (PathBuf, String)>> = files
            .into_par_iter()
            .map(|relative| match load(&root.join(&relative), rate_hz) {
                Ok((samples, sha256)) => Ok(SoundEntry { relative, sha256, samples }),
                Err(reason) => Err((PathBuf::from(relative), reason)),
            })
            .collect();
        let mut folder = Self { entries: Vec::new(), rate_hz, rejected: Vec::new() };
        for outcome in outcomes {
            match outcome {
                Ok(entry) => folder.entries.push(entry),
                Err(rejected) => folder.rejected.push(rejected),
            }
        }
        if folder.entries.is_empty() {
            return Err(DatasetError::NoSounds { path: root.into(), looked_at });
        }
        let bytes = folder.entries.iter().map(|entry| 4 * entry.samples.len() as u64).sum::<u64>();
        if bytes > limits::DATASET_BYTES {
            return Err(DatasetError::TooLarge { path: root.into() });
        }
        Ok(folder)
    }

    /// Sounds at hand, as if they had been read from a folder: for measuring and for tests.
    #[must_use]
    pub fn of(rate_hz: u32, entries: Vec<SoundEntry>) -> Self {
        Self { entries, rate_hz, rejected: Vec::new() }
    }

    /// Samples in a second of all of them.
    #[must_use]
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// One hash over the names and the hashes of all its sounds: two folders with the same one hold the same data.
    #[must_use]
    pub fn sha256(&self) -> String {
        let lines = self.entries.iter().map(|entry| format!("{} {}\n", entry.sha256, entry.relative));
        sha256_hex(lines.collect::<String>().as_bytes())
    }

    /// The sounds of a split, sorted by their paths.
    pub fn sounds(&self, split: Split) -> impl Iterator<Item = &SoundEntry> {
        self.entries.iter().filter(move |entry| split.includes_one_in(&entry.relative, ONE_IN))
    }
}

/// A sound ready for training, with its file's hash, or why not.
fn load(path: &Path, rate_hz: u32) -> Result<(Vec<f32>, String), String> {
    // A look at the beginning spares reading a film that lies among the sounds.
    let content = content_of_file(path).map_err(|err| err.to_string())?;
    if content != Content::Sound && content != Content::Empty {
        return Err(format!("not a sound: this is {}", content.described()));
    }
    let bytes = read_file(path).map_err(|err| err.to_string())?;
    let sound = decode_sound(&bytes).map_err(|err| err.to_string())?.at_rate(rate_hz);
    Ok((sound.mono(), sha256_hex(&bytes)))
}
