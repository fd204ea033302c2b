//! What follows a layer, and the way back through it.

use super::Activation;
use super::trig::sine_in_place;

/// The activation after layer `index`, in place.
pub(crate) fn activate(activation: Activation, index: usize, values: &mut [f32]) {
    match activation {
        Activation::Relu => pulp::Arch::new().dispatch(|| {
            for value in values.iter_mut() {
                // Written so that what is no number stays none, and divergence is seen.
                *value = if *value < 0.0 { 0.0 } else { *value };
            }
        }),
        Activation::Sine { .. } => sine_in_place(values, activation.omega0(index)),
    }
}

/// From the slope after an activation to the slope before it, in place. `before` is what came before it; for a
/// relu what came after will do.
pub(crate) fn through_activation(activation: Activation, index: usize, before: &[f32], slope: &mut [f32]) {
    match activation {
        Activation::Relu => pulp::Arch::new().dispatch(|| {
            for (slope, z) in slope.iter_mut().zip(before) {
                *slope = if *z <= 0.0 { 0.0 } else { *slope };
            }
        }),
        Activation::Sine { .. } => {
            // d/dz sin(w z) = w cos(w z) = w sin(w z + pi / 2)
            let omega0 = activation.omega0(index);
            let mut cosines: Vec<f32> =
                before.iter().map(|z| omega0 * z + std::f32::consts::FRAC_PI_2).collect();
            sine_in_place(&mut cosines, 1.0);
            slope.iter_mut().zip(cosines).for_each(|(slope, cosine)| *slope *= omega0 * cosine);
        }
    }
}
