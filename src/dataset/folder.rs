use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use super::{DatasetError, Entry, Split};
use crate::limits;
use crate::media::{Content, MediaError, Picture, content_of_file, decode, read_file, resize};
use crate::storage::sha256_hex;

/// Of so many pictures one is held out.
const ONE_IN: u32 = 8;
/// What transparent pixels are laid on.
const BACKGROUND: [u8; 3] = [255; 3];
/// Bytes of a pixel in memory.
const PIXEL_BYTES: u64 = 6;

/// The pictures of a folder and of the folders in it, decoded.
#[derive(Debug, Clone)]
pub struct PictureFolder {
    entries: Vec<Entry>,
    /// The files that are not used, sorted: the path inside the folder, and a clause that says why.
    pub rejected: Vec<(PathBuf, String)>,
}

impl PictureFolder {
    /// Read every picture under a folder, in the order of their paths. What begins with a dot is skipped, links
    /// to folders are not followed, and a file that is no usable picture is [`rejected`](Self::rejected).
    ///
    /// A picture whose shorter side is above [`limits::REFERENCE_SIDE_PX`] is reduced to it, so that a picture
    /// takes a few megabytes at most, and the whole folder at most [`limits::DATASET_BYTES`]. Transparent pixels
    /// are laid on white.
    ///
    /// # Errors
    /// [`DatasetError::Io`] if a folder cannot be listed, [`DatasetError::NoPictures`] if there is none that can
    /// be used, [`DatasetError::TooLarge`] if they do not fit into the memory that is allowed.
    pub fn scan(root: &Path) -> Result<Self, DatasetError> {
        let mut files = Vec::new();
        list(root, "", &mut files)?;
        files.sort();
        let looked_at = files.len();
        let used_bytes = AtomicU64::new(0);
        let is_full = || used_bytes.load(Ordering::Relaxed) > limits::DATASET_BYTES;
        let outcomes: Vec<_> = files
            .into_par_iter()
            .filter(|_| !is_full())
            .map(|relative| match load(&root.join(&relative)) {
                Ok((picture, sha256)) => {
                    let pixels = u64::from(picture.width()) * u64::from(picture.height());
                    used_bytes.fetch_add(pixels * PIXEL_BYTES, Ordering::Relaxed);
                    Ok(Entry { relative, sha256, picture })
                }
                Err(reason) => Err((PathBuf::from(relative), reason)),
            })
            .collect();
        if is_full() {
            return Err(DatasetError::TooLarge { path: root.into() });
        }
        let mut folder = Self { entries: Vec::new(), rejected: Vec::new() };
        for outcome in outcomes {
            match outcome {
                Ok(entry) => folder.entries.push(entry),
                Err(rejected) => folder.rejected.push(rejected),
            }
        }
        if folder.entries.is_empty() {
            return Err(DatasetError::NoPictures { path: root.into(), looked_at });
        }
        Ok(folder)
    }

    /// Pictures at hand, as if they had been read from a folder: for measuring and for tests.
    #[must_use]
    pub fn of(entries: Vec<Entry>) -> Self {
        Self { entries, rejected: Vec::new() }
    }

    /// One hash over the names and the hashes of all its pictures: two folders with the same one hold the same
    /// data.
    #[must_use]
    pub fn sha256(&self) -> String {
        let lines = self.entries.iter().map(|entry| format!("{} {}\n", entry.sha256, entry.relative));
        sha256_hex(lines.collect::<String>().as_bytes())
    }

    /// The pictures of a split, sorted by their paths.
    pub fn pictures(&self, split: Split) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| split.includes_one_in(&entry.relative, ONE_IN))
    }
}

/// Paths of the files under a folder, relative to the root, with `/`.
pub(super) fn list(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<(), DatasetError> {
    let failed = |source| DatasetError::Io { path: folder.into(), source };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let relative = format!("{prefix}{name}");
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            list(&entry.path(), &format!("{relative}/"), files)?;
        } else if kind.is_file() || entry.path().is_file() {
            files.push(relative);
        }
    }
    Ok(())
}

/// A picture ready for training, with its file's hash, or why not.
fn load(path: &Path) -> Result<(Picture, String), String> {
    // A look at the beginning spares reading a film that lies among the pictures.
    let content = content_of_file(path).map_err(|err| err.to_string())?;
    if !content.is_picture() && content != Content::Empty {
        return Err(format!("not a picture: this is {}", content.described()));
    }
    let load = || {
        let bytes = read_file(path)?;
        Ok((reduced(decode(&bytes, BACKGROUND)?), sha256_hex(&bytes)))
    };
    load().map_err(|err: MediaError| err.to_string())
}

fn reduced(picture: Picture) -> Picture {
    let shorter = picture.width().min(picture.height());
    if shorter <= limits::REFERENCE_SIDE_PX {
        return picture;
    }
    let scale = f64::from(limits::REFERENCE_SIDE_PX) / f64::from(shorter);
    let side = |side: u32| (f64::from(side) * scale).round() as u32;
    resize(&picture, side(picture.width()), side(picture.height()))
}
