//! A start for the fields of sounds with one hidden layer of sines over cosines and sines of fixed frequencies. The
//! sines are small, so that such a field is nearly a sum of its partials; and the head of the first layer begins where
//! it silences its base, so that what is to be learned at first, the partials' amplitudes, is linear in what the weight
//! tokens have read. From weights drawn as usual a sound is not met at all after as many steps.

use std::collections::BTreeMap;

use super::{Composer, ModelConfig, SignalKind, initial};
use crate::field::{Activation, Encoding};
use crate::storage::HostTensor;

/// Size of a base weight of the first layer: a partial's amplitude where its modulation is one.
const AMPLITUDE: f32 = 0.1;
/// Size of the second layer's weights altogether.
const SUM: f32 = 4.0;

/// The tensors of this start, by their names in a checkpoint; none where it does not apply.
pub(crate) fn tensors(config: &ModelConfig, seed: u64) -> BTreeMap<String, HostTensor> {
    let mut found = BTreeMap::new();
    let Encoding::Fourier { count, .. } = config.field.encoding else { return found };
    if config.kind != SignalKind::Sound
        || config.composer != Composer::Residual
        || !matches!(config.field.activation, Activation::Sine { .. })
        || config.field.layers != 2
    {
        return found;
    }
    let (partials, hidden) = (2 * count, config.field.hidden);
    let mut put = |name: &str, shape: Vec<usize>, values: Vec<f32>| {
        found.insert(name.to_owned(), HostTensor { shape, values });
    };
    // Signs by lot, so that every neuron hears another mixture.
    let signs = initial::normal(seed, "base.0.weight", partials * hidden);
    let first = signs.into_iter().map(|value| AMPLITUDE.copysign(value)).collect();
    put("base.0.weight", vec![partials, hidden], first);
    put("base.0.bias", vec![hidden], vec![0.0; hidden]);
    // A deviation starts the same everywhere.
    let width = config.field.output_width();
    let last = (0..hidden * width).map(|at| if at % width == 0 { SUM / hidden as f32 } else { 0.0 });
    put("base.1.weight", vec![hidden, width], last.collect());
    put("base.1.bias", vec![width], vec![0.0; width]);
    // `B (1 + m)` is silent at `m = -1`.
    put("heads.0.proj.bias", vec![partials], vec![-1.0; partials]);
    found
}
