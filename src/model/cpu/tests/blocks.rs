use burn::module::Module;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Tensor, TensorData};

use super::support::{check_slope, difference, filled, numbers, random, values};
use crate::model::backbone::{Block, NORM_EPSILON};
use crate::model::cpu::Gelu;
use crate::model::cpu::attention::Attention;
use crate::model::cpu::norm::Norm;
use crate::model::cpu::{norm, norm_linear};
use crate::model::{BackboneConfig, BlockUpdates, Family, Head, LoraConfig};

fn block(family: Family, dim: usize, heads: usize, device: &Device) -> Block {
    let config =
        BackboneConfig { family, dim, depth: 1, heads, mlp: 3 * dim + 1, patch: 16, grid: 1, pixels: None };
    filled(Block::init(&config, device), 0.3, 1)
}

/// Outputs, and the gradients of the input and of some weights of every kind.
fn block_results(
    block: &Block,
    x: &[f32],
    shape: [usize; 3],
    num_last: usize,
    is_own: bool,
    device: &Device,
) -> Vec<Vec<f32>> {
    let x = Tensor::<3>::from_data(TensorData::new(x.to_vec(), shape), device).require_grad();
    let [batch, _, dim] = shape;
    let out = if is_own {
        block.forward_to_last(x.clone(), num_last)
    } else {
        block.forward_by_burn(x.clone(), num_last, None)
    };
    let aim = random([batch, num_last, dim], 1.0, 77, device);
    let gradients = (out.clone() * aim).sum().backward();
    let of = |tensor: Option<Tensor<1>>| values(tensor.unwrap());
    let scales = block.ls1.iter().chain(&block.ls2);
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
    .into_iter()
    .chain(scales.map(|scale| values(scale.gamma.grad(&gradients).unwrap())))
    .collect()
}

/// One token, one head, sizes that no tile divides, and large values.
#[test]
fn a_block_agrees_with_burns_own_operations() {
    let device = Device::flex().autodiff();
    for (family, batch, tokens, num_last, dim, heads, size) in [
        (Family::AugregVit, 2, 7, 7, 12, 3, 1.0),
        (Family::AugregVit, 1, 1, 1, 8, 1, 1.0),
        (Family::AugregVit, 3, 33, 33, 20, 1, 2.0),
        (Family::AugregVit, 3, 33, 11, 20, 1, 2.0),
        (Family::AugregVit, 2, 9, 1, 12, 3, 1.0),
        (Family::AugregVit, 1, 130, 130, 64, 2, 30.0),
        (Family::AugregVit, 2, 5, 3, 6, 6, 300.0),
        // So small that the epsilon of the norms tells.
        (Family::AugregVit, 2, 7, 7, 12, 3, 3e-3),
        (Family::Whisper, 2, 7, 7, 12, 3, 3e-3),
        // Another GELU, and scales of what is added.
        (Family::Clip, 2, 9, 4, 12, 3, 1.0),
        (Family::Dinov2, 3, 33, 11, 20, 1, 2.0),
    ] {
        let block = block(family, dim, heads, &device);
        let x = numbers(batch * tokens * dim, size, 9);
        let shape = [batch, tokens, dim];
        let own = block_results(&block, &x, shape, num_last, true, &device);
        let burns = block_results(&block, &x, shape, num_last, false, &device);
        for (index, (own, burns)) in own.iter().zip(&burns).enumerate() {
            let bound = if index == 0 { 1e-5 } else { 1e-4 };
            let found = difference(own, burns);
            assert!(found < bound, "result {index} of {shape:?}, {heads} heads: {found}");
        }
        // The same to the bit when it is done again, and without autodiff.
        assert_eq!(own, block_results(&block, &x, shape, num_last, true, &device));
        let plain = block.valid();
        let x = Tensor::<3>::from_data(TensorData::new(x, shape), &Device::flex());
        assert_eq!(values(plain.forward_to_last(x, num_last)), own[0]);
    }
}

#[test]
fn a_frozen_block_gives_the_same_slope_and_no_gradients() {
    let device = Device::flex().autodiff();
    let block = block(Family::AugregVit, 12, 3, &device);
    let (shape, x) = ([2, 9, 12], numbers(2 * 9 * 12, 1.0, 5));
    let learning = [9, 4].map(|num_last| block_results(&block, &x, shape, num_last, true, &device));
    let frozen = block.no_grad();
    let x = Tensor::<3>::from_data(TensorData::new(x, shape), &device).require_grad();
    let slopes = |num_last: usize| {
        let aim = random([2, num_last, 12], 1.0, 77, &device);
        (frozen.forward_to_last(x.clone(), num_last) * aim).sum().backward()
    };
    let gradients = slopes(4);
    assert_eq!(values(x.grad(&gradients).unwrap()), learning[1][1]);
    let gradients = slopes(9);
    assert_eq!(values(x.grad(&gradients).unwrap()), learning[0][1]);
    assert!(frozen.mlp.fc1.weight.grad(&gradients).is_none());
    assert!(frozen.norm1.gamma.grad(&gradients).is_none());
}

/// Whether the block's own weights learn or not, its updates do, and the input's slope is the same.
#[test]
fn updates_of_a_block_agree_with_burns_own_operations() {
    let device = Device::flex().autodiff();
    for (rank, num_last, size) in [(1, 9, 1.0), (5, 9, 0.3), (3, 4, 2.0)] {
        let config = BackboneConfig {
            family: Family::AugregVit,
            dim: 12,
            depth: 1,
            heads: 3,
            mlp: 37,
            patch: 16,
            grid: 1,
            pixels: None,
        };
        let block = filled(Block::init(&config, &device), 0.3, 1);
        let updates = BlockUpdates::init(LoraConfig { rank, alpha: 2.5 }, &config, &device);
        let updates = filled(updates, 0.4, 50);
        let x = random([2, 9, 12], size, 5, &device).require_grad();
        let run = |is_own: bool, block: &Block| {
            let out = if is_own {
                block.forward_updated(x.clone(), num_last, Some(&updates))
            } else {
                block.forward_by_burn(x.clone(), num_last, Some(&updates))
            };
            let aim = random([2, num_last, 12], 1.0, 77, &device);
            let gradients = (out.clone() * aim).sum().backward();
            let mut results = vec![values(out), values(x.grad(&gradients).unwrap())];
            for update in [&updates.qkv, &updates.proj, &updates.fc1, &updates.fc2] {
                results.push(values(update.down.grad(&gradients).unwrap()));
                results.push(values(update.up.grad(&gradients).unwrap()));
            }
            (results, block.mlp.fc2.weight.grad(&gradients).map(values))
        };
        let (own, of_weight) = run(true, &block);
        let (burns, burns_of_weight) = run(false, &block);
        assert!(difference(&of_weight.unwrap(), &burns_of_weight.unwrap()) < 1e-4);
        for (index, (own, burns)) in own.iter().zip(&burns).enumerate() {
            let found = difference(own, burns);
            assert!(found < if index == 0 { 1e-5 } else { 1e-4 }, "result {index} of rank {rank}: {found}");
        }
        let (frozen, of_weight) = run(true, &block.clone().no_grad());
        assert_eq!(frozen, own);
        assert!(of_weight.is_none());
        let merged = updates.clone().merged_into(block).forward_to_last(x.clone(), num_last);
        assert!(difference(&values(merged), &own[0]) < 1e-5);
    }
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
                (norm(x.clone(), &layer_norm, NORM_EPSILON), norm_linear(x.clone(), &layer_norm, &linear))
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
fn attention_agrees_with_finite_differences() {
    for (tokens, num_last, heads, head_dim) in [(1, 1, 1, 3), (5, 5, 2, 3), (9, 9, 1, 4), (6, 2, 2, 3)] {
        let dim = heads * head_dim;
        let own = Attention { batch: 1, tokens, num_last, heads, dim };
        let qkv = numbers(tokens * 3 * dim, 1.5, 3);
        let aim = numbers(num_last * dim, 1.0, 4);
        let twin = |qkv: &[f64]| {
            let at = |token: usize, kind: usize, head: usize, index: usize| {
                qkv[token * 3 * dim + kind * dim + head * head_dim + index]
            };
            let mut out = vec![0.0; num_last * dim];
            for head in 0..heads {
                for answer in 0..num_last {
                    let query = tokens - num_last + answer;
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
    for (x, found) in x.iter().zip(Gelu::Exact.forward(&x)) {
        let expected = f64::from(*x) * probability(f64::from(*x));
        assert!((f64::from(found) - expected).abs() < 1e-6, "gelu({x}) is {expected}, not {found}");
    }
    let twin = |x: &[f64]| x.iter().map(|x| x * probability(*x)).collect::<Vec<f64>>();
    let few = &x[..8];
    let (aim, mut slope) = (vec![1.0; 8], vec![1.0; 8]);
    Gelu::Exact.backward(few, &mut slope);
    check_slope(twin, few, &aim, &slope, "gelu");

    let twin = |x: &[f64]| x.iter().map(|x| x / (1.0 + (-1.702 * x).exp())).collect::<Vec<f64>>();
    let wide: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
    for (found, expected) in Gelu::Quick.forward(&x).into_iter().zip(twin(&wide)) {
        assert!((f64::from(found) - expected).abs() < 1e-6, "{expected}, not {found}");
    }
    let mut slope = vec![1.0; 8];
    Gelu::Quick.backward(few, &mut slope);
    check_slope(twin, few, &aim, &slope, "quick gelu");
}
