use std::path::PathBuf;

/// Why something was not exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// It was asked to stop.
    #[error("the export was cancelled; nothing was written")]
    Cancelled,
    /// The name says no format that is written.
    #[error("{}: the name should end in {expected}", path.display())]
    Extension {
        /// The name.
        path: PathBuf,
        /// The endings that work.
        expected: &'static str,
    },
    /// The encoder of MP4 was not built in.
    #[error(
        "{}: this program was built without MP4; build it with `cargo build --release --features mp4`, or end the \
         name in .gif or .apng",
        path.display()
    )]
    WithoutMp4 {
        /// The name.
        path: PathBuf,
    },
    /// Too many pixels, or none.
    #[error(transparent)]
    Size(#[from] crate::limits::ExportSize),
    /// The name says no format of pictures, or its encoder refuses.
    #[error(transparent)]
    Media(#[from] crate::media::MediaError),
    /// More than is allowed, or nothing at all.
    #[error("{what}: {given}, expected {expected}")]
    Setting {
        /// What it is about.
        what: &'static str,
        /// What was asked for.
        given: String,
        /// What is possible.
        expected: String,
    },
    /// The field is of a picture.
    #[error("this is the field of a picture: only those of objects are exported so")]
    NotAnObject,
    /// The field is of something else than a sound.
    #[error("this is not the field of a sound: only those are exported so")]
    NotASound,
    /// There is no surface.
    #[error("no point of the field is denser than {threshold}: choose a lower threshold")]
    NoSurface {
        /// Density that was asked for.
        threshold: f32,
    },
    /// There is something at a folder's place.
    #[error("{}: this is there already; choose another name for the folder of pictures", path.display())]
    Exists {
        /// The place.
        path: PathBuf,
    },
    /// An encoder refuses.
    #[error("the {format} file cannot be written: {reason}")]
    Encode {
        /// What was being written.
        format: &'static str,
        /// What the encoder says.
        reason: String,
    },
    /// The file system refuses.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
}
