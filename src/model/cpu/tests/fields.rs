use burn::tensor::{Device, Tensor, TensorData};

use super::support::{check_slope, difference, numbers, random, values};
use crate::field::{Activation, Architecture, Encoding};
use crate::model::Composer;
use crate::model::composite::composite_by_burn;
use crate::model::cpu::{composite, evaluate_fields};
use crate::model::evaluate::evaluate_by_burn;

/// Layers, all of them with weights of each item's own, at more points than go together and at few.
#[test]
fn fields_agree_with_burns_own_operations_and_finite_differences() {
    let device = Device::flex().autodiff();
    let sine = Activation::Sine { omega0: 2.0, omega0_first: 3.0 };
    for activation in [Activation::Relu, sine] {
        for (batch, n, [inputs, hidden, outputs], layers) in [
            (3, 17, [5, 9, 2], 3),
            (1, 1, [1, 1, 1], 2),
            (2, 300, [24, 7, 3], 4),
            (2, 2_400, [3, 8, 4], 3),
            (2, 5, [3, 4, 2], 1),
        ] {
            let architecture = identity_architecture([inputs, hidden, outputs], layers, activation);
            let shapes = architecture.layer_shapes();
            let numbers_of = |count: usize, index: usize| numbers(count, 0.7, 10 + index as u64);
            let weights: Vec<_> = shapes.iter().map(|s| batch * s.d_in * s.d_out).enumerate().collect();
            let biases: Vec<_> = shapes.iter().map(|s| s.d_out).enumerate().collect();
            let weights: Vec<_> =
                weights.into_iter().map(|(index, count)| numbers_of(count, index)).collect();
            let biases: Vec<_> = biases.into_iter().map(|(index, len)| numbers_of(len, 20 + index)).collect();
            let (features, aim) = (numbers(batch * n * inputs, 1.0, 1), numbers(batch * n * outputs, 1.0, 2));
            let run = |is_own: bool| {
                let tensors = weights.iter().zip(&shapes).map(|(values, shape)| {
                    let shape = [batch, shape.d_in, shape.d_out];
                    Tensor::<3>::from_data(TensorData::new(values.clone(), shape), &device).require_grad()
                });
                let tensors: Vec<Tensor<3>> = tensors.collect();
                let shared = biases.iter().map(|values| {
                    Tensor::<1>::from_data(TensorData::new(values.clone(), [values.len()]), &device)
                        .require_grad()
                });
                let shared: Vec<Tensor<1>> = shared.collect();
                let shape = [batch, n, inputs];
                let features = Tensor::from_data(TensorData::new(features.clone(), shape), &device);
                let evaluate = if is_own { evaluate_fields } else { evaluate_by_burn };
                let out = evaluate(&architecture, &tensors, &shared, features);
                let aim = TensorData::new(aim.clone(), [batch, n, outputs]);
                let gradients = (out.clone() * Tensor::<3>::from_data(aim, &device)).sum().backward();
                let mut found = vec![values(out)];
                found.extend(tensors.iter().map(|tensor| values(tensor.grad(&gradients).unwrap())));
                found.extend(shared.iter().map(|tensor| values(tensor.grad(&gradients).unwrap())));
                found
            };
            let own = run(true);
            for (index, (own, burns)) in own.iter().zip(&run(false)).enumerate() {
                let found = difference(own, burns);
                let bound = if index == 0 { 1e-5 } else { 1e-4 };
                assert!(found < bound, "{activation:?}, {n} points, result {index}: {found}");
            }
            if n > 20 {
                continue;
            }
            for learning in 0..layers {
                let twin = |weight: &[f64]| {
                    let wide = |values: &[f32]| values.iter().map(|value| f64::from(*value)).collect();
                    let mut all: Vec<Vec<f64>> = weights.iter().map(|values| wide(values)).collect();
                    all[learning] = weight.to_vec();
                    fields_in_f64(&architecture, &all, &biases, &features)
                };
                check_slope(twin, &weights[learning], &aim, &own[1 + learning], "a field's weight");
            }
        }
    }
}

fn identity_architecture(
    [inputs, hidden, outputs]: [usize; 3],
    layers: usize,
    activation: Activation,
) -> Architecture {
    let encoding = Encoding::Identity;
    Architecture { inputs, outputs, layers, hidden, encoding, activation, ..Architecture::live_object() }
}

/// Layer by layer, point by point.
fn fields_in_f64(
    architecture: &Architecture,
    weights: &[Vec<f64>],
    biases: &[Vec<f32>],
    features: &[f32],
) -> Vec<f64> {
    let shapes = architecture.layer_shapes();
    let batch = weights[0].len() / (shapes[0].d_in * shapes[0].d_out);
    let points = features.chunks_exact(shapes[0].d_in);
    let per_item = points.len() / batch;
    points
        .enumerate()
        .flat_map(|(point, x)| {
            let mut x: Vec<f64> = x.iter().map(|value| f64::from(*value)).collect();
            for (index, (shape, bias)) in shapes.iter().zip(biases).enumerate() {
                let own = &weights[index][point / per_item * shape.d_in * shape.d_out..];
                x = (0..shape.d_out)
                    .map(|column| {
                        let terms = x.iter().enumerate().map(|(row, x)| x * own[row * shape.d_out + column]);
                        let z = f64::from(bias[column]) + terms.sum::<f64>();
                        match architecture.activation {
                            _ if index + 1 == shapes.len() => z,
                            Activation::Relu => z.max(0.0),
                            sine @ Activation::Sine { .. } => (f64::from(sine.omega0(index)) * z).sin(),
                        }
                    })
                    .collect();
            }
            x
        })
        .collect()
}

/// What is no number stays none, so that a run that diverges is stopped; and nothing is made of nothing.
#[test]
fn divergence_is_seen_and_no_points_are_no_trouble() {
    let device = Device::flex().autodiff();
    let architecture = identity_architecture([2, 2, 2], 2, Activation::Relu);
    let weights = [1, 2].map(|_| Tensor::<3>::ones([1, 2, 2], &device).require_grad());
    let biases = [1, 2].map(|_| Tensor::<1>::zeros([2], &device));
    let x = Tensor::<3>::from_data(TensorData::new(vec![f32::NAN, 1.0], [1, 1, 2]), &device);
    let out = evaluate_fields(&architecture, &weights, &biases, x);
    assert!(values(out).iter().all(|value| value.is_nan()));
    let nothing = Tensor::<3>::zeros([1, 0, 2], &device);
    let out = evaluate_fields(&architecture, &weights, &biases, nothing);
    assert_eq!(out.dims(), [1, 0, 2]);
    assert_eq!(values(weights[0].grad(&out.sum().backward()).unwrap()), [0.0; 4]);
}

#[test]
fn compositions_agree_with_burns_own_operations_and_finite_differences() {
    let device = Device::flex().autodiff();
    for composer in [Composer::TransInr, Composer::Residual] {
        for [batch, groups, d_in, d_out] in [[3, 4, 5, 12], [1, 1, 1, 1], [2, 3, 7, 3], [2, 8, 40, 64]] {
            let (base, modulation) = (numbers(d_in * d_out, 1.0, 1), numbers(batch * groups * d_in, 1.0, 2));
            let aim = numbers(batch * d_in * d_out, 1.0, 3);
            let run = |is_own: bool| {
                let base = Tensor::<2>::from_data(TensorData::new(base.clone(), [d_in, d_out]), &device);
                let shape = [batch, groups, d_in];
                let modulation = Tensor::<3>::from_data(TensorData::new(modulation.clone(), shape), &device);
                let (base, modulation) = (base.require_grad(), modulation.require_grad());
                let out = if is_own {
                    composer.compose(base.clone(), modulation.clone())
                } else {
                    composer.compose_by_burn(base.clone(), modulation.clone())
                };
                let aim = TensorData::new(aim.clone(), [batch, d_in, d_out]);
                let gradients = (out.clone() * Tensor::<3>::from_data(aim, &device)).sum().backward();
                let of_modulation = values(modulation.grad(&gradients).unwrap());
                [values(out), values(base.grad(&gradients).unwrap()), of_modulation]
            };
            let own = run(true);
            for (index, (own, burns)) in own.iter().zip(&run(false)).enumerate() {
                let found = difference(own, burns);
                assert!(found < if index == 0 { 1e-5 } else { 1e-4 }, "{composer}, result {index}: {found}");
            }
            if batch * groups * d_in > 50 {
                continue;
            }
            let twin = |modulation: &[f64]| {
                let constant = if composer == Composer::Residual { 1.0 } else { 0.0 };
                let mut out = vec![0.0; batch * d_in * d_out];
                for item in 0..batch {
                    for column in 0..d_out {
                        let value = |row: usize| {
                            let own = modulation[(item * groups + column % groups) * d_in + row];
                            f64::from(base[row * d_out + column]) * (constant + own)
                        };
                        let length = (0..d_in).map(|row| value(row).powi(2)).sum::<f64>().sqrt();
                        let length = if composer == Composer::TransInr { length } else { 1.0 };
                        for row in 0..d_in {
                            out[(item * d_in + row) * d_out + column] = value(row) / length;
                        }
                    }
                }
                out
            };
            check_slope(twin, &modulation, &aim, &own[2], "modulation");
        }
    }
}

/// A column of nothing stays nothing, and its slope is finite.
#[test]
fn a_column_without_length_has_a_finite_slope() {
    let device = Device::flex().autodiff();
    let base = Tensor::<2>::zeros([3, 2], &device).require_grad();
    let modulation = random([1, 1, 3], 1.0, 1, &device);
    let out = Composer::TransInr.compose(base.clone(), modulation.clone());
    assert_eq!(values(out.clone()), [0.0; 6]);
    assert!(values(base.grad(&out.sum().backward()).unwrap()).iter().all(|slope| slope.is_finite()));
    // One shorter than the bound, but not nothing: its length has no part in its slope.
    let short = TensorData::new(vec![1e-14f32, 1.0, 2e-14, 2.0, -1e-14, 0.5], [3, 2]);
    let run = |is_own: bool| {
        let base = Tensor::<2>::from_data(short.clone(), &device).require_grad();
        let compose = if is_own { Composer::compose } else { Composer::compose_by_burn };
        let out = compose(Composer::TransInr, base.clone(), modulation.clone());
        values(base.grad(&(out * random([1, 3, 2], 1.0, 2, &device)).sum().backward()).unwrap())
    };
    assert!(difference(&run(true), &run(false)) < 1e-4);
}

#[test]
fn compositing_agrees_with_burns_own_operations_and_finite_differences() {
    let device = Device::flex().autodiff();
    for (rays, samples, size) in [(1, 1, 1.0), (3, 2, 2.0), (70, 32, 4.0), (2, 5, 30.0)] {
        let (logits, gain) = (numbers(rays * samples * 4, size, 1), 3.0);
        let spacings: Vec<f32> = numbers(rays * samples, 0.2, 2).into_iter().map(f32::abs).collect();
        let aim = numbers(rays * 4, 1.0, 3);
        let run = |is_own: bool| {
            let data = TensorData::new(logits.clone(), [rays, samples, 4]);
            let logits = Tensor::<3>::from_data(data, &device).require_grad();
            let data = TensorData::new(spacings.clone(), [rays, samples]);
            let spacings = Tensor::<2>::from_data(data, &device);
            let composite = if is_own { composite } else { composite_by_burn };
            let out = composite(logits.clone(), spacings, gain);
            let aim = Tensor::<2>::from_data(TensorData::new(aim.clone(), [rays, 4]), &device);
            let gradients = (out.clone() * aim).sum().backward();
            [values(out), values(logits.grad(&gradients).unwrap())]
        };
        let own = run(true);
        for (index, (own, burns)) in own.iter().zip(&run(false)).enumerate() {
            let found = difference(own, burns);
            assert!(
                found < if index == 0 { 1e-5 } else { 1e-4 },
                "{rays} rays of {samples}, {index}: {found}"
            );
        }
        if rays * samples > 10 {
            continue;
        }
        let twin = |logits: &[f64]| {
            let mut out = [1.0, 1.0, 1.0, 0.0].repeat(rays);
            for ray in 0..rays {
                let mut left = 1.0;
                for sample in ray * samples..(ray + 1) * samples {
                    let own = &logits[4 * sample..][..4];
                    let alpha =
                        1.0 - (-(f64::from(gain) * own[3]).max(0.0) * f64::from(spacings[sample])).exp();
                    for channel in 0..3 {
                        let color = 1.0 / (1.0 + (-own[channel]).exp());
                        out[4 * ray + channel] += left * alpha * (color - 1.0);
                    }
                    out[4 * ray + 3] += left * alpha;
                    left *= 1.0 - alpha + 1e-10;
                }
            }
            out
        };
        check_slope(twin, &logits, &aim, &own[1], "compositing");
    }
}

/// A slab of one density and colour lets through what the law of Beer and Lambert says.
#[test]
fn a_uniform_slab_lets_through_what_its_optical_depth_says() {
    let device = Device::flex();
    let (samples, density, length) = (64, 1.7, 1.3);
    let logits: Vec<f32> = (0..samples).flat_map(|_| [40.0, 0.0, -40.0, density]).collect();
    let logits = Tensor::<3>::from_data(TensorData::new(logits, [1, samples, 4]), &device);
    let spacings = Tensor::<2>::full([1, samples], length / samples as f32, &device);
    let found = values(composite(logits, spacings, 1.0));
    let through = (-density * length).exp();
    assert!((found[3] + through - 1.0).abs() < 1e-5, "{} hidden", found[3]);
    for (found, color) in found.iter().zip([1.0, 0.5, 0.0]) {
        let expected = (1.0 - through) * color + through;
        assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
    }
}
