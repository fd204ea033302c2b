use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use rayon::prelude::*;

use super::pictures::ViewPictures;
use super::{DatasetError, Split, View, ViewSet, srn, transforms, variant};
use crate::camera::Intrinsics;
use crate::storage::sha256_hex;

/// Of so many objects one is held out.
pub(super) const ONE_IN: u32 = 10;

/// One object of a folder.
#[derive(Debug, Clone)]
pub struct ObjectEntry {
    /// Path of its folder inside the root, written with `/`.
    pub relative: String,
    /// What is seen of it.
    pub views: ViewSet,
}

impl ObjectEntry {
    /// The folder that it lies in, the first of its path; its own name if it lies in the root.
    #[must_use]
    pub fn class(&self) -> &str {
        self.relative.split('/').next().unwrap_or_default()
    }

    /// Path of the object that this is a variant of, or its own: what it is trained on or held out by, so that nobody
    /// learns from a variant of what is held out.
    #[must_use]
    pub fn original(&self) -> &str {
        variant::original(&self.relative)
    }

    /// Whether it was made of another object.
    #[must_use]
    pub fn is_variant(&self) -> bool {
        self.original() != self.relative
    }
}

/// The objects of a folder, with all their views decoded.
#[derive(Debug, Clone)]
pub struct ObjectFolder {
    entries: Vec<ObjectEntry>,
    /// Folders that are not used, sorted: the path inside the root, and why.
    pub rejected: Vec<(PathBuf, String)>,
}

impl ObjectFolder {
    /// Read every object under a folder, in the order of their paths: folders with a `transforms.json`, or with
    /// `rgb`, `pose` and `intrinsics.txt` as ShapeNet-SRN has them. What begins with a dot is skipped, links to
    /// folders are not followed, and a folder whose views cannot be used is [`rejected`](Self::rejected).
    ///
    /// # Errors
    /// [`DatasetError::Io`] if a folder cannot be listed, [`DatasetError::NoObjects`] if there is none that can be
    /// used, [`DatasetError::TooLarge`] if their pixels do not fit into the memory that is allowed.
    pub fn scan(root: &Path) -> Result<Self, DatasetError> {
        let mut found = Vec::new();
        list(root, "", &mut found)?;
        found.sort();
        let all_bytes = AtomicU64::new(0);
        let outcomes: Vec<Result<ObjectEntry, (PathBuf, String)>> = found
            .into_par_iter()
            .map(|(relative, source)| {
                let mut pictures = ViewPictures::new(&all_bytes);
                match source.read(&mut pictures) {
                    Ok(views) => Ok(Ok(ObjectEntry { relative, views })),
                    // Ends the reading of the others too.
                    Err(DatasetError::TooLarge { .. }) => Err(DatasetError::TooLarge { path: root.into() }),
                    Err(err) => {
                        pictures.give_back();
                        Ok(Err((PathBuf::from(relative), err.to_string())))
                    }
                }
            })
            .collect::<Result<_, DatasetError>>()?;
        let mut folder = Self { entries: Vec::new(), rejected: Vec::new() };
        for outcome in outcomes {
            match outcome {
                Ok(entry) => folder.entries.push(entry),
                Err(rejected) => folder.rejected.push(rejected),
            }
        }
        if folder.entries.is_empty() {
            return Err(DatasetError::NoObjects { path: root.into() });
        }
        Ok(folder)
    }

    /// Objects at hand, as if they had been read from a folder: for measuring and for tests.
    #[must_use]
    pub fn of(entries: Vec<ObjectEntry>) -> Self {
        Self { entries, rejected: Vec::new() }
    }

    /// One hash over the names of all its objects and what is seen of them.
    #[must_use]
    pub fn sha256(&self) -> String {
        let line = |entry: &ObjectEntry| {
            let mut seen = Vec::new();
            for View { picture, camera } in &entry.views.views {
                seen.extend_from_slice(picture.rgba());
                seen.extend(camera.world_from_camera.to_cols_array().map(f64::to_le_bytes).concat());
                let Intrinsics { width, height, focal_px, principal_px } = camera.intrinsics;
                seen.extend([width, height].map(u32::to_le_bytes).concat());
                seen.extend(
                    [focal_px.x, focal_px.y, principal_px.x, principal_px.y].map(f64::to_le_bytes).concat(),
                );
            }
            format!("{} {}\n", sha256_hex(&seen), entry.relative)
        };
        let lines: Vec<String> = self.entries.par_iter().map(line).collect();
        sha256_hex(lines.concat().as_bytes())
    }

    /// The objects of a split, sorted by their paths. One in ten is held out, by its path alone, with its
    /// variants.
    pub fn objects(&self, split: Split) -> impl Iterator<Item = &ObjectEntry> {
        self.entries.iter().filter(move |entry| split.includes_one_in(entry.original(), ONE_IN))
    }
}

/// Where the views of an object are.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Transforms(PathBuf),
    Srn(PathBuf),
}

impl Source {
    fn read(&self, pictures: &mut ViewPictures<'_>) -> Result<ViewSet, DatasetError> {
        match self {
            Self::Transforms(file) => transforms::read(file, pictures),
            Self::Srn(folder) => srn::read(folder, pictures),
        }
    }
}

/// Objects under a folder, with their paths relative to the root, with `/`.
fn list(folder: &Path, relative: &str, found: &mut Vec<(String, Source)>) -> Result<(), DatasetError> {
    let failed = |source| DatasetError::Io { path: folder.into(), source };
    let own_name = || match relative {
        "" => folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        path => path.to_owned(),
    };
    if let Some(file) = transforms::NAMES.iter().map(|name| folder.join(name)).find(|file| file.is_file()) {
        found.push((own_name(), Source::Transforms(file)));
        return Ok(());
    }
    if srn::is_here(folder) {
        found.push((own_name(), Source::Srn(folder.into())));
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') || !entry.file_type().map_err(failed)?.is_dir() {
            continue;
        }
        let inner = if relative.is_empty() { name } else { format!("{relative}/{name}") };
        list(&entry.path(), &inner, found)?;
    }
    Ok(())
}
