//! Ways to tune, to compose and to measure, together and on every kind of signal: each learns, what is frozen keeps its
//! bytes, and each goes on where it was.

use std::f32::consts::TAU;
use std::path::Path;

use hyperscope::dataset::{SoundEntry, SoundFolder, Split};
use hyperscope::field::{Architecture, Encoding};
use hyperscope::model::{
    Checkpoint, Composer, LoraConfig, Mode, Model, Objective, SignalKind, checkpoint_bytes, cpu_device,
};
use hyperscope::train::{Run, RunConfig, RunInputs, Sheet, TrainError, TrainingData};
use safetensors::SafeTensors;
use serde_json::Value;

use crate::objects;
use crate::run::{backbone, config, data, finish, inputs, lines, resumes_bit_for_bit};

/// Names with the bytes of their numbers.
type Tensors = Vec<(String, Vec<u8>)>;

/// Every byte of a network's backbone, and of the rest, by name.
fn bytes(run: &Run) -> (Tensors, Tensors) {
    let whole = checkpoint_bytes(&run.network(), None, &[].into()).unwrap();
    let file = SafeTensors::deserialize(&whole).unwrap();
    let mut all: Vec<(String, Vec<u8>)> =
        file.tensors().into_iter().map(|(name, view)| (name, view.data().to_vec())).collect();
    all.sort();
    all.into_iter().partition(|(name, _)| name.starts_with("backbone."))
}

/// The mean of a step's entry over the first and over the last steps.
fn ends(lines: &[Value], entry: &str) -> (f64, f64) {
    let all: Vec<f64> = lines.iter().filter_map(|line| line[entry].as_f64()).collect();
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    (mean(&all[..20]), mean(&all[all.len() - 20..]))
}

/// With the settings of the pictures' tests.
fn methods(composer: Composer, objective: Objective, deep_prompts: usize) -> RunConfig {
    let groups = if composer == Composer::Ipc { 24 } else { 4 };
    RunConfig {
        composer,
        objective,
        deep_prompts,
        groups,
        steps: 300,
        learning_rate_backbone: 1e-3,
        evaluate_every: 300,
        checkpoint_every: 300,
        lora: LoraConfig { rank: 3, alpha: 6.0 },
        ..config()
    }
}

#[test]
fn every_method_learns_pictures_and_frozen_is_frozen() {
    let folder = tempfile::tempdir().unwrap();
    let device = cpu_device();
    for (index, (mode, composer, objective, prompts)) in [
        (Mode::Lora, Composer::Residual, Objective::Mse, 0),
        (Mode::Lora, Composer::Ipc, Objective::Nll, 2),
        (Mode::Prompt, Composer::Ipc, Objective::Mse, 3),
        (Mode::Prompt, Composer::TransInr, Objective::Nll, 0),
        (Mode::Finetune, Composer::Residual, Objective::Nll, 0),
        (Mode::Scratch, Composer::Ipc, Objective::Mse, 0),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("{mode} {composer} {objective:?} {prompts}");
        let inputs = inputs(mode, folder.path(), &index.to_string());
        let mut run = Run::start(methods(composer, objective, prompts), &inputs, data(), &device).unwrap();
        let before = run.held_out_psnr_db().unwrap();
        let (backbone_before, rest_before) = bytes(&run);
        run.step().unwrap();
        run.step().unwrap();
        let (backbone_after, rest_after) = bytes(&run);
        assert!(backbone_before.len() > 20);
        assert_eq!(backbone_before == backbone_after, mode.freezes_backbone(), "{name}");
        for ((tensor, before), (_, after)) in rest_before.iter().zip(&rest_after) {
            // The norms of a head whose Linear is still nothing have no slope yet, nor have factors beside nothing.
            let waits =
                (tensor.contains(".norm.") || tensor.rsplit('.').next() == Some("down")) && before == after;
            assert!(waits || before != after, "{name}: {tensor} did not learn");
        }
        let run = finish(run);
        let after = run.held_out_psnr_db().unwrap();
        assert!(after > before + 3.0, "{name}: {before} dB, then {after}");
        let lines = lines(&inputs.out);
        if objective == Objective::Nll {
            let (first, last) = ends(&lines, "nll");
            assert!(last < first - 0.1, "{name}: a likelihood of {first}, then {last}");
        }
        // From its file it is the same model, with the backbone's file where that was frozen.
        let file = std::fs::read(run.model_path()).unwrap();
        let places = [folder.path().into()];
        let checkpoint = Checkpoint::from_bytes(&file, &places, &device).unwrap();
        assert_eq!(checkpoint.backbone_sha256.is_some(), mode.freezes_backbone());
        assert_eq!(checkpoint.network.config(), run.model_config());
        let model = Model::load_on("m", &file, &places, &device).unwrap();
        assert_eq!(model.config().field.spread, objective == Objective::Nll);
    }
}

#[test]
fn a_resumed_run_of_every_method_is_the_one_that_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let own = RunConfig {
        steps: 8,
        evaluate_every: 4,
        checkpoint_every: 4,
        ..methods(Composer::Ipc, Objective::Nll, 2)
    };
    resumes_bit_for_bit(&own, Mode::Lora, folder.path());
    // What is asked for besides is in the settings, and read back from them.
    let text = own.to_toml().unwrap();
    assert_eq!(RunConfig::from_toml(&text, SignalKind::Image).unwrap(), own);
    let few = RunConfig::from_toml("objective = \"nll\"\nlora = { rank = 2 }", SignalKind::Sound).unwrap();
    assert_eq!((few.objective, few.lora.rank, few.lora.alpha), (Objective::Nll, 2, 16.0));
}

/// A model that was tuned in one mode goes on in another as the model that it was.
#[test]
fn updates_become_part_of_a_backbone_that_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let device = cpu_device();
    let own = RunConfig { steps: 40, ..methods(Composer::Residual, Objective::Mse, 0) };
    let mut from = inputs(Mode::Lora, folder.path(), "first");
    let mut run = finish(Run::start(own.clone(), &from, data(), &device).unwrap());
    for mode in [Mode::Lora, Mode::Prompt, Mode::Lora, Mode::Finetune] {
        let out = folder.path().join(format!("{mode}-{}", from.out.file_name().unwrap().display()));
        let next = RunInputs { mode, from: Some(run.model_path()), out, ..from.clone() };
        let expected = run.held_out_psnr_db().unwrap();
        run = Run::start(RunConfig { steps: 4, ..own.clone() }, &next, data(), &device).unwrap();
        let found = run.held_out_psnr_db().unwrap();
        assert!((found - expected).abs() < 1e-3, "{mode}: {expected} dB, then {found}");
        run = finish(run);
        from = next;
    }
    let other = RunConfig { lora: LoraConfig { rank: 2, alpha: 1.0 }, ..own };
    let from = RunInputs {
        mode: Mode::Lora,
        from: Some(folder.path().join("first/model.safetensors")),
        out: folder.path().join("refused"),
        ..from
    };
    let refused = Run::start(other, &from, data(), &device);
    assert!(matches!(refused, Err(TrainError::Config(what)) if what.contains("another network")));
}

#[test]
fn objects_learn_by_every_method() {
    let folder = tempfile::tempdir().unwrap();
    for (mode, composer, objective, prompts) in [
        (Mode::Lora, Composer::TransInr, Objective::Nll, 2),
        (Mode::Prompt, Composer::Ipc, Objective::Mse, 0),
    ] {
        let groups = if composer == Composer::Ipc { 24 } else { 4 };
        let own = RunConfig { composer, objective, deep_prompts: prompts, groups, ..objects::config(300) };
        let name = format!("{mode}-{composer}");
        let (before, after, _) = objects::train(folder.path(), &name, mode, own);
        // Of white pictures it is 10 to 12 dB.
        assert!(after > 14.0 && after > before + 4.0, "{name}: {before} dB, then {after}");
    }
}

/// Tones of one frequency and many amplitudes and phases: what is to be written is linear in what is read.
fn tones() -> SoundFolder {
    let entry = |index: usize| {
        let (amplitude, phase) = (0.2 + 0.015 * index as f32, 0.7 * index as f32);
        let sample = |at: usize| amplitude * (TAU * 440.0 * at as f32 / 16_000.0 + phase).sin();
        let relative = format!("tones/{index:02}.wav");
        let sha256 = hyperscope::storage::sha256_hex(relative.as_bytes());
        SoundEntry { relative, sha256, samples: (0..1_600).map(sample).collect() }
    };
    SoundFolder::of(16_000, (0..40).map(entry).collect())
}

fn learn_tones(folder: &Path, name: &str, mode: Mode, own: RunConfig) -> (f64, f64) {
    let inputs = RunInputs { mode, backbone: Some(backbone(folder)), from: None, out: folder.join(name) };
    let run = Run::start(own, &inputs, TrainingData::Sounds(tones()), &cpu_device()).unwrap();
    let before = run.held_out_psnr_db().unwrap();
    (before, finish(run).held_out_psnr_db().unwrap())
}

#[test]
fn sounds_learn_by_every_method() {
    let folder = tempfile::tempdir().unwrap();
    let encoding = Encoding::Fourier { count: 16, min: 200.0 * TAU / 2.0, max: 2_000.0 * TAU / 2.0 };
    let live = Architecture { encoding, ..Architecture::live_sound() };
    let own = RunConfig {
        steps: 200,
        batch_size: 8,
        depth: 2,
        warm_up_steps: 10,
        ema_decay: 0.9,
        evaluate_every: 200,
        checkpoint_every: 200,
        objective: Objective::Nll,
        field: live.clone(),
        ..RunConfig::of(SignalKind::Sound)
    };
    let prompted = RunConfig { deep_prompts: 2, ..own.clone() };
    let relu = hyperscope::field::Activation::Relu;
    let ipc = RunConfig {
        composer: Composer::Ipc,
        groups: 24,
        field: Architecture { layers: 4, hidden: 24, activation: relu, ..live },
        ..own.clone()
    };
    for (name, mode, own) in [("lora", Mode::Lora, prompted), ("ipc", Mode::Finetune, ipc)] {
        let (before, after) = learn_tones(folder.path(), name, mode, own);
        assert!(after > before + 3.0, "{name}: {before} dB, then {after}");
    }
    // Held-out sounds are seen over their fields, as waveforms: the field's is mostly where the sound's is.
    let sheet = std::fs::read(folder.path().join("lora/samples/step-000200.png")).unwrap();
    let sheet = hyperscope::media::decode(&sheet, [0; 3]).unwrap().to_f32();
    let (held_out, fields) = sheet.split_at(sheet.len() / 2);
    let is_light = |value: &f32| *value > 0.2;
    let light = held_out.iter().filter(|value| is_light(value)).count();
    let both = held_out.iter().zip(fields).filter(|(one, other)| is_light(one) && is_light(other)).count();
    assert!(light * 10 > held_out.len() && both * 10 > light * 7, "{both} of {light} of {}", held_out.len());
    // And heard: the sound itself to the last of 16 bits, and the field closer to it than silence.
    let sheets = Sheet::list(&folder.path().join("lora"));
    assert_eq!(sheets.iter().map(|sheet| (sheet.step, sheet.views)).collect::<Vec<_>>(), [(0, 1), (200, 1)]);
    let listen = |path: std::path::PathBuf| {
        hyperscope::media::decode_sound(&std::fs::read(path).unwrap()).unwrap().mono()
    };
    let (sound, field) = (listen(sheets[1].held_out_sound(0)), listen(sheets[1].field_sound(0)));
    let all = tones();
    let is_this = |entry: &&SoundEntry| {
        entry.samples.iter().zip(&sound).all(|(one, other)| (one - other).abs() < 2.0 / 32_768.0)
    };
    assert!(all.sounds(Split::HeldOut).any(|entry| is_this(&entry)) && sound.len() == field.len());
    let power = |values: &mut dyn Iterator<Item = f32>| values.map(|value| value * value).sum::<f32>();
    let error = power(&mut sound.iter().zip(&field).map(|(one, other)| one - other));
    assert!(error < 0.5 * power(&mut sound.iter().copied()), "{error}");
    let two = RunConfig { composer: Composer::Ipc, ..own };
    let inputs =
        RunInputs { mode: Mode::Scratch, backbone: None, from: None, out: folder.path().join("refused") };
    let refused = Run::start(two, &inputs, TrainingData::Sounds(tones()), &cpu_device()).err().unwrap();
    assert!(refused.to_string().contains("must not be its last"), "{refused}");
}
