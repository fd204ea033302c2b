//! A hypernetwork learns objects: balls whose colour and size are to be read off one picture.

use std::path::Path;

use glam::DVec3;
use hyperscope::camera::{CANONICAL_DISTANCE, Camera, Intrinsics, Ray};
use hyperscope::dataset::{ObjectEntry, ObjectFolder, Split, View, ViewSet};
use hyperscope::field::{Architecture, Encoding};
use hyperscope::media::{Cutout, decode, resize, resize_part};
use hyperscope::model::{Checkpoint, Composer, Mode, Model, SignalKind, cpu_device};
use hyperscope::train::{
    ObjectSettings, ObjectsEvaluateConfig, Optimizer, RefineConfig, Run, RunConfig, RunInputs, Sheet,
    TrainError, TrainingData, evaluate_objects, quality,
};

use crate::run::backbone;

const SIDE_PX: u32 = 16;

/// A ball as a camera sees it, without shading: a pixel is on it if its ray comes nearer than the radius.
fn view(camera: Camera, radius: f64, color: [u8; 3]) -> View {
    let pixels = (0..SIDE_PX).flat_map(|y| (0..SIDE_PX).map(move |x| (x, y)));
    let rgba = pixels.flat_map(|(x, y)| {
        let Ray { origin, direction } = camera.pixel_ray(x, y);
        let nearest = origin - direction * (origin.dot(direction) / direction.length_squared());
        if nearest.length() < radius { [color[0], color[1], color[2], 255] } else { [0; 4] }
    });
    View { picture: Cutout::new(SIDE_PX, SIDE_PX, rgba.collect()).unwrap(), camera }
}

fn balls() -> ObjectFolder {
    let entry = |index: usize| {
        let tone = ((index * 37) % 40) as u8;
        let color = [40 + 5 * tone, 120, 235 - 5 * tone];
        let radius = 0.4 + 0.5 * f64::from((index * 11 % 40) as u8) / 40.0;
        let camera = |view: usize| {
            let intrinsics = Intrinsics::square(SIDE_PX, 1.85);
            Camera::around(0.1 * view as f64, view as f64, CANONICAL_DISTANCE, intrinsics)
        };
        let views = (0..5).map(|index| view(camera(index), radius, color)).collect();
        ObjectEntry { relative: format!("balls/{index:02}"), views: ViewSet { views, near: 2.0, far: 6.0 } }
    };
    ObjectFolder::of((0..40).map(entry).collect())
}

pub(crate) fn config(steps: u32) -> RunConfig {
    RunConfig {
        steps,
        batch_size: 4,
        input_size: 16,
        depth: 2,
        groups: 4,
        learning_rate_new: 3e-3,
        learning_rate_backbone: 1e-3,
        warm_up_steps: 10,
        evaluate_every: steps,
        checkpoint_every: steps,
        ema_decay: 0.9,
        field: Architecture {
            layers: 4,
            hidden: 24,
            encoding: Encoding::Fourier { count: 4, min: 1.0, max: 8.0 },
            ..Architecture::live_object()
        },
        objects: ObjectSettings { rays_per_object: 96, samples_per_ray: 24, ..ObjectSettings::default() },
        ..RunConfig::of(SignalKind::Object)
    }
}

/// Held-out PSNR in dB before and after, of novel views; and the model's file.
pub(crate) fn train(folder: &Path, name: &str, mode: Mode, config: RunConfig) -> (f64, f64, Vec<u8>) {
    let out = folder.join(name);
    let inputs = RunInputs { mode, backbone: Some(backbone(folder)), from: None, out };
    let data = TrainingData::Objects(balls());
    let mut run = Run::start(config, &inputs, data, &cpu_device()).unwrap();
    let before = run.held_out_psnr_db().unwrap();
    while !run.is_finished() {
        run.step().unwrap();
    }
    (before, run.held_out_psnr_db().unwrap(), std::fs::read(run.model_path()).unwrap())
}

#[test]
fn every_mode_learns_objects() {
    assert!(balls().objects(Split::HeldOut).count() > 1);
    let folder = tempfile::tempdir().unwrap();
    for (mode, composer, base_optimizer) in [
        (Mode::Finetune, Composer::TransInr, Optimizer::Muon),
        (Mode::Prompt, Composer::TransInr, Optimizer::Adam),
        (Mode::Scratch, Composer::Residual, Optimizer::Muon),
    ] {
        let config = RunConfig { composer, base_optimizer, ..config(300) };
        let (before, after, bytes) = train(folder.path(), &mode.to_string(), mode, config);
        // Of white pictures it is 10 to 12 dB.
        assert!(after > 17.0 && after > before + 5.0, "{mode}: {before} dB, then {after}");
        let model = Checkpoint::from_bytes(&bytes, &[folder.path().into()], &cpu_device()).unwrap();
        assert_eq!(model.network.config().depths, Some((3.0, 5.0)));
        let rays = model.network.ray_embed.unwrap().weight.val();
        assert!(rays.abs().sum().into_scalar::<f32>() > 0.0, "{mode}: what tells views apart did not learn");
    }
}

/// With a relu density and a random base all rays can stay white for ever, without a slope: none of these seeds does.
#[test]
fn density_does_not_collapse() {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..6 {
        let config = RunConfig { seed, ..config(60) };
        let (before, after, _) = train(folder.path(), &format!("seed-{seed}"), Mode::Finetune, config);
        assert!(after > before.max(13.0), "seed {seed}: {before} dB, then {after}");
    }
}

/// Several views at once, and a class that is left out.
#[test]
fn several_views_are_read_and_classes_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let settings = ObjectSettings { most_views: 3, ..config(1).objects };
    let several = RunConfig { objects: settings.clone(), ..config(100) };
    let (before, after, _) = train(folder.path(), "several", Mode::Finetune, several);
    assert!(after > before + 3.0, "{before} dB, then {after}");
    // A held-out ball as it turns, over its field: eight views of each, and the ball as its views show it.
    let sheets = Sheet::list(&folder.path().join("several"));
    let last = sheets.last().unwrap();
    assert_eq!((sheets.len(), last.step, last.views), (2, 100, 8));
    let picture = decode(&std::fs::read(&last.path).unwrap(), [0; 3]).unwrap();
    let side = picture.height() / 16;
    let all = balls();
    let num_held_out = all.objects(Split::HeldOut).count() as u32;
    assert_eq!((picture.width(), side * 16), (num_held_out.min(6) * side, picture.height()));
    let tile =
        |row: u32| resize_part(&picture, 0.0, f64::from(row * side), side.into(), side.into(), side, side);
    let first = &all.objects(Split::HeldOut).next().unwrap().views.views;
    for row in 0..8 {
        let view = &first[row as usize % first.len()].picture;
        let expected = resize(&view.on([255; 3]), side, side);
        assert!(quality(&tile(row).to_f32(), &expected).psnr_db > 40.0, "view {row}");
        assert!(quality(&tile(8 + row).to_f32(), &expected).psnr_db > 10.0, "the field's view {row}");
    }
    let without = ObjectSettings { without: vec!["balls".into()], ..settings };
    let inputs =
        RunInputs { mode: Mode::Scratch, backbone: None, from: None, out: folder.path().join("none") };
    let none = RunConfig { objects: without, ..config(1) };
    let refused = Run::start(none, &inputs, TrainingData::Objects(balls()), &cpu_device());
    assert!(refused.err().unwrap().to_string().contains("held out"));
}

/// An input camera looks along -z from a distance of 4 in its own frame; another keeps its place to it.
#[test]
fn frames_are_centred_on_the_view() {
    let intrinsics = Intrinsics::square(SIDE_PX, 1.85);
    let input = Camera::around(0.4, 1.3, CANONICAL_DISTANCE, intrinsics);
    let own = input.seen_from(&input);
    let canonical = Camera::canonical(intrinsics);
    assert!(own.world_from_camera.abs_diff_eq(canonical.world_from_camera, 1e-12));
    let right = Camera::around(0.0, 0.5, CANONICAL_DISTANCE, intrinsics);
    let seen = right.seen_from(&Camera::around(0.0, 0.2, CANONICAL_DISTANCE, intrinsics));
    let place = seen.world_from_camera.translation;
    assert!(place.abs_diff_eq(DVec3::new(4.0 * 0.3f64.sin(), 0.0, 4.0 * 0.3f64.cos()), 1e-12), "{place}");
    let orbiting = Camera::orbiting(0.3, 0.0, CANONICAL_DISTANCE, intrinsics);
    assert!(orbiting.world_from_camera.abs_diff_eq(seen.world_from_camera, 1e-12));
}

/// Baselines of objects that look alike, whose views are each of one grey and differ in grey and size: how far one is from
/// another is the difference of two numbers. Without an object to learn from there is nothing to make them of.
#[test]
fn baselines_fit_every_view_and_want_objects_to_learn_from() {
    let folder = tempfile::tempdir().unwrap();
    let (_, _, bytes) = train(folder.path(), "model", Mode::Scratch, config(1));
    let model = Model::load("model", &bytes, &[folder.path().into()]).unwrap();
    let entry = |index: usize| {
        let view = |view: usize| {
            let (grey, side) = if view == 0 { (64, 16) } else { (192, 24) };
            let rgba = [grey, grey, grey, 255].repeat((side * side) as usize);
            let intrinsics = Intrinsics::square(side, 1.85);
            let camera = Camera::around(0.1, view as f64, CANONICAL_DISTANCE, intrinsics);
            View { picture: Cutout::new(side, side, rgba).unwrap(), camera }
        };
        let views = ViewSet { views: (0..6).map(view).collect(), near: 2.0, far: 6.0 };
        ObjectEntry { relative: format!("greys/{index:02}"), views }
    };
    let data = ObjectFolder::of((0..20).map(entry).collect());
    let evaluate = ObjectsEvaluateConfig {
        split: Split::HeldOut,
        unseen: Vec::new(),
        most_objects: 1,
        novel_views: 2,
        refine: [0; 2].map(|steps| RefineConfig { steps, ..RefineConfig::of_object(1) }),
        with_baselines: true,
        lpips: None,
    };
    let (rows, _) = evaluate_objects(&model, &data, &evaluate, |_| {}).unwrap();
    let baselines = rows[0].baselines.as_ref().unwrap();
    let expected = -20.0 * (128.0f64 / 255.0).log10();
    assert!((baselines.input_repeated.psnr_db - expected).abs() < 1e-3, "{baselines:?}");
    assert!(baselines.mean_picture.psnr_db > 90.0, "{baselines:?}");
    let unseen = ObjectsEvaluateConfig { unseen: vec!["greys".into()], ..evaluate };
    let refused = evaluate_objects(&model, &data, &unseen, |_| {}).unwrap_err();
    assert!(matches!(&refused, TrainError::Config(text) if text.contains("to learn from")), "{refused}");
    let plain = ObjectsEvaluateConfig { with_baselines: false, ..unseen };
    assert_eq!(evaluate_objects(&model, &data, &plain, |_| {}).unwrap().0.len(), 1);
}
