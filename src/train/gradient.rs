//! The gradient of one field's squared error in its own weights, by hand and by matrix products: a step
//! of refining is small, and a tensor library's own work would be most of it.
//!
//! A step looks at the crossings of some rows and some columns. The first layer is a sum over the two axes, so
//! its product, the largest of all, is taken for each row and each column and not for each crossing.

use rayon::prelude::*;

use crate::field::{
    Architecture, Cores, Encoder, Field, Layer, LayerView, Matrix, TRACE_POINTS, product, trace_backward,
    trace_forward,
};
use crate::media::Picture;

/// Parts of a lattice that are shared between cores, each with sums of its own. A fixed number, so that sums do
/// not depend on how many cores there are.
const PARTS: usize = 16;

/// A reference picture as targets, and its rows and columns as a field takes them.
pub(super) struct PixelGrid {
    width: usize,
    height: usize,
    /// `[height, width, 3]`
    targets: Vec<f32>,
    /// Of rows, then of columns.
    axes: [Axis; 2],
}

/// The coordinates of one axis, encoded.
struct Axis {
    /// `[coordinates, axis width]`
    features: Vec<f32>,
    /// The rows of the first weight that they meet.
    weight_rows: Vec<usize>,
}

/// The rows and columns whose crossings a step looks at.
#[derive(Debug, Clone)]
pub(super) struct Lattice {
    pub(super) rows: Vec<usize>,
    pub(super) columns: Vec<usize>,
}

impl PixelGrid {
    pub(super) fn new(architecture: &Architecture, reference: &Picture) -> Self {
        let encoder = Encoder::new(architecture);
        let axis = |axis: usize, count: u32| Axis {
            features: encoder.encode_axis(&crate::field::pixel_centres(count, 0.0, 1.0)),
            weight_rows: encoder.axis_rows(axis).collect(),
        };
        let (width, height) = (reference.width(), reference.height());
        Self {
            width: width as usize,
            height: height as usize,
            targets: reference.to_f32(),
            axes: [axis(0, height), axis(1, width)],
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }
}

impl Axis {
    /// The features of some coordinates, `[n, axis width]`.
    fn gather(&self, chosen: &[usize]) -> Vec<f32> {
        let width = self.weight_rows.len();
        chosen.iter().flat_map(|index| &self.features[index * width..][..width]).copied().collect()
    }

    /// What these features add to the first layer: `[n, d_out]`.
    fn part(&self, features: &[f32], first: &Layer) -> Vec<f32> {
        let (width, d_out) = (self.weight_rows.len(), first.bias.len());
        let rows = self.weight_rows.iter().flat_map(|row| &first.weight[row * d_out..][..d_out]);
        let weight: Vec<f32> = rows.copied().collect();
        let n = features.len() / width;
        product(Matrix::new(features, n, width), Matrix::new(&weight, width, d_out), Cores::One)
    }

    /// The way back: from the slope of [`part`](Self::part) to the first weight's gradient.
    fn part_backward(&self, features: &[f32], slope: &[f32], of_weight: &mut [f32]) {
        let width = self.weight_rows.len();
        let n = features.len() / width;
        let d_out = slope.len() / n;
        let features = Matrix::new(features, n, width).transposed();
        let own = product(features, Matrix::new(slope, n, d_out), Cores::One);
        for (row, own) in self.weight_rows.iter().zip(own.chunks_exact(d_out)) {
            of_weight[row * d_out..][..d_out].copy_from_slice(own);
        }
    }
}

/// Mean squared error at the crossings of a lattice, and its gradient: every layer's weight and then its bias,
/// first layer to last. Zero, and a gradient of nothing, for a field without layers or two inputs.
pub(super) fn loss_and_gradient(field: &Field, grid: &PixelGrid, lattice: &Lattice) -> (f64, Vec<f32>) {
    let mut gradient = vec![0.0; field.architecture().num_params()];
    let Some(first) = field.layers().first().filter(|_| field.architecture().inputs == 2) else {
        return (0.0, gradient);
    };
    let d = first.bias.len();
    let [row_axis, column_axis] = &grid.axes;
    let (row_features, column_features) =
        rayon::join(|| row_axis.gather(&lattice.rows), || column_axis.gather(&lattice.columns));
    let (of_rows, of_columns) =
        rayon::join(|| row_axis.part(&row_features, first), || column_axis.part(&column_features, first));
    let rows_of_piece = (TRACE_POINTS / lattice.columns.len().max(1)).max(1);
    let rows_of_part = lattice.rows.len().div_ceil(PARTS).max(1);
    let num_rest = gradient.len() - first.weight.len();
    let empty = || Sums {
        loss: 0.0,
        gradient: vec![0.0; num_rest],
        row_slopes: Vec::new(),
        column_slopes: vec![0.0; of_columns.len()],
    };
    let parts: Vec<Sums> = lattice
        .rows
        .par_chunks(rows_of_part)
        .zip(of_rows.par_chunks(rows_of_part * d))
        .map(|(rows, of_rows)| {
            let mut sums = empty();
            for (rows, of_rows) in rows.chunks(rows_of_piece).zip(of_rows.chunks(rows_of_piece * d)) {
                let targets = targets(grid, rows, &lattice.columns);
                piece(field, first, of_rows, &of_columns, &targets, lattice, &mut sums);
            }
            sums
        })
        .collect();
    let mut sums = empty();
    for part in parts {
        sums.loss += part.loss;
        add(&mut sums.gradient, &part.gradient);
        add(&mut sums.column_slopes, &part.column_slopes);
        sums.row_slopes.extend(part.row_slopes);
    }
    let (of_weight, rest) = gradient.split_at_mut(first.weight.len());
    rest.copy_from_slice(&sums.gradient);
    row_axis.part_backward(&row_features, &sums.row_slopes, of_weight);
    column_axis.part_backward(&column_features, &sums.column_slopes, of_weight);
    (sums.loss, gradient)
}

fn add(sums: &mut [f32], values: &[f32]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
}

/// Colours at the crossings, `[rows * columns, 3]`.
fn targets(grid: &PixelGrid, rows: &[usize], columns: &[usize]) -> Vec<f32> {
    let mut targets = Vec::with_capacity(rows.len() * columns.len() * 3);
    for row in rows {
        for column in columns {
            targets.extend_from_slice(&grid.targets[(row * grid.width + column) * 3..][..3]);
        }
    }
    targets
}

/// What some rows of a lattice come to.
struct Sums {
    /// Their share of the loss.
    loss: f64,
    /// Of all weights but the first.
    gradient: Vec<f32>,
    /// Slope of what each of the rows adds to the first layer, `[rows, d]`.
    row_slopes: Vec<f32>,
    /// Slope of what each column adds to the first layer, `[columns, d]`.
    column_slopes: Vec<f32>,
}

/// Some rows, added to `sums`.
fn piece(
    field: &Field,
    first: &Layer,
    of_rows: &[f32],
    of_columns: &[f32],
    targets: &[f32],
    lattice: &Lattice,
    sums: &mut Sums,
) {
    let architecture = field.architecture();
    let d = first.bias.len();
    let num_points = targets.len() / 3;
    let mut z = Vec::with_capacity(num_points * d);
    for row in of_rows.chunks_exact(d) {
        for column in of_columns.chunks_exact(d) {
            let parts = row.iter().zip(column).zip(&first.bias);
            z.extend(parts.map(|((row, column), bias)| row + column + bias));
        }
    }
    let rest: Vec<LayerView> = field.layers().iter().skip(1).map(Layer::view).collect();
    let (outputs, trace) = trace_forward(architecture.activation, &rest, z);
    // dL/dy = 2 (y - t) / (3 n); a standard deviation's channel has no part in it.
    let width = architecture.output_width();
    let scale = 1.0 / (3 * lattice.rows.len() * lattice.columns.len()) as f32;
    let mut slope = vec![0.0f32; num_points * width];
    for ((slope, y), target) in
        slope.chunks_exact_mut(width).zip(outputs.chunks_exact(width)).zip(targets.chunks_exact(3))
    {
        for ((slope, y), target) in slope.iter_mut().zip(y).zip(target) {
            let error = y + architecture.output_offset - target;
            sums.loss += f64::from(error * error * scale);
            *slope = 2.0 * error * scale;
        }
    }
    let slope = trace_backward(architecture.activation, &rest, &trace, slope, &mut sums.gradient[d..]);
    for own in slope.chunks_exact(of_columns.len()) {
        let mut row = vec![0.0; d];
        for (column, own) in sums.column_slopes.chunks_exact_mut(d).zip(own.chunks_exact(d)) {
            add(&mut row, own);
            add(column, own);
        }
        add(&mut sums.gradient[..d], &row);
        sums.row_slopes.extend(row);
    }
}

#[cfg(test)]
#[path = "gradient_tests.rs"]
mod tests;
