//! Fields: their evaluation against `PyTorch` and against plain loops, and their file.

#![expect(clippy::unwrap_used, reason = "helpers of tests are not in test functions")]

#[path = "../common/mod.rs"]
mod common;
mod drawing;
mod evaluation;
mod file;
mod volume;

use hyperscope::field::{Architecture, Field, Layer};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Random weights, of a size that keeps activations near one.
fn random_field(architecture: &Architecture, seed: u64) -> Field {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let layers = architecture.layer_shapes().into_iter().map(|shape| {
        let bound = (3.0 / shape.d_in as f32).sqrt();
        let mut draw = |count: usize| (0..count).map(|_| random.random_range(-bound..bound)).collect();
        Layer { weight: draw(shape.d_in * shape.d_out), bias: draw(shape.d_out) }
    });
    Field::new(architecture.clone(), layers.collect()).unwrap()
}
