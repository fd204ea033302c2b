use burn::tensor::{Device, TensorData};
use safetensors::SafeTensors;

use super::*;
use crate::model::cpu_device;

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn are_close(found: &[f32], expected: &[f32]) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5 * (1.0 + b.abs()))
}

/// What `golden/make_methods.py` computed with `PyTorch`, and its autograd.
#[test]
fn the_likelihood_agrees_with_pytorch() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/train_nll.safetensors");
    let bytes = std::fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let golden = |name: &str| -> Vec<f32> { bytemuck::pod_collect_to_vec(file.tensor(name).unwrap().data()) };
    let device = cpu_device().autodiff();
    let given = tensor(golden("values"), [3, 3, 6], &device).require_grad();
    let field = Architecture { spread: true, ..Architecture::live_image() };
    let found = Found::of(&field, given.clone(), None);
    assert!(are_close(&values(found.deviation.clone().unwrap()), &golden("deviation")));
    let targets = tensor(golden("targets"), [9, 3], &device);
    let errors: Vec<f32> = values((found.mean.clone() - targets.clone()).square());
    let loss = found.loss(targets, 1.0);
    assert!(are_close(&values(loss.minimised.clone()), &golden("loss")));
    assert!(are_close(&values(loss.squared_error), &[errors.iter().sum::<f32>() / 27.0]));
    let gradient = values(given.grad(&loss.minimised.backward()).unwrap());
    assert!(are_close(&gradient, &golden("gradient")), "{gradient:?}");
}

/// A slab of one density hides what the law of Beer and Lambert says, and its deviation is seen to that part; an error of
/// how much it hides counts as it is weighted. The slope is that of central differences.
#[test]
fn deviations_are_seen_as_colours_are() {
    let device = cpu_device().autodiff();
    let field = Architecture { spread: true, density_gain: Some(2.0), ..Architecture::live_object() };
    let (samples, density, number) = (16, 0.9_f32, 0.7_f32);
    let given: Vec<f32> =
        (0..samples).flat_map(|_| [0.0, 0.0, 0.0, density, number, number, number, number]).collect();
    let spacings = tensor(vec![1.3 / samples as f32; samples], [1, samples], &device);
    let minimised = |given: Vec<f32>| {
        let given = tensor(given, [1, samples, 8], &device).require_grad();
        let found = Found::of(&field, given.clone(), Some(spacings.clone()));
        let deviation = values(found.deviation.clone().unwrap());
        let loss = found.loss(tensor(vec![0.2, 0.5, 0.9, 1.0], [1, 4], &device), 3.0).minimised;
        (values(loss.clone())[0], deviation, values(given.grad(&loss.backward()).unwrap()))
    };
    let (loss, deviation, gradient) = minimised(given.clone());
    let hidden = 1.0 - (-2.0 * density * 1.3).exp();
    let expected = 0.1 + 0.9 * hidden * (1.0 + number.exp()).ln();
    assert!(deviation.iter().all(|found| (found - expected).abs() < 1e-5), "{deviation:?}, not {expected}");
    let seen = 1.0 - 0.5 * hidden;
    let of = |found: f32, wanted: f32| {
        0.5 * ((found - wanted) / expected).powi(2) + expected.ln() + 0.5 * std::f32::consts::TAU.ln()
    };
    let colors = [0.2, 0.5, 0.9].map(|wanted| of(seen, wanted)).iter().sum::<f32>() / 3.0;
    assert!((loss - colors - 3.0 * of(hidden, 1.0)).abs() < 1e-4, "{loss}");
    for (index, found) in gradient.iter().enumerate() {
        let beside = |by: f32| {
            let mut given = given.clone();
            given[index] += by;
            minimised(given).0
        };
        let slope = (beside(0.02) - beside(-0.02)) / 0.04;
        assert!((found - slope).abs() < 1e-3, "{index}: {found}, not {slope}");
    }
}
