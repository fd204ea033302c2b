//! A start in which everything has its place, for the residual composer and relu fields: every neuron
//! looks at one place of the picture, and every weight token begins as a blank data token at the place
//! that its neurons look at. What a token reads there it can then paint there, without first having to
//! learn where it is: held-out pictures are 1 dB better after the same minutes of training than from
//! weights drawn at random.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData, activation};

use super::{Backbone, Composer, ModelConfig, ModelError, SignalKind, cpu_device, encode_points, initial};
use crate::field::{Activation, Architecture, Encoding, LayerShape};
use crate::storage::HostTensor;

/// Coordinates of an axis that the bumps are fitted at.
const FIT_POINTS: usize = 512;
/// Coordinates of an axis that activations are measured at.
const PROBE_POINTS: usize = 64;
/// A bump's standard deviation, in distances between neighbouring neurons.
const BUMP_WIDTH: f64 = 0.9;
/// How much the fit avoids large weights: at all frequencies, and more so at those beyond the last one.
const RIDGE: f64 = 1e-2;
const RIDGE_FLOOR: f64 = 1e-3;
const RIDGE_FREQUENCY: f64 = 40.0;
/// Neurons of one layer and the next are joined up to this many cells apart, along either axis.
const REACH: usize = 2;
/// Root mean square of the field's values at the start.
const OUTPUT_SIZE: f32 = 0.1;
/// Standard deviation that tells tokens of one place apart.
const TOKEN_NOISE: f32 = 0.02;
/// More frequencies than this are not fitted.
const FREQUENCIES_MAX: usize = 256;

/// Where the neurons of a hidden layer look: groups form a square over the picture, and the neurons of a
/// group a square within.
struct Places {
    side: usize,
    sub: usize,
}

impl Places {
    /// `None` where this start does not apply: see the module.
    fn of(config: &ModelConfig) -> Option<Self> {
        let field = &config.field;
        let Encoding::Fourier { count, .. } = field.encoding else { return None };
        if config.kind != SignalKind::Image
            || config.composer != Composer::Residual
            || field.activation != Activation::Relu
            || field.layers < 2
            || count > FREQUENCIES_MAX
        {
            return None;
        }
        let groups = config.tokens(LayerShape { d_in: field.hidden, d_out: field.hidden });
        let places = Self { side: groups.isqrt(), sub: (field.hidden / groups).isqrt() };
        (places.side.pow(2) == groups && places.sub.pow(2) * groups == field.hidden).then_some(places)
    }

    /// Neurons along an axis.
    fn cells(&self) -> usize {
        self.side * self.sub
    }

    /// Row and column of a neuron's cell; neuron `j` belongs to group `j mod groups`.
    fn cell(&self, neuron: usize) -> (usize, usize) {
        let groups = self.side * self.side;
        let (group, within) = (neuron % groups, neuron / groups);
        let along = |group: usize, within: usize| group * self.sub + within;
        (along(group / self.side, within / self.sub), along(group % self.side, within % self.sub))
    }

    /// Whether two neurons look at places near one another.
    fn are_near(&self, one: usize, other: usize) -> bool {
        let ((row, column), (other_row, other_column)) = (self.cell(one), self.cell(other));
        row.abs_diff(other_row).max(column.abs_diff(other_column)) <= REACH
    }
}

/// The tensors of this start, by their names in a checkpoint; none where it does not apply.
pub(crate) fn tensors(
    config: &ModelConfig,
    backbone: &Backbone,
    seed: u64,
) -> Result<BTreeMap<String, HostTensor>, ModelError> {
    let mut found = BTreeMap::new();
    let Some(places) = Places::of(config) else { return Ok(found) };
    for (index, count) in config.layer_tokens().into_iter().enumerate() {
        let dim = config.backbone.dim;
        let name = format!("weight_tokens.{index}");
        let noise = initial::normal(seed, &name, count * dim);
        let Some(blank) = backbone.blank_tokens(count) else { return Ok(BTreeMap::new()) };
        let blank = fetch(blank)?;
        let values = blank.into_iter().zip(noise).map(|(blank, noise)| blank + TOKEN_NOISE * noise).collect();
        found.insert(name, HostTensor { shape: vec![count, dim], values });
    }
    for (index, (weight, bias)) in base(&config.field, &places, seed)?.into_iter().enumerate() {
        found.insert(format!("base.{index}.weight"), weight);
        found.insert(format!("base.{index}.bias"), bias);
    }
    Ok(found)
}

/// Weight and bias of every layer. Each is scaled so that what comes out of it before its activation has
/// a mean square of one, the last one's less.
fn base(
    field: &Architecture,
    places: &Places,
    seed: u64,
) -> Result<Vec<(HostTensor, HostTensor)>, ModelError> {
    let shapes = field.layer_shapes();
    let cpu = cpu_device();
    let mut x = probe(field, &cpu);
    let mut layers = Vec::with_capacity(shapes.len());
    for (index, shape) in shapes.iter().enumerate() {
        let is_last = index + 1 == shapes.len();
        let (mut weight, mut bias) = if index == 0 {
            // relu(bump(row) + bump(column) - 1): one at the neuron's place, zero away from it.
            (bumps(field, places), vec![-1.0; shape.d_out])
        } else {
            let name = format!("base.{index}.weight");
            (initial::normal(seed, &name, shape.d_in * shape.d_out), vec![0.0; shape.d_out])
        };
        if index > 0 && !is_last {
            for (at, value) in weight.iter_mut().enumerate() {
                if !places.are_near(at / shape.d_out, at % shape.d_out) {
                    *value = 0.0;
                }
            }
        }
        let matrix = Tensor::<2>::from_data(TensorData::new(weight.clone(), [shape.d_in, shape.d_out]), &cpu);
        let offset = Tensor::<1>::from_data(TensorData::new(bias.clone(), [shape.d_out]), &cpu);
        let z = x.matmul(matrix) + offset.unsqueeze::<2>();
        let size = if is_last { OUTPUT_SIZE } else { 1.0 };
        let scale = size / active_size(&fetch(z.clone())?, index);
        weight.iter_mut().chain(&mut bias).for_each(|value| *value *= scale);
        x = activation::relu(z * scale);
        let weight = HostTensor { shape: vec![shape.d_in, shape.d_out], values: weight };
        layers.push((weight, HostTensor { shape: vec![shape.d_out], values: bias }));
    }
    Ok(layers)
}

/// Root mean square of what is not silent: of the positive values in the first layer, where most neurons
/// are silent by design, and of all but the zeros after it.
fn active_size(values: &[f32], index: usize) -> f32 {
    let is_active = |value: f64| if index == 0 { value > 0.0 } else { value.abs() > 1e-3 };
    let active = values.iter().map(|value| f64::from(*value)).filter(|value| is_active(*value));
    let (count, sum) = active.fold((0u32, 0.0), |(count, sum), value| (count + 1, sum + value * value));
    if count == 0 { 1.0 } else { (sum / f64::from(count)).sqrt() as f32 }
}

/// The encoded points of a square grid over the picture.
fn probe(field: &Architecture, device: &Device) -> Tensor<2> {
    let centre = |index: usize| (2 * index + 1) as f32 / PROBE_POINTS as f32 - 1.0;
    let points: Vec<f32> = (0..PROBE_POINTS.pow(2))
        .flat_map(|index| [centre(index / PROBE_POINTS), centre(index % PROBE_POINTS)])
        .collect();
    let width = field.encoding.width(field.inputs);
    Tensor::from_data(TensorData::new(encode_points(field, &points), [PROBE_POINTS.pow(2), width]), device)
}

/// First-layer weights, `[4 * count, neurons]`: for each neuron a Gaussian bump in the rows plus one in
/// the columns, both least-squares fits in the field's own cosines and sines of one axis.
fn bumps(field: &Architecture, places: &Places) -> Vec<f32> {
    let axis = Architecture { inputs: 1, ..field.clone() };
    let frequencies: Vec<f64> = field.encoding.frequencies().into_iter().map(f64::from).collect();
    let (count, cells) = (frequencies.len(), places.cells());
    let line: Vec<f32> = (0..FIT_POINTS).map(|at| at as f32 * 2.0 / (FIT_POINTS - 1) as f32 - 1.0).collect();
    let features: Vec<f64> = encode_points(&axis, &line).into_iter().map(f64::from).collect();
    let width = 2 * count;
    let mut normal = vec![0.0; width * width];
    let mut targets = vec![0.0; width * cells];
    let spacing = 2.0 / cells as f64;
    for (row, at) in features.chunks_exact(width).zip(&line) {
        for (one, out) in row.iter().zip(normal.chunks_exact_mut(width)) {
            out.iter_mut().zip(row).for_each(|(sum, other)| *sum += one * other);
        }
        for cell in 0..cells {
            let centre = (cell as f64 + 0.5) * spacing - 1.0;
            let bump = (-0.5 * ((f64::from(*at) - centre) / (BUMP_WIDTH * spacing)).powi(2)).exp();
            row.iter().enumerate().for_each(|(index, one)| targets[index * cells + cell] += one * bump);
        }
    }
    for index in 0..width {
        let frequency = frequencies[index % count] / RIDGE_FREQUENCY;
        normal[index * width + index] += RIDGE * FIT_POINTS as f64 * (RIDGE_FLOOR + frequency * frequency);
    }
    solve(&mut normal, &mut targets, width, cells);
    let neurons = places.cells().pow(2);
    let mut weight = vec![0.0; 2 * width * neurons];
    for neuron in 0..neurons {
        let (row, column) = places.cell(neuron);
        for index in 0..width {
            // All cosines, then all sines; rows before columns in each.
            let at = if index < count { index } else { index + count };
            weight[at * neurons + neuron] = targets[index * cells + row] as f32;
            weight[(at + count) * neurons + neuron] = targets[index * cells + column] as f32;
        }
    }
    weight
}

/// Solve `a x = b` in place of `b`, `[size, columns]`, for a symmetric positive definite `a`,
/// `[size, size]`, by Cholesky's factors.
fn solve(a: &mut [f64], b: &mut [f64], size: usize, columns: usize) {
    for i in 0..size {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| a[i * size + k] * a[j * size + k]).sum();
            let rest = a[i * size + j] - dot;
            a[i * size + j] = if i == j { rest.sqrt() } else { rest / a[j * size + j] };
        }
    }
    for column in 0..columns {
        for i in 0..size {
            let dot: f64 = (0..i).map(|k| a[i * size + k] * b[k * columns + column]).sum();
            b[i * columns + column] = (b[i * columns + column] - dot) / a[i * size + i];
        }
        for i in (0..size).rev() {
            let dot: f64 = (i + 1..size).map(|k| a[k * size + i] * b[k * columns + column]).sum();
            b[i * columns + column] = (b[i * columns + column] - dot) / a[i * size + i];
        }
    }
}

fn fetch<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ModelError> {
    tensor.try_into_vec_as::<f32>().map_err(|err| ModelError::Device(err.to_string()))
}
