use super::measure::{Row, repeat};
use super::samples;
use crate::field::Architecture;
use crate::model::{Composer, Hypernetwork, Mode, Model, ModelConfig, SignalKind, best_device};
use crate::train::{RunConfig, vit_tiny};

/// Bytes of an f32.
const F32: usize = 4;

/// Photo to field, split, for the model at hand.
pub(super) fn encode(seconds: f64, model: &Model) -> anyhow::Result<Vec<Row>> {
    let name = format!("{} ({} px in)", model.identity.name, model.config().input_size);
    split(seconds, model, &name)
}

/// Photo to field for a whole `ViT-Ti` at 224 px that writes the reference field through 259 tokens: random
/// weights, since only the time counts.
pub(super) fn encode_vit_tiny(seconds: f64) -> anyhow::Result<Vec<Row>> {
    let config = RunConfig {
        input_size: 224,
        depth: usize::MAX,
        composer: Composer::TransInr,
        groups: 64,
        field: Architecture::reference_image(),
        ..RunConfig::default()
    };
    let device = best_device();
    let network = Hypernetwork::init(&config.model(Mode::Scratch, &vit_tiny()), 0, &device)?;
    split(seconds, &Model::of(&network, &device), "ViT-Ti/16 (224 px in, reference field)")
}

/// Every part of an encoding.
fn split(seconds: f64, model: &Model, name: &str) -> anyhow::Result<Vec<Row>> {
    let signal = samples::signal(256)?;
    let [mut prepare, mut backbone, mut heads, mut compose] = [const { Vec::new() }; 4];
    let times = repeat(seconds, || {
        let timings = model.encode_image(&signal)?.timings;
        for (list, part) in [
            (&mut prepare, timings.prepare),
            (&mut backbone, timings.backbone),
            (&mut heads, timings.heads),
            (&mut compose, timings.compose),
        ] {
            list.push(part);
        }
        Ok(())
    })?;
    let config: &ModelConfig = model.config();
    let counts = config.parameters();
    let field_bytes = F32 * config.field.num_params();
    Ok(vec![
        Row::of(format!("photo to field, {name}"), &times)
            .with_flops(config.backbone_flops() + config.head_flops())
            .with_bytes(F32 * counts.total()),
        Row::of("  of which the picture's resizing", &prepare[1..])
            .with_bytes(2 * signal.reference.rgb().len()),
        Row::of("  of which the backbone", &backbone[1..])
            .with_flops(config.backbone_flops())
            .with_bytes(F32 * counts.backbone),
        Row::of("  of which the heads", &heads[1..])
            .with_flops(config.head_flops())
            .with_bytes(F32 * counts.heads),
        Row::of("  of which the composition", &compose[1..]).with_bytes(2 * field_bytes),
    ])
}

/// Reading the default model from its file.
pub(super) fn load(seconds: f64) -> anyhow::Result<Vec<Row>> {
    let times = repeat(seconds, || Ok(Model::bundled(SignalKind::Image)?))?;
    let bytes = F32 * Model::bundled(SignalKind::Image)?.config().parameters().total();
    Ok(vec![Row::of("load the default model", &times).with_bytes(bytes)])
}
