//! Random initial weights, drawn on the host: a seed gives the same ones on every device, whoever else draws.

use std::collections::BTreeMap;

use burn::module::Module;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal, Uniform};

use super::backbone::sinusoids;
use super::{BackboneConfig, Composer, Family, ModelConfig, SignalKind, names};
use crate::storage::{HostTensor, sha256_hex};

/// Standard deviation of a backbone's random weights and positions, and of weight tokens, as vision
/// transformers are started.
const WEIGHT_STD: f32 = 0.02;
/// Of class token and registers, as timm starts them.
const CLASS_STD: f32 = 1e-6;
/// Standard deviation of the weights that make a token of a sound's patch.
const WAVE_STD: f32 = 0.1;

/// Added to the bias of an object's density: a random base may be negative everywhere, where a relu has no slope, and
/// then every picture stays white for ever.
const DENSITY_START: f32 = 0.3;

/// What a tensor's numbers are drawn from.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Initial {
    Constant(f32),
    /// Mean zero, this deviation.
    Normal(f32),
    /// `U(±bound)`
    Uniform(f32),
}

/// Every weight of a network, by its name in a file.
pub(crate) fn network(module: &impl Module, config: &ModelConfig, seed: u64) -> BTreeMap<String, HostTensor> {
    let mut tensors = drawn(module, seed, |name, shape| of_network(name, shape, config));
    let BackboneConfig { family, grid, dim, .. } = config.backbone;
    if let Some(fixed) = tensors.get_mut("backbone.pos_embed").filter(|_| family == Family::Mae) {
        fixed.values = sinusoids(grid, dim);
    }
    if config.kind == SignalKind::Object {
        let bias = tensors.get_mut(&format!("base.{}.bias", config.field.layers - 1));
        // The last of the outputs, deviations apart.
        let density = config.field.outputs - 1;
        bias.and_then(|bias| bias.values.get_mut(density))
            .into_iter()
            .for_each(|bias| *bias += DENSITY_START);
    }
    tensors
}

/// A backbone, or a part of one, with random weights.
pub(crate) fn with_random_weights<M: Module>(module: M, seed: u64) -> M {
    let tensors = drawn(&module, seed, |name, _| of_backbone(name));
    names::put_in(module, tensors)
}

/// The random numbers of one tensor; another tensor's do not depend on how many were drawn.
fn generator(seed: u64, name: &str) -> ChaCha8Rng {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // The first eight bytes of the name's SHA-256, little-endian.
    let hash = sha256_hex(name.as_bytes());
    let stream = hash.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok());
    random.set_stream(stream.map_or(0, u64::swap_bytes));
    random
}

/// Standard normal numbers for this tensor.
pub(crate) fn normal(seed: u64, name: &str, count: usize) -> Vec<f32> {
    Initial::Normal(1.0).draw(count, &mut generator(seed, name))
}

fn drawn(
    module: &impl Module,
    seed: u64,
    initial: impl Fn(&str, &[usize]) -> Initial,
) -> BTreeMap<String, HostTensor> {
    let draw = |(name, shape): (String, Vec<usize>)| {
        let count = shape.iter().product();
        let values = initial(&name, &shape).draw(count, &mut generator(seed, &name));
        (name, HostTensor { shape, values })
    };
    names::needed(module).into_iter().map(draw).collect()
}

impl Initial {
    fn draw(self, count: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
        match self {
            Self::Constant(value) => vec![value; count],
            Self::Normal(deviation) => match Normal::new(0.0, deviation) {
                Ok(normal) => normal.sample_iter(random).take(count).collect(),
                Err(_) => vec![0.0; count],
            },
            Self::Uniform(bound) => match Uniform::new(-bound, bound) {
                Ok(uniform) => uniform.sample_iter(random).take(count).collect(),
                Err(_) => vec![0.0; count],
            },
        }
    }
}

fn of_network(name: &str, shape: &[usize], config: &ModelConfig) -> Initial {
    let (part, rest) = name.split_once('.').unwrap_or((name, ""));
    let (index, rest) = rest.split_once('.').unwrap_or((rest, ""));
    let layer =
        index.parse::<usize>().ok().and_then(|index| Some((index, *config.base_shapes().get(index)?)));
    match (part, rest, layer) {
        ("ray_embed" | "wave_embed", ..) if part == "ray_embed" || index == "bias" => Initial::Constant(0.0),
        // Tokens of loud sounds about as large as the numbers that the blocks were trained on.
        ("wave_embed", ..) => Initial::Normal(WAVE_STD),
        ("wave_positions" | "weight_tokens" | "deep_prompts", ..) => Initial::Normal(WEIGHT_STD),
        // So that nothing is updated at first.
        ("lora", ..) if name.rsplit('.').next() == Some("up") => Initial::Constant(0.0),
        ("lora", ..) => Initial::Uniform(shape.first().map_or(0.0, |d_in| (*d_in as f32).sqrt().recip())),
        // So that a residual model starts as its base.
        ("heads", "proj.weight" | "proj.bias", _) if config.composer == Composer::Residual => {
            Initial::Constant(0.0)
        }
        // A Linear as PyTorch starts it, over the width of a token.
        ("heads", "proj.weight" | "proj.bias", _) => {
            Initial::Uniform((config.backbone.dim as f32).sqrt().recip())
        }
        ("heads", ..) => of_norm(name),
        ("base", "weight", Some((index, shape))) => Initial::Uniform(config.base_bound(index, shape) as f32),
        ("base", ..) if config.composer == Composer::Ipc => Initial::Constant(0.0),
        ("base", _, Some((_, shape))) => Initial::Uniform((shape.d_in as f32).sqrt().recip()),
        _ => {
            debug_assert!(part == "backbone", "{name} {shape:?}");
            of_backbone(name)
        }
    }
}

fn of_backbone(name: &str) -> Initial {
    match name.rsplit('.').next() {
        _ if name.contains("norm") => of_norm(name),
        Some("bias") => Initial::Constant(0.0),
        Some("cls_token" | "reg_token") => Initial::Normal(CLASS_STD),
        // Of layer scales, so that a block starts as without them.
        Some("gamma") => Initial::Constant(1.0),
        _ => Initial::Normal(WEIGHT_STD),
    }
}

fn of_norm(name: &str) -> Initial {
    Initial::Constant(if name.ends_with("weight") { 1.0 } else { 0.0 })
}
