//! What a training step costs in each tuning mode, for one model and one batch. Each is measured in a process of its own,
//! so that the most memory it has held is its own too.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use super::measure::{Row, peak_mb};
use super::samples;
use crate::cli::args::BenchArgs;
use crate::cli::output;
use crate::cli::values::ModeName;
use crate::dataset::PictureFolder;
use crate::model::{Hypernetwork, Mode, ModelConfig, best_device, device_name};
use crate::train::{RunConfig, StepTimings, TrainingData, Tuner, vit_tiny};

/// The tuning modes that start from a pretrained backbone; the first is what the others are held against.
const MODES: [ModeName; 3] = [ModeName::Finetune, ModeName::Lora, ModeName::Prompt];

/// A step in one mode.
#[derive(Debug, Serialize, Deserialize)]
struct ModeRow {
    mode: String,
    trainable: usize,
    frozen: usize,
    median_ms: f64,
    repeats: usize,
    backbone_ms: f64,
    backward_ms: f64,
    update_ms: f64,
    /// Most memory that the process has held; none where the platform does not tell.
    peak_mb: Option<f64>,
}

#[derive(Serialize)]
struct Report {
    version: &'static str,
    device: String,
    model: String,
    batch: usize,
    rows: Vec<ModeRow>,
}

pub(super) fn run(seconds: f64, args: &BenchArgs) -> anyhow::Result<()> {
    if let Some(mode) = args.mode {
        return output::json(&measure(seconds, mode.into())?);
    }
    let settings = settings();
    let model = settings.model(Mode::Finetune, &vit_tiny());
    let rows = MODES.into_iter().map(|mode| apart(seconds, mode)).collect::<anyhow::Result<Vec<_>>>()?;
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        device: device_name(&best_device()),
        model: described(&model),
        batch: settings.batch_size,
        rows,
    };
    if args.json {
        return output::json(&report);
    }
    print(&report);
    Ok(())
}

/// The default recipe around a whole `ViT-Ti` at the size that it was trained at.
fn settings() -> RunConfig {
    RunConfig { input_size: 224, depth: vit_tiny().depth, ..RunConfig::default() }
}

fn described(model: &ModelConfig) -> String {
    let tokens = model.num_data_tokens() + model.num_weight_tokens();
    format!("{}, {} px in, {tokens} tokens", model.backbone.name(), model.input_size)
}

/// A mode in a process of its own.
fn apart(seconds: f64, mode: ModeName) -> anyhow::Result<ModeRow> {
    let name = mode.to_possible_value().context("a mode without a name")?;
    let mut child = Command::new(std::env::current_exe()?);
    child.args(["bench", "modes", "--seconds", &seconds.to_string(), "--mode", name.get_name()]);
    let found = child.output().with_context(|| format!("measuring {}", name.get_name()))?;
    if !found.status.success() {
        bail!("measuring {} failed: {}", name.get_name(), String::from_utf8_lossy(&found.stderr).trim());
    }
    output::note(format_args!("measured: {}", name.get_name()));
    Ok(serde_json::from_slice(&found.stdout)?)
}

/// Weights are random: what they are does not change how long a step takes.
fn measure(seconds: f64, mode: Mode) -> anyhow::Result<ModeRow> {
    let settings = settings();
    let data = TrainingData::Pictures(PictureFolder::of(samples::entries()?));
    let device = best_device();
    let model = settings.model(mode, &vit_tiny());
    let network = Hypernetwork::init(&model, 0, &device.clone().autodiff())?;
    let mut tuner = Tuner::new(network, settings, &device)?;
    tuner.step(&data)?;
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    while whole.len() < 3 || begun.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        parts.push(tuner.step(&data)?.timings);
        whole.push(start.elapsed());
    }
    let median = |pick: fn(&StepTimings) -> f64| {
        Row::of_ms("", &mut parts.iter().map(pick).collect::<Vec<f64>>()).median_ms
    };
    let counts = model.parameters();
    Ok(ModeRow {
        mode: mode.to_string(),
        trainable: counts.trainable(mode),
        frozen: counts.frozen(mode),
        median_ms: Row::of("", &whole).median_ms,
        repeats: whole.len(),
        backbone_ms: median(|timings| timings.backbone_ms),
        backward_ms: median(|timings| timings.backward_ms),
        update_ms: median(|timings| timings.update_ms),
        peak_mb: peak_mb(),
    })
}

fn print(report: &Report) {
    let Report { version, device, model, batch, rows } = report;
    output::line(format_args!("hyperscope {version}, a training step on {device}: {model}, batch {batch}"));
    output::line(
        "| mode | learn | frozen | step ms | n | backbone | backward | update | peak MB | of finetune |",
    );
    output::line("|---|---|---|---|---|---|---|---|---|---|");
    let Some(first) = rows.first() else { return };
    for row in rows {
        let part = |own: f64, of: f64| format!("{:.0} %", 100.0 * own / of);
        let memory = row.peak_mb.zip(first.peak_mb).map(|(own, of)| part(own, of));
        output::line(format_args!(
            "| {} | {} | {} | {:.0} | {} | {:.0} | {:.0} | {:.0} | {} | {} of the time, {} of the memory |",
            row.mode,
            row.trainable,
            row.frozen,
            row.median_ms,
            row.repeats,
            row.backbone_ms,
            row.backward_ms,
            row.update_ms,
            row.peak_mb.map_or("unknown".into(), |peak| format!("{peak:.0}")),
            part(row.median_ms, first.median_ms),
            memory.unwrap_or_else(|| "unknown".into())
        ));
    }
}
