//! How close a sound is, by closed forms, and refining the fields of a sound's windows.

use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use hyperscope::field::{Architecture, Encoding, FieldKind, FieldRecord, SoundChannels, SoundLayout};
use hyperscope::media::Sound;
use hyperscope::storage::Identity;
use hyperscope::train::{Reference, RefineConfig, Refiner, SoundQuality, lsd_db, si_sdr_db};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::random_field;

fn wave(count: usize, value: impl Fn(f64) -> f64) -> Vec<f32> {
    (0..count).map(|index| value((index as f64 + 0.5) / 16_000.0) as f32).collect()
}

#[test]
fn psnr_of_a_sound_is_what_its_formula_says() {
    let reference = Sound::new(16_000, vec![vec![0.25; 600], vec![-0.5; 600]]).unwrap();
    // A tenth off on the left, a hundredth on the right: 20 and 40 dB.
    let values = [0.35_f32, -0.51].repeat(600);
    let found = SoundQuality::of_sound(&values, &reference);
    assert!((found.psnr_db - 30.0).abs() < 1e-3, "{found:?}");
    let same = SoundQuality::of(&reference.channels()[0], &reference.channels()[0]);
    assert!(same.psnr_db.is_infinite() && same.si_sdr_db.is_infinite() && same.lsd_db == 0.0, "{same:?}");
}

/// Cosine and sine of whole periods are orthogonal: what the sine is less is what the ratio is.
#[test]
fn si_sdr_is_the_power_over_what_is_orthogonal_to_it() {
    let reference = wave(1_600, |t| 0.5 * (TAU * 400.0 * t).cos());
    for (noise, expected) in [(0.05, 20.0), (0.5, 0.0), (0.005, 40.0)] {
        let sine = |t: f64| noise * (TAU * 400.0 * t).sin();
        let heard = wave(1_600, |t| 0.5 * (TAU * 400.0 * t).cos() + sine(t));
        for scale in [1.0, 0.01, -30.0] {
            let scaled: Vec<f32> = heard.iter().map(|value| scale * value).collect();
            let found = si_sdr_db(&scaled, &reference);
            assert!((found - expected).abs() < 1e-3, "{found}, not {expected}");
        }
    }
    assert!(si_sdr_db(&reference, &[0.0; 1_600]).is_nan());
}

#[test]
fn the_spectral_distance_to_a_louder_copy_is_its_gain() {
    let mut random = ChaCha8Rng::seed_from_u64(6);
    let noise: Vec<f32> = (0..4_000).map(|_| random.random_range(-0.5..0.5)).collect();
    for gain in [0.5_f32, 1.0, 3.0] {
        let louder: Vec<f32> = noise.iter().map(|value| gain * value).collect();
        let (found, expected) = (lsd_db(&louder, &noise), 20.0 * f64::from(gain).log10().abs());
        assert!((found - expected).abs() < 1e-3, "{found}, not {expected}");
    }
    // Silence is 100 dB below a full-scale sine, and no further from what is quieter still.
    let quiet: Vec<f32> = noise.iter().map(|value| 1e-7 * value).collect();
    assert!(lsd_db(&[0.0; 4_000], &quiet) < 1e-9);
}

/// Three windows of random fields.
fn record(channels: SoundChannels) -> FieldRecord {
    let layout = SoundLayout { sample_rate_hz: 16_000, length: 400, window: 160, hop: 120, channels };
    let encoding = Encoding::Fourier { count: 24, min: (60.0 * PI) as f32, max: (4_000.0 * PI) as f32 };
    let architecture = Architecture { encoding, ..Architecture::live_sound() };
    let field = |index: usize| random_field(&architecture, 40 + index as u64);
    FieldRecord {
        field: field(0),
        others: (1..layout.num_fields()).map(field).collect(),
        kind: FieldKind::Sound(layout),
        source: Some(Identity::of("a.wav", b"sound")),
        model: Some(Identity::of("m.safetensors", b"model")),
        extra: BTreeMap::from([("gains".into(), "kept".into())]),
    }
}

fn sines(length: usize) -> Vec<f32> {
    wave(length, |t| 0.3 * (TAU * 440.0 * t).sin() + 0.2 * (TAU * 1_130.0 * t).cos())
}

fn sound(channels: Vec<Vec<f32>>) -> Arc<Sound> {
    Arc::new(Sound::new(16_000, channels).unwrap())
}

#[test]
fn refining_a_sound_climbs_and_leaves_its_layout() {
    let halved = sines(400).iter().map(|value| 0.5 * value).collect();
    for (start, reference) in [
        (record(SoundChannels::Mono), sound(vec![sines(400)])),
        (record(SoundChannels::MidSide), sound(vec![sines(400), halved])),
    ] {
        let before = Reference::from(Arc::clone(&reference)).closeness(&start).psnr_db();
        let run = |learning_rate: f64| {
            let config = RefineConfig { learning_rate, ..RefineConfig::of_sound() };
            let mut refiner = Refiner::new(&start, Arc::clone(&reference), config).unwrap();
            assert!((refiner.progress().psnr_db - before).abs() < 1e-3);
            while !refiner.is_finished() && refiner.step().is_ok() {}
            refiner.best()
        };
        let (found, closeness) = run(2e-3);
        assert!(closeness.psnr_db() > before + 10.0, "{before} {closeness}");
        assert_eq!(Reference::from(Arc::clone(&reference)).closeness(&found), closeness);
        assert_eq!((found.kind, &found.source, &found.model), (start.kind, &start.source, &start.model));
        assert_eq!(found.extra["gains"], "kept");
        assert!(found.extra["refined"].contains("\"steps\":100"));
        assert!(run(1.0).1.psnr_db() >= before - 1e-4, "a rate that destroys it");
    }
}

#[test]
fn another_sound_is_refused_with_what_is_wrong() {
    let (mono, stereo) = (record(SoundChannels::Mono), record(SoundChannels::MidSide));
    let faster = Arc::new(Sound::new(22_050, vec![sines(400)]).unwrap());
    for (record, reference) in [
        (&mono, sound(vec![sines(399)])),
        (&mono, sound(vec![sines(4_000)])),
        (&mono, faster),
        (&stereo, sound(vec![sines(400)])),
        (&stereo, sound(vec![sines(401), vec![0.0; 401]])),
    ] {
        let Err(err) = Refiner::new(record, reference, RefineConfig::of_sound()) else {
            panic!("not refused")
        };
        let text = err.to_string();
        assert!(text.contains("the sound given is") && text.contains("at 16000 Hz"), "{text}");
    }
}

/// Left and right of many a file are the same, or a field was written for their mean: it is compared with that.
#[test]
fn two_channels_are_compared_with_the_field_of_their_mean() {
    let record = record(SoundChannels::Mono);
    let expected = Reference::from(sound(vec![sines(400)])).closeness(&record).psnr_db();
    let louder = sines(400).iter().map(|value| 1.5 * value).collect();
    let quieter = sines(400).iter().map(|value| 0.5 * value).collect();
    for reference in [sound(vec![sines(400); 2]), sound(vec![louder, quieter])] {
        let found = Reference::from(Arc::clone(&reference)).closeness(&record).psnr_db();
        assert!((found - expected).abs() < 1e-3, "{found}, not {expected}");
        let refiner = Refiner::new(&record, reference, RefineConfig::of_sound()).unwrap();
        assert!((refiner.progress().psnr_db - expected).abs() < 1e-3);
    }
}
