//! Films as MP4: the boxes by hand, the pictures by OpenH264's decoder.

use std::ops::ControlFlow;

use hyperscope::camera::Orbit;
use hyperscope::export::{
    ExportError, FilmConfig, Still, check_film_size, film_bytes, turntable, write_film,
};
use hyperscope::field::{CropBox, Tracer};
use hyperscope::train::psnr_db;
use openh264::decoder::Decoder;
use openh264::formats::YUVSource;

use crate::{ball, still};

/// The contents of the first box under these names, one in the other.
fn find<'a>(mut bytes: &'a [u8], path: &[&str]) -> &'a [u8] {
    let Some((name, rest)) = path.split_first() else { return bytes };
    while !bytes.is_empty() {
        let len = number(bytes, 0) as usize;
        let (own, others) = bytes.split_at(len);
        if &own[4..8] == name.as_bytes() {
            return find(&own[8..], rest);
        }
        bytes = others;
    }
    panic!("no box {name}");
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// Parts with their length before each, as parts that begin with a mark.
fn marked(mut bytes: &[u8], length_bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let len = bytes[..length_bytes].iter().fold(0, |len, byte| len << 8 | usize::from(*byte));
        let (own, others) = bytes[length_bytes..].split_at(len);
        out.extend([0, 0, 0, 1]);
        out.extend(own);
        bytes = others;
    }
    out
}

#[test]
fn an_mp4_shows_the_pictures_that_were_drawn_when_they_are_due() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let record = ball();
    let tracer = Tracer::of(&record);
    let places = turntable(Orbit::canonical(1.85), 7);
    // Half a ball, which looks different from everywhere; transparent, which an MP4 cannot be.
    let crop = CropBox { high: [0.0, f32::INFINITY, f32::INFINITY], ..CropBox::ALL };
    let mut config = FilmConfig { still: still(66, 50, None), frames_per_sec: 25 };
    config.still.crop = crop;
    let mut go_on = |_: f32| ControlFlow::Continue(());
    write_film(&path, &record, &tracer, &places, &config, &mut go_on).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let told = film_bytes(&path, &config, places.len());
    assert!((bytes.len() as u64) < 12 * told + 4_096, "{} bytes, {told} told", bytes.len());

    let media = find(&bytes, &["moov", "trak", "mdia"]);
    let per_sec = number(find(media, &["mdhd"]), 12);
    let table = find(media, &["minf", "stbl"]);
    let times = find(table, &["stts"]);
    // All pictures as long, a twenty-fifth of a second.
    assert_eq!([number(times, 4), number(times, 8), number(times, 12) * 25], [1, 7, per_sec]);
    assert_eq!(number(find(table, &["stss"]), 8), 1, "the first picture is whole in itself");
    let sizes = find(table, &["stsz"]);
    assert_eq!(number(sizes, 8), 7);
    let entry = &find(table, &["stsd"])[8..];
    let avc1 = find(entry, &["avc1"]);
    assert_eq!(avc1[24..28], [0, 66, 0, 50], "width and height");
    let avcc = find(&avc1[78..], &["avcC"]);
    // Five bytes, how many sequences there are, each with its length; the same of pictures.
    let sps_len = usize::from(u16::from_be_bytes([avcc[6], avcc[7]]));
    let mut stream = marked(&avcc[6..8 + sps_len], 2);
    stream.extend(marked(&avcc[8 + sps_len + 1..], 2));

    let mut decoder = Decoder::new().unwrap();
    let mut at = number(find(table, &["stco"]), 8) as usize;
    for (index, place) in places.iter().enumerate() {
        let size = number(sizes, 12 + 4 * index) as usize;
        stream.extend(marked(&bytes[at..at + size], 4));
        at += size;
        let decoded = decoder.decode(&std::mem::take(&mut stream)).unwrap().expect("a picture");
        assert_eq!(decoded.dimensions(), (66, 50));
        let mut rgb = vec![0; 66 * 50 * 3];
        decoded.write_rgb8(&mut rgb);
        let found: Vec<f32> = rgb.iter().map(|value| f32::from(*value) / 255.0).collect();
        let drawn = |place| {
            Still::draw(&record, &tracer, place, &config.still, &mut |_| ControlFlow::Continue(()))
                .unwrap()
                .on([255; 3])
        };
        let own = psnr_db(&found, &drawn(place));
        let next = psnr_db(&found, &drawn(&places[(index + 1) % places.len()]));
        assert!(own > 28.0 && own > next + 3.0, "picture {index}: {own} dB, beside the next {next} dB");
    }

    let size = |size| check_film_size(&path, size, 7);
    assert!(size((66, 51)).is_err() && size((4_000, 100)).is_err() && size((2_160, 3_840)).is_ok());
    let stopped = folder.path().join("b.mp4");
    // It is stopped among the encoding too, and when only the file is missing.
    for most in [0.3, 0.92, 0.99] {
        let mut stop = |part: f32| {
            if part > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let written = write_film(&stopped, &record, &tracer, &places, &config, &mut stop);
        assert!(matches!(written, Err(ExportError::Cancelled)));
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something is left behind");
}
