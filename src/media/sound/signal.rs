use std::sync::Arc;

use super::{Sound, decode_sound};
use crate::limits;
use crate::media::MediaError;
use crate::storage::Identity;

/// A sound ready to be encoded.
#[derive(Debug, Clone)]
pub struct SoundSignal {
    /// The file it came from.
    pub identity: Identity,
    /// As the file has it, in mono or stereo.
    pub original: Arc<Sound>,
    /// At the rate that models read, [`limits::SOUND_RATE_HZ`]: what a field is compared with and refined towards.
    pub reference: Arc<Sound>,
}

impl SoundSignal {
    /// Decode a file's bytes.
    ///
    /// # Errors
    /// As [`decode_sound`].
    pub fn load(identity_name: &str, bytes: &[u8]) -> Result<Self, MediaError> {
        Ok(Self::of(Identity::of(identity_name, bytes), decode_sound(bytes)?))
    }

    /// A sound that was decoded.
    #[must_use]
    pub fn of(identity: Identity, original: Sound) -> Self {
        let reference = Arc::new(original.at_rate(limits::SOUND_RATE_HZ));
        Self { identity, original: Arc::new(original), reference }
    }

    /// As a model of this rate reads it.
    #[must_use]
    pub fn at_rate(&self, rate_hz: u32) -> Arc<Sound> {
        if rate_hz == self.reference.rate_hz() {
            Arc::clone(&self.reference)
        } else {
            Arc::new(self.original.at_rate(rate_hz))
        }
    }
}
