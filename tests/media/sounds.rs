//! Sounds: read from bytes put together by hand, brought to other rates, looked at; and what is refused.

use std::f64::consts::TAU;
use std::time::{Duration, Instant};

use hyperscope::limits;
use hyperscope::media::{Content, MediaError, Overview, Sound, Stft, decode_sound};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::{golden, wav};

/// What the program promises.
const PROMISED: Duration = Duration::from_secs(2);

/// `cos(2 pi f t + 0.4)` at the instants of a rate's samples; of 0 Hz a constant.
fn cosine(hz: f64, rate_hz: u32, count: usize) -> Vec<f32> {
    let at = |index: usize| (TAU * hz * (index as f64 + 0.5) / f64::from(rate_hz) + 0.4).cos() as f32;
    (0..count).map(at).collect()
}

/// A quarter of a second of it brought to another rate, and the samples that an edge is out of reach of: 70 zero
/// crossings of the lower rate.
fn brought(hz: f64, from_hz: u32, to_hz: u32) -> (Sound, std::ops::Range<usize>) {
    let sound = Sound::new(from_hz, vec![cosine(hz, from_hz, from_hz as usize / 4)]).unwrap().at_rate(to_hz);
    assert_eq!((sound.rate_hz(), sound.len()), (to_hz, to_hz as usize / 4));
    let edge = 70 * to_hz as usize / from_hz.min(to_hz) as usize;
    (sound, edge..to_hz as usize / 4 - edge)
}

#[test]
fn a_sine_at_another_rate_is_the_same_sine_at_the_new_instants() {
    for (from_hz, to_hz) in [(44_100, 16_000), (16_000, 48_000), (22_052, 16_000), (16_000, 16_000)] {
        for hz in [0.0, 440.0, 3_001.5, 7_100.0] {
            let (sound, inner) = brought(hz, from_hz, to_hz);
            let expected = cosine(hz, to_hz, sound.len());
            for index in inner {
                let gap = (sound.channels()[0][index] - expected[index]).abs();
                assert!(gap < 1e-4, "{hz} Hz from {from_hz} to {to_hz}, sample {index}: {gap}");
            }
        }
    }
}

#[test]
fn what_the_new_rate_cannot_hold_is_gone() {
    for hz in [8_100.0, 9_000.0, 15_999.0, 21_000.0] {
        let (sound, inner) = brought(hz, 44_100, 16_000);
        let loudest = sound.channels()[0][inner].iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        assert!(loudest < 3.2e-4, "{hz} Hz: {loudest}");
    }
}

#[test]
fn samples_of_every_width_are_read_exactly() {
    let of = |channels: Vec<Vec<f32>>| Sound::new(22_050, channels).unwrap();
    let short = [0_i16, 1, -1, 12_345, i16::MAX, i16::MIN];
    let data: Vec<u8> = short.iter().flat_map(|value| value.to_le_bytes()).collect();
    let values: Vec<f32> = short.iter().map(|value| f32::from(*value) / 32_768.0).collect();
    assert_eq!(decode_sound(&wav(1, 22_050, 1, 16, &data)).unwrap(), of(vec![values.clone()]));
    let every_other = |first: usize| values.iter().skip(first).step_by(2).copied().collect();
    assert_eq!(
        decode_sound(&wav(1, 22_050, 2, 16, &data)).unwrap(),
        of(vec![every_other(0), every_other(1)])
    );
    let long = [0_i32, 1, -1, 0x12_3456, 8_388_607, -8_388_608];
    let data: Vec<u8> = long.iter().flat_map(|value| value.to_le_bytes()[..3].to_vec()).collect();
    let values = long.iter().map(|value| *value as f32 / 8_388_608.0).collect();
    assert_eq!(decode_sound(&wav(1, 22_050, 1, 24, &data)).unwrap(), of(vec![values]));
    let values = vec![-1.0, -0.992_187_5, 0.0, 0.992_187_5];
    assert_eq!(decode_sound(&wav(1, 22_050, 1, 8, &[0, 1, 128, 255])).unwrap(), of(vec![values]));
    // Floats may go beyond full scale.
    let values = vec![0.0_f32, -0.1, 1.75, 1e-30];
    assert_eq!(
        decode_sound(&wav(3, 22_050, 1, 32, bytemuck::cast_slice(&values))).unwrap(),
        of(vec![values])
    );
}

/// What is neither left nor right is heard in both, 3 dB lower, and no sum is beyond full scale.
#[test]
fn six_channels_are_mixed_to_two() {
    let frames = [[0.1_f32, 0.2, 0.3, 0.4, 0.5, 0.6], [1.0, -1.0, 1.0, 1.0, 1.0, 1.0]];
    let sound = decode_sound(&wav(0xFFFE, 48_000, 6, 32, bytemuck::cast_slice(&frames))).unwrap();
    assert_eq!((sound.channels().len(), sound.len()), (2, 2));
    let half_power = 0.5_f32.sqrt();
    for (index, frame) in frames.iter().enumerate() {
        let rest = half_power * frame[2..].iter().sum::<f32>();
        for (channel, heard) in sound.channels().iter().enumerate() {
            let expected = (frame[channel] + rest) / (1.0 + 4.0 * half_power);
            assert!((heard[index] - expected).abs() < 1e-6, "{} and {expected}", heard[index]);
        }
    }
}

/// Decode, and hold the promises on time and on texts.
fn try_out(what: &str, bytes: &[u8]) -> Result<Sound, MediaError> {
    let begun = Instant::now();
    let outcome = decode_sound(bytes);
    let took = begun.elapsed();
    if let Err(err) = &outcome {
        assert!(took < PROMISED, "{what}: {took:?}");
        let text = err.to_string();
        let is_sentence = (20..500).contains(&text.len()) && !text.contains('\n') && !text.ends_with('.');
        assert!(is_sentence, "{what}: {text}");
        assert!(!text.contains("its decoder failed"), "{what}: a panic was caught: {text}");
    }
    outcome
}

/// Two tones in the file's own samples: cosine and sine of each, fitted by least squares; and how much lies besides
/// them, in parts of the whole power. Over whole periods they are orthogonal.
fn tones(samples: &[f32], rate_hz: u32) -> ([[f64; 2]; 2], f64) {
    let mean = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>() / samples.len() as f64;
    let part = |hz: f64, quarter: f64| {
        let wave = |index: usize| (TAU * (hz * (index as f64 + 0.5) / f64::from(rate_hz) - quarter)).cos();
        2.0 * mean(&mut samples.iter().enumerate().map(|(index, own)| f64::from(*own) * wave(index)))
    };
    let found = [440.0, 1_760.0].map(|hz| [part(hz, 0.0), part(hz, 0.25)]);
    let power = mean(&mut samples.iter().map(|own| f64::from(*own).powi(2)));
    let explained: f64 = found.iter().flatten().map(|own| own * own / 2.0).sum();
    (found, 1.0 - explained / power)
}

/// Files of another program's making, `0.5 cos(2 pi 440 t) + 0.25 cos(2 pi 1760 t)` for half a second; see
/// `tests/golden/make_sounds.py`.
#[test]
fn every_format_gives_the_two_tones_back() {
    let read = |name: &str| std::fs::read(golden("sounds").join(name)).unwrap();
    // Of what keeps them whole, every sample; elsewhere what the codec makes of it, where the file says where it begins.
    for (name, is_whole, has_beginning) in [
        ("tones.wav", true, true),
        ("tones.flac", true, true),
        ("tones.aiff", true, true),
        ("tones.caf", true, true),
        ("tones_alac.m4a", true, true),
        ("tones.ogg", false, true),
        ("tones.mp3", false, true),
        ("tones.m4a", false, true),
        ("tones.aac", false, false),
    ] {
        let bytes = read(name);
        assert_eq!(Content::of(&bytes), Content::Sound, "{name}");
        let sound = decode_sound(&bytes).unwrap();
        assert_eq!((sound.rate_hz(), sound.channels().len()), (16_000, 1), "{name}");
        if has_beginning {
            assert_eq!(sound.len(), 8_000, "{name}");
        }
        // A quarter of a second from inside: whole periods of both.
        let (found, rest) = tones(&sound.channels()[0][2_000..6_000], 16_000);
        let bound = if is_whole { 1e-4 } else { 0.02 };
        assert!(rest < bound, "{name}: {rest} besides the tones");
        for (own, size) in found.iter().zip([0.5, 0.25]) {
            // Without a beginning the size is right, and the phase is anyone's.
            let (cosine, sine) = if has_beginning { (own[0], own[1]) } else { (own[0].hypot(own[1]), 0.0) };
            // LAME, which wrote the MP3, makes everything a twentieth quieter; other decoders find that too.
            let size = if name == "tones.mp3" { 0.95 * size } else { size };
            let gap = (cosine - size).hypot(sine);
            assert!(gap < 0.1 * bound.sqrt() + 1e-3, "{name}: {own:?}, expected {size}");
        }
    }
    let text = try_out("tones.opus", &read("tones.opus")).unwrap_err().to_string();
    assert!(text.contains("Opus") && text.contains("convert it to"), "{text}");
}

/// Cut anywhere, or with a length that it does not have, a file is heard as far as it goes.
#[test]
fn a_wav_file_that_lies_about_its_length_is_heard_as_far_as_it_goes() {
    let data: Vec<u8> = (0..6_000_u32).flat_map(|value| ((value * 7_919) as i16).to_le_bytes()).collect();
    let good = wav(1, 16_000, 1, 16, &data);
    let whole = decode_sound(&good).unwrap();
    assert_eq!(whole.len(), 6_000);
    for len in (0..good.len()).step_by(13) {
        match try_out(&format!("cut to {len}"), &good[..len]) {
            Ok(sound) => {
                assert!(len > 44 && whole.channels()[0].starts_with(&sound.channels()[0]), "cut to {len}");
            }
            Err(_) => assert!(len < 44 + 4 * 1_152, "cut to {len}"),
        }
    }
    // Programs that write into a pipe claim the most that there is; a part that is larger than the whole is refused.
    let most = u32::MAX;
    for (of_file, of_data, is_heard) in [
        (most, most, true),
        (most, most - 36, true),
        (most - 1, most - 37, true),
        (1 << 31, (1 << 31) - 36, true),
        (1 << 31, 1 << 31, false),
    ] {
        let mut bytes = good.clone();
        bytes[4..8].copy_from_slice(&u32::to_le_bytes(of_file));
        bytes[40..44].copy_from_slice(&u32::to_le_bytes(of_data));
        let heard = try_out("a claim of GB", &bytes).ok();
        assert_eq!(heard.as_ref(), is_heard.then_some(&whole), "{of_file} and {of_data}");
    }
}

#[test]
fn rates_channels_and_lengths_beyond_the_limits_are_refused() {
    let (data, most) = ([0_u8; 1_024], limits::SOUND_CHANNELS as u16);
    for (rate_hz, channels) in
        [(1, 1), (7_999, 1), (192_001, 2), (u32::MAX, 1), (16_000, most + 1), (16_000, 26)]
    {
        match try_out("beyond", &wav(1, rate_hz, channels, 8, &data)) {
            Err(MediaError::SoundShape { rate_hz: rate, channels: count }) => {
                assert_eq!((rate, count), (rate_hz, usize::from(channels)));
            }
            other => panic!("{channels} channels at {rate_hz} Hz: {other:?}"),
        }
    }
    for (rate_hz, channels) in [(0, 1), (16_000, 0), (0, 0), (16_000, u16::MAX / 8)] {
        assert!(try_out("nothing", &wav(1, rate_hz, channels, 8, &data)).is_err());
    }
    for (rate_hz, channels) in [(8_000, 1), (192_000, most)] {
        assert!(decode_sound(&wav(1, rate_hz, channels, 8, &data)).is_ok(), "{channels} at {rate_hz} Hz");
    }
    let secs = |secs: u64, more: u64| vec![128_u8; (secs * 8_000 + more) as usize];
    let longest = wav(1, 8_000, 1, 8, &secs(limits::SOUND_SECS, 0));
    assert_eq!(decode_sound(&longest).unwrap().len(), limits::SOUND_SECS as usize * 8_000);
    let longer = wav(1, 8_000, 1, 8, &secs(limits::SOUND_SECS, 8_000));
    assert!(matches!(try_out("longer", &longer), Err(MediaError::SoundLength)));
}

#[test]
fn noise_behind_a_signature_is_survived() {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let heads: [&[u8]; 9] = [
        b"fLaC",
        b"fLaC\x80\x00\x00\x22",
        b"OggS",
        b"OggS\x00\x02",
        b"ID3",
        b"ID3\x04\x00\x00\x00\x00\x00\x10",
        b"RIFF\xff\xff\xff\xffWAVEfmt ",
        b"FORM\x7f\xff\xff\xffAIFFCOMM",
        b"\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00",
    ];
    let mut num_errors = 0;
    for round in 0..180 {
        let mut bytes = heads[round % heads.len()].to_vec();
        let mut noise = vec![0; random.random_range(0..20_000)];
        random.fill_bytes(&mut noise);
        bytes.extend(noise);
        num_errors += i32::from(try_out(&format!("noise, round {round}"), &bytes).is_err());
    }
    assert!(num_errors > 150, "{num_errors}");
}

#[test]
fn what_is_no_sound_is_named_with_what_to_do() {
    let mut opus = b"OggS\x00\x02".to_vec();
    opus.extend([0; 20]);
    opus.extend(b"\x01\x13OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00");
    for (bytes, content, advice) in [
        (&opus[..], Content::Opus, ["Opus", "convert it to WAV"]),
        (b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x01\xe0MTrk", Content::Midi, ["MIDI", "render it to WAV"]),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", Content::Png, ["PNG", "a sound is wanted"]),
    ] {
        let err = try_out("no sound", bytes).unwrap_err();
        assert!(matches!(err, MediaError::Unsupported(found) if found == content), "{err}");
        assert!(advice.iter().all(|part| err.to_string().contains(part)), "{err}");
    }
}

/// Short stretches are exact. Long ones are widened by an eighth of themselves at most, so that nothing is left out.
#[test]
fn an_overview_leaves_no_peak_out() {
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let samples: Vec<f32> = (0..70_001).map(|_| random.random_range(-1.0_f32..1.0).powi(5)).collect();
    let overview = Overview::new(samples.clone());
    let brute = |begin: usize, end: usize| {
        let own = &samples[begin..end.min(samples.len())];
        let power: f64 = own.iter().map(|value| f64::from(*value).powi(2)).sum();
        let (min, max) =
            own.iter().fold((f32::MAX, f32::MIN), |(min, max), value| (min.min(*value), max.max(*value)));
        (min, max, (power / own.len() as f64).sqrt())
    };
    for round in 0..4_000 {
        let longest = [40, 255, 3_000, 70_001][round % 4];
        let begin = random.random_range(0..samples.len());
        let end = (begin + random.random_range(1..=longest)).min(samples.len());
        let found = overview.extent(begin, end).unwrap();
        let (min, max, rms) = brute(begin, end);
        let margin = if end - begin < 256 { 0 } else { (end - begin) / 8 };
        let (least, most, _) = brute(begin.saturating_sub(margin), end + margin);
        assert!((least..=min).contains(&found.min) && (max..=most).contains(&found.max), "{begin} to {end}");
        if margin == 0 {
            assert!((f64::from(found.rms) - rms).abs() < 1e-5, "{begin} to {end}: {} and {rms}", found.rms);
        }
    }
    // Whole groups of the levels, and everything, are exact however long.
    for (begin, end) in [(512, 1_024), (8_192, 16_384), (0, 70_001), (0, usize::MAX)] {
        let (found, (min, max, rms)) = (overview.extent(begin, end).unwrap(), brute(begin, end));
        assert_eq!((found.min, found.max), (min, max));
        assert!((f64::from(found.rms) / rms - 1.0).abs() < 1e-4);
    }
    assert!(
        [(5, 5), (9, 2), (70_001, 70_002)].iter().all(|(begin, end)| overview.extent(*begin, *end).is_none())
    );
}

/// Of a sine in the middle of a bin, a Hann window leaves `(A N / 4)^2` there and a quarter of it on either side.
#[test]
fn the_power_of_a_sine_is_what_its_closed_form_says() {
    let (size, hop, bin, amplitude) = (512, 128, 37, 0.8_f32);
    let stft = Stft::new(size, hop);
    let samples: Vec<f32> =
        cosine(bin as f64, size as u32, 2_000).iter().map(|value| amplitude * value).collect();
    let power = stft.power(&samples);
    assert_eq!((stft.num_bins(), stft.num_frames(2_000), power.len()), (257, 12, 257 * 12));
    let expected = (amplitude * size as f32 / 4.0).powi(2);
    for (index, found) in power.iter().enumerate() {
        let share = match (index % 257).abs_diff(bin) {
            0 => 1.0,
            1 => 0.25,
            _ => 0.0,
        };
        assert!((found / expected - share).abs() < 1e-5, "bin {}: {found}", index % 257);
    }
}
