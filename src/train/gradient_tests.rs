use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::*;
use crate::field::{Activation, Encoding};

fn field(architecture: &Architecture, values: &[f32]) -> Field {
    let mut rest = values;
    let mut take = |count: usize| {
        let (own, others) = rest.split_at(count);
        rest = others;
        own.to_vec()
    };
    let shapes = architecture.layer_shapes();
    let layers =
        shapes.iter().map(|s| Layer { weight: take(s.d_in * s.d_out), bias: take(s.d_out) }).collect();
    Field::new(architecture.clone(), layers).unwrap()
}

/// From the field's values at all pixels.
fn direct_loss(field: &Field, reference: &Picture, lattice: &Lattice) -> f64 {
    let centres = |count| crate::field::pixel_centres(count, 0.0, 1.0);
    let (width, targets) = (reference.width() as usize, reference.to_f32());
    let mut points = Vec::new();
    for row in centres(reference.height()) {
        points.extend(centres(reference.width()).into_iter().flat_map(|column| [row, column]));
    }
    let values = crate::field::Evaluator::new(field).evaluate(&points);
    let pixels = lattice.rows.iter().flat_map(|row| lattice.columns.iter().map(move |c| row * width + c));
    let squares = pixels.flat_map(|pixel| {
        let (values, targets) = (&values[3 * pixel..][..3], &targets[3 * pixel..][..3]);
        values
            .iter()
            .zip(targets)
            .map(|(value, target)| f64::from(value - target).powi(2))
            .collect::<Vec<_>>()
    });
    squares.sum::<f64>() / (3 * lattice.rows.len() * lattice.columns.len()) as f64
}

/// Against central differences, for both activations, with and without an encoding and a spread.
#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let mut picture = |width: u32, height: u32| {
        let rgb: Vec<u16> = (0..width * height * 3).map(|_| random.random()).collect();
        Picture::new(width, height, rgb).unwrap()
    };
    let (small, large) = (picture(7, 5), picture(40, 50));
    let (row, column) = (picture(9, 1), picture(1, 9));
    let of_small = Lattice { rows: vec![3, 0, 4], columns: vec![6, 1, 2, 5] };
    // More rows than parts, and more points than a piece.
    let of_large = Lattice { rows: (3..50).rev().collect(), columns: (0..40).step_by(2).collect() };
    let sine = Activation::Sine { omega0: 2.0, omega0_first: 3.0 };
    let fourier = Encoding::Fourier { count: 3, min: 1.0, max: 9.0 };
    for (activation, encoding, spread, layers, reference, lattice) in [
        (Activation::Relu, fourier.clone(), false, 4, &small, of_small.clone()),
        (sine, Encoding::Identity, false, 4, &small, of_small.clone()),
        (sine, Encoding::Identity, true, 4, &small, of_small),
        (sine, fourier.clone(), false, 3, &large, of_large),
        (sine, fourier.clone(), false, 2, &row, Lattice { rows: vec![0], columns: vec![8, 2, 5] }),
        (sine, fourier.clone(), false, 1, &column, Lattice { rows: vec![7, 1], columns: vec![0] }),
    ] {
        let architecture =
            Architecture { layers, hidden: 6, encoding, activation, spread, ..Architecture::live_image() };
        let values: Vec<f32> =
            (0..architecture.num_params()).map(|_| random.random_range(-0.8..0.8)).collect();
        let grid = PixelGrid::new(&architecture, reference);
        let (loss, gradient) = loss_and_gradient(&field(&architecture, &values), &grid, &lattice);
        let expected = direct_loss(&field(&architecture, &values), reference, &lattice);
        assert!((loss - expected).abs() < 1e-6 * expected, "{loss}, not {expected}");
        // A relu may have its bend within a step, so that is a short one.
        let step = if activation == Activation::Relu { 2e-4 } else { 1e-2 };
        for index in 0..values.len() {
            let loss = |change: f32| {
                let mut moved = values.clone();
                moved[index] += change;
                loss_and_gradient(&field(&architecture, &moved), &grid, &lattice).0
            };
            // Four points: the error is of fourth order in the step.
            let wide = (loss(2.0 * step) - loss(-2.0 * step)) / f64::from(4.0 * step);
            let narrow = (loss(step) - loss(-step)) / f64::from(2.0 * step);
            let slope = (4.0 * narrow - wide) / 3.0;
            let found = f64::from(gradient[index]);
            let tolerance = if activation == Activation::Relu { 1e-2 } else { 1e-3 };
            assert!(
                (found - slope).abs() < tolerance * slope.abs().max(0.1),
                "{activation:?} {layers} layers, {index}: {found}, not {slope}"
            );
        }
    }
}
