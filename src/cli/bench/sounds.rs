//! Sounds: from the recording to the fields, synthesis, a refine step, a spectrogram.

use std::f64::consts::TAU;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::measure::{Row, repeat};
use crate::field::{SoundLayout, Synthesizer};
use crate::limits;
use crate::media::{Sound, SoundSignal, Stft};
use crate::model::Model;
use crate::storage::Identity;
use crate::train::{RefineConfig, Refiner};

/// The rate that a device likes best.
const DEVICE_HZ: u32 = 48_000;
/// A spectrogram's frame and hop.
const STFT: (usize, usize) = (512, 128);

/// Everything for one second of sound.
pub(super) fn rows(seconds: f64, model: &Model) -> anyhow::Result<Vec<Row>> {
    let signal = signal()?;
    let encode = || Ok(model.encode_sound(&signal, &mut |_| ControlFlow::Continue(()))?);
    let mut rows = Vec::new();
    let Some(written) = encode()? else { return Ok(rows) };
    let record = written.record;
    let windows = record.fields().count() as u64;
    let config = model.config();
    let flops = windows * (config.backbone_flops() + config.head_flops());
    rows.push(Row::of("sound: 1 s to fields", &repeat(seconds, encode)?).with_flops(flops));
    let Some(synthesizer) = Synthesizer::new(&record) else { return Ok(rows) };
    let of_point = record.field.architecture().flops_per_point();
    for rate_hz in [limits::SOUND_RATE_HZ, DEVICE_HZ] {
        let times = repeat(seconds, || Ok(synthesizer.samples(rate_hz, 0, rate_hz as usize)))?;
        let row = Row::of(format!("sound: 1 s synthesised at {rate_hz} Hz"), &times);
        let factor = 1e3 / row.median_ms;
        rows.push(
            row.with_flops(u64::from(rate_hz) * of_point).with_note(format!("{factor:.0} times real time")),
        );
    }
    let refine = RefineConfig { steps: u32::MAX, ..RefineConfig::of_sound() };
    let mut refiner = Refiner::new(&record, Arc::clone(&signal.reference), refine)?;
    let times = repeat(seconds, || Ok(refiner.step()?))?;
    // Forward for the spectra of what is heard, then forward and back, at every sample of every window.
    let SoundLayout { window, .. } = *synthesizer.layout();
    let flops = 4 * windows * window as u64 * of_point;
    rows.push(Row::of("sound: refine step, 1 s", &times).with_flops(flops));
    let stft = Stft::new(STFT.0, STFT.1);
    let samples = signal.reference.mono();
    let times = repeat(seconds, || Ok(stft.power(&samples)))?;
    rows.push(Row::of("sound: spectrogram, 1 s", &times));
    Ok(rows)
}

/// A second of a tone with its harmonics, whose pitch rises.
fn signal() -> anyhow::Result<SoundSignal> {
    let rate = f64::from(limits::SOUND_RATE_HZ);
    let value = |index: u32| {
        let secs = f64::from(index) / rate;
        let phase = TAU * (120.0 * secs + 40.0 * secs * secs);
        (1..=20).map(|harmonic| (f64::from(harmonic) * phase).sin() / f64::from(harmonic)).sum::<f64>() as f32
            * 0.2
    };
    let samples = (0..limits::SOUND_RATE_HZ).map(value).collect();
    let sound = Sound::new(limits::SOUND_RATE_HZ, vec![samples]);
    let sound = sound.ok_or_else(|| anyhow::anyhow!("a sound of the program's own is refused"))?;
    Ok(SoundSignal::of(Identity::of("rising tone", b""), sound))
}
