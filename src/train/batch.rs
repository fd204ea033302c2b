use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::RunConfig;
use crate::dataset::{Entry, PictureFolder, Split};
use crate::model::{encode_points, normalise};

/// What one step learns from.
pub(super) struct Batch {
    /// `[batch, 3, side, side]`, normalised.
    pub(super) images: Tensor<4>,
    /// The random pixels as the field takes them, `[batch, n, encoding width]`.
    pub(super) features: Tensor<3>,
    /// Their colours, `[batch, n, 3]`, in [0, 1].
    pub(super) targets: Tensor<3>,
}

/// Random crops of random training pictures. The draws depend on the seed and the step alone, so that a
/// resumed run sees what it would have seen.
pub(super) fn draw(config: &RunConfig, data: &PictureFolder, step: u32, device: &Device) -> Batch {
    let mut random = ChaCha8Rng::seed_from_u64(config.seed);
    random.set_stream(u64::from(step) + 1);
    let entries: Vec<&Entry> = data.pictures(Split::Train).collect();
    let side = config.input_size;
    let seeds: Vec<u64> = (0..config.batch_size).map(|_| random.random()).collect();
    let parts: Vec<(Vec<f32>, Vec<f32>, Vec<f32>)> = seeds
        .into_par_iter()
        .map(|seed| {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            let entry = entries[random.random_range(0..entries.len())];
            let crop = entry.random_crop(side as u32, &mut random);
            let colours = crop.to_f32();
            let centre = |index: usize| (2 * index + 1) as f32 / side as f32 - 1.0;
            let mut points = Vec::with_capacity(2 * config.pixels_per_picture);
            let mut targets = Vec::with_capacity(3 * config.pixels_per_picture);
            for _ in 0..config.pixels_per_picture {
                let pixel = random.random_range(0..side * side);
                points.extend([centre(pixel / side), centre(pixel % side)]);
                targets.extend_from_slice(&colours[3 * pixel..][..3]);
            }
            (normalise(&crop, side as u32), encode_points(&config.field, &points), targets)
        })
        .collect();
    let [mut images, mut features, mut targets] = [const { Vec::new() }; 3];
    for (image, feature, target) in parts {
        images.extend(image);
        features.extend(feature);
        targets.extend(target);
    }
    let (batch, n) = (config.batch_size, config.pixels_per_picture);
    let width = config.field.encoding.width(config.field.inputs);
    Batch {
        images: Tensor::from_data(TensorData::new(images, [batch, 3, side, side]), device),
        features: Tensor::from_data(TensorData::new(features, [batch, n, width]), device),
        targets: Tensor::from_data(TensorData::new(targets, [batch, n, 3]), device),
    }
}
