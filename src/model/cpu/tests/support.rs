//! Numbers, and how far apart they may be.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::model::names;
use crate::storage::HostTensor;

/// Numbers in `[-size, size]`, the same on every machine.
pub(super) fn numbers(count: usize, size: f32, seed: u64) -> Vec<f32> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| random.random_range(-size..size)).collect()
}

pub(super) fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

/// The largest difference as a part of the largest value.
pub(super) fn difference(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len());
    let most = b.iter().fold(1e-6f64, |most, b| most.max(f64::from(*b).abs()));
    a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs()).fold(0.0, f64::max) / most
}

pub(super) fn random<const D: usize>(shape: [usize; D], size: f32, seed: u64, device: &Device) -> Tensor<D> {
    let count = shape.iter().product();
    Tensor::from_data(TensorData::new(numbers(count, size, seed), shape), device)
}

/// With random numbers in every weight; those of the norms around one.
pub(super) fn filled<M: Module>(module: M, size: f32, seed: u64) -> M {
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

/// The slope of `sum(out * aim)` in each input, by f64 central differences of a twin written in f64.
pub(super) fn check_slope(
    twin: impl Fn(&[f64]) -> Vec<f64>,
    x: &[f32],
    aim: &[f32],
    found: &[f32],
    what: &str,
) {
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
