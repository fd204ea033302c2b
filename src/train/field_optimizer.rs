use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::adam::Adam;
use super::muon::Muon;
use crate::field::LayerShape;

/// What moves the hidden weight matrices of a field; biases and the last layer are moved by Adam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Adam (arXiv 1412.6980).
    Adam,
    /// Muon (<https://kellerjordan.github.io/posts/muon>): orthogonalised momentum.
    #[default]
    Muon,
}

/// A step of Muon's goes this many learning rates, in sizes of the matrix.
const MUON_SHARE: f32 = 4.0;

/// What moves a field's weights, or a base's: flat, every layer's weight and then its bias.
#[derive(Debug, Clone)]
pub(super) struct FieldOptimizer {
    /// Of all weights. Where Muon rules, the mean is its momentum, and the square is not used.
    pub(super) adam: Adam,
    parts: Vec<Part>,
}

/// A weight matrix or a bias.
#[derive(Debug, Clone)]
struct Part {
    len: usize,
    /// Adam's where there is none.
    muon: Option<Muon>,
}

impl FieldOptimizer {
    /// For these weights of layers of these shapes, of one field or of several one after another; `adam` is for as many.
    pub(super) fn new(optimizer: Optimizer, shapes: &[LayerShape], weights: &[f32], adam: Adam) -> Self {
        let last = shapes.len().saturating_sub(1);
        let mut parts = Vec::new();
        let mut rest = weights;
        let of_field: usize = shapes.iter().map(|shape| shape.num_params()).sum();
        let num_fields = weights.len() / of_field.max(1);
        for (index, shape) in (0..num_fields).flat_map(|_| shapes.iter().enumerate()) {
            let (weight, others) = rest.split_at(shape.d_in * shape.d_out);
            let is_muons = optimizer == Optimizer::Muon && index < last;
            let muon = is_muons.then(|| Muon::new(weight, shape.d_in, shape.d_out));
            parts.push(Part { len: weight.len(), muon });
            parts.push(Part { len: shape.d_out, muon: None });
            rest = &others[shape.d_out..];
        }
        Self { adam, parts }
    }

    /// One step down the gradient, which is taken `scale` times.
    pub(super) fn step(&mut self, weights: &mut [f32], gradient: &[f32], scale: f32, learning_rate: f64) {
        let pace = self.adam.next(learning_rate);
        let (mut weights, mut gradient) = (weights, gradient);
        let (mut mean, mut square) = (&mut self.adam.mean[..], &mut self.adam.square[..]);
        let mut own = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            own.push((
                part,
                weights.split_off_mut(..part.len).unwrap_or_default(),
                gradient.split_off(..part.len).unwrap_or_default(),
                mean.split_off_mut(..part.len).unwrap_or_default(),
                square.split_off_mut(..part.len).unwrap_or_default(),
            ));
        }
        debug_assert!(weights.is_empty() && gradient.is_empty(), "weights that no part takes");
        let rate = MUON_SHARE * learning_rate as f32;
        own.into_par_iter().for_each(|(part, weights, gradient, mean, square)| match &part.muon {
            Some(muon) => muon.step(weights, gradient, mean, scale, rate, pace.kept),
            None => pace.step(weights, gradient, scale, mean, square),
        });
    }
}
