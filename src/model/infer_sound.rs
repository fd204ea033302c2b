use std::ops::ControlFlow;

use burn::tensor::{Tensor, TensorData};

use super::{EncodeTimings, Generated, Lap, Model, ModelError, SoundConfig};
use crate::field::{Architecture, Field, FieldKind, FieldRecord, Layer, SoundChannels, SoundLayout};
use crate::media::{Sound, SoundSignal};

/// Windows that pass the network together.
const BATCH: usize = 16;
/// Of so many parts of a window one is shared with the next.
const OVERLAP: usize = 8;
/// Loudness that a window counts as at least, in its root mean square: -80 dB of full scale. Silence stays silent.
const QUIETEST: f64 = 1e-4;
/// The entry of a field file with the loudness of every window, which its last layer was multiplied with.
pub const GAINS_NOTE: &str = "gains";

/// The root mean square of a window, which models read it divided by; the field that they write is multiplied with it.
#[must_use]
pub fn loudness(window: &[f32]) -> f32 {
    let power: f64 =
        window.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>() / window.len().max(1) as f64;
    (power + QUIETEST * QUIETEST).sqrt() as f32
}

/// Where the windows of a sound lie for this model: neighbours overlap by an eighth.
#[must_use]
pub fn sound_layout(own: SoundConfig, window: usize, length: usize, channels: SoundChannels) -> SoundLayout {
    let hop = window - window / OVERLAP;
    SoundLayout { sample_rate_hz: own.sample_rate, length, window, hop, channels }
}

/// What the fields of a sound are of: one channel, or where the two differ their middle and their difference.
#[must_use]
pub fn coded_channels(sound: &Sound) -> (SoundChannels, Vec<Vec<f32>>) {
    match sound.channels() {
        [left, right] if left != right => {
            let half = |sign: f32| left.iter().zip(right).map(|(l, r)| 0.5 * (l + sign * r)).collect();
            (SoundChannels::MidSide, vec![half(1.0), half(-1.0)])
        }
        _ => (SoundChannels::Mono, vec![sound.mono()]),
    }
}

impl Model {
    /// Where the windows of a sound will lie.
    ///
    /// # Errors
    /// [`ModelError::Config`] if this model reads no sounds.
    pub fn layout_of(&self, signal: &SoundSignal) -> Result<SoundLayout, ModelError> {
        let Some(own) = self.config().sound else { return Err(self.reads_others("sounds")) };
        let sound = signal.at_rate(own.sample_rate);
        let (channels, _) = coded_channels(&sound);
        Ok(sound_layout(own, self.config().input_size, sound.len(), channels))
    }

    /// Write the fields of a sound, a forward pass for every few windows. `progress` is told the part that is done;
    /// `None` if it says to stop.
    ///
    /// # Errors
    /// As [`encode_image`](Self::encode_image).
    pub fn encode_sound(
        &self,
        signal: &SoundSignal,
        progress: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<Option<Generated>, ModelError> {
        let config = self.config();
        let Some(own) = config.sound else { return Err(self.reads_others("sounds")) };
        let mut clock = Lap::start();
        let sound = signal.at_rate(own.sample_rate);
        let (channels, coded) = coded_channels(&sound);
        let layout = sound_layout(own, config.input_size, sound.len(), channels);
        let windows = coded.iter().flat_map(|samples| {
            (0..layout.num_windows()).map(|window| padded(samples, layout.samples(window)))
        });
        let windows: Vec<Vec<f32>> = windows.collect();
        let mut timings = EncodeTimings { prepare: clock.lap(), ..EncodeTimings::default() };
        let gains: Vec<f32> = windows.iter().map(|window| loudness(window)).collect();
        let mut fields = Vec::with_capacity(windows.len());
        for (windows, gains) in windows.chunks(BATCH).zip(gains.chunks(BATCH)) {
            if progress(fields.len() as f32 / layout.num_fields() as f32).is_break() {
                return Ok(None);
            }
            let scaled =
                windows.iter().zip(gains).flat_map(|(window, gain)| window.iter().map(move |x| x / gain));
            let shape = [windows.len(), config.input_size / own.patch, own.patch];
            let waves = Tensor::from_data(TensorData::new(scaled.collect::<Vec<_>>(), shape), &self.device);
            let (written, parts) = self.write(self.network.tokens_of_sounds(waves), &mut clock)?;
            timings.backbone += parts.backbone;
            timings.heads += parts.heads;
            timings.compose += parts.compose;
            for (field, gain) in written.iter().zip(gains) {
                fields.push(amplified(field, *gain)?);
            }
        }
        let mut fields = fields.into_iter();
        let Some(field) = fields.next() else {
            return Err(ModelError::Config("a sound of no samples".into()));
        };
        let noted = serde_json::to_string(&gains).map_err(|err| ModelError::Config(err.to_string()))?;
        let record = FieldRecord {
            field,
            others: fields.collect(),
            kind: FieldKind::Sound(layout),
            source: Some(signal.identity.clone()),
            model: Some(self.identity.clone()),
            extra: [(GAINS_NOTE.to_owned(), noted)].into(),
        };
        Ok(Some(Generated { record, timings }))
    }
}

/// The samples of a stretch, and silence beyond the end.
#[must_use]
pub fn padded(samples: &[f32], stretch: std::ops::Range<usize>) -> Vec<f32> {
    let mut window: Vec<f32> =
        samples.get(stretch.start..stretch.end.min(samples.len())).unwrap_or_default().to_vec();
    window.resize(stretch.len(), 0.0);
    window
}

/// The same field, so many times as loud: nothing follows its last layer. Deviations stay parts of the loudness.
fn amplified(field: &Field, gain: f32) -> Result<Field, ModelError> {
    let architecture: &Architecture = field.architecture();
    let mut layers: Vec<Layer> = field.layers().to_vec();
    if let Some(last) = layers.last_mut() {
        let Layer { weight, bias } = last;
        for row in weight.chunks_exact_mut(bias.len()).chain([&mut bias[..]]) {
            row.iter_mut().take(architecture.outputs).for_each(|value| *value *= gain);
        }
    }
    Ok(Field::new(architecture.clone(), layers)?)
}
