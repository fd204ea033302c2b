use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

use super::BackboneConfig;

/// Pixels of a patch to a token, with the weights of a convolution whose stride is its kernel.
#[derive(Module, Debug)]
pub struct PatchEmbed {
    /// The convolution.
    pub proj: PatchProjection,
}

/// The weights of [`PatchEmbed`].
#[derive(Module, Debug)]
pub struct PatchProjection {
    /// `[dim, 3, patch, patch]`.
    pub weight: Param<Tensor<4>>,
    /// `[dim]`; of CLIP none.
    pub bias: Option<Param<Tensor<1>>>,
}

impl PatchEmbed {
    /// All zeros.
    pub(crate) fn init(config: &BackboneConfig, device: &Device) -> Self {
        let BackboneConfig { family, dim, patch, .. } = *config;
        let weight = Initializer::Zeros.init([dim, 3, patch, patch], device);
        let bias = family.has_patch_bias().then(|| Initializer::Zeros.init([dim], device));
        Self { proj: PatchProjection { weight, bias } }
    }

    /// Cut a picture into patches, row by row, and project each.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, both multiples of the patch
    /// - result: `[batch, rows * columns, dim]`
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Tensor<3> {
        let [batch, channels, height, width] = images.dims();
        let weight = self.proj.weight.val();
        let [dim, _, patch, _] = weight.dims();
        let (rows, columns) = (height / patch, width / patch);
        let patch_len = channels * patch * patch;
        // One matrix product over all patches: patches do not overlap, so nothing is copied twice.
        let patches = images
            .reshape([batch, channels, rows, patch, columns, patch])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([batch * rows * columns, patch_len]);
        let tokens = patches.matmul(weight.reshape([dim, patch_len]).transpose());
        let tokens = match &self.proj.bias {
            Some(bias) => tokens + bias.val().unsqueeze::<2>(),
            None => tokens,
        };
        tokens.reshape([batch, rows * columns, dim])
    }
}
