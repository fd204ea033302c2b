use burn::tensor::Tensor;

use super::{Composer, cpu};

/// A column shorter than this is not made longer.
pub(crate) const LENGTH_MIN: f64 = 1e-12;

impl Composer {
    /// A layer's weights from its base and its modulation: column `j` takes modulation `j mod g`, or with `ipc` a
    /// mixture of all of them.
    ///
    /// # Shapes
    /// - `base`: `[d_in, d_out]`; of `ipc` `[g, d_out]`
    /// - `modulation`: `[batch, g, d_in]`, `g` a divisor of `d_out`, or with `ipc` any number
    /// - result: `[batch, d_in, d_out]`
    #[must_use]
    pub fn compose(self, base: Tensor<2>, modulation: Tensor<3>) -> Tensor<3> {
        if self != Self::Ipc && cpu::computes_on(&base.device()) {
            cpu::compose(base, modulation, self)
        } else {
            self.compose_by_burn(base, modulation)
        }
    }

    /// The same by burn's own operations, for any device.
    pub(crate) fn compose_by_burn(self, base: Tensor<2>, modulation: Tensor<3>) -> Tensor<3> {
        let [_, d_out] = base.dims();
        let [batch, g, d_in] = modulation.dims();
        if self == Self::Ipc {
            // U V: one product over all items, `[batch * d_in, g] x [g, d_out]`
            let patterns = modulation.swap_dims(1, 2).reshape([batch * d_in, g]);
            return unit_columns(patterns.matmul(base).reshape([batch, d_in, d_out]));
        }
        // Column j = repeat * g + k has k = j mod g: [1, d_in, d_out / g, g] * [batch, d_in, 1, g]
        let base = base.reshape([1, d_in, d_out / g, g]);
        let modulation = modulation.swap_dims(1, 2).reshape([batch, d_in, 1, g]);
        match self {
            Self::Residual => (base * (modulation + 1.0)).reshape([batch, d_in, d_out]),
            Self::TransInr | Self::Ipc => unit_columns((base * modulation).reshape([batch, d_in, d_out])),
        }
    }
}

/// The weights of a layer that all fields share, `[batch, d_in, d_out]`, from its base: the columns have length one.
pub(crate) fn shared(base: Tensor<2>, batch: usize) -> Tensor<3> {
    unit_columns(base.unsqueeze::<3>()).repeat_dim(0, batch)
}

/// `v_j / max(|v_j|, 1e-12)`. The bound is put on the square, so that a column of zeros has a gradient
/// of zero and not NaN.
fn unit_columns(weight: Tensor<3>) -> Tensor<3> {
    let square = weight.clone().square().sum_dim(1);
    weight / square.clamp_min(LENGTH_MIN * LENGTH_MIN).sqrt()
}
