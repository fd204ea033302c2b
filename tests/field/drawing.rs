//! Faster renderings of an object against the oracle.

use std::cell::Cell;
use std::path::Path;

use hyperscope::camera::Orbit;
use hyperscope::dataset::FOCAL;
use hyperscope::field::{Architecture, Bake, CropBox, FieldRecord, Occupancy, Sampling, Seen, Tracer};
use hyperscope::media::{ObjectFraming, ObjectSignal};
use hyperscope::model::{Model, SignalKind};

use crate::common;

/// Red grows with x.
fn ball() -> FieldRecord {
    common::ball([0.0, 1.0, -2.0], 3.0)
}

fn rays(side: u32) -> Vec<[f32; 6]> {
    let place = Orbit::canonical(1.85).seen_from(0.7, -0.4);
    let (grid, rays) = (place.camera(side, side).ray_grid(), place.camera(side, side).pixel_rays());
    // Linear in the pixel, so that the two agree.
    for (index, ray) in rays.iter().enumerate() {
        let found = grid.pixel(index as u32 % side, index as u32 / side);
        assert!(found.iter().zip(ray).all(|(a, b)| (a - b).abs() < 1e-5));
    }
    rays
}

/// The largest and the mean difference of the colours on white.
fn differences(found: &[Seen], expected: &[Seen]) -> (f32, f32) {
    let each: Vec<f32> = found
        .iter()
        .zip(expected)
        .flat_map(|(found, expected)| {
            let (found, expected) = (found.on([1.0; 3]), expected.on([1.0; 3]));
            [0, 1, 2].map(|channel: usize| (found[channel] - expected[channel]).abs())
        })
        .collect();
    (each.iter().fold(0.0, |most, own| own.max(most)), each.iter().sum::<f32>() / each.len() as f32)
}

#[test]
fn skipping_draws_what_the_oracle_draws_with_a_part_of_its_samples() {
    let (record, rays) = (ball(), rays(40));
    let sampling = Sampling::of(&record, 128).unwrap();
    let oracle = record.trace(&rays, 128);
    let tracer = Tracer::of(&record);
    let traced = tracer.trace(&rays, &sampling, &CropBox::ALL);
    let seen: Vec<Seen> = traced.iter().map(|traced| traced.seen).collect();
    let (most, mean) = differences(&seen, &oracle);
    assert!(most < 1e-2 && mean < 1e-3, "{most} at most, {mean} in the mean");
    let evaluated: u32 = traced.iter().map(|traced| traced.evaluated).sum();
    assert!(evaluated * 3 < 40 * 40 * 128, "{evaluated} samples");
    let is_seen = oracle.iter().filter(|seen| seen.alpha > 0.5).count();
    assert!((200..1_400).contains(&is_seen), "{is_seen} pixels show anything");
    // A camera that stands elsewhere looks at other depths.
    let moved = sampling.moved(1.5);
    assert_eq!((moved.near, moved.far), (4.5, 6.5));
    assert!(sampling.moved(-10.0).near > 0.0);
}

#[test]
fn a_bake_draws_what_the_oracle_draws_up_to_its_resolution() {
    let (record, rays) = (ball(), rays(40));
    let sampling = Sampling::of(&record, 128).unwrap();
    let oracle = record.trace(&rays, 128);
    let mut before = f32::INFINITY;
    for finer in [1, 4] {
        let bake = Bake::of(&record, Occupancy::of(&record), finer);
        let (most, mean) = differences(&bake.draw(&rays, &sampling, &CropBox::ALL), &oracle);
        assert!(mean < before, "no better with more voxels");
        before = mean;
        assert!(finer == 1 || (most < 0.08 && mean < 4e-3), "{finer}: {most} at most, {mean} in the mean");
    }
    // The normal of a ball points away from its middle.
    let bake = Bake::of(&record, Occupancy::of(&record), 4);
    let point = [0.3f32, -0.2, 0.25];
    let length = point.iter().map(|at| at * at).sum::<f32>().sqrt();
    let along: f32 = bake.normal(point).iter().zip(point).map(|(normal, at)| normal * at / length).sum();
    assert!(along > 0.98, "{along}");
    assert!(bake.normal([1.4; 3]).iter().all(|along| *along == 0.0));
}

/// Left at once when it is told so, before all is evaluated; else it is as it would have been.
#[test]
fn a_bake_can_be_interrupted() {
    let record = ball();
    let asked = Cell::new(0);
    let goes_on = |times: u32| {
        asked.set(0);
        let asked = &asked;
        move |_: f32| {
            asked.set(asked.get() + 1);
            asked.get() <= times
        }
    };
    let occupancy = Occupancy::of(&record);
    assert!(Occupancy::of_while(&record, &mut goes_on(3)).is_none());
    assert_eq!(asked.get(), 4);
    assert!(Bake::of_while(&record, occupancy.clone(), 4, &mut goes_on(3)).is_none());
    assert_eq!(asked.get(), 4);
    assert_eq!(Occupancy::of_while(&record, &mut goes_on(u32::MAX)).as_ref(), Some(&occupancy));
    let whole = Bake::of_while(&record, occupancy.clone(), 4, &mut goes_on(u32::MAX));
    assert!(asked.get() > 20, "asked {} times only", asked.get());
    assert_eq!(whole, Some(Bake::of(&record, occupancy, 4)));
}

/// What lies outside the box is not there: half of the ball, cut through its middle, and nothing beside it.
#[test]
fn a_crop_box_cuts() {
    let record = ball();
    let sampling = Sampling::of(&record, 256).unwrap();
    let half = CropBox { low: [f32::NEG_INFINITY; 3], high: [f32::INFINITY, f32::INFINITY, 0.0] };
    let tracer = Tracer::of(&record);
    let ray = [[0.1, 0.05, 4.0, 0.0, 0.0, -1.0]];
    let [cut] = tracer.trace(&ray, &sampling, &half)[..] else { panic!("not one ray") };
    let [baked] = Bake::of(&record, Occupancy::of(&record), 4).draw(&ray, &sampling, &half)[..] else {
        panic!("not one ray")
    };
    for seen in [cut.seen, baked] {
        assert!(seen.alpha > 0.9 && (4.0..4.3).contains(&seen.depth), "{seen:?}");
    }
    let beside = CropBox { low: [0.2; 3], high: [0.5; 3] };
    let [nothing] = tracer.trace(&ray, &sampling, &beside)[..] else { panic!("not one ray") };
    assert_eq!((nothing.seen.alpha, nothing.evaluated), (0.0, 0));
}

/// Nothing is known of what lies outside the grid, so nothing is skipped there.
#[test]
fn what_lies_outside_the_grid_is_not_skipped() {
    let record = ball();
    let far_away = [[6.283_185_5, 0.0, 4.0, 0.0, 0.0, -1.0]];
    let sampling = Sampling::of(&record, 64).unwrap();
    let tracer = Tracer::of(&record);
    // The waves come again after a full turn, beyond the cube.
    let [traced] = tracer.trace(&far_away, &sampling, &CropBox::ALL)[..] else { panic!("not one ray") };
    assert!(traced.seen.alpha > 0.9);
}

/// What the bundled model writes for the armchair among the samples.
fn armchair() -> FieldRecord {
    let picture = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/samples/armchair.png"));
    let signal = ObjectSignal::load("armchair.png", &picture.unwrap(), &ObjectFraming::default()).unwrap();
    let model = Model::bundled(SignalKind::Object).unwrap();
    let side = model.config().input_size as u32;
    let camera = Orbit::canonical(FOCAL).camera(side, side);
    model.encode_object(&[(signal.input(side), camera)], None).unwrap().record
}

/// The promise of the window's badge, where it is hardest: a learned field, whose surfaces are soft.
#[test]
fn the_bundled_models_field_is_drawn_as_by_the_oracle() {
    let (record, rays) = (armchair(), rays(64));
    for samples in [64, 128, 1024] {
        let sampling = Sampling::of(&record, samples).unwrap();
        let traced = Tracer::of(&record).trace(&rays, &sampling, &CropBox::ALL);
        let seen: Vec<Seen> = traced.iter().map(|traced| traced.seen).collect();
        let (most, mean) = differences(&seen, &record.trace(&rays, samples));
        assert!(most < 1e-2 && mean < 1e-3, "{samples}: {most} at most, {mean} in the mean");
    }
}

/// By a part of its rays as by all of them, whatever there is to be seen: a learned field, a ball, noise as fine as a field
/// of that architecture can have, a slice thinner than the way from ray to ray would be; near and far, and pictures of a few
/// pixels.
#[test]
fn a_picture_by_some_of_its_rays_is_that_of_all() {
    let noise = FieldRecord { field: common::random_field(&Architecture::live_object(), 3), ..ball() };
    let slice = CropBox { low: [f32::NEG_INFINITY, -0.01, f32::NEG_INFINITY], ..CropBox::of_bake() };
    let slice = CropBox { high: [f32::INFINITY, 0.01, f32::INFINITY], ..slice };
    let (mut most, mut is_seen) = (0.0_f32, 0);
    for (record, crop) in
        [(armchair(), CropBox::ALL), (ball(), CropBox::ALL), (ball(), slice), (noise, CropBox::ALL)]
    {
        let bake = Bake::of(&record, Occupancy::of(&record), 2);
        for (distance, size) in
            [(4.0, [301, 203]), (2.0, [160, 160]), (12.0, [160, 90]), (4.0, [3, 2]), (4.0, [1, 1])]
        {
            let place = Orbit { distance, ..Orbit::canonical(FOCAL).seen_from(0.7, 0.0) };
            let camera = place.camera(size[0] as u32, size[1] as u32);
            let grid = camera.ray_grid();
            let sampling = Sampling::of(&record, 64).unwrap().moved(place.depth_offset() as f32);
            let ray = |x: usize, y: usize| grid.pixel(x as u32, y as u32);
            let found = bake.draw_picture(&ray, size, &sampling, &crop);
            let expected = bake.draw(&camera.pixel_rays(), &sampling, &crop);
            assert_eq!(found.len(), expected.len());
            let (own_most, mean) = differences(&found, &expected);
            assert!(
                own_most < 8e-3 && mean < 4e-4,
                "{size:?} from {distance}: {own_most} at most, {mean} in the mean"
            );
            let depth_most =
                found.iter().zip(&expected).map(|(a, b)| (a.depth - b.depth).abs()).fold(0.0, f32::max);
            assert!(depth_most < 0.02, "{size:?} from {distance}: a depth is off by {depth_most}");
            most = most.max(own_most);
            is_seen += expected.iter().filter(|seen| seen.alpha > 0.3).count();
        }
    }
    assert!(most > 0.0, "every ray was followed");
    assert!(is_seen > 20_000, "{is_seen} pixels show anything");
}
