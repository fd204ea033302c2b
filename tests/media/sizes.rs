//! Resizing and framing against closed forms.

use hyperscope::media::{Framing, ImageSignal, Picture, frame, png_bytes, resize, resize_part, thumbnail};

use crate::{BACKGROUND, difference, ramp};

#[test]
fn a_constant_stays_constant() {
    let picture = Picture::new(37, 21, [1000, 65535, 0].repeat(37 * 21)).unwrap();
    for (width, height) in [(5, 4), (100, 3), (1, 1), (37, 21), (64, 64)] {
        let resized = resize(&picture, width, height);
        let expected =
            Picture::new(width, height, [1000, 65535, 0].repeat((width * height) as usize)).unwrap();
        assert_eq!(resized, expected, "{width}x{height}");
    }
}

#[test]
fn a_ramp_stays_a_ramp_away_from_the_edges() {
    let picture = ramp(64, 48);
    for (width, height) in [(32, 24), (128, 96), (16, 48)] {
        let resized = resize(&picture, width, height).to_f32();
        let scale = 64.0 / width as f32;
        // Half the kernel, in pixels of the result.
        let margin = (2.0 / scale.min(1.0)).ceil() as usize;
        for x in margin..width as usize - margin {
            let expected = ((x as f32 + 0.5) * scale - 0.5) / 63.0;
            let found = resized[(height as usize / 2 * width as usize + x) * 3];
            assert!((found - expected).abs() < 5e-5, "{width}x{height} at {x}: {found}, not {expected}");
        }
    }
}

#[test]
fn a_part_is_cut_to_the_picture_and_whole_pixels_are_copied() {
    let picture = ramp(20, 10);
    let part = resize_part(&picture, 5.0, 2.0, 4.0, 3.0, 4, 3);
    for (y, row) in part.rgb().chunks_exact(4 * 3).enumerate() {
        assert_eq!(row, &picture.rgb()[((y + 2) * 20 + 5) * 3..][..12]);
    }
    assert_eq!(resize_part(&picture, -50.0, -50.0, 500.0, 500.0, 20, 10), picture);
    for (x, width) in [(25.0, 3.0), (-3.0, 1.0), (19.9999, 1.0), (3.0, 0.0), (3.0, -2.0)] {
        let part = resize_part(&picture, x, 0.1, width, 7.3, 6, 0);
        assert_eq!((part.width(), part.height()), (6, 1));
    }
}

#[test]
fn framing_never_enlarges_and_keeps_its_promises() {
    let wide = ramp(60, 20);
    let size = |picture: &Picture| (picture.width(), picture.height());
    for (side, crop, fit, stretch) in [
        (16, (16, 16), (16, 16), (16, 5)),
        (30, (20, 20), (30, 30), (30, 10)),
        (100, (20, 20), (60, 60), (60, 20)),
    ] {
        assert_eq!(size(&frame(&wide, Framing::Crop, side, BACKGROUND)), crop);
        assert_eq!(size(&frame(&wide, Framing::Fit, side, BACKGROUND)), fit);
        assert_eq!(size(&frame(&wide, Framing::Stretch, side, BACKGROUND)), stretch);
    }
    let square = frame(&wide, Framing::Crop, 100, BACKGROUND);
    assert_eq!(square.rgb()[..60], wide.rgb()[20 * 3..40 * 3]);
    let fitted = frame(&wide, Framing::Fit, 100, BACKGROUND);
    assert_eq!(fitted.rgb()[..3], BACKGROUND.map(|value| u16::from(value) * 257));
    assert_eq!(fitted.rgb()[20 * 60 * 3..40 * 60 * 3], *wide.rgb());
    let line = frame(&ramp(5000, 1), Framing::Stretch, 50, BACKGROUND);
    assert_eq!(size(&line), (50, 1));
}

#[test]
fn a_thumbnail_keeps_the_shape() {
    let small = thumbnail(&ramp(300, 150), 64);
    assert_eq!((small.width(), small.height()), (64, 32));
    assert_eq!(thumbnail(&ramp(30, 15), 64), ramp(30, 15));
}

#[test]
fn mirroring_twice_changes_nothing() {
    let picture = ramp(7, 3);
    assert_ne!(picture.mirrored(), picture);
    assert_eq!(picture.mirrored().rgb()[..3], picture.rgb()[6 * 3..7 * 3]);
    assert_eq!(picture.mirrored().mirrored(), picture);
}

#[test]
fn a_signal_knows_its_file_and_its_size() {
    let bytes = png_bytes(&ramp(60, 20)).unwrap();
    let signal = ImageSignal::load("wide.jpeg", &bytes, Framing::Stretch, 30, BACKGROUND).unwrap();
    assert_eq!(signal.original_size, (60, 20));
    assert_eq!((signal.reference.width(), signal.reference.height()), (30, 10));
    assert_eq!(signal.identity.name, "wide.jpeg");
    assert_eq!(signal.identity.sha256.len(), 64);
    assert!(ImageSignal::load("x", b"", Framing::Crop, 30, BACKGROUND).is_err());
    let huge =
        ImageSignal::load("x", &png_bytes(&ramp(2000, 3)).unwrap(), Framing::Stretch, 9999, BACKGROUND);
    assert_eq!(huge.unwrap().reference.width(), 1024);
    let (most, _) = difference(&signal.reference, &resize(&ramp(60, 20), 30, 10).to_f32());
    assert!(most < 0.6 / 255.0, "{most}");
}
