//! Fields of sounds: their file, and what is heard of their windows at any instant.

use std::collections::BTreeMap;
use std::f32::consts::PI;

use hyperscope::field::{
    Architecture, Encoding, Field, FieldKind, FieldRecord, Layer, SoundChannels, SoundLayout, Synthesizer,
};
use hyperscope::storage::{Identity, Precision};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;
use serde_json::Value;

use crate::file::with_header;
use crate::random_field;

/// Samples 0 to 400, 300 to 700 and 600 to 1000, of the middle and of the difference.
const STEREO: SoundLayout = SoundLayout {
    sample_rate_hz: 16_000,
    length: 1_000,
    window: 400,
    hop: 300,
    channels: SoundChannels::MidSide,
};
const MONO: SoundLayout = SoundLayout { channels: SoundChannels::Mono, ..STEREO };

fn record(layout: SoundLayout, field: impl Fn(usize) -> Field) -> FieldRecord {
    FieldRecord {
        field: field(0),
        others: (1..layout.num_fields()).map(field).collect(),
        kind: FieldKind::Sound(layout),
        source: Some(Identity::of("a.wav", b"sound")),
        model: None,
        extra: BTreeMap::new(),
    }
}

fn random_record(layout: SoundLayout) -> FieldRecord {
    let encoding = Encoding::Fourier { count: 5, min: 60.0 * PI, max: 2_000.0 * PI };
    let architecture = Architecture { hidden: 6, encoding, ..Architecture::live_sound() };
    record(layout, |index| random_field(&architecture, index as u64))
}

/// `slope x + offset` of a window's coordinate.
fn line(slope: f32, offset: f32) -> Field {
    let architecture = Architecture { layers: 1, encoding: Encoding::Identity, ..Architecture::live_sound() };
    Field::new(architecture, vec![Layer { weight: vec![slope], bias: vec![offset] }]).unwrap()
}

fn names(file: &SafeTensors) -> Vec<String> {
    let mut names: Vec<String> = file.names().into_iter().map(ToString::to_string).collect();
    names.sort();
    names
}

#[test]
fn the_file_of_a_sound_is_what_the_specification_says() {
    let stereo = random_record(STEREO);
    let bytes = stereo.to_bytes(Precision::F32).unwrap();
    assert_eq!(FieldRecord::from_bytes(&bytes).unwrap(), stereo);
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let metadata = header.metadata().clone().unwrap();
    let expected = [
        ("format", "hyperscope.field"),
        ("version", "1"),
        ("kind", "sound"),
        ("sample_rate", "16000"),
        ("length", "1000"),
        ("window", "400"),
        ("hop", "300"),
        ("channels", "mid-side"),
    ];
    assert!(expected.iter().all(|(key, value)| metadata[*key] == *value), "{metadata:?}");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let own = |prefix: &str| {
        let name = |index: usize, part: &str| format!("{prefix}layers.{index}.{part}");
        [name(0, "bias"), name(0, "weight"), name(1, "bias"), name(1, "weight")]
    };
    let windows: Vec<String> = (0..6).flat_map(|window| own(&format!("windows.{window}."))).collect();
    assert_eq!(names(&file), windows);
    // The first window of the difference follows the last of the middle.
    let weight = file.tensor("windows.3.layers.0.weight").unwrap();
    assert_eq!(weight.shape(), [10, 6]);
    assert_eq!(
        bytemuck::pod_collect_to_vec::<u8, f32>(weight.data()),
        stereo.fields().nth(3).unwrap().layers()[0].weight
    );
    let single = random_record(SoundLayout { length: 400, ..MONO });
    let bytes = single.to_bytes(Precision::F32).unwrap();
    assert_eq!(FieldRecord::from_bytes(&bytes).unwrap(), single);
    assert_eq!(names(&SafeTensors::deserialize(&bytes).unwrap()), own(""));
}

#[test]
fn a_layout_that_lies_is_refused_with_what_is_wrong() {
    let bytes = random_record(STEREO).to_bytes(Precision::F32).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let good: Value = serde_json::from_slice(&bytes[8..8 + length]).unwrap();
    for (key, value, expected) in [
        ("hop", "0", "hop"),
        ("hop", "401", "windows of 400 samples every 401"),
        ("hop", "199", "windows of 400 samples every 199"),
        ("window", "0", "window"),
        ("window", "18446744073709551615", "window"),
        ("length", "0", "length"),
        ("length", "-5", "length"),
        ("length", "1001", "its windows need 32"),
        ("length", "700", "its architecture needs 16"),
        ("length", "115200000", "a field file holds 5000"),
        ("channels", "mono", "its architecture needs 12"),
        ("channels", "surround", "mid-side"),
        ("sample_rate", "0", "sample_rate"),
        ("sample_rate", "4294967296", "sample_rate"),
    ] {
        let mut header = good.clone();
        header["__metadata__"][key] = value.into();
        let message =
            FieldRecord::from_bytes(&with_header(&header, &bytes[8 + length..])).unwrap_err().to_string();
        assert!(message.contains(expected), "{key} {value}: {message:?} does not say {expected:?}");
    }
}

/// Fields that are constant: ones are heard as exactly one, seams and all, and `1, 2, 3` as the sum of the ramps that
/// lead from each to the next.
#[test]
fn neighbours_fade_into_one_another_in_straight_lines() {
    for hop in [300, 200, 399, 400] {
        let layout = SoundLayout { hop, ..MONO };
        let ones = Synthesizer::new(&record(layout, |_| line(0.0, 1.0))).unwrap();
        let stairs = Synthesizer::new(&record(layout, |index| line(0.0, 1.0 + index as f32))).unwrap();
        let overlap = (layout.window - hop) as f64;
        for rate_hz in [16_000, 48_000, 44_100] {
            let count = ones.len_at(rate_hz);
            assert_eq!(count, (rate_hz as usize + 8) / 16);
            assert!(
                ones.samples(rate_hz, 0, count).iter().all(|value| (value - 1.0).abs() < 1e-6),
                "hop {hop}"
            );
            for (index, found) in stairs.samples(rate_hz, 0, count).iter().enumerate() {
                let place = (index as f64 + 0.5) / f64::from(rate_hz) * 16_000.0;
                let ramp = |window: usize| match place - (window * hop) as f64 {
                    passed if passed < 0.0 => 0.0,
                    passed if passed < overlap => passed / overlap,
                    _ => 1.0,
                };
                let expected = 1.0 + (1..layout.num_windows()).map(ramp).sum::<f64>();
                assert!(
                    (f64::from(*found) - expected).abs() < 2e-6,
                    "hop {hop}, {place}: {found}, {expected}"
                );
            }
        }
    }
}

/// Every window's field says what its coordinate stands for: together they say the time, whatever is asked when.
#[test]
fn a_coordinate_of_a_window_is_half_a_second() {
    let window_secs = 400.0 / 16_000.0;
    let clock =
        |index: usize| line(50.0, (100.0 * (index as f64 * 300.0 / 16_000.0 + window_secs / 2.0)) as f32);
    let synthesizer = Synthesizer::new(&record(MONO, clock)).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let instants: Vec<f64> = (0..2_000).map(|_| random.random_range(0.0..0.062_5)).collect();
    for (instant, found) in instants.iter().zip(synthesizer.at(&instants)) {
        assert!((f64::from(found) - 100.0 * instant).abs() < 2e-6, "{instant}: {found}");
    }
}

#[test]
fn common_instants_of_two_rates_sound_alike() {
    let synthesizer = Synthesizer::new(&random_record(STEREO)).unwrap();
    for rate_hz in [8_000, 16_000, 22_050] {
        let count = synthesizer.len_at(rate_hz);
        let (low, high) =
            (synthesizer.samples(rate_hz, 0, count), synthesizer.samples(3 * rate_hz, 0, 3 * count));
        assert_eq!(low.len(), 2 * count);
        for (index, low) in low.chunks_exact(2).enumerate() {
            let high = &high[2 * (3 * index + 1)..][..2];
            let is_close = low.iter().zip(high).all(|(low, high)| (low - high).abs() < 1e-6);
            assert!(is_close, "{rate_hz} Hz, {index}: {low:?} {high:?}");
        }
        // A piece from the middle is that piece of the whole.
        assert_eq!(synthesizer.samples(rate_hz, 100, 50).len(), 100);
        let pieces = synthesizer.samples(rate_hz, 100, 50).into_iter().zip(&low[200..300]);
        assert!(pieces.into_iter().all(|(piece, whole)| (piece - whole).abs() < 1e-6));
    }
}

#[test]
fn middle_and_difference_give_left_and_right_and_silence_lies_around() {
    let parts = record(STEREO, |index| line(0.0, if index < 3 { 0.5 } else { 0.125 }));
    let synthesizer = Synthesizer::new(&parts).unwrap();
    assert_eq!(synthesizer.channels(), 2);
    let end = 1_000.0 / 16_000.0;
    let outside = [-1.0, -1e-9, end, end + 1e-9, 1e9, f64::INFINITY, f64::NAN];
    assert_eq!(synthesizer.at(&outside), [0.0; 14]);
    for inside in [0.0, 1e-9, 0.02, 0.04, end - 1e-9] {
        assert_eq!(synthesizer.at(&[-1.0, inside, end]), [0.0, 0.0, 0.625, 0.375, 0.0, 0.0], "{inside}");
    }
}

/// A file that is written can be read: two layers have four tensors a window, and 20,000 tensors are read.
#[test]
fn what_a_file_cannot_hold_is_refused_before_it_is_written() {
    let longest = SoundLayout { length: 400 + 4_999 * 300, ..MONO };
    let architecture =
        Architecture { layers: 2, hidden: 1, encoding: Encoding::Identity, ..Architecture::live_sound() };
    let of = |layout: SoundLayout| record(layout, |index| random_field(&architecture, index as u64));
    let written = of(SoundLayout { length: longest.length + 300, ..longest });
    assert_eq!(written.fields().count(), 5_001);
    let message = written.to_bytes(Precision::F32).unwrap_err().to_string();
    assert!(message.contains("5001 windows") && message.contains("5000"), "{message}");
    let written = of(longest);
    let read = FieldRecord::from_bytes(&written.to_bytes(Precision::F32).unwrap()).unwrap();
    assert_eq!(read, written);
}
