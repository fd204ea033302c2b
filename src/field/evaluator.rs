use std::sync::Arc;

use rayon::prelude::*;

use super::activate::activate;
use super::matmul::{Matrix, add_matmul};
use super::trig::cosines_and_sines;
use super::{Architecture, Field, Layer};

/// Points that pass through all layers together: activations of that many stay in a core's cache.
const TILE_POINTS: usize = 256;

/// Evaluates one field on every core: `x_{i+1} = act(x_i W_i + b_i)` by matrix products over tiles of
/// points.
#[derive(Debug, Clone)]
pub struct Evaluator {
    field: Arc<Field>,
    encoder: Encoder,
}

/// Coordinates to the first layer's input.
#[derive(Debug, Clone)]
pub(crate) struct Encoder {
    inputs: usize,
    /// Of one axis, radians for a unit of coordinate; empty where the coordinates are taken as they are.
    frequencies: Arc<[f64]>,
}

/// Activations of a tile, reused from tile to tile.
#[derive(Default)]
struct Scratch {
    present: Vec<f32>,
    next: Vec<f32>,
    angles: Vec<f64>,
}

impl Encoder {
    pub(crate) fn new(architecture: &Architecture) -> Self {
        let frequencies = architecture.encoding.frequencies().into_iter().map(f64::from).collect();
        Self { inputs: architecture.inputs, frequencies }
    }

    /// Values of one axis: its coordinate, or a cosine and a sine for each frequency.
    pub(crate) fn axis_width(&self) -> usize {
        (2 * self.frequencies.len()).max(1)
    }

    /// One axis encoded on its own: `[n]` to `[n, axis_width]`, cosines before sines.
    pub(crate) fn encode_axis(&self, coordinates: &[f32]) -> Vec<f32> {
        let count = self.frequencies.len();
        if count == 0 {
            return coordinates.to_vec();
        }
        let mut out = vec![0.0; coordinates.len() * 2 * count];
        let mut angles = vec![0.0; count];
        for (coordinate, features) in coordinates.iter().zip(out.chunks_exact_mut(2 * count)) {
            self.angles(*coordinate, &mut angles);
            let (cosines, sines) = features.split_at_mut(count);
            cosines_and_sines(&angles, cosines, sines);
        }
        out
    }

    /// Rows of the first weight that belong to one axis: `[axis_width, d_out]`.
    pub(crate) fn axis_weight(&self, first: &Layer, axis: usize) -> Vec<f32> {
        let d_out = first.bias.len();
        self.axis_rows(axis).flat_map(|row| first.weight[row * d_out..][..d_out].iter().copied()).collect()
    }

    /// The rows of the first weight that [`encode_axis`](Self::encode_axis)'s values of this axis meet, in
    /// its order.
    pub(crate) fn axis_rows(&self, axis: usize) -> impl Iterator<Item = usize> + use<> {
        let (count, inputs) = (self.frequencies.len(), self.inputs);
        (0..self.axis_width()).map(move |index| match count {
            0 => axis,
            _ => (index / count) * inputs * count + axis * count + index % count,
        })
    }

    fn angles(&self, coordinate: f32, angles: &mut [f64]) {
        for (angle, frequency) in angles.iter_mut().zip(&*self.frequencies) {
            *angle = f64::from(coordinate) * frequency;
        }
    }

    /// Points `[n, inputs]` to `[n, encoding width]`.
    pub(crate) fn encode_points(&self, points: &[f32]) -> Vec<f32> {
        let mut out = Vec::new();
        self.encode(points, &mut Vec::new(), &mut out);
        out
    }

    /// Points `[n, inputs]` to `[n, encoding width]`: all cosines, then all sines, the axes outermost.
    fn encode(&self, points: &[f32], angles: &mut Vec<f64>, out: &mut Vec<f32>) {
        out.clear();
        let count = self.frequencies.len();
        if count == 0 {
            out.extend_from_slice(points);
            return;
        }
        let half = self.inputs * count;
        angles.resize(half, 0.0);
        out.resize(points.len() / self.inputs * 2 * half, 0.0);
        for (point, features) in points.chunks_exact(self.inputs).zip(out.chunks_exact_mut(2 * half)) {
            for (coordinate, own) in point.iter().zip(angles.chunks_exact_mut(count)) {
                self.angles(*coordinate, own);
            }
            let (cosines, sines) = features.split_at_mut(half);
            cosines_and_sines(angles, cosines, sines);
        }
    }
}

impl Evaluator {
    /// Ready to evaluate this field; its weights are copied.
    #[must_use]
    pub fn new(field: &Field) -> Self {
        Self { field: Arc::new(field.clone()), encoder: Encoder::new(field.architecture()) }
    }

    /// As [`new`](Self::new), for every one of many fields of one architecture: they share what their coordinates
    /// become.
    pub(crate) fn of_all<'a>(fields: impl Iterator<Item = &'a Field>) -> Vec<Self> {
        let mut fields = fields.peekable();
        let Some(encoder) = fields.peek().map(|field| Encoder::new(field.architecture())) else {
            return Vec::new();
        };
        fields.map(|field| Self { field: Arc::new(field.clone()), encoder: encoder.clone() }).collect()
    }

    /// Values at any points. With `spread`, the standard deviations are left out.
    ///
    /// # Shapes
    /// - `points`: `[n, inputs]`; what is left over of an incomplete point is not looked at
    /// - result: `[n, outputs]`, the output offset added, not clamped
    #[must_use]
    pub fn evaluate(&self, points: &[f32]) -> Vec<f32> {
        let Architecture { inputs, outputs, .. } = *self.field.architecture();
        let num_points = points.len() / inputs;
        let points = &points[..num_points * inputs];
        let mut values = vec![0.0; num_points * outputs];
        values
            .par_chunks_mut(TILE_POINTS * outputs)
            .zip(points.par_chunks(TILE_POINTS * inputs))
            .for_each_init(Scratch::default, |scratch, (out, points)| {
                let Scratch { present, next, angles } = scratch;
                self.encoder.encode(points, angles, next);
                let Some(first) = self.field.layers().first() else { return };
                layer(first, next, points.len() / inputs, present);
                self.finish(scratch, points.len() / inputs, out);
            });
        values
    }

    /// Values at every crossing of rows and columns of an image field. The first layer is a sum over the
    /// axes, so its product is taken for each row and each column once, and not for each crossing.
    ///
    /// # Shapes
    /// - `rows`: `[r]`, `columns`: `[c]`
    /// - result: `[r, c, outputs]`, as [`evaluate`](Self::evaluate); empty if the field has not two inputs
    #[must_use]
    pub fn evaluate_grid(&self, rows: &[f32], columns: &[f32]) -> Vec<f32> {
        let Architecture { inputs, outputs, .. } = *self.field.architecture();
        let Some(first) = self.field.layers().first().filter(|_| inputs == 2) else { return Vec::new() };
        let width = first.bias.len();
        let of_rows = self.axis_part(first, 0, rows);
        let of_columns = self.axis_part(first, 1, columns);
        let mut values = vec![0.0; rows.len() * columns.len() * outputs];
        values.par_chunks_mut(TILE_POINTS * outputs).enumerate().for_each_init(
            Scratch::default,
            |scratch, (tile, out)| {
                let num_points = out.len() / outputs;
                scratch.present.resize(num_points * width, 0.0);
                for (index, z) in scratch.present.chunks_exact_mut(width).enumerate() {
                    let point = tile * TILE_POINTS + index;
                    let row = &of_rows[point / columns.len() * width..][..width];
                    let column = &of_columns[point % columns.len() * width..][..width];
                    for (((z, row), column), bias) in z.iter_mut().zip(row).zip(column).zip(&first.bias) {
                        *z = row + column + bias;
                    }
                }
                self.finish(scratch, num_points, out);
            },
        );
        values
    }

    /// What one axis adds to the first layer: `[n, d_out]`.
    fn axis_part(&self, first: &Layer, axis: usize, coordinates: &[f32]) -> Vec<f32> {
        let width = first.bias.len();
        let features = self.encoder.encode_axis(coordinates);
        let weight = self.encoder.axis_weight(first, axis);
        let inner = self.encoder.axis_width();
        let mut part = vec![0.0; coordinates.len() * width];
        part.par_chunks_mut(TILE_POINTS * width).zip(features.par_chunks(TILE_POINTS * inner)).for_each(
            |(part, features)| {
                let features = Matrix::new(features, features.len() / inner, inner);
                add_matmul(part, features, Matrix::new(&weight, inner, width));
            },
        );
        part
    }

    /// From the first layer's values before its activation, in `scratch.present`, to the outputs.
    fn finish(&self, scratch: &mut Scratch, num_points: usize, out: &mut [f32]) {
        let architecture = self.field.architecture();
        for (index, next) in self.field.layers().iter().enumerate().skip(1) {
            activate(architecture.activation, index - 1, &mut scratch.present);
            layer(next, &scratch.present, num_points, &mut scratch.next);
            std::mem::swap(&mut scratch.present, &mut scratch.next);
        }
        let width = architecture.output_width();
        for (out, y) in out.chunks_exact_mut(architecture.outputs).zip(scratch.present.chunks_exact(width)) {
            for (out, y) in out.iter_mut().zip(y) {
                *out = y + architecture.output_offset;
            }
        }
    }
}

/// `x W + b` into `out`, `[n, d_out]`.
fn layer(layer: &Layer, x: &[f32], num_points: usize, out: &mut Vec<f32>) {
    let d_out = layer.bias.len();
    out.resize(num_points * d_out, 0.0);
    for row in out.chunks_exact_mut(d_out) {
        row.copy_from_slice(&layer.bias);
    }
    let d_in = layer.weight.len() / d_out;
    add_matmul(out, Matrix::new(x, num_points, d_in), Matrix::new(&layer.weight, d_in, d_out));
}
