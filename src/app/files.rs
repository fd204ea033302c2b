//! Which file to read or to write: what the dialogs ask.

use std::path::{Path, PathBuf};

use super::item::Item;
use super::training::TrainingFile;
use crate::camera::Orbit;
use crate::export::{camera_path, turntable};
use crate::media::SampleDepth;

/// What a file is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FilePurpose {
    /// To put in the library.
    Open,
    /// To be the model.
    Model,
    /// To keep the selected item's field in.
    SaveField,
    /// To keep a picture of the selected item's field in.
    Export,
    /// To film the selected object in.
    Film,
    /// To keep the selected object's surface or density in.
    Mesh,
    /// For the training panel.
    Training(TrainingFile),
}

impl FilePurpose {
    /// Whether the file is written.
    #[must_use]
    pub fn is_written(self) -> bool {
        match self {
            Self::SaveField | Self::Export | Self::Film | Self::Mesh => true,
            Self::Open | Self::Model => false,
            Self::Training(file) => file.is_written(),
        }
    }

    /// Heading of its dialog.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Open => "Open",
            Self::Model => "Load a model",
            Self::SaveField => "Save field",
            Self::Export => "Export picture",
            Self::Film => "Export turntable or film",
            Self::Mesh => "Export mesh",
            Self::Training(file) => file.title(),
        }
    }

    /// Kinds of file that its dialog offers: names with their extensions.
    #[must_use]
    pub fn filters(self) -> Vec<(&'static str, &'static [&'static str])> {
        match self {
            Self::Open => vec![
                ("Pictures, sounds, fields and models", OPENED),
                ("Fields, models and weights", &["safetensors", "pth", "pt", "bin"]),
                ("All files", &["*"]),
            ],
            Self::Model | Self::SaveField => vec![("Safetensors", &["safetensors"])],
            Self::Export => vec![
                ("PNG, 8 bits a channel", &["png"]),
                ("JPEG", &["jpg", "jpeg"]),
                ("WebP, lossless", &["webp"]),
                ("OpenEXR, linear light", &["exr"]),
                ("WAV, of a sound", &["wav"]),
            ],
            Self::Film => vec![
                ("Animated GIF", &["gif"]),
                ("Animated PNG", &["apng"]),
                #[cfg(feature = "mp4")]
                ("MP4, H.264", &["mp4"]),
                ("Sheet of pictures", &["png"]),
            ],
            Self::Mesh => vec![
                ("Binary glTF", &["glb"]),
                ("PLY", &["ply"]),
                ("OBJ", &["obj"]),
                ("Density, NumPy", &["npy"]),
            ],
            Self::Training(file) => file.filters(),
        }
    }
}

/// Extensions that the dialog shows first; a file is opened by its content, whatever it is called.
const OPENED: &[&str] = &[
    "png",
    "apng",
    "jpg",
    "jpeg",
    "webp",
    "gif",
    "bmp",
    "tif",
    "tiff",
    "tga",
    "qoi",
    "exr",
    "hdr",
    "wav",
    "flac",
    "mp3",
    "ogg",
    "m4a",
    "aac",
    "aif",
    "aiff",
    "caf",
    "json",
    "safetensors",
    "pth",
    "pt",
    "bin",
];

/// How an object is filmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Film {
    /// Pictures.
    pub frames: usize,
    /// Pictures in a second.
    pub per_sec: u16,
    /// Whether it goes from one kept place to the next, in the place of once around.
    pub visits_places: bool,
}

impl Film {
    /// From where each of its pictures is taken.
    pub(crate) fn places(&self, item: &Item) -> Vec<Orbit> {
        if self.visits_places {
            camera_path(&item.places, self.frames)
        } else {
            turntable(item.orbit, self.frames)
        }
    }
}

/// The path field, and for a picture its size.
#[derive(Debug, Clone, PartialEq)]
pub struct FileForm {
    /// What for.
    pub purpose: FilePurpose,
    /// As typed.
    pub path: String,
    /// Whether the path is still the one that the program suggested.
    pub is_suggested: bool,
    /// Whether something is there already; `None` while that is unknown.
    pub is_taken: Option<bool>,
    /// Of the picture to export, in pixels.
    pub size_px: (u32, u32),
    /// Whether the exported picture keeps the field's shape.
    pub keeps_shape: bool,
    /// The film to export.
    pub film: Film,
    /// Of the sound to export: its rate in Hz, and how its samples are kept.
    pub sound: (u32, SampleDepth),
    /// Whether a sound is exported, in the place of a picture.
    pub is_sound: bool,
}

impl FileForm {
    /// A form with a suggestion for this item.
    pub(crate) fn new(purpose: FilePurpose, item: Option<&Item>, folder: Option<&Path>) -> Self {
        let size_px = item.map_or((1, 1), |item| {
            let (width, height) = item.size_px();
            let scale = (EXPORT_SIDE_PX / width.max(height).max(1)).max(1);
            (width * scale, height * scale)
        });
        let mut form = Self {
            purpose,
            path: String::new(),
            is_suggested: true,
            is_taken: None,
            size_px,
            keeps_shape: true,
            film: FILM,
            sound: (SOUND_RATE_HZ, SampleDepth::Int24),
            is_sound: item.is_some_and(Item::is_sound),
        };
        if purpose == FilePurpose::Film {
            form.size_px = (FILM_SIDE_PX, FILM_SIDE_PX);
        } else if item.is_some_and(Item::is_object) {
            form.size_px = (OBJECT_SIDE_PX, OBJECT_SIDE_PX);
        }
        form.suggest(item, folder);
        form
    }

    /// Suggest a path, unless a person has typed one.
    pub(crate) fn suggest(&mut self, item: Option<&Item>, folder: Option<&Path>) {
        if !self.is_suggested {
            return;
        }
        let folder = folder.map(Path::to_owned).or_else(home).unwrap_or_default();
        self.path = match self.suggested_name(item) {
            Some(name) => folder.join(name).display().to_string(),
            None => format!("{}/", folder.display()),
        };
        self.is_taken = None;
    }

    fn suggested_name(&self, item: Option<&Item>) -> Option<String> {
        if let FilePurpose::Training(file) = self.purpose {
            return file.name().map(str::to_owned);
        }
        let stem = item?.stem();
        match self.purpose {
            FilePurpose::SaveField => Some(format!("{stem}.field.safetensors")),
            FilePurpose::Export if self.is_sound => Some(format!("{stem}-{}.wav", self.sound.0)),
            FilePurpose::Export => Some(format!("{stem}-{}x{}.png", self.size_px.0, self.size_px.1)),
            FilePurpose::Film => Some(format!("{stem}.gif")),
            FilePurpose::Mesh => Some(format!("{stem}.glb")),
            FilePurpose::Open | FilePurpose::Model | FilePurpose::Training(_) => None,
        }
    }

    /// The path that the text means; `None` if it is blank.
    #[must_use]
    pub fn target(&self) -> Option<PathBuf> {
        path_from_text(&self.path)
    }
}

/// A film when nobody says otherwise, and the side of a film and of a still of an object.
const FILM: Film = Film { frames: 48, per_sec: 24, visits_places: false };
const FILM_SIDE_PX: u32 = 256;
const OBJECT_SIDE_PX: u32 = 512;
/// Rate of an exported sound when nobody says otherwise, in Hz.
const SOUND_RATE_HZ: u32 = 48_000;
/// Longest side of an exported picture when nobody says otherwise, in pixels, about.
const EXPORT_SIDE_PX: u32 = 1_024;

/// A path as people write or paste it: with a tilde, in quotes, or as a `file://` address.
pub(crate) fn path_from_text(text: &str) -> Option<PathBuf> {
    let text = text.trim().trim_matches(['"', '\'']).trim();
    let text = text.strip_prefix("file://").unwrap_or(text);
    if text.is_empty() {
        return None;
    }
    match (text.strip_prefix("~/"), home()) {
        (Some(rest), Some(home)) => Some(home.join(rest)),
        _ => Some(text.into()),
    }
}

/// The file name that a path suggests, for a platform's dialog.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn home() -> Option<PathBuf> {
    Some(directories::BaseDirs::new()?.home_dir().to_owned())
}
