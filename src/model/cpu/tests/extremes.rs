use super::support::numbers;
use crate::model::cpu::Gelu;
use crate::model::cpu::attention::Attention;
use crate::model::cpu::simd::{exp, normal};

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
    let attention = Attention { batch: 1, tokens: 6, num_last: 6, heads: 2, dim: 8 };
    let qkv = numbers(6 * 24, 1e4, 3);
    assert!(is_finite(&attention.forward(&qkv)));
    assert!(is_finite(&attention.backward(&qkv, &numbers(6 * 8, 1.0, 4))));
    let ends = [-1e18, -1e4, -20.0, 20.0, 1e4, 1e18];
    let expected = ends.map(|x: f32| x.max(0.0));
    for gelu in [Gelu::Exact, Gelu::Quick] {
        let found = gelu.forward(&ends);
        assert!(
            found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6),
            "{found:?}"
        );
        let mut slope = [1.0; 6];
        gelu.backward(&ends, &mut slope);
        let expected = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        assert!(slope.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{slope:?}");
    }
}
