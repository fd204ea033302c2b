use wgpu::util::DeviceExt;

use super::gpu_data::FieldShape;
use crate::field::{Architecture, Encoding, Field, Layer};

/// A field on the device, laid out as `shaders/field/shape.wgsl` says.
#[derive(Debug)]
pub(super) struct FieldBuffers {
    pub(super) shape: wgpu::Buffer,
    pub(super) weights: wgpu::Buffer,
    pub(super) frequencies: wgpu::Buffer,
}

/// Quads that hold `count` values.
fn quads(count: usize) -> usize {
    count.div_ceil(4)
}

/// Frequencies of one axis, padded to quads.
fn half_axis(architecture: &Architecture) -> usize {
    match architecture.encoding {
        Encoding::Identity => 0,
        Encoding::Fourier { count, .. } => 4 * quads(count),
    }
}

/// Rows of the first weight that one axis has, padded: cosines, sines; or the coordinate.
fn axis_rows(architecture: &Architecture) -> usize {
    (2 * half_axis(architecture)).max(4)
}

/// Numbers that the weights take on the device, with all their padding.
pub(super) fn num_weights(architecture: &Architecture) -> usize {
    let width = 4 * quads(architecture.hidden);
    let middle = architecture.layers.saturating_sub(2) * (width + 1) * width;
    (architecture.inputs * axis_rows(architecture) + 1) * width + middle + (width + 1) * 4
}

impl FieldBuffers {
    /// Upload a field with at least two layers. Of its outputs the first four are used.
    pub(super) fn new(device: &wgpu::Device, field: &Field) -> Self {
        let (shape, weights) = pack(field);
        let buffer = |label, contents: &[u8], usage| {
            device.create_buffer_init(&wgpu::util::BufferInitDescriptor {
                label: Some(label),
                contents,
                usage,
            })
        };
        let mut frequencies = field.architecture().encoding.frequencies();
        frequencies.resize(half_axis(field.architecture()).max(4), 0.0);
        Self {
            shape: buffer("field shape", bytemuck::bytes_of(&shape), wgpu::BufferUsages::UNIFORM),
            weights: buffer("field weights", bytemuck::cast_slice(&weights), wgpu::BufferUsages::STORAGE),
            frequencies: buffer(
                "frequencies",
                bytemuck::cast_slice(&frequencies),
                wgpu::BufferUsages::STORAGE,
            ),
        }
    }
}

/// The weights in the kernel's order, and where each part begins.
fn pack(field: &Field) -> (FieldShape, Vec<f32>) {
    let architecture = field.architecture();
    let width = 4 * quads(architecture.hidden);
    let mut weights = Vec::with_capacity(num_weights(architecture));
    let place = |weights: &Vec<f32>| (weights.len() / 4) as u32;
    let (mut first_bias, mut last_weight, mut last_bias) = (0, 0, 0);
    let num_layers = field.layers().len();
    let mut middle_weight = 0;
    for (index, layer) in field.layers().iter().enumerate() {
        if index == 0 {
            push_first(&mut weights, architecture, layer, width);
            first_bias = place(&weights);
            push_row(&mut weights, &layer.bias, width);
            middle_weight = place(&weights);
        } else {
            let columns = if index + 1 == num_layers { 4 } else { width };
            last_weight = place(&weights);
            for row in layer.weight.chunks_exact(layer.bias.len()) {
                push_row(&mut weights, row, columns);
            }
            let num_rows = layer.weight.len() / layer.bias.len().max(1);
            weights.resize(weights.len() + (width - num_rows) * columns, 0.0);
            last_bias = place(&weights);
            push_row(&mut weights, &layer.bias, columns);
        }
    }
    let shape = FieldShape {
        hidden_quads: (width / 4) as u32,
        middle_layers: num_layers.saturating_sub(2) as u32,
        axis_features: 2 * half_axis(architecture) as u32,
        first_weight: 0,
        first_bias,
        middle_weight,
        middle_stride: ((width + 1) * width / 4) as u32,
        last_weight,
        last_bias,
        output_offset: architecture.output_offset,
        omega0_first: architecture.activation.omega0(0),
        omega0: architecture.activation.omega0(1),
    };
    (shape, weights)
}

/// The first `columns` numbers of a row, or the row and zeros.
fn push_row(weights: &mut Vec<f32>, row: &[f32], columns: usize) {
    let end = weights.len() + columns;
    weights.extend(row.iter().take(columns));
    weights.resize(end, 0.0);
}

/// The rows of the first weight axis by axis, cosines before sines, each half padded.
fn push_first(weights: &mut Vec<f32>, architecture: &Architecture, layer: &Layer, width: usize) {
    let row = |index: usize| &layer.weight[index * layer.bias.len()..][..layer.bias.len()];
    for axis in 0..architecture.inputs {
        let end = weights.len() + axis_rows(architecture) * width;
        match architecture.encoding {
            Encoding::Identity => push_row(weights, row(axis), width),
            Encoding::Fourier { count, .. } => {
                for half in 0..2 {
                    let half_end = weights.len() + half_axis(architecture) * width;
                    for k in 0..count {
                        push_row(weights, row((half * architecture.inputs + axis) * count + k), width);
                    }
                    weights.resize(half_end, 0.0);
                }
            }
        }
        weights.resize(end, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_has_its_place_and_the_rest_is_zero() {
        for (inputs, hidden, layers, count) in [(2, 6, 4, 3), (2, 8, 2, 4), (3, 5, 3, 0), (3, 4, 2, 3)] {
            let encoding = match count {
                0 => Encoding::Identity,
                _ => Encoding::Fourier { count, min: 1.0, max: 9.0 },
            };
            let architecture =
                Architecture { inputs, layers, hidden, encoding, ..Architecture::reference_image() };
            let mut next = 0.0;
            let mut number = || {
                next += 1.0;
                next
            };
            let layers = architecture.layer_shapes().into_iter().map(|shape| Layer {
                weight: (0..shape.d_in * shape.d_out).map(|_| number()).collect(),
                bias: (0..shape.d_out).map(|_| number()).collect(),
            });
            let field = Field::new(architecture.clone(), layers.collect()).unwrap();
            let (shape, weights) = pack(&field);
            assert_eq!(weights.len(), num_weights(&architecture));
            let mut found: Vec<f32> = weights.into_iter().filter(|weight| *weight != 0.0).collect();
            found.sort_by(f32::total_cmp);
            assert!(found.into_iter().eq((1..=architecture.num_params()).map(|index| index as f32)));
            assert_eq!(shape.middle_layers as usize, architecture.layers - 2);
        }
    }
}
