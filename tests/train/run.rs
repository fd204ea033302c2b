use std::path::Path;

use burn::tensor::{Int, Tensor, Tolerance};
use hyperscope::dataset::{Entry, PictureFolder, Split, place};
use hyperscope::field::{Architecture, Encoding};
use hyperscope::media::Picture;
use hyperscope::model::{Checkpoint, Hypernetwork, Mode, Model, SignalKind, cpu_device};
use hyperscope::storage::sha256_hex;
use hyperscope::train::{
    EvaluateConfig, Evaluated, RefineConfig, Run, RunConfig, RunInputs, Schedule, TrainError, TrainingData,
    evaluate_model, flops_per_step,
};
use safetensors::SafeTensors;
use serde_json::Value;

pub(crate) use crate::common::backbone;

/// Pictures that differ in one number, so that the few that are learned from say what the held-out ones need.
pub(crate) fn data() -> TrainingData {
    TrainingData::Pictures(pictures())
}

pub(crate) fn pictures() -> PictureFolder {
    let entry = |index: usize| {
        let (height, width) = (40, 48);
        let tone = 0.1 + 0.8 * ((index * 37) % 40) as f32 / 40.0;
        let mut rgb = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let (u, v) = (x as f32 / width as f32, y as f32 / height as f32);
                rgb.extend([tone, 0.5 + (tone - 0.5) * v, 1.0 - tone * u]);
            }
        }
        let relative = format!("{index:02}.png");
        let picture = Picture::from_f32(width, height, &rgb).unwrap();
        Entry { sha256: sha256_hex(relative.as_bytes()), relative, picture }
    };
    PictureFolder::of((0..40).map(entry).collect())
}

pub(crate) fn config() -> RunConfig {
    RunConfig {
        steps: 8,
        batch_size: 4,
        pixels_per_picture: 128,
        input_size: 16,
        depth: 2,
        groups: 4,
        warm_up_steps: 2,
        evaluate_every: 4,
        checkpoint_every: 4,
        ema_decay: 0.9,
        field: Architecture { layers: 3, hidden: 16, ..Architecture::live_image() },
        ..RunConfig::default()
    }
}

pub(crate) fn inputs(mode: Mode, folder: &Path, name: &str) -> RunInputs {
    RunInputs { mode, backbone: Some(backbone(folder)), from: None, out: folder.join(name) }
}

pub(crate) fn finish(mut run: Run) -> Run {
    while !run.is_finished() {
        run.step().unwrap();
    }
    run
}

pub(crate) fn lines(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("metrics.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A run of eight steps that is lost two steps after its checkpoint at four and gone on with ends in the state of one that
/// never stopped.
pub(crate) fn resumes_bit_for_bit(own: &RunConfig, mode: Mode, folder: &Path) -> [RunInputs; 2] {
    let device = cpu_device();
    let [whole, parts] = ["whole", "parts"].map(|name| inputs(mode, folder, &format!("{name}-{mode}")));
    finish(Run::start(own.clone(), &whole, data(), &device).unwrap());
    let mut run = Run::start(own.clone(), &parts, data(), &device).unwrap();
    for _ in 0..6 {
        run.step().unwrap();
    }
    drop(run);
    let resumed = Run::resume(&parts, data(), &device).unwrap();
    assert_eq!(resumed.steps(), (4, 8));
    finish(resumed);
    let state = |inputs: &RunInputs| std::fs::read(inputs.out.join("state.safetensors")).unwrap();
    assert!(state(&whole) == state(&parts), "{mode}: the states differ");
    [whole, parts]
}

#[test]
fn a_resumed_run_is_bit_for_bit_the_one_that_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    for mode in [Mode::Scratch, Mode::Prompt] {
        let [whole, parts] = resumes_bit_for_bit(&config(), mode, folder.path());
        let losses = |inputs: &RunInputs| -> Vec<(Value, Value)> {
            lines(&inputs.out).iter().map(|line| (line["step"].clone(), line["loss"].clone())).collect()
        };
        assert_eq!(losses(&whole), losses(&parts));
    }
}

/// Part of the data is as good as that part alone, and a smaller part lies within a larger one.
#[test]
fn a_fraction_of_the_data_is_those_items_alone() {
    let folder = tempfile::tempdir().unwrap();
    let device = cpu_device();
    let losses = |name: &str, data: PictureFolder, data_fraction: f64| -> Vec<Value> {
        let inputs = inputs(Mode::Scratch, folder.path(), name);
        let config = RunConfig { data_fraction, steps: 4, ..config() };
        finish(Run::start(config, &inputs, TrainingData::Pictures(data), &device).unwrap());
        lines(&inputs.out).iter().map(|line| line["psnr_db"].clone()).collect()
    };
    let part = |most: f64| {
        let own = |entry: &&Entry| {
            place(&entry.relative) < most || !Split::Train.includes_one_in(&entry.relative, 8)
        };
        PictureFolder::of(pictures().pictures(Split::All).filter(own).cloned().collect())
    };
    let mut before = 0;
    for fraction in [0.1, 0.25, 0.5] {
        let own = RunConfig { data_fraction: fraction, ..config() };
        let count = data().count_learned(&own);
        // Of a part within it, nothing more is taken away.
        assert_eq!(TrainingData::Pictures(part(fraction)).count_learned(&own), count);
        assert!(count > before, "{fraction}: {count}");
        before = count;
    }
    let whole = losses("whole", pictures(), 0.25);
    assert_eq!(whole, losses("part", part(0.25), 1.0));
    assert_ne!(whole, losses("all", pictures(), 1.0));
    let none = RunConfig { data_fraction: 0.001, ..config() };
    let refused = Run::start(none, &inputs(Mode::Scratch, folder.path(), "none"), data(), &device);
    assert!(matches!(refused, Err(TrainError::Config(what)) if what.contains("nothing is left")));
}

/// Operations by hand: of one field of layers 4-8-3 at 10 points, 2 * (4*8 + 8*3) each, three passes; and what a frozen
/// backbone saves.
#[test]
fn operations_of_a_step_are_counted() {
    let encoding = Encoding::Fourier { count: 1, min: 1.0, max: 1.0 };
    let field = Architecture { layers: 2, hidden: 8, encoding, ..Architecture::live_image() };
    let settings = RunConfig { batch_size: 1, pixels_per_picture: 10, field, ..config() };
    let flops = |settings: &RunConfig, mode| {
        flops_per_step(settings, &settings.model(mode, &hyperscope::train::vit_tiny()))
    };
    let fewer = RunConfig { pixels_per_picture: 9, ..settings.clone() };
    let of_point = flops(&settings, Mode::Scratch) - flops(&fewer, Mode::Scratch);
    assert_eq!(of_point, 3 * 2 * (4 * 8 + 8 * 3));
    let model = settings.model(Mode::Prompt, &hyperscope::train::vit_tiny());
    assert_eq!(flops(&settings, Mode::Finetune) - flops(&settings, Mode::Prompt), model.backbone_flops());
    let twice = RunConfig { batch_size: 2, ..settings.clone() };
    assert_eq!(flops(&twice, Mode::Prompt), 2 * flops(&settings, Mode::Prompt));
}

#[test]
fn another_run_is_not_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let device = cpu_device();
    let started = inputs(Mode::Finetune, folder.path(), "run");
    drop(Run::start(RunConfig { steps: 1, ..config() }, &started, data(), &device).unwrap());
    assert!(matches!(Run::start(config(), &started, data(), &device), Err(TrainError::Config(_))));
    let other_mode = RunInputs { mode: Mode::Prompt, ..started.clone() };
    assert!(Run::resume(&other_mode, data(), &device).is_err());
    let fewer = PictureFolder::of(pictures().pictures(Split::All).skip(1).cloned().collect());
    let Err(TrainError::Resume(what)) = Run::resume(&started, TrainingData::Pictures(fewer), &device) else {
        panic!("resumed")
    };
    assert!(what.contains("data"), "{what}");
    let state = started.out.join("state.safetensors");
    let bytes = std::fs::read(&state).unwrap();
    std::fs::File::create(&state).unwrap();
    assert!(Run::resume(&started, data(), &device).is_err(), "an emptied state");
    let torn = std::fs::File::options().write(true).open(&state).unwrap();
    std::io::Write::write_all(&mut &torn, &bytes[..bytes.len() / 2]).unwrap();
    assert!(Run::resume(&started, data(), &device).is_err(), "half a state");
}

/// A model goes on from where it was, in any mode but `scratch`, and not as another network.
#[test]
fn a_run_starts_from_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let device = cpu_device();
    let first = inputs(Mode::Finetune, folder.path(), "first");
    let run = finish(Run::start(RunConfig { steps: 60, ..config() }, &first, data(), &device).unwrap());
    let from = RunInputs { backbone: None, from: Some(run.model_path()), ..first.clone() };
    for mode in [Mode::Finetune, Mode::Prompt] {
        let next = RunInputs { mode, out: folder.path().join(format!("next-{mode}")), ..from.clone() };
        let next = finish(Run::start(config(), &next, data(), &device).unwrap());
        let lines = lines(next.model_path().parent().unwrap());
        assert_eq!(lines[0]["psnr_db"].as_f64(), run.held_out_psnr_db(), "{mode}");
        // Without a file of its own, a frozen backbone stays in the checkpoint.
        Checkpoint::from_bytes(&std::fs::read(next.model_path()).unwrap(), &[], &device).unwrap();
    }
    // Of larger pictures the positions are what the backbone makes of its own for one, and stay with the model.
    let larger = RunInputs { mode: Mode::Prompt, out: folder.path().join("larger"), ..from.clone() };
    let larger =
        finish(Run::start(RunConfig { input_size: 32, ..config() }, &larger, data(), &device).unwrap());
    let [small, large] = [&run, &larger].map(|run| {
        let bytes = std::fs::read(run.model_path()).unwrap();
        Checkpoint::from_bytes(&bytes, &[], &device).unwrap().network
    });
    assert_eq!(
        (small.config().backbone.grid * 2, large.config().input_size),
        (large.config().backbone.grid, 32)
    );
    let picture = Tensor::<1, Int>::arange(0..3 * 32 * 32, &device).float().sin().reshape([1, 3, 32, 32]);
    let embedded = |network: &Hypernetwork| network.backbone.embed(picture.clone()).into_data();
    embedded(&small).assert_approx_eq::<f32>(&embedded(&large), Tolerance::absolute(1e-5));
    let out = folder.path().join("refused");
    let scratch = RunInputs { mode: Mode::Scratch, out: out.clone(), ..from.clone() };
    assert!(matches!(Run::start(config(), &scratch, data(), &device), Err(TrainError::Config(_))));
    let other = RunConfig { groups: 2, ..config() };
    let other = Run::start(other, &RunInputs { out, ..from }, data(), &device);
    assert!(matches!(other, Err(TrainError::Config(what)) if what.contains("another network")));
}

/// Every mode learns; the backbone of `prompt` keeps its bytes, and that of `finetune` does not.
#[test]
fn every_mode_learns_and_frozen_is_frozen() {
    let folder = tempfile::tempdir().unwrap();
    let device = cpu_device();
    for mode in [Mode::Scratch, Mode::Finetune, Mode::Prompt] {
        let inputs = inputs(mode, folder.path(), &mode.to_string());
        let config = RunConfig {
            steps: 300,
            learning_rate_backbone: 1e-3,
            evaluate_every: 300,
            checkpoint_every: 300,
            ..config()
        };
        let run = finish(Run::start(config, &inputs, data(), &device).unwrap());
        let held_out: Vec<f64> = lines(&inputs.out)
            .iter()
            .filter(|line| line["what"] == "held-out")
            .filter_map(|line| line["psnr_db"].as_f64())
            .collect();
        assert_eq!(held_out.len(), 2);
        assert!(held_out[1] > held_out[0] + 3.0, "{mode}: {held_out:?}");
        assert!(inputs.out.join("samples/step-000300.png").exists());

        let bytes = std::fs::read(run.model_path()).unwrap();
        let checkpoint = Checkpoint::from_bytes(&bytes, &[folder.path().into()], &device).unwrap();
        let weights = std::fs::read(inputs.backbone.as_ref().unwrap()).unwrap();
        assert_eq!(checkpoint.backbone_sha256.is_some(), mode == Mode::Prompt);
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let given = SafeTensors::deserialize(&weights).unwrap();
        let name = "blocks.0.mlp.fc1.weight";
        match file.tensor(&format!("backbone.{name}")) {
            Ok(tensor) => assert_ne!(tensor.data(), given.tensor(name).unwrap().data(), "{mode}"),
            Err(_) => assert_eq!(mode, Mode::Prompt, "only a frozen backbone is left out"),
        }
        // The file's own figure is what an evaluation from the file gives.
        let model = Model::load_on("m", &bytes, &[folder.path().into()], &device).unwrap();
        let evaluate = EvaluateConfig {
            split: Split::HeldOut,
            reference_side_px: 16,
            refine_steps: vec![0, 20],
            refine: RefineConfig::default(),
            with_baselines: false,
            lpips: None,
        };
        let rows = evaluate_model(&model, &pictures(), &evaluate, |_| {}).unwrap();
        let mean = Evaluated::mean(&rows).unwrap();
        let (direct, refined) = (mean.direct.psnr_db, &mean.refined);
        assert!((direct - held_out[1]).abs() < 1e-3, "{mode}: {direct} and {}", held_out[1]);
        assert!((refined[0].1.psnr_db - direct).abs() < 1e-9 && refined[1].1.psnr_db > direct);
        let of_all = EvaluateConfig { split: Split::Train, with_baselines: true, ..evaluate };
        check_baselines(&evaluate_model(&model, &pictures(), &of_all, |_| {}).unwrap());
    }
}

/// Against closed forms: the error of the mean colour is the variance, and no other picture's weights are better
/// than a picture's own here.
fn check_baselines(rows: &[Evaluated]) {
    let data = pictures();
    for (row, entry) in rows.iter().zip(data.pictures(Split::Train)) {
        assert_eq!(row.picture, entry.relative);
        let values = entry.centre(16).to_f32();
        let variance = |channel: usize| {
            let own: Vec<f64> = values.iter().skip(channel).step_by(3).map(|v| f64::from(*v)).collect();
            let mean = own.iter().sum::<f64>() / own.len() as f64;
            own.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / own.len() as f64
        };
        let mse = (variance(0) + variance(1) + variance(2)) / 3.0;
        let found = row.baselines.as_ref().unwrap().mean_color.psnr_db;
        assert!((found + 10.0 * mse.log10()).abs() < 1e-3, "{found} for a variance of {mse}");
    }
    let mean = Evaluated::mean(rows).unwrap();
    let (direct, mean) = (mean.direct.psnr_db, mean.baselines.unwrap());
    assert!(mean.thumbnail.psnr_db > mean.mean_color.psnr_db + 3.0, "a gradient shrinks well");
    assert!(mean.refined_from_other[0].1.psnr_db < direct - 1.0);
    assert!(mean.refined_from_random[0].1.psnr_db < mean.refined_from_random[1].1.psnr_db);
}

/// The frozen backbone of a network that learns, weight by weight.
#[test]
fn prompt_tuning_leaves_every_byte_of_the_backbone() {
    let folder = tempfile::tempdir().unwrap();
    let device = cpu_device();
    let inputs = inputs(Mode::Prompt, folder.path(), "frozen");
    let mut run = Run::start(config(), &inputs, data(), &device).unwrap();
    let bytes = |run: &Run| {
        let whole = hyperscope::model::checkpoint_bytes(&run.network(), None, &[].into()).unwrap();
        let file = SafeTensors::deserialize(&whole).unwrap();
        let of_backbone = file.tensors().into_iter().filter(|(name, _)| name.starts_with("backbone."));
        let mut all: Vec<(String, Vec<u8>)> =
            of_backbone.map(|(name, view)| (name, view.data().to_vec())).collect();
        all.sort();
        (all, file.tensor("base.0.weight").unwrap().data().to_vec())
    };
    let (before, base_before) = bytes(&run);
    for _ in 0..3 {
        run.step().unwrap();
    }
    let (after, base_after) = bytes(&run);
    assert!(before.len() > 20 && before == after);
    assert_ne!(base_before, base_after);
}

#[test]
fn settings_that_make_no_sense_are_named() {
    for (text, expected) in [
        ("steps = 0", "steps"),
        ("learning_rate_new = -1.0", "learning_rate_new"),
        ("ema_decay = 1.0", "ema_decay"),
        ("clip_norm = 0.0", "clip_norm"),
        ("no_such_thing = 1", "no_such_thing"),
        ("composer = \"magic\"", "magic"),
        ("objects.foreground_part_end = 1.5", "foreground_part_end"),
        ("objects.opacity_weight_end = -1.0", "opacity_weight_end"),
        ("objects.squeezed_part = 2.0", "squeezed_part"),
        ("steps = [", ""),
    ] {
        let message = RunConfig::from_toml(text, SignalKind::Image).unwrap_err().to_string();
        assert!(message.contains(expected) && !message.is_empty(), "{text}: {message}");
    }
    let config = config();
    assert_eq!(RunConfig::from_toml(&config.to_toml().unwrap(), SignalKind::Image).unwrap(), config);
}

#[test]
fn learning_rates_rise_and_fall() {
    let cosine = RunConfig { steps: 100, warm_up_steps: 10, ..config() };
    assert!((cosine.rate(0) - 0.1).abs() < 2e-3 && (cosine.rate(50) - 0.51).abs() < 1e-9);
    assert!((cosine.rate(100) - 0.02).abs() < 1e-9);
    let step = RunConfig { schedule: Schedule::Step, ..cosine };
    assert!((step.rate(79) - 1.0).abs() < 1e-9 && (step.rate(80) - 0.1).abs() < 1e-9);
}
