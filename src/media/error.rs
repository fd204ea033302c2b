use std::any::Any;
use std::path::PathBuf;

use super::Content;
use crate::limits;

/// Why a picture or a sound was refused, or could not be written.
#[derive(Debug, thiserror::Error)]
pub enum MediaError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// More bytes than are read.
    #[error(
        "this file has {} MiB, and at most {} MiB are read; save it smaller",
        bytes >> 20, most >> 20
    )]
    FileTooLarge {
        /// The file's size.
        bytes: u64,
        /// What is read of its kind.
        most: u64,
    },
    /// Something that is not read here as what it was wanted for.
    #[error("this is {}, which Hyperscope does not read here; {}", .0.described(), .0.advice())]
    Unsupported(Content),
    /// More pixels than are decoded.
    #[error(
        "this {} is {width} by {height} pixels, and at most {} pixels a side and {} MiB decoded are read; \
         scale it down first",
        content.name(), limits::IMAGE_SIDE_PX, limits::IMAGE_DECODED_BYTES >> 20
    )]
    TooLarge {
        /// What it is.
        content: Content,
        /// Pixels in a row, by its header.
        width: u32,
        /// Pixels in a column, by its header.
        height: u32,
    },
    /// The file breaks off, or contradicts itself.
    #[error(
        "this {} is damaged or incomplete ({reason}); copy or download it again, or save it as {}",
        content.name(), content.plain_format()
    )]
    Damaged {
        /// What it is.
        content: Content,
        /// What its decoder says.
        reason: String,
    },
    /// A sound file of a kind that the decoder knows in part.
    #[error(
        "this {} uses something that Hyperscope does not read ({reason}); save it as {}",
        content.name(), content.plain_format()
    )]
    Feature {
        /// What it is.
        content: Content,
        /// What its decoder says.
        reason: String,
    },
    /// A sound's rate or channels are beyond what is read.
    #[error(
        "this sound has {channels} channels at {rate_hz} Hz, and 1 to {} channels at {} to {} Hz are read",
        limits::SOUND_CHANNELS, limits::SOUND_RATES_HZ.start(), limits::SOUND_RATES_HZ.end()
    )]
    SoundShape {
        /// Samples in a second.
        rate_hz: u32,
        /// Channels.
        channels: usize,
    },
    /// A sound plays longer than is read.
    #[error("this sound is longer than {} minutes; cut a part out of it", limits::SOUND_SECS / 60)]
    SoundLength,
    /// A file name from which no format to write follows.
    #[error("pictures are written as .png, .jpg, .jpeg, .webp or .exr, and {} is none of these", path.display())]
    Extension {
        /// The file.
        path: PathBuf,
    },
    /// The number of values disagrees with the size.
    #[error("{len} values do not make a picture of {width} by {height} pixels")]
    Shape {
        /// Pixels in a row.
        width: u32,
        /// Pixels in a column.
        height: u32,
        /// How many values there are.
        len: usize,
    },
    /// The format cannot hold this picture.
    #[error("a picture of {width} by {height} pixels cannot be written as {format}: {reason}")]
    Encode {
        /// Pixels in a row.
        width: u32,
        /// Pixels in a column.
        height: u32,
        /// The format.
        format: &'static str,
        /// What its encoder says.
        reason: String,
    },
}

/// What a decoder says, as a part of a sentence: one line, no full stop, not endless.
pub(super) fn clause(text: &str) -> String {
    const LONGEST: usize = 160;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = line.trim_end_matches(['.', '!', ' ']);
    if line.is_empty() {
        return "its decoder gives no reason".into();
    }
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.into(),
    }
}

/// What a decoder cried when it failed.
pub(super) fn panic_reason(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}
