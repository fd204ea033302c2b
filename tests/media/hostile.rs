//! Broken and hostile files: an error of one sentence or a picture, soon, within memory, and never a panic.

use std::process::Command;
use std::time::{Duration, Instant};

use hyperscope::media::{Content, Foreground, MediaError, ObjectFraming, ObjectSignal, Picture, decode};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::forge::{bmp, exr, gif, hdr, jpeg, png, qoi, tga, tiff, webp_chunk, webp_lossless};
use crate::{BACKGROUND, common, file};

/// What the program promises.
const PROMISED: Duration = Duration::from_secs(2);
const PROMISED_KIB: u64 = 512 << 10;

/// Decode, and hold the promises on time and on texts.
fn try_out(what: &str, bytes: &[u8]) -> Result<Picture, MediaError> {
    let begun = Instant::now();
    let outcome = decode(bytes, BACKGROUND);
    let took = begun.elapsed();
    if took > Duration::from_millis(200) {
        println!("{what}: {took:?}");
    }
    if let Err(err) = &outcome {
        assert!(took < PROMISED, "{what}: {took:?}");
        let text = err.to_string();
        assert!(
            (20..500).contains(&text.len()) && !text.contains('\n') && !text.ends_with('.'),
            "{what}: {text}"
        );
        assert!(!text.contains("its decoder failed"), "{what}: a panic was caught: {text}");
    }
    outcome
}

/// The golden files, and one of each format that Pillow does not write.
fn samples() -> Vec<(String, Vec<u8>)> {
    let names = std::fs::read_dir(common::golden("media")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut samples: Vec<_> = names.map(|name| (name.clone(), file(&name))).collect();
    samples.push(("made.qoi".into(), qoi(19, 11)));
    samples.push(("made.exr".into(), exr(None)));
    samples.push(("made.hdr".into(), hdr(19, 11)));
    samples.sort();
    for (name, bytes) in &samples {
        assert!(decode(bytes, BACKGROUND).is_ok(), "{name}");
    }
    samples
}

#[test]
fn every_truncation_is_survived_and_half_a_file_is_an_error() {
    for (name, bytes) in samples() {
        let step = (bytes.len() / 150).max(1);
        for len in (0..bytes.len()).step_by(step) {
            try_out(&format!("{name} cut to {len}"), &bytes[..len]).ok();
        }
        // The first frame of an animation may lie in the first half.
        if !name.starts_with("animated") {
            let half = try_out(&name, &bytes[..bytes.len() / 2]);
            assert!(matches!(half, Err(MediaError::Damaged { .. })), "{name}: {half:?}");
        }
    }
}

#[test]
fn a_jpeg_cut_anywhere_is_an_error() {
    for name in ["orientation_1.jpg", "progressive.jpg", "grey.jpg"] {
        let bytes = file(name);
        for len in 0..bytes.len() - 1 {
            assert!(try_out(name, &bytes[..len]).is_err(), "{name} cut to {len}");
        }
    }
}

#[test]
fn changed_bytes_are_survived() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut num_errors = 0;
    for (name, bytes) in samples() {
        for round in 0..120 {
            let mut changed = bytes.clone();
            for _ in 0..rng.random_range(1..=8) {
                // Headers are where it hurts.
                let end = if rng.random() { changed.len() } else { changed.len().min(120) };
                let at = rng.random_range(0..end);
                changed[at] = rng.random();
            }
            num_errors += i32::from(try_out(&format!("{name} changed, round {round}"), &changed).is_err());
        }
    }
    println!("{num_errors} errors");
    assert!(num_errors > 500);
}

#[test]
fn noise_is_survived_with_and_without_a_signature() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let samples = samples();
    for round in 0..4000 {
        let mut noise = vec![0; rng.random_range(0..3000)];
        rng.fill_bytes(&mut noise);
        let (name, sample) = &samples[round % samples.len()];
        let kept = rng.random_range(0..40).min(sample.len()).min(noise.len());
        noise[..kept].copy_from_slice(&sample[..kept]);
        try_out(&format!("{kept} bytes of {name}, then noise"), &noise).ok();
    }
}

#[test]
fn one_byte_and_none_are_errors() {
    assert!(matches!(try_out("nothing", &[]), Err(MediaError::Unsupported(Content::Empty))));
    for byte in 0..=255 {
        assert!(try_out("one byte", &[byte]).is_err());
    }
}

#[test]
fn headers_that_lie_are_refused_for_their_size() {
    for side in [16_385, 60_000] {
        let mut files = vec![
            ("png", png(side, side)),
            ("gif", gif(side, side)),
            ("bmp", bmp(side, side)),
            ("tiff", tiff(side, side)),
            ("tga", tga(side, side)),
            ("qoi", qoi_header(side, side)),
            ("exr", exr(Some([side, side]))),
            ("hdr", hdr_header(side, side)),
            ("jpeg", jpeg(side, side)),
        ];
        files.extend([
            ("png, wide", png(side, 1)),
            ("bmp, high", bmp(1, side)),
            ("exr, wide", exr(Some([side, 1]))),
        ]);
        for (what, bytes) in files {
            let outcome = try_out(what, &bytes);
            assert!(matches!(outcome, Err(MediaError::TooLarge { .. })), "{what}: {outcome:?}");
        }
    }
    // No side is too long, and all of it is too much.
    for (what, bytes) in [
        ("png", png(16_384, 16_384)),
        ("tga", tga(16_000, 16_000)),
        ("qoi", qoi_header(16_384, 16_000)),
        ("hdr", hdr_header(8_000, 8_000)),
        ("webp", webp_lossless(16_383, 16_383)),
        ("jpeg", jpeg(16_384, 16_384)),
    ] {
        let outcome = try_out(what, &bytes);
        assert!(matches!(outcome, Err(MediaError::TooLarge { .. })), "{what}: {outcome:?}");
        assert!(outcome.unwrap_err().to_string().contains("256 MiB"));
    }
}

#[test]
fn headers_that_claim_what_is_allowed_cost_little() {
    if !is_alone("hostile::headers_that_claim_what_is_allowed_cost_little") {
        return;
    }
    for (what, bytes) in [
        ("png", png(8_000, 8_000)),
        ("gif", gif(8_000, 8_000)),
        ("bmp", bmp(8_000, 8_000)),
        ("bmp, upside down", bmp(8_000, -8_000i32 as u32)),
        ("bmp, the smallest height", bmp(8_000, i32::MIN as u32)),
        ("tiff", tiff(8_000, 8_000)),
        ("tga", tga(8_000, 8_000)),
        ("qoi", qoi_header(8_000, 8_000)),
        ("exr", exr(Some([4_000, 4_000]))),
        ("exr, edges at the ends of the numbers", exr(Some([i32::MAX as u32, 1]))),
        ("hdr", hdr_header(4_000, 4_000)),
        ("jpeg", jpeg(8_000, 8_000)),
        ("webp", webp_lossless(8_000, 8_000)),
        ("webp, a chunk of 4 GiB", webp_chunk(u32::MAX)),
        ("webp, a chunk of 1 GiB", webp_chunk(1 << 30)),
        ("png, no width", png(0, 5)),
        ("gif, no width", gif(0, 5)),
        ("qoi, no width", qoi_header(0, 5)),
        ("hdr, no width", hdr_header(0, 5)),
        ("tga, no width", tga(0, 5)),
    ] {
        let outcome = try_out(what, &bytes);
        assert!(outcome.is_err(), "{what}: {outcome:?}");
    }
    assert_modest_memory();
}

#[test]
fn a_picture_that_unpacks_to_the_limit_stays_within_memory() {
    if !is_alone("hostile::a_picture_that_unpacks_to_the_limit_stays_within_memory") {
        return;
    }
    let black = vec![0u8; 8_000 * 8_000 * 3];
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    image::ImageEncoder::write_image(encoder, &black, 8_000, 8_000, image::ExtendedColorType::Rgb8).unwrap();
    drop(black);
    println!("{} KiB unpack to 183 MiB", bytes.len() >> 10);
    let picture = try_out("64 million black pixels", &bytes).unwrap();
    assert_eq!((picture.width(), picture.height()), (8_000, 8_000));
    drop(picture);
    assert_modest_memory();
}

/// All of it but a square is reached from the border.
#[test]
fn a_large_object_on_a_plain_background_is_cut_out_within_memory() {
    if !is_alone("hostile::a_large_object_on_a_plain_background_is_cut_out_within_memory") {
        return;
    }
    let side = 5_600;
    let mut grey = vec![230u8; side * side];
    for row in 2_500..3_000 {
        grey[row * side + 2_500..][..500].fill(20);
    }
    let mut bytes = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut bytes);
    image::ImageEncoder::write_image(encoder, &grey, side as u32, side as u32, image::ExtendedColorType::L8)
        .unwrap();
    drop(grey);
    let signal = ObjectSignal::load("large.png", &bytes, &ObjectFraming::default()).unwrap();
    // 500 px are 79 % of 633.
    assert_eq!((signal.foreground, signal.cutout.width()), (Foreground::Plain, 633));
    let covered = signal.cutout.rgba().chunks_exact(4).filter(|pixel| **pixel == [20, 20, 20, 255]).count();
    assert_eq!(covered, 500 * 500);
    assert_modest_memory();
}

/// Whether this process runs one test alone, so that its peak of memory is that test's. If not, one that does is run, and
/// has to pass.
fn is_alone(test: &str) -> bool {
    const ALONE: &str = "HYPERSCOPE_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let program = std::env::current_exe().unwrap();
    let alone =
        Command::new(program).args(["--exact", test, "--nocapture"]).env(ALONE, "1").output().unwrap();
    let [text, errors] = [alone.stdout, alone.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    println!("{text}");
    assert!(alone.status.success() && text.contains("1 passed"), "{text}{errors}");
    false
}

/// The most memory that this process ever had.
fn assert_modest_memory() {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return };
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    println!("most memory: {} MiB", kib >> 10);
    assert!(kib < PROMISED_KIB, "{kib} KiB");
}

fn qoi_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = qoi(19, 11);
    bytes[4..8].copy_from_slice(&width.to_be_bytes());
    bytes[8..12].copy_from_slice(&height.to_be_bytes());
    bytes
}

fn hdr_header(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = format!("#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {height} +X {width}\n").into_bytes();
    bytes.extend([2, 2, 1, 0, 200, 7]);
    bytes
}
