use std::time::Instant;

use super::measure::Row;
use super::samples;
use crate::dataset::{ObjectFolder, PictureFolder};
use crate::model::{Hypernetwork, Mode, SignalKind, best_device};
use crate::train::{RunConfig, StepTimings, TrainingData, Tuner, vit_tiny};

/// A training step of the default recipe in each mode, split. Weights are random: what they are does not
/// change how long it takes.
pub(super) fn steps(seconds: f64) -> anyhow::Result<Vec<Row>> {
    let data = TrainingData::Pictures(PictureFolder::of(samples::entries()?));
    let config = RunConfig::default();
    let name = |mode| format!("training step, {mode}, batch {}, {} px", config.batch_size, config.input_size);
    let mut rows = Vec::new();
    for mode in [Mode::Scratch, Mode::Finetune, Mode::Lora, Mode::Prompt] {
        rows.extend(step(seconds, &name(mode), mode, &config, &data)?);
    }
    Ok(rows)
}

/// The same of an object, fine-tuned.
pub(super) fn object_step(seconds: f64) -> anyhow::Result<Vec<Row>> {
    let data = TrainingData::Objects(ObjectFolder::of(samples::objects()?));
    let config = RunConfig::of(SignalKind::Object);
    let name = format!("object: training step, batch {}, {} px", config.batch_size, config.input_size);
    step(seconds, &name, Mode::Finetune, &config, &data)
}

fn step(
    seconds: f64,
    name: &str,
    mode: Mode,
    config: &RunConfig,
    data: &TrainingData,
) -> anyhow::Result<Vec<Row>> {
    let device = best_device();
    let model = config.model(mode, &vit_tiny());
    let network = Hypernetwork::init(&model, 0, &device.clone().autodiff())?;
    let mut tuner = Tuner::new(network, config.clone(), &device)?;
    tuner.step(data)?;
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    while whole.len() < 3 || begun.elapsed().as_secs_f64() < seconds {
        let start = Instant::now();
        parts.push(tuner.step(data)?.timings);
        whole.push(start.elapsed());
    }
    // Forward, and backward for activations and weights; a frozen backbone needs no weights' part.
    let batch = config.batch_size as u64;
    let points = match config.kind {
        SignalKind::Image => config.pixels_per_picture,
        SignalKind::Sound => config.sounds.instants_per_window,
        SignalKind::Object => config.objects.rays_per_object * config.objects.samples_per_ray,
    };
    let per_item = points as u64 * config.field.flops_per_point();
    let backward = if mode.freezes_backbone() { 2 } else { 3 };
    let flops = batch * (backward * model.backbone_flops() + 3 * (model.head_flops() + per_item));
    let part = |name: &str, pick: fn(&StepTimings) -> f64| {
        let mut ms: Vec<f64> = parts.iter().map(pick).collect();
        Row::of_ms(format!("  of which {name}"), &mut ms)
    };
    Ok(vec![
        Row::of(name, &whole).with_flops(flops),
        part("the data", |t| t.data_ms),
        part("the backbone", |t| t.backbone_ms).with_flops(batch * model.backbone_flops()),
        part("heads and composition", |t| t.heads_ms).with_flops(batch * model.head_flops()),
        part("the fields and the loss", |t| t.field_ms).with_flops(batch * per_item),
        part("the backward pass", |t| t.backward_ms),
        part("the update", |t| t.update_ms).with_bytes(4 * 6 * model.parameters().trainable(mode)),
    ])
}
