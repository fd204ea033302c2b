use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use serde::Serialize;

use super::args::TrainArgs;
use super::{output, source};
use crate::dataset::{ObjectFolder, PictureFolder, SoundFolder, Split};
use crate::model::{ModelConfig, ParameterCounts, SignalKind, best_device, read_model_config};
use crate::train::{Run, RunChange, RunConfig, RunInputs, RunSources, TrainingData, recipe_of};

#[derive(Serialize)]
struct Report {
    model: PathBuf,
    parameters: ParameterCounts,
    trainable: usize,
    frozen: usize,
    steps: u32,
    seconds: f64,
    held_out_psnr_db: Option<f64>,
}

pub(super) fn run(args: &TrainArgs) -> anyhow::Result<()> {
    let config = config(args)?;
    let data = TrainingData::scan(&args.data, &config)?;
    let noun = match config.kind {
        SignalKind::Image => "pictures",
        SignalKind::Object => "objects",
        SignalKind::Sound => "sounds",
    };
    say(data.rejected(), noun, [data.count_learned(&config), data.count(Split::HeldOut)]);
    let inputs = RunInputs {
        mode: args.mode.into(),
        backbone: args.backbone.clone(),
        from: args.from.clone(),
        out: args.out.clone(),
    };
    let device = best_device();
    let mut run = if args.resume {
        if args.config.is_some() || args.seed.is_some() {
            bail!("a resumed run keeps the settings it was started with; leave out --config and --seed");
        }
        let mut run = Run::resume(&inputs, data, &device)?;
        if args.steps.is_some() {
            run.change(RunChange { steps: args.steps, ..RunChange::default() })?;
        }
        run
    } else {
        Run::start(config, &inputs, data, &device)?
    };
    RunSources::of(&inputs, &args.data).write(&args.out)?;
    counted(run.model_config());
    let begun = Instant::now();
    let (done, steps) = run.steps();
    let bar = output::bar(u64::from(steps), "{bar:30} {pos}/{len} steps, {per_sec}, {msg}, {eta} left");
    bar.set_position(u64::from(done));
    bar.reset_eta();
    while !run.is_finished() {
        let report = run.step()?;
        bar.set_position(u64::from(report.step));
        let held_out = run.held_out_psnr_db().map_or("none".into(), |psnr_db| format!("{psnr_db:.2} dB"));
        bar.set_message(format!("loss {:.2} dB, held out {held_out}", report.psnr_db));
    }
    bar.finish_and_clear();
    let (parameters, mode) = (run.model_config().parameters(), run.model_config().mode);
    let report = Report {
        model: run.model_path(),
        parameters,
        trainable: parameters.trainable(mode),
        frozen: parameters.frozen(mode),
        steps,
        seconds: begun.elapsed().as_secs_f64(),
        held_out_psnr_db: run.held_out_psnr_db(),
    };
    if args.json {
        return output::json(&report);
    }
    let held_out =
        report.held_out_psnr_db.map_or("nothing held out".into(), |db| format!("{db:.2} dB held out"));
    output::line(format_args!(
        "{} steps in {:.0} s, {held_out}; {}",
        steps - done,
        report.seconds,
        report.model.display()
    ));
    Ok(())
}

/// What will learn, and what it will write.
fn counted(model: &ModelConfig) {
    let (mode, counts) = (model.mode, model.parameters());
    let parts = [
        ("backbone", if mode.freezes_backbone() { 0 } else { counts.backbone }),
        ("low-rank updates", counts.lora),
        ("embeddings", counts.embeddings),
        ("deep prompts", counts.deep_prompts),
        ("weight tokens", counts.weight_tokens),
        ("heads", counts.heads),
        ("base", counts.base),
    ];
    let named: Vec<String> =
        parts.iter().filter(|(_, count)| *count > 0).map(|(name, count)| format!("{name} {count}")).collect();
    output::note(format_args!(
        "{mode}: {} parameters learn ({}), {} are frozen",
        counts.trainable(mode),
        named.join(", "),
        counts.frozen(mode)
    ));
    output::note(format_args!(
        "{}: a field of {} parameters, {} of them its own",
        model.composer, counts.field, counts.field_own
    ));
}

/// The pictures of a folder; what cannot be used is said.
pub(super) fn scan(path: &Path) -> anyhow::Result<PictureFolder> {
    let data = PictureFolder::scan(path)?;
    let count = |split| data.pictures(split).count();
    say(&data.rejected, "pictures", [count(Split::Train), count(Split::HeldOut)]);
    Ok(data)
}

/// The objects of a folder; what cannot be used is said.
pub(super) fn scan_objects(path: &Path) -> anyhow::Result<ObjectFolder> {
    let data = ObjectFolder::scan(path)?;
    let count = |split| data.objects(split).count();
    say(&data.rejected, "objects", [count(Split::Train), count(Split::HeldOut)]);
    Ok(data)
}

/// The sounds of a folder; what cannot be used is said.
pub(super) fn scan_sounds(path: &Path, rate_hz: u32) -> anyhow::Result<SoundFolder> {
    let data = SoundFolder::scan(path, rate_hz)?;
    let count = |split| data.sounds(split).count();
    say(&data.rejected, "sounds", [count(Split::Train), count(Split::HeldOut)]);
    Ok(data)
}

fn say(rejected: &[(PathBuf, String)], what: &str, [train, held_out]: [usize; 2]) {
    for (file, reason) in rejected {
        output::note(format_args!("{}: left out: {reason}", file.display()));
    }
    output::note(format_args!("{train} {what} to train on, {held_out} held out"));
}

/// The settings of a run, be it new or resumed. Those of one that starts from a model are for that model's network.
fn config(args: &TrainArgs) -> anyhow::Result<RunConfig> {
    let own = args.out.join("run.toml");
    let path = if args.resume { Some(&own) } else { args.config.as_ref() };
    let kind = args.kind.map(SignalKind::from);
    let recipe = match args.from.as_deref().filter(|_| !args.resume) {
        Some(from) => recipe_of(&read_model_config(from)?),
        None => RunConfig::of(kind.unwrap_or(SignalKind::Image)),
    };
    let mut config = match path {
        None => recipe,
        Some(path) => {
            let context = || path.display().to_string();
            let text = String::from_utf8(source::bytes(path)?).with_context(context)?;
            match args.from {
                Some(_) if !args.resume => recipe.with_toml(&text),
                _ => RunConfig::from_toml(&text, recipe.kind),
            }
            .with_context(context)?
        }
    };
    if kind.is_some_and(|kind| kind != config.kind) {
        bail!("the run is for another kind of signal than --kind says; leave out --kind");
    }
    config.steps = args.steps.filter(|_| !args.resume).unwrap_or(config.steps);
    config.seed = args.seed.unwrap_or(config.seed);
    Ok(config)
}
