//! LPIPS against the package of its authors: `golden/make_lpips.py`.

use std::path::PathBuf;

use hyperscope::media::Picture;
use hyperscope::model::{Lpips, ModelError, cpu_device};
use hyperscope::train::quality_by;
use safetensors::SafeTensors;

use crate::common;

const SIZE: (u32, u32) = (67, 52);

/// The pictures of the script: `[height, width, 3]`.
fn picture(kind: f64) -> Vec<f32> {
    let (width, height) = SIZE;
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (f64::from(x), f64::from(y))));
    let values = places.flat_map(|(x, y)| [0.0, 1.0, 2.0].map(|c: f64| (x, y, c)));
    values
        .map(|(x, y, c)| {
            let waves = (0.11 * x * (c + 1.0) + 0.07 * y + kind).sin()
                * (0.05 * y * (c + 2.0) - 0.02 * x + 0.5 * c * kind).cos();
            (0.5 + 0.5 * waves) as f32
        })
        .collect()
}

fn files(names: &[&str]) -> Vec<PathBuf> {
    names.iter().map(|name| common::golden(name)).collect()
}

#[test]
fn distances_agree_with_the_authors_package() {
    let golden = std::fs::read(common::golden("lpips.safetensors")).unwrap();
    let golden = SafeTensors::deserialize(&golden).unwrap();
    let (one, other) = (picture(0.0), picture(1.0));
    let (width, height) = SIZE;
    let nets = [
        ("alex", "AlexNet", files(&["lpips_alex.safetensors"])),
        ("vgg", "VGG-16", files(&["lpips_vgg_trunk.pth", "lpips_vgg_lin.pth"])),
    ];
    for (name, trunk, files) in nets {
        let expected: Vec<f32> = bytemuck::pod_collect_to_vec(golden.tensor(name).unwrap().data());
        let lpips = Lpips::load(&files, &cpu_device()).unwrap();
        assert_eq!(lpips.name(), trunk);
        let found = lpips.distance(&one, &other, width, height);
        assert!((found / f64::from(expected[0]) - 1.0).abs() < 1e-4, "{trunk}: {found} and {expected:?}");
        let reference = Picture::from_f32(width, height, &one).unwrap();
        let same = quality_by(Some(&lpips), &reference.to_f32(), &reference);
        assert_eq!(same.lpips, Some(0.0));
        assert!(lpips.check(15, 400).is_err() && lpips.distance(&one, &one, 8, 8).is_nan());
    }
}

#[test]
fn weights_that_are_not_there_are_refused_by_name() {
    let load = |names: &[&str]| Lpips::load(&files(names), &cpu_device());
    let err = load(&["lpips_vgg_trunk.pth"]).unwrap_err().to_string();
    assert!(err.contains("lin0.model.1.weight is missing"), "{err}");
    let err = load(&["lpips_vgg_lin.pth"]).unwrap_err().to_string();
    assert!(err.contains("features.0.weight is not there"), "{err}");
    // The differences of another trunk have other widths.
    let err = load(&["lpips_alex.safetensors", "lpips_vgg_lin.pth"]).unwrap_err();
    assert!(matches!(err, ModelError::Tensors(_)), "{err}");
    assert!(load(&["nowhere.pth"]).is_err());
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.pth");
    common::put(&broken, &[0x80, 2, b'c', b'o', b's', b'\n', b'x', b'\n', b'.']);
    assert!(Lpips::load(&[broken], &cpu_device()).is_err());
}
