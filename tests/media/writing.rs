//! Pictures written and read again.

use std::path::Path;

use hyperscope::media::{MediaError, check_extension, decode, png_bytes, read_file, write_picture};

use crate::{BACKGROUND, difference, ramp};

#[test]
fn what_is_written_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let picture = ramp(33, 20);
    for (name, most_allowed) in [
        ("a.png", 0.51 / 255.0),
        ("a.PNG", 0.51 / 255.0),
        ("a.webp", 0.51 / 255.0),
        ("a.jpg", 8.0 / 255.0),
        ("a.jpeg", 8.0 / 255.0),
        ("a.exr", 2e-5),
    ] {
        let path = folder.path().join(name);
        check_extension(&path).unwrap();
        write_picture(&path, 33, 20, &picture.to_f32()).unwrap();
        let read = decode(&read_file(&path).unwrap(), BACKGROUND).unwrap();
        assert_eq!((read.width(), read.height()), (33, 20));
        let (most, _) = difference(&read, &picture.to_f32());
        println!("{name}: at most {:.3} steps", most * 255.0);
        assert!(most <= most_allowed, "{name}: {most}");
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 6, "nothing else is left behind");
}

#[test]
fn exr_keeps_what_the_others_clamp() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bright.exr");
    write_picture(&path, 1, 1, &[2.0, -0.5, 0.5]).unwrap();
    let bytes = read_file(&path).unwrap();
    let decoder = image::codecs::openexr::OpenExrDecoder::new(std::io::Cursor::new(bytes)).unwrap();
    let read = image::DynamicImage::from_decoder(decoder).unwrap().into_rgb32f();
    let [red, green, blue] = read.get_pixel(0, 0).0;
    // ((2 + 0.055) / 1.055)^2.4, -0.5 / 12.92, ((0.5 + 0.055) / 1.055)^2.4
    assert!((red - 4.953_84).abs() < 1e-4, "{red}");
    assert!((green + 0.038_699_69).abs() < 1e-6, "{green}");
    assert!((blue - 0.214_041_14).abs() < 1e-6, "{blue}");
}

#[test]
fn other_extensions_are_refused_with_those_that_work() {
    for name in ["a.gif", "a.tiff", "a", "a.png.bak", ".png"] {
        let err = check_extension(Path::new(name)).unwrap_err();
        assert!(matches!(err, MediaError::Extension { .. }));
        let text = err.to_string();
        assert!(
            [name, ".png", ".jpg", ".jpeg", ".webp", ".exr"].iter().all(|part| text.contains(part)),
            "{text}"
        );
        assert!(write_picture(Path::new(name), 1, 1, &[0.0; 3]).is_err());
    }
}

#[test]
fn sizes_that_disagree_and_places_that_are_absent_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    for (width, height, len) in [(2, 2, 11), (2, 2, 4), (0, 5, 0), (u32::MAX, u32::MAX, 3)] {
        let err = write_picture(&path, width, height, &vec![0.5; len]).unwrap_err();
        assert!(matches!(err, MediaError::Shape { .. }), "{err}");
    }
    let err = write_picture(&folder.path().join("absent/a.png"), 1, 1, &[0.0; 3]).unwrap_err();
    assert!(matches!(err, MediaError::Io { .. }), "{err}");
    // WebP holds 16,383 pixels a side.
    let err = write_picture(&folder.path().join("a.webp"), 17_000, 1, &vec![0.5; 51_000]).unwrap_err();
    assert!(matches!(err, MediaError::Encode { format: "WebP", .. }), "{err}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn png_bytes_are_the_picture() {
    let picture = ramp(12, 7);
    assert_eq!(decode(&png_bytes(&picture).unwrap(), BACKGROUND).unwrap().to_rgb8(), picture.to_rgb8());
}
