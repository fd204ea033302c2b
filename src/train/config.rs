use serde::{Deserialize, Serialize};

use super::{Optimizer, TrainError};

/// How one field is refined towards its reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RefineConfig {
    /// Gradient steps.
    pub steps: u32,
    /// What moves the hidden weight matrices.
    pub optimizer: Optimizer,
    /// Adam's learning rate; what Muon moves goes four times as far, in sizes of the matrix. In the last third of
    /// the steps it falls to a tenth.
    pub learning_rate: f64,
    /// Steps in which the learning rate rises: Adam's first ones are as long for weights that are right already.
    pub warm_up_steps: u32,
    /// Pixels in a step, about: the crossings of random rows and columns; of objects, random rays; of sounds, random
    /// instants of every window, unless `spectral_weight` has all samples looked at.
    pub pixels_per_step: usize,
    /// Seed of the pixel draws.
    pub seed: u64,
    /// Of sounds: what the distance of their spectra counts beside the squared error in parts of each window's power.
    /// Above zero, a step looks at every sample of every window.
    pub spectral_weight: f64,
    /// Of objects: part of the rays that are of how the field was seen from all around before, and not of the given
    /// views.
    pub recalled_part: f64,
}

impl Default for RefineConfig {
    fn default() -> Self {
        Self {
            steps: 300,
            optimizer: Optimizer::Muon,
            learning_rate: 8e-3,
            warm_up_steps: 0,
            pixels_per_step: 4_096,
            seed: 0,
            spectral_weight: 0.0,
            recalled_part: 0.0,
        }
    }
}

impl RefineConfig {
    /// For an object of which so many views are known. One view says nothing of the other sides: some of the rays hold
    /// them to what was predicted, and steps are shorter.
    #[must_use]
    pub fn of_object(num_views: usize) -> Self {
        let (learning_rate, recalled_part) = if num_views == 1 { (1e-3, 0.3) } else { (3e-3, 0.0) };
        Self {
            steps: 100,
            optimizer: Optimizer::Adam,
            learning_rate,
            pixels_per_step: 512,
            recalled_part,
            ..Self::default()
        }
    }

    /// For a sound.
    #[must_use]
    pub fn of_sound() -> Self {
        Self {
            steps: 100,
            optimizer: Optimizer::Adam,
            learning_rate: 2e-5,
            warm_up_steps: 20,
            pixels_per_step: 256,
            spectral_weight: 0.02,
            ..Self::default()
        }
    }

    /// The same for random weights of an object's field: nothing was predicted that they could be held to.
    #[must_use]
    pub fn of_random_object(self) -> Self {
        Self { recalled_part: 0.0, ..self }
    }

    /// The same for random weights of a sound's field, which have farther to go than written ones: at 50 times the rate.
    #[must_use]
    pub fn of_random_sound(self) -> Self {
        Self { learning_rate: (50.0 * self.learning_rate).min(1.0), ..self }
    }

    /// Rows and columns whose crossings a step looks at, in a picture of this size: as square as it allows.
    #[must_use]
    pub fn lattice(&self, width: usize, height: usize) -> (usize, usize) {
        let (width, height) = (width.max(1), height.max(1));
        let rows = self.pixels_per_step.isqrt().clamp(1, height);
        let columns = (self.pixels_per_step / rows).clamp(1, width);
        ((self.pixels_per_step / columns).clamp(1, height), columns)
    }

    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`TrainError::Config`] with what is wrong.
    pub fn validate(&self) -> Result<(), TrainError> {
        if !(self.learning_rate > 0.0 && self.learning_rate <= 1.0) {
            return Err(TrainError::Config(format!(
                "a learning rate of {}, expected above 0 and up to 1",
                self.learning_rate
            )));
        }
        if !(1..=1 << 20).contains(&self.pixels_per_step) {
            return Err(TrainError::Config(format!(
                "{} pixels in a step, expected 1 to {}",
                self.pixels_per_step,
                1 << 20
            )));
        }
        if !(0.0..=1e3).contains(&self.spectral_weight) {
            return Err(TrainError::Config(format!(
                "a spectral weight of {}, expected 0 to 1000",
                self.spectral_weight
            )));
        }
        if !(0.0..1.0).contains(&self.recalled_part) {
            return Err(TrainError::Config(format!(
                "{} of the rays recalled, expected 0 or more and below 1",
                self.recalled_part
            )));
        }
        Ok(())
    }
}

/// How close a field is to its reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// `-10 log10(MSE)` over values in [0, 1]; infinite where they are equal.
    pub psnr_db: f64,
    /// 11x11 Gaussian window, sigma 1.5, K = (0.01, 0.03), mean over pixels and channels.
    pub ssim: f64,
    /// LPIPS (arXiv 1801.03924), where its weights were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lpips: Option<f64>,
}

impl Quality {
    /// The mean of each figure; NaN of none.
    #[must_use]
    pub fn mean(all: impl Iterator<Item = Self>) -> Self {
        let mut count = 0.0;
        let mut sum = Self { psnr_db: 0.0, ssim: 0.0, lpips: None };
        for one in all {
            count += 1.0;
            sum.psnr_db += one.psnr_db;
            sum.ssim += one.ssim;
            sum.lpips = one.lpips.map(|lpips| sum.lpips.unwrap_or(0.0) + lpips);
        }
        Self { psnr_db: sum.psnr_db / count, ssim: sum.ssim / count, lpips: sum.lpips.map(|sum| sum / count) }
    }
}

impl std::fmt::Display for Quality {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { psnr_db, ssim, lpips } = self;
        write!(f, "{psnr_db:.2} dB, SSIM {ssim:.3}")?;
        lpips.map_or(Ok(()), |lpips| write!(f, ", LPIPS {lpips:.3}"))
    }
}

/// Where a refinement stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RefineProgress {
    /// Steps done.
    pub step: u32,
    /// Steps asked for.
    pub steps: u32,
    /// Over the whole reference, when it was last measured.
    pub psnr_db: f64,
    /// Of the last step's pixels: `-10 log10` of the loss; NaN before the first step.
    pub batch_psnr_db: f64,
}
