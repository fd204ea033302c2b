//! Play a field: it is synthesised ahead of the play head, straight at the device's rate, into a lock-free ring, from
//! which the device's callback takes it.
//!
//! ```text
//! field, source ─► Transport ─► ring of frames ─► Mixer ─► device, or a silent clock where there is none
//!   (audio thread: position, loop, speed)        (callback: what is listened to, volume, meter)
//! ```
//!
//! The callback never allocates, locks, logs or blocks.

mod controls;
mod error;
mod mixer;
mod output;
mod player;
mod tone;
mod transport;

pub use controls::{Controls, Meter};
pub use error::AudioError;
pub use mixer::{Frame, Mixer};
pub use output::output_names;
pub use player::{Command, Player, State};
pub use tone::{Listen, SoundTone, Tone, Tracks};
pub use transport::Transport;
