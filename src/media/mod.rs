//! Pictures and sounds: files into plain buffers, with limits, and back; what is not supported is named.
//!
//! What a file is says its content, never its name. Whatever it holds, a [`Picture`] comes out opaque, upright
//! and in sRGB: orientation and colour profile are applied, float pictures are taken as linear light, and what
//! is transparent is laid on a background.

mod content;
mod convert;
mod cutout;
mod decode;
mod error;
mod file;
mod foreground;
mod framing;
mod icc;
mod object_signal;
mod picture;
mod recognise;
mod resize;
mod signal;
mod sound;
mod structure;
mod transfer;
mod views_signal;
mod write;

pub use content::Content;
pub use cutout::Cutout;
pub use decode::{decode, decode_colors};
pub use error::MediaError;
pub use file::{content_of_file, read_file};
pub use foreground::{Foreground, has_plain_border, object_of};
pub use framing::{Framing, frame, inset};
pub use object_signal::{ObjectFraming, ObjectSignal};
pub use picture::Picture;
pub use resize::{resize, resize_part, thumbnail};
pub use signal::{ImageSignal, Signal};
pub use sound::{
    Extent, Interpolator, MEL_BINS, MEL_WINDOW, Overview, SampleDepth, Sound, SoundSignal, Stft,
    decode_sound, log_mel, log_mel_window, wav_bytes,
};
pub use transfer::{linear_from_srgb, srgb_from_linear};
pub use views_signal::ViewsSignal;
pub use write::{PictureFormat, check_extension, png_bytes, png_rgba8_bytes, write_picture};
