use rayon::prelude::*;

/// Adam (arXiv 1412.6980) over one flat list of weights, with the decoupled weight decay of AdamW
/// (arXiv 1711.05101).
#[derive(Debug, Clone)]
pub(super) struct Adam {
    /// Decay of the two running means.
    betas: (f32, f32),
    weight_decay: f32,
    pub(super) mean: Vec<f32>,
    pub(super) square: Vec<f32>,
    pub(super) steps: u32,
}

const EPSILON: f32 = 1e-8;
/// Weights that a core takes at a time.
const PIECE: usize = 1 << 14;

impl Adam {
    pub(super) fn new(len: usize, betas: (f32, f32), weight_decay: f32) -> Self {
        Self { betas, weight_decay, mean: vec![0.0; len], square: vec![0.0; len], steps: 0 }
    }

    /// One step down the gradient, which is taken `scale` times.
    pub(super) fn step(&mut self, weights: &mut [f32], gradient: &[f32], scale: f32, learning_rate: f64) {
        let pace = self.next(learning_rate);
        let moments = self.mean.par_chunks_mut(PIECE).zip(self.square.par_chunks_mut(PIECE));
        weights.par_chunks_mut(PIECE).zip(gradient.par_chunks(PIECE)).zip(moments).for_each(
            |((weights, gradient), (mean, square))| pace.step(weights, gradient, scale, mean, square),
        );
    }

    /// How far the next step goes; it is counted as done.
    pub(super) fn next(&mut self, learning_rate: f64) -> Pace {
        self.steps += 1;
        let (beta_mean, beta_square) = self.betas;
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(self.steps as i32);
        Pace {
            betas: self.betas,
            rate: (learning_rate / correction(beta_mean)) as f32,
            square_scale: (1.0 / correction(beta_square)) as f32,
            kept: 1.0 - learning_rate as f32 * self.weight_decay,
        }
    }
}

/// One step's part of Adam, for any of its weights.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    betas: (f32, f32),
    rate: f32,
    square_scale: f32,
    /// What weight decay leaves.
    pub(super) kept: f32,
}

impl Pace {
    /// Some weights, and their own running means.
    pub(super) fn step(
        self,
        weights: &mut [f32],
        gradient: &[f32],
        scale: f32,
        mean: &mut [f32],
        square: &mut [f32],
    ) {
        let Self { betas: (beta_mean, beta_square), rate, square_scale, kept } = self;
        pulp::Arch::new().dispatch(|| {
            let moments = mean.iter_mut().zip(square.iter_mut());
            for ((weight, g), (mean, square)) in weights.iter_mut().zip(gradient).zip(moments) {
                let g = g * scale;
                *mean += (1.0 - beta_mean) * (g - *mean);
                *square += (1.0 - beta_square) * (g * g - *square);
                *weight = *weight * kept - rate * *mean / ((*square * square_scale).sqrt() + EPSILON);
            }
        });
    }
}
