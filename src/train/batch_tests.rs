use std::collections::BTreeMap;

use super::*;
use crate::camera::{CANONICAL_DISTANCE, Intrinsics};
use crate::dataset::{ObjectFolder, ViewSet};
use crate::field::{Architecture, Encoding};
use crate::model::{SignalKind, cpu_device};
use crate::train::{ObjectSettings, vit_tiny};

const SIDE: usize = 16;
const COLOR: [u8; 3] = [200, 120, 40];

/// Walls of one colour.
fn walls() -> ObjectFolder {
    ObjectFolder::of((0..20).map(|index| wall(format!("walls/{index}"), COLOR)).collect())
}

fn wall(relative: String, color: [u8; 3]) -> ObjectEntry {
    let rgba = [color[0], color[1], color[2], 255].repeat(SIDE * SIDE);
    let picture = Cutout::new(SIDE as u32, SIDE as u32, rgba).unwrap();
    let intrinsics = Intrinsics::square(SIDE as u32, 1.85);
    let view = |azimuth: f64| View {
        picture: picture.clone(),
        camera: Camera::around(0.1, azimuth, CANONICAL_DISTANCE, intrinsics),
    };
    ObjectEntry { relative, views: ViewSet { views: vec![view(0.0), view(1.0)], near: 2.0, far: 6.0 } }
}

/// What is read and what is to come out of it have their channels in the same order; half of the objects have their own,
/// and every other order has a tenth.
#[test]
fn colours_are_exchanged_in_what_is_read_and_what_is_wanted_alike() {
    let objects = ObjectSettings {
        rays_per_object: 4,
        samples_per_ray: 2,
        recoloured_part: 0.5,
        ..ObjectSettings::default()
    };
    let config = RunConfig { input_size: SIDE, objects, ..RunConfig::of(SignalKind::Object) };
    let (backbone, data, device) = (vit_tiny(), TrainingData::Objects(walls()), cpu_device());
    let scale = backbone.pixel_scale();
    let mut counts: BTreeMap<[u8; 3], usize> = BTreeMap::new();
    for step in 0..100 {
        let Batch { input, targets, .. } = draw(&config, &backbone, &data, step, &device);
        let Input::Views { images, .. } = input else { panic!("no views") };
        let read: Vec<f32> = images.into_data().iter::<f32>().collect();
        let wanted: Vec<f32> = targets.into_data().iter::<f32>().collect();
        for (read, wanted) in read.chunks(3 * SIDE * SIDE).zip(wanted.chunks(4 * 4)) {
            for pixel in 0..SIDE * SIDE {
                for channel in 0..3 {
                    let value = read[channel * SIDE * SIDE + pixel];
                    let value = value * scale.deviation[channel] + scale.mean[channel];
                    assert!((value - wanted[channel]).abs() < 1e-5, "{value}, not {}", wanted[channel]);
                }
            }
            assert!(wanted.chunks(4).all(|ray| *ray == wanted[..4]));
            let color = [0, 1, 2].map(|channel| (wanted[channel] * 255.0).round() as u8);
            *counts.entry(color).or_default() += 1;
        }
    }
    assert_eq!(counts.len(), 6);
    for (color, count) in counts {
        let expected = if color == COLOR { 400.0 } else { 80.0 };
        // Five standard deviations of a binomial.
        let reach = 5.0 * f64::sqrt(expected * (1.0 - expected / 800.0));
        assert!((count as f64 - expected).abs() < reach, "{color:?}: {count} of 800");
    }
}

/// Variants are drawn as often as the settings say, however many there are; alone, or not at all, where there is nothing
/// else.
#[test]
fn variants_have_their_part() {
    let other = [10, 20, 250];
    let originals = (0..20).map(|index| wall(format!("walls/{index}"), COLOR));
    let variants = (0..60).map(|index| wall(format!("walls/{}~{}", index / 3, index % 3 + 1), other));
    let count = |entries: Vec<ObjectEntry>| {
        let objects = ObjectSettings {
            rays_per_object: 1,
            samples_per_ray: 1,
            varied_part: 0.3,
            ..ObjectSettings::default()
        };
        let config = RunConfig { input_size: SIDE, objects, ..RunConfig::of(SignalKind::Object) };
        let data = TrainingData::Objects(ObjectFolder::of(entries));
        let blues = (0..100).flat_map(|step| {
            let batch = draw(&config, &vit_tiny(), &data, step, &cpu_device());
            batch.targets.into_data().iter::<f32>().skip(2).step_by(4).collect::<Vec<_>>()
        });
        blues.filter(|blue| *blue > 0.9).count()
    };
    assert_eq!(count(originals.clone().collect()), 0);
    assert_eq!(count(variants.clone().collect()), 800);
    let mixed = count(originals.chain(variants).collect());
    // 0.3 of 800, and five standard deviations of a binomial.
    assert!(mixed.abs_diff(240) < 65, "{mixed} of 800");
}

/// What a ray is to see lies in the squeezed picture that is read where the ray's points are projected to.
#[test]
fn squeezed_objects_are_seen_where_their_points_are() {
    // Red tells how far to the right a pixel is, green how far down.
    let bright = |x: usize, y: usize| [(40 + 2 * x) as u8, (40 + 2 * y) as u8, 90, 255];
    let side = 64;
    let rgba = (0..side * side).flat_map(|pixel| bright(pixel % side, pixel / side)).collect();
    let picture = Cutout::new(side as u32, side as u32, rgba).unwrap();
    let camera = Camera::around(0.3, 1.0, CANONICAL_DISTANCE, Intrinsics::square(side as u32, 1.85));
    let views = ViewSet { views: vec![View { picture, camera }], near: 2.0, far: 6.0 };
    let entry = ObjectEntry { relative: "ramp".into(), views };
    let objects = ObjectSettings {
        rays_per_object: 32,
        samples_per_ray: 2,
        mirrored_part: 0.0,
        squeezed_part: 1.0,
        ..ObjectSettings::default()
    };
    // Points of this scene lie within a turn of the one frequency, so that its angle is their place.
    let encoding = Encoding::Fourier { count: 1, min: 0.5, max: 0.5 };
    let field = Architecture { encoding, ..RunConfig::of(SignalKind::Object).field };
    let config = RunConfig { input_size: side, objects, field, ..RunConfig::of(SignalKind::Object) };
    let scale = PixelScale { mean: [0.0; 3], deviation: [1.0; 3] };
    let own = camera.seen_from(&camera);
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut least = [side; 2];
    for _ in 0..40 {
        let reading = Reading { views: 1, grid: 4, scale: &scale };
        let item = object(&config, &entry, &reading, 0.0, &mut random);
        let read = |channel: usize, x: usize, y: usize| item.input[(channel * side + y) * side + x];
        let inside = |x: usize, y: usize| read(2, x, y) < 0.5;
        let middle = side / 2;
        for (axis, least) in least.iter_mut().enumerate() {
            let is_inside = |at: &usize| if axis == 0 { inside(*at, middle) } else { inside(middle, *at) };
            *least = (*least).min((0..side).filter(is_inside).count());
        }
        for (point, wanted) in item.features.chunks(6).zip(item.targets.chunks(4).flat_map(|ray| [ray; 2])) {
            let at = angles(point, &config.field);
            let (pixel, depth) = own.project(at.as_dvec3());
            // From 3 to 5, and half of that further at most.
            assert!((3.0..=6.0).contains(&depth), "{depth}");
            let (x, y) = ((pixel.x - 0.5).round() as usize, (pixel.y - 0.5).round() as usize);
            for channel in 0..2 {
                let found = read(channel, x, y);
                // Half a pixel of a ramp that the squeeze made steeper, and the edge of white beside it.
                let is_away = (1..side - 1).contains(&x) && (1..side - 1).contains(&y);
                let is_edge = !is_away
                    || [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].iter().any(|(x, y)| !inside(*x, *y));
                assert!(is_edge || (found - wanted[channel]).abs() < 2.0 / 255.0, "{found}, not {wanted:?}");
            }
        }
    }
    assert!(least.iter().all(|least| (48..54).contains(least)), "{least:?}");
}

/// The point that an encoding by a single frequency of 0.5 came from.
fn angles(features: &[f32], field: &Architecture) -> Vec3 {
    let unit = encode_points(field, &[1.0, 0.0, 0.0]);
    let sine = unit.iter().position(|value| (value - 0.5_f32.sin()).abs() < 1e-6).unwrap();
    let cosine = unit.iter().position(|value| (value - 0.5_f32.cos()).abs() < 1e-6).unwrap();
    let stride = encode_points(field, &[0.0, 1.0, 0.0]).iter().position(|v| (v - 0.5_f32.sin()).abs() < 1e-6);
    let stride = stride.unwrap() - sine;
    Vec3::from(
        [0, 1, 2].map(|axis| features[axis * stride + sine].atan2(features[axis * stride + cosine]) / 0.5),
    )
}
