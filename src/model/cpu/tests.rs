//! Against burn's own operations, and against finite differences in f64.

use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Tensor, TensorData, activation};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::attention::Attention;
use super::linear::{gelu, through_gelu};
use super::norm::Norm;
use super::simd::{exp, normal};
use super::{composite, field_layer, norm, norm_linear};
use crate::field::Activation;
use crate::model::backbone::Block;
use crate::model::composite::composite_by_burn;
use crate::model::{BackboneConfig, Composer, Family, Head, names};
use crate::storage::HostTensor;

/// Numbers in `[-size, size]`, the same on every machine.
fn numbers(count: usize, size: f32, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-size..size)).collect()
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// The largest difference as a part of the largest value.
fn difference(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let most = b.iter().fold(1e-6f64, |most, b| most.max(f64::from(*b).abs()));
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs()).fold(0.0, f64::max) / most
}

fn random<const D: usize>(shape: [usize; D], size: f32, seed: u64, device: &Device) -> Tensor<D> {
    let count = shape.iter().product();
    Tensor::from_data(TensorData::new(numbers(count, size, seed), shape), device)
}

/// With random numbers in every weight; those of the norms around one.
fn filled<M: Module>(module: M, size: f32, seed: u64) -> M {
    let fill = |(index, (name, shape)): (usize, (String, Vec<usize>))| {
        let mut values = numbers(shape.iter().product(), size, seed + index as u64);
        if name.contains("norm") && name.ends_with("weight") {
            values = values.into_iter().map(|value| value + 1.0).collect();
        }
        (name, HostTensor { shape, values })
    };
    let tensors = names::needed(&module).into_iter().enumerate().map(fill).collect();
    names::put_in(module, tensors)
}

fn block(dim: usize, heads: usize, device: &Device) -> Block {
    let config = BackboneConfig {
        family: Family::AugregVit,
        dim,
        depth: 1,
        heads,
        mlp: 3 * dim + 1,
        patch: 16,
        grid: 1,
    };
    filled(Block::init(&config, device), 0.3, 1)
}

/// Outputs, and the gradients of the input and of some weights of every kind.
fn block_results(
    block: &Block,
    x: &[f32],
    shape: [usize; 3],
    wanted: usize,
    is_own: bool,
    device: &Device,
) -> Vec<Vec<f32>> {
    let x = Tensor::<3>::from_data(TensorData::new(x.to_vec(), shape), device).require_grad();
    let [batch, _, dim] = shape;
    let out = if is_own {
        block.forward_to_last(x.clone(), wanted)
    } else {
        block.forward_by_burn(x.clone(), wanted)
    };
    let aim = random([batch, wanted, dim], 1.0, 77, device);
    let gradients = (out.clone() * aim).sum().backward();
    let of = |tensor: Option<Tensor<1>>| values(tensor.unwrap());
    vec![
        values(out),
        values(x.grad(&gradients).unwrap()),
        of(block.norm1.gamma.grad(&gradients)),
        of(block.norm1.beta.as_ref().unwrap().grad(&gradients)),
        values(block.attn.qkv.weight.grad(&gradients).unwrap()),
        of(block.attn.qkv.bias.as_ref().unwrap().grad(&gradients)),
        values(block.attn.proj.weight.grad(&gradients).unwrap()),
        of(block.norm2.gamma.grad(&gradients)),
        values(block.mlp.fc1.weight.grad(&gradients).unwrap()),
        of(block.mlp.fc1.bias.as_ref().unwrap().grad(&gradients)),
        values(block.mlp.fc2.weight.grad(&gradients).unwrap()),
        of(block.mlp.fc2.bias.as_ref().unwrap().grad(&gradients)),
    ]
}

/// One token, one head, sizes that no tile divides, and large values.
#[test]
fn a_block_agrees_with_burns_own_operations() {
    let device = Device::flex().autodiff();
    for (batch, tokens, wanted, dim, heads, size) in [
        (2, 7, 7, 12, 3, 1.0),
        (1, 1, 1, 8, 1, 1.0),
        (3, 33, 33, 20, 1, 2.0),
        (3, 33, 11, 20, 1, 2.0),
        (2, 9, 1, 12, 3, 1.0),
        (1, 130, 130, 64, 2, 30.0),
        (2, 5, 3, 6, 6, 300.0),
    ] {
        let block = block(dim, heads, &device);
        let x = numbers(batch * tokens * dim, size, 9);
        let shape = [batch, tokens, dim];
        let own = block_results(&block, &x, shape, wanted, true, &device);
        let burns = block_results(&block, &x, shape, wanted, false, &device);
        for (index, (own, burns)) in own.iter().zip(&burns).enumerate() {
            let bound = if index == 0 { 1e-5 } else { 1e-4 };
            let found = difference(own, burns);
            assert!(found < bound, "result {index} of {shape:?}, {heads} heads: {found}");
        }
        // The same to the bit when it is done again, and without autodiff.
        assert_eq!(own, block_results(&block, &x, shape, wanted, true, &device));
        let plain = block.valid();
        let x = Tensor::<3>::from_data(TensorData::new(x, shape), &Device::flex());
        assert_eq!(values(plain.forward_to_last(x, wanted)), own[0]);
    }
}

#[test]
fn a_frozen_block_gives_the_same_slope_and_no_gradients() {
    let device = Device::flex().autodiff();
    let block = block(12, 3, &device);
    let (shape, x) = ([2, 9, 12], numbers(2 * 9 * 12, 1.0, 5));
    let learning = block_results(&block, &x, shape, 9, true, &device);
    let frozen = block.no_grad();
    let x = Tensor::<3>::from_data(TensorData::new(x, shape), &device).require_grad();
    let gradients = (frozen.forward(x.clone()) * random(shape, 1.0, 77, &device)).sum().backward();
    assert_eq!(values(x.grad(&gradients).unwrap()), learning[1]);
    assert!(frozen.mlp.fc1.weight.grad(&gradients).is_none());
    assert!(frozen.norm1.gamma.grad(&gradients).is_none());
}

fn head(d_in: usize, d_out: usize, device: &Device) -> (LayerNorm, Linear) {
    let head = filled(Head::init(d_in, d_out, device), 0.4, 6);
    (head.norm, head.proj)
}

#[test]
fn norms_and_heads_agree_with_burns_own_operations() {
    let device = Device::flex().autodiff();
    for shape in [[2, 5, 13], [1, 1, 4], [3, 70, 96]] {
        let [_, _, d_in] = shape;
        let (layer_norm, linear) = head(d_in, 7, &device);
        let run = |is_own: bool| {
            let x = random(shape, 3.0, 8, &device).require_grad();
            let (normed, out) = if is_own {
                (norm(x.clone(), &layer_norm), norm_linear(x.clone(), &layer_norm, &linear))
            } else {
                let normed = layer_norm.forward(x.clone());
                (normed.clone(), linear.forward(normed))
            };
            let aim = random([shape[0], shape[1], 7], 1.0, 9, &device);
            let loss = (out.clone() * aim).sum() + (normed.clone() * random(shape, 1.0, 10, &device)).sum();
            let gradients = loss.backward();
            [
                values(normed),
                values(out),
                values(x.grad(&gradients).unwrap()),
                values(layer_norm.gamma.grad(&gradients).unwrap()),
                values(layer_norm.beta.as_ref().unwrap().grad(&gradients).unwrap()),
                values(linear.weight.grad(&gradients).unwrap()),
                values(linear.bias.as_ref().unwrap().grad(&gradients).unwrap()),
            ]
        };
        for (index, (own, burns)) in run(true).iter().zip(&run(false)).enumerate() {
            let found = difference(own, burns);
            assert!(found < if index < 2 { 1e-5 } else { 1e-4 }, "result {index} of {shape:?}: {found}");
        }
    }
}

#[test]
fn layers_of_fields_agree_with_burns_own_operations() {
    let device = Device::flex().autodiff();
    let sine = Activation::Sine { omega0: 2.0, omega0_first: 3.0 };
    for activation in [Some((Activation::Relu, 0)), Some((sine, 0)), Some((sine, 1)), None] {
        for [batch, n, d_in, d_out] in [[3, 17, 5, 9], [1, 1, 1, 1], [2, 300, 24, 3]] {
            let run = |is_own: bool| {
                let x = random([batch, n, d_in], 1.0, 1, &device).require_grad();
                let weight = random([batch, d_in, d_out], 0.5, 2, &device).require_grad();
                let bias = random([d_out], 0.5, 3, &device).require_grad();
                let out = if is_own {
                    field_layer(x.clone(), weight.clone(), bias.clone(), activation)
                } else {
                    let z = x.clone().matmul(weight.clone()) + bias.clone().unsqueeze::<3>();
                    match activation {
                        None => z,
                        Some((Activation::Relu, _)) => activation::relu(z),
                        Some((sine, index)) => (z * sine.omega0(index)).sin(),
                    }
                };
                let gradients = (out.clone() * random([batch, n, d_out], 1.0, 4, &device)).sum().backward();
                let of = |tensor: &Tensor<3>| values(tensor.grad(&gradients).unwrap());
                [values(out), of(&x), of(&weight), values(bias.grad(&gradients).unwrap())]
            };
            for (index, (own, burns)) in run(true).iter().zip(&run(false)).enumerate() {
                let found = difference(own, burns);
                assert!(
                    found < if index == 0 { 1e-5 } else { 1e-4 },
                    "{activation:?}, result {index}: {found}"
                );
            }
        }
    }
}

/// The slope of `sum(out * aim)` in each input, by f64 central differences of a twin written in f64.
fn check_slope(twin: impl Fn(&[f64]) -> Vec<f64>, x: &[f32], aim: &[f32], found: &[f32], what: &str) {
    let step = 1e-5;
    let wide: Vec<f64> = x.iter().map(|value| f64::from(*value)).collect();
    let score = |x: &[f64]| twin(x).iter().zip(aim).map(|(out, aim)| out * f64::from(*aim)).sum::<f64>();
    let slopes: Vec<f32> = (0..wide.len())
        .map(|index| {
            let at = |change: f64| {
                let mut moved = wide.clone();
                moved[index] += change;
                score(&moved)
            };
            ((at(step) - at(-step)) / (2.0 * step)) as f32
        })
        .collect();
    let error = difference(found, &slopes);
    assert!(error < 1e-4, "{what}: {error}");
}

#[test]
fn attention_agrees_with_finite_differences() {
    for (tokens, queries, heads, head_dim) in [(1, 1, 1, 3), (5, 5, 2, 3), (9, 9, 1, 4), (6, 2, 2, 3)] {
        let dim = heads * head_dim;
        let own = Attention { batch: 1, tokens, queries, heads, dim };
        let qkv = numbers(tokens * 3 * dim, 1.5, 3);
        let aim = numbers(queries * dim, 1.0, 4);
        let twin = |qkv: &[f64]| {
            let at = |token: usize, kind: usize, head: usize, index: usize| {
                qkv[token * 3 * dim + kind * dim + head * head_dim + index]
            };
            let mut out = vec![0.0; queries * dim];
            for head in 0..heads {
                for answer in 0..queries {
                    let query = tokens - queries + answer;
                    let score = |key: usize| {
                        let dot: f64 =
                            (0..head_dim).map(|i| at(query, 0, head, i) * at(key, 1, head, i)).sum();
                        (dot / (head_dim as f64).sqrt()).exp()
                    };
                    let total: f64 = (0..tokens).map(score).sum();
                    for index in 0..head_dim {
                        let mixed: f64 = (0..tokens).map(|key| score(key) * at(key, 2, head, index)).sum();
                        out[answer * dim + head * head_dim + index] = mixed / total;
                    }
                }
            }
            out
        };
        let wide: Vec<f64> = qkv.iter().map(|value| f64::from(*value)).collect();
        let expected: Vec<f32> = twin(&wide).into_iter().map(|value| value as f32).collect();
        assert!(difference(&own.forward(&qkv), &expected) < 1e-5);
        check_slope(twin, &qkv, &aim, &own.backward(&qkv, &aim), "attention");
    }
}

#[test]
fn norm_and_gelu_agree_with_finite_differences() {
    let d = 7;
    let (weight, bias) = (numbers(d, 1.0, 1), numbers(d, 1.0, 2));
    let own = Norm { weight: &weight, bias: &bias, epsilon: 1e-6 };
    let (x, aim) = (numbers(3 * d, 2.0, 3), numbers(3 * d, 1.0, 4));
    let twin = |x: &[f64]| {
        let mut out = Vec::new();
        for row in x.chunks_exact(d) {
            let mean = row.iter().sum::<f64>() / d as f64;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / d as f64;
            out.extend(row.iter().zip(&weight).zip(&bias).map(|((x, weight), bias)| {
                (x - mean) / (variance + 1e-6).sqrt() * f64::from(*weight) + f64::from(*bias)
            }));
        }
        out
    };
    let mut slope = aim.clone();
    own.backward(&x, &mut slope, None, true);
    check_slope(twin, &x, &aim, &slope, "norm");

    // x Φ(x), Φ by the midpoint rule over its density.
    let x = numbers(40, 4.0, 5);
    let probability = |x: f64| {
        let (steps, from) = (20_000, -9.0);
        let step = (x - from) / f64::from(steps);
        let density = |t: f64| (-0.5 * t * t).exp() / (2.0 * std::f64::consts::PI).sqrt();
        (0..steps).map(|index| density(from + (f64::from(index) + 0.5) * step) * step).sum::<f64>()
    };
    for (x, found) in x.iter().zip(gelu(&x)) {
        let expected = f64::from(*x) * probability(f64::from(*x));
        assert!((f64::from(found) - expected).abs() < 1e-6, "gelu({x}) is {expected}, not {found}");
    }
    let twin = |x: &[f64]| x.iter().map(|x| x * probability(*x)).collect::<Vec<f64>>();
    let few = &x[..8];
    let (aim, mut slope) = (vec![1.0; 8], vec![1.0; 8]);
    through_gelu(few, &mut slope);
    check_slope(twin, few, &aim, &slope, "gelu");
}

#[test]
fn exponentials_and_normals_are_exact_far_out() {
    for index in -8_000..8_000 {
        let x = index as f32 * 0.01;
        let expected = f64::from(x).exp();
        assert!((f64::from(exp(x)) / expected - 1.0).abs() < 3e-7, "exp({x})");
    }
    assert!(exp(-1_000.0) < 1e-37 && exp(1_000.0) > 1e38);
    for (x, probability) in [(0.0, 0.5), (1.0, 0.841_344_746), (-3.0, 1.349_898e-3), (8.0, 1.0), (-40.0, 0.0)]
    {
        assert!((f64::from(normal(x).0) - probability).abs() < 2e-7, "{x}");
    }
}

/// Nothing leaves the range of f32 where softmax and GELU are pushed to their ends.
#[test]
fn large_values_stay_finite() {
    let is_finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
    let attention = Attention { batch: 1, tokens: 6, queries: 6, heads: 2, dim: 8 };
    let qkv = numbers(6 * 24, 1e4, 3);
    assert!(is_finite(&attention.forward(&qkv)));
    assert!(is_finite(&attention.backward(&qkv, &numbers(6 * 8, 1.0, 4))));
    let ends = [-1e18, -1e4, -20.0, 20.0, 1e4, 1e18];
    let expected = ends.map(|x: f32| x.max(0.0));
    assert!(gelu(&ends).iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6));
    let mut slope = [1.0; 6];
    through_gelu(&ends, &mut slope);
    assert!(slope.iter().zip([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]).all(|(a, b)| (a - b).abs() < 1e-6), "{slope:?}");
}

/// What is no number stays none, so that a run that diverges is stopped; and nothing is made of nothing.
#[test]
fn divergence_is_seen_and_no_points_are_no_trouble() {
    let device = Device::flex().autodiff();
    let weight = Tensor::<3>::ones([1, 2, 2], &device).require_grad();
    let bias = Tensor::<1>::zeros([2], &device);
    let relu = Some((Activation::Relu, 0));
    let x = Tensor::<3>::from_data(TensorData::new(vec![f32::NAN, 1.0], [1, 1, 2]), &device);
    assert!(values(field_layer(x, weight.clone(), bias.clone(), relu)).iter().all(|value| value.is_nan()));
    let nothing = Tensor::<3>::zeros([1, 0, 2], &device);
    let out = field_layer(nothing, weight.clone(), bias, relu);
    assert_eq!(out.dims(), [1, 0, 2]);
    assert_eq!(values(weight.grad(&out.sum().backward()).unwrap()), [0.0; 4]);
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
    let out = Composer::TransInr.compose(base.clone(), modulation);
    assert_eq!(values(out.clone()), [0.0; 6]);
    assert!(values(base.grad(&out.sum().backward()).unwrap()).iter().all(|slope| slope.is_finite()));
}

#[test]
fn compositing_agrees_with_burns_own_operations_and_finite_differences() {
    let device = Device::flex().autodiff();
    for (rays, samples, size) in [(1, 1, 1.0), (3, 2, 2.0), (70, 32, 4.0), (2, 5, 30.0)] {
        let (logits, gain) = (numbers(rays * samples * 4, size, 1), 3.0);
        let spacings: Vec<f32> = numbers(rays * samples, 0.2, 2).into_iter().map(f32::abs).collect();
        let aim = numbers(rays * 3, 1.0, 3);
        let run = |is_own: bool| {
            let data = TensorData::new(logits.clone(), [rays, samples, 4]);
            let logits = Tensor::<3>::from_data(data, &device).require_grad();
            let data = TensorData::new(spacings.clone(), [rays, samples]);
            let spacings = Tensor::<2>::from_data(data, &device);
            let composite = if is_own { composite } else { composite_by_burn };
            let out = composite(logits.clone(), spacings, gain);
            let aim = Tensor::<2>::from_data(TensorData::new(aim.clone(), [rays, 3]), &device);
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
            let mut out = vec![1.0; rays * 3];
            for ray in 0..rays {
                let mut left = 1.0;
                for sample in ray * samples..(ray + 1) * samples {
                    let own = &logits[4 * sample..][..4];
                    let alpha =
                        1.0 - (-(f64::from(gain) * own[3]).max(0.0) * f64::from(spacings[sample])).exp();
                    for channel in 0..3 {
                        let color = 1.0 / (1.0 + (-own[channel]).exp());
                        out[3 * ray + channel] += left * alpha * (color - 1.0);
                    }
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
    for (found, color) in found.iter().zip([1.0, 0.5, 0.0]) {
        let expected = (1.0 - through) * color + through;
        assert!((found - expected).abs() < 1e-5, "{found}, not {expected}");
    }
}
