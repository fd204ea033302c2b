//! The baked grid by WGSL against its CPU twin.

use hyperscope::camera::Orbit;
use hyperscope::field::{Bake, CropBox, FieldRecord, Occupancy, Sampling, Traced};
use hyperscope::render::{Backdrop, VolumeFrame, VolumeMode, adapters, draw_baked_gpu, shaded};

use crate::common;

/// Red grows with x.
fn ball() -> FieldRecord {
    common::ball([0.0, 1.0, -1.0], 3.0)
}

#[test]
fn the_shader_draws_the_bake_as_the_processor_does() {
    if adapters().is_empty() {
        println!("skipped: there is no graphics adapter on this machine");
        return;
    }
    let record = ball();
    let bake = Bake::of(&record, Occupancy::of(&record), 3);
    let place = Orbit::canonical(1.85).seen_from(0.5, 0.3);
    let whole = VolumeFrame {
        place,
        viewport_px: (50, 36),
        mode: VolumeMode::Color,
        crop: CropBox::ALL,
        backdrop: Backdrop::Checker,
        samples: 64,
        is_moving: true,
    };
    let cut = CropBox { low: [f32::NEG_INFINITY, -0.2, f32::NEG_INFINITY], high: [f32::INFINITY; 3] };
    let modes =
        [VolumeMode::Color, VolumeMode::Depth, VolumeMode::Normal, VolumeMode::Opacity, VolumeMode::Samples];
    let frames = modes.map(|mode| VolumeFrame { mode, ..whole });
    let sampling = Sampling::of(&record, 64).unwrap();
    for frame in frames.into_iter().chain([VolumeFrame { crop: cut, ..whole }]) {
        let found = draw_baked_gpu(&bake, &frame, &sampling).unwrap();
        let rays = place.camera(50, 36).pixel_rays();
        let seen = bake.draw(&rays, &sampling, &frame.crop);
        let mut differences = Vec::new();
        for ((found, seen), ray) in found.iter().zip(seen).zip(&rays) {
            let traced = Traced { seen, evaluated: 0 };
            let expected = shaded(frame.mode, &traced, ray, &place, &sampling, &bake);
            differences.extend(found.iter().zip(expected).map(|(a, b)| f64::from(a.abs_diff(b))));
        }
        let mean = differences.iter().sum::<f64>() / differences.len() as f64;
        let is_near = differences.iter().filter(|difference| **difference <= 6.0).count();
        // The device keeps the grid in 16 bits and interpolates with 8; a normal of almost nothing may point anywhere.
        assert!(mean < 1.5, "{:?}: {mean} of 255 in the mean", frame.mode);
        assert!(
            is_near * 100 >= differences.len() * 97,
            "{:?}: {is_near} of {}",
            frame.mode,
            differences.len()
        );
    }
}
