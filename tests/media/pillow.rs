//! What Pillow reads from the golden files, and how it resizes.

use std::path::Path;

use hyperscope::media::{Cutout, Picture, decode, resize, resize_part};
use safetensors::{Dtype, SafeTensors};

use crate::{BACKGROUND, common, difference, file};

fn golden() -> Vec<u8> {
    std::fs::read(common::golden("media.safetensors")).unwrap()
}

/// Width, height, and values in [0, 1].
fn values(tensors: &SafeTensors, name: &str) -> (u32, u32, Vec<f32>) {
    let tensor = tensors.tensor(name).unwrap();
    let words = |bytes: &[u8]| -> Vec<u16> { bytemuck::pod_collect_to_vec(bytes) };
    let values = match tensor.dtype() {
        Dtype::U8 => tensor.data().iter().map(|&value| f32::from(value) / 255.0).collect(),
        Dtype::U16 => words(tensor.data()).iter().map(|&value| f32::from(value) / 65535.0).collect(),
        Dtype::F32 => bytemuck::pod_collect_to_vec(tensor.data()),
        other => panic!("{name} is {other:?}"),
    };
    (tensor.shape()[1] as u32, tensor.shape()[0] as u32, values)
}

/// The most that two sound decoders may differ by, in steps of 8 bits.
fn allowed_steps(name: &str) -> f32 {
    match name {
        // Inverse transforms, the upsampling of colours, and the way from CMYK differ between decoders.
        "progressive.jpg" => 8.0,
        // Converting to sRGB widens a difference.
        "cmyk.jpg" | "adobe.jpg" => 3.0,
        name if Path::new(name).extension().is_some_and(|extension| extension == "jpg") => 2.1,
        "lossy.webp" | "lossy_alpha.webp" => 8.0,
        // littlecms computes in 8 bits.
        name if name.starts_with("adobe") || name.contains("profile") => 1.01,
        "alpha16.png" => 1.01 / 257.0,
        "rgb16.png" | "grey16.png" => 0.001,
        // What is composited here is rounded at 16 bits, there at 8.
        name if name.contains("alpha") || name == "animated.png" => 0.51,
        _ => 0.001,
    }
}

#[test]
fn every_file_is_what_pillow_reads() {
    let bytes = golden();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let (mut num_files, mut too_far) = (0, Vec::new());
    for entry in std::fs::read_dir(common::golden("media")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let picture = decode(&file(&name), BACKGROUND).unwrap_or_else(|err| panic!("{name}: {err}"));
        let (width, height, expected) = values(&tensors, &name);
        assert_eq!((picture.width(), picture.height()), (width, height), "{name}");
        let (most, mean) = difference(&picture, &expected);
        println!("{name}: at most {:.3} steps, mean {:.4}", most * 255.0, mean * 255.0);
        // With its transparency kept in 8 bits and laid on the same colour afterwards, it is the same.
        let cutout = Cutout::decode(&file(&name)).unwrap();
        let (kept, _) = difference(&cutout.on(BACKGROUND), &picture.to_f32());
        assert!(cutout.is_transparent() || !name.contains("alpha"), "{name}");
        assert!(kept * 255.0 < 1.01, "{name}: {} steps", kept * 255.0);
        if most * 255.0 > allowed_steps(&name) {
            too_far.push(format!("{name}: {} steps", most * 255.0));
        }
        num_files += 1;
    }
    assert!(too_far.is_empty(), "{too_far:?}");
    assert!(num_files >= 45, "{num_files} golden files");
}

#[test]
fn an_unused_profile_would_be_noticed() {
    let bytes = golden();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let plain = decode(&file("rgb.png"), BACKGROUND).unwrap();
    let (_, _, with_profile) = values(&tensors, "adobe.png");
    assert!(difference(&plain, &with_profile).0 > 10.0 / 255.0);
}

#[test]
fn resizing_is_pillows_bicubic() {
    let bytes = golden();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let (width, height, source) = values(&tensors, "resize.source");
    let source = Picture::from_f32(width, height, &source).unwrap();
    for name in tensors.names().into_iter().filter(|name| name.starts_with("resize.") && name.contains('x')) {
        let (width, height, expected) = values(&tensors, name);
        let (most, _) = difference(&resize(&source, width, height), &expected);
        println!("{name}: at most {most}");
        assert!(most < 1e-4, "{name}: {most}");
    }
    let (width, height, expected) = values(&tensors, "part.10x8");
    let part = resize_part(&source, 5.25, 2.5, 20.5, 17.75, width, height);
    let (most, _) = difference(&part, &expected);
    assert!(most < 1e-4, "part: {most}");
}
