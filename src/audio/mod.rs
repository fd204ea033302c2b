//! Play a field: it is synthesised ahead of what is heard, at the device's own rate, into a lock-free ring, from which
//! the device's callback takes it.
//!
//! ```text
//! Tracks ─► Transport ─► Deck ══ ring of frames ══► Mixer ─► device, or a silent clock where there is none
//!           position,    commands,                  what is listened to, volume,
//!           loop, speed  generations                play and pause: all by ramps
//!           └──── thread hyperscope-audio ────┘     └──── the device's callback ────┘
//! ```
//!
//! Tracks are anything that has a value at every instant ([`Tone`]): a field, a recording. [`Deck`] and [`Mixer`]
//! are plain values that tests drive by hand; only [`Player`] has a thread and a device. The callback never allocates,
//! locks, logs or blocks.

mod controls;
mod deck;
mod error;
mod frame;
mod meter;
mod mixer;
mod output;
mod player;
mod ramp;
mod silent_clock;
mod timeline;
mod tone;
mod tones;
mod transport;
mod worker;

pub use controls::Controls;
pub use deck::{Command, Deck};
pub use error::AudioError;
pub use frame::Frame;
pub use meter::{Heard, Meter};
pub use mixer::Mixer;
pub use output::output_names;
pub use player::{Player, State};
pub use tone::{Listen, Tone, Tracks};
pub use tones::SoundTone;
pub use transport::Transport;
