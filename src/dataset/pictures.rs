use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::DatasetError;
use crate::limits;
use crate::media::{Cutout, read_file};

/// Reads the pictures of one object's views, and counts what they take: by themselves, and beside the other objects
/// that are read meanwhile.
pub(super) struct ViewPictures<'a> {
    own_bytes: u64,
    all_bytes: &'a AtomicU64,
}

impl<'a> ViewPictures<'a> {
    /// `all_bytes` is what all objects' pictures take so far.
    pub(super) fn new(all_bytes: &'a AtomicU64) -> Self {
        Self { own_bytes: 0, all_bytes }
    }

    /// A picture, its longer side at most [`limits::VIEW_SIDE_PX`], and the size that its file has.
    ///
    /// # Errors
    /// What `refuse` makes of the reason if it cannot be used, or the object's pictures take too much;
    /// [`DatasetError::TooLarge`] if those of all objects do.
    pub(super) fn read(
        &mut self,
        path: &Path,
        refuse: impl Fn(String) -> DatasetError,
    ) -> Result<(Cutout, (u32, u32)), DatasetError> {
        let bytes = read_file(path).map_err(|err| refuse(err.to_string()))?;
        let picture = Cutout::decode(&bytes).map_err(|err| refuse(err.to_string()))?;
        let size = (picture.width(), picture.height());
        let picture = picture.reduced(limits::VIEW_SIDE_PX);
        let taken = picture.rgba().len() as u64;
        self.own_bytes += taken;
        if self.all_bytes.fetch_add(taken, Ordering::Relaxed) + taken > limits::DATASET_BYTES {
            return Err(DatasetError::TooLarge { path: path.into() });
        }
        if self.own_bytes > limits::OBJECT_BYTES as u64 {
            return Err(refuse("its pictures are too large".into()));
        }
        Ok((picture, size))
    }

    /// The object is left out: its pictures are gone.
    pub(super) fn give_back(self) {
        self.all_bytes.fetch_sub(self.own_bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "pictures_tests.rs"]
mod tests;
