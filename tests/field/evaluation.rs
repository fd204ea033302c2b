use hyperscope::field::{
    Activation, Architecture, Encoding, Evaluator, Field, FieldRecord, Region, pixel_centres,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::SafeTensors;

use crate::{common, random_field};

/// SPEC section 2 word by word, one point at a time, in f64.
fn plain(field: &Field, point: &[f32]) -> Vec<f64> {
    let architecture = field.architecture();
    let frequencies: Vec<f64> = architecture.encoding.frequencies().into_iter().map(f64::from).collect();
    let axes = || point.iter().map(|p| f64::from(*p));
    let angles: Vec<f64> = axes().flat_map(|p| frequencies.iter().map(move |f| p * f)).collect();
    let mut x: Vec<f64> = match architecture.encoding {
        Encoding::Identity => axes().collect(),
        Encoding::Fourier { .. } => {
            angles.iter().map(|a| a.cos()).chain(angles.iter().map(|a| a.sin())).collect()
        }
    };
    for (index, layer) in field.layers().iter().enumerate() {
        let width = layer.bias.len();
        let mut z: Vec<f64> = layer.bias.iter().map(|b| f64::from(*b)).collect();
        for (row, value) in x.iter().enumerate() {
            for (column, sum) in z.iter_mut().enumerate() {
                *sum += value * f64::from(layer.weight[row * width + column]);
            }
        }
        if index + 1 < field.layers().len() {
            for z in &mut z {
                *z = match architecture.activation {
                    Activation::Relu => z.max(0.0),
                    Activation::Sine { .. } => (f64::from(architecture.activation.omega0(index)) * *z).sin(),
                };
            }
        }
        x = z;
    }
    x.truncate(architecture.outputs);
    x.iter().map(|y| y + f64::from(architecture.output_offset)).collect()
}

fn architectures() -> Vec<(&'static str, Architecture)> {
    let mut all = Architecture::presets();
    let small = Architecture { hidden: 20, layers: 3, ..Architecture::live_image() };
    all.push(("spread", Architecture { spread: true, ..small.clone() }));
    all.push(("one layer", Architecture { layers: 1, ..small }));
    all
}

#[test]
fn every_preset_agrees_with_plain_loops_at_points_and_on_a_grid() {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for (name, architecture) in architectures() {
        let field = random_field(&architecture, 4);
        let evaluator = Evaluator::new(&field);
        // More than a tile, and not a multiple of one.
        let (rows, columns) = (pixel_centres(19, 0.0, 1.0), pixel_centres(31, 0.2, 0.7));
        let grid = evaluator.evaluate_grid(&rows, &columns);
        let points: Vec<f32> = rows.iter().flat_map(|r| columns.iter().flat_map(move |c| [*r, *c])).collect();
        let values = evaluator.evaluate(&points);
        assert_eq!((grid.len(), values.len()), (19 * 31 * 3, 19 * 31 * 3));
        for _ in 0..60 {
            let index = random.random_range(0..19 * 31);
            let expected = plain(&field, &points[2 * index..][..2]);
            for (channel, expected) in expected.iter().enumerate() {
                for found in [grid[3 * index + channel], values[3 * index + channel]] {
                    let error = (f64::from(found) - expected).abs();
                    assert!(error < 2e-3, "{name}: {found}, not {expected}");
                }
            }
        }
    }
}

#[test]
fn files_written_from_python_evaluate_as_pytorch_says() {
    let bytes = std::fs::read(common::golden("field_out.safetensors")).unwrap();
    let golden = SafeTensors::deserialize(&bytes).unwrap();
    let numbers =
        |name: String| -> Vec<f32> { bytemuck::pod_collect_to_vec(golden.tensor(&name).unwrap().data()) };
    for name in ["relu", "sine", "half"] {
        let record = FieldRecord::read(&common::golden(&format!("field_{name}.safetensors"))).unwrap();
        let found = Evaluator::new(&record.field).evaluate(&numbers(format!("{name}.points")));
        let expected = numbers(format!("{name}.values"));
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(&expected) {
            assert!((found - expected).abs() < 5e-5, "{name}: {found}, not {expected}");
        }
        let source = record.source.unwrap();
        assert_eq!((source.name.as_str(), source.sha256.len()), ("a photo.png", 64));
        assert_eq!(record.extra["of a later day"], "kept");
    }
}

#[test]
fn the_reference_field_has_the_published_number_of_parameters() {
    assert_eq!(Architecture::reference_image().num_params(), 263_939);
    assert_eq!(Architecture::reference_object().num_params(), 295_172);
}

#[test]
fn a_region_is_a_part_of_the_whole() {
    let field = random_field(&Architecture::live_image(), 2);
    let bytes = std::fs::read(common::golden("field_relu.safetensors")).unwrap();
    let record = FieldRecord { field, ..FieldRecord::from_bytes(&bytes).unwrap() };
    let whole = record.render(24, 16, Region::WHOLE);
    let part = record.render(6, 8, Region { x0: 0.25, y0: 0.5, x1: 0.5, y1: 1.0 });
    for (row, line) in part.chunks_exact(6 * 3).enumerate() {
        let expected = &whole[((row + 8) * 24 + 6) * 3..][..6 * 3];
        for (found, expected) in line.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found}, not {expected}");
            assert!((0.0..=1.0).contains(found));
        }
    }
}
