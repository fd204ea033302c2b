//! The hypernetwork against `PyTorch`, its files, and what it refuses.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are not in test functions")]

mod backbones;
#[path = "../common/mod.rs"]
mod common;
mod files;
mod methods;
mod network;
mod pytorch;
mod refused;
mod whisper;

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use hyperscope::field::Architecture;
use hyperscope::model::{BackboneConfig, Composer, Family, Mode, ModelConfig, Objective, SignalKind};
use safetensors::SafeTensors;

/// A ViT-B/16 at 224 px.
fn vit_base() -> BackboneConfig {
    BackboneConfig {
        family: Family::AugregVit,
        dim: 768,
        depth: 12,
        heads: 12,
        mlp: 3_072,
        patch: 16,
        grid: 14,
        pixels: None,
    }
}

/// The pictures of `golden/make_model.py`, normalised: `[batch, 3, side, side]`.
fn pictures(batch: usize, side: usize, device: &Device) -> Tensor<4> {
    let mut values = Vec::with_capacity(batch * 3 * side * side);
    for b in 0..batch {
        for c in 0..3 {
            for y in 0..side {
                for x in 0..side {
                    let [b, c, y, x] = [b, c, y, x].map(|index| index as f64);
                    let waves = (0.11 * x * (c + 1.0) + 0.07 * y + b).sin()
                        * (0.05 * y * (c + 2.0) - 0.02 * x + 0.5 * c).cos();
                    values.push((0.5 + 0.5 * waves) as f32 * 2.0 - 1.0);
                }
            }
        }
    }
    Tensor::from_data(TensorData::new(values, [batch, 3, side, side]), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().unwrap()
}

fn golden(file: &SafeTensors, name: &str) -> Vec<f32> {
    bytemuck::pod_collect_to_vec(file.tensor(name).unwrap().data())
}

/// `|a - b| / |b|`, Euclidean.
fn relative_error(found: &[f32], expected: &[f32]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let square = |value: f64| value * value;
    let difference: f64 = found.iter().zip(expected).map(|(a, b)| square(f64::from(a - b))).sum();
    let size: f64 = expected.iter().map(|b| square(f64::from(*b))).sum();
    (difference / size).sqrt()
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

fn small_config(composer: Composer) -> ModelConfig {
    let mut field = Architecture::live_image();
    (field.layers, field.hidden) = (3, 12);
    ModelConfig {
        kind: SignalKind::Image,
        mode: Mode::Finetune,
        composer,
        groups: 4,
        objective: Objective::Mse,
        input_size: 16,
        backbone: BackboneConfig {
            family: Family::AugregVit,
            dim: 64,
            depth: 1,
            heads: 1,
            mlp: 64,
            patch: 8,
            grid: 2,
            pixels: None,
        },
        field,
        depths: None,
        sound: None,
        lora: None,
        deep_prompts: 0,
    }
}
