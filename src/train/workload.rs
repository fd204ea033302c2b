//! Steps of a known shape, to be measured beside the same ones in another program.

use burn::module::{Module, Param};
use burn::nn::{Initializer, LayerNorm};
use burn::tensor::{Device, Distribution, Tensor};

use super::adam::Adam;
use super::{TrainError, parameters};
use crate::field::Architecture;
use crate::model::backbone::{Beside, Block, run_blocks};
use crate::model::{Backbone, BackboneConfig, ModelError, composite, evaluate_features, with_random_weights};

/// Decay of Adam's running means, as `PyTorch` has it when nobody says otherwise.
const BETAS: (f32, f32) = (0.9, 0.999);
const LEARNING_RATE: f64 = 1e-5;

/// A transformer's blocks on tokens of data and learned tokens of weights, as a hypernetwork runs them; the
/// loss is the mean square of what the weight tokens become.
pub struct BlockWorkload {
    network: Blocks,
    data: Tensor<3>,
    weights: Vec<f32>,
    adam: Adam,
}

#[derive(Module, Debug)]
struct Blocks {
    layers: Vec<Block>,
    norm: LayerNorm,
    own: Param<Tensor<2>>,
}

/// Tokens of a [`BlockWorkload`].
#[derive(Debug, Clone, Copy)]
pub struct TokenCounts {
    /// Items of a batch.
    pub batch: usize,
    /// Tokens of data in an item.
    pub data: usize,
    /// Learned tokens in an item.
    pub own: usize,
}

impl BlockWorkload {
    /// Random weights and tokens. With `is_frozen`, the tokens alone learn.
    ///
    /// # Errors
    /// [`TrainError`] if the device fails.
    pub fn new(
        config: &BackboneConfig,
        counts: TokenCounts,
        is_frozen: bool,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let device = device.clone().autodiff();
        let Backbone { blocks, norm, .. } = Backbone::structure(config, &device);
        let own = Initializer::Zeros.init([counts.own, config.dim], &device);
        let mut network = with_random_weights(Blocks { layers: blocks, norm, own }, 0);
        if is_frozen {
            network.layers = network.layers.no_grad();
            network.norm = network.norm.no_grad();
        }
        let normal = Distribution::Normal(0.0, 1.0);
        let data = Tensor::random([counts.batch, counts.data, config.dim], normal, &device);
        let weights = parameters::read(&network)?;
        Ok(Self { network, data, adam: Adam::new(weights.len(), BETAS, 0.0), weights })
    }

    /// Without gradients.
    ///
    /// # Errors
    /// [`TrainError`] if the device fails.
    pub fn forward(&self) -> Result<(), TrainError> {
        let out = run(&self.network.valid(), self.data.clone().inner());
        out.try_into_vec_as::<f32>().map_err(|err| ModelError::Device(err.to_string()))?;
        Ok(())
    }

    /// Forward, backward, Adam.
    ///
    /// # Errors
    /// [`TrainError`] if the device fails.
    pub fn step(&mut self) -> Result<(), TrainError> {
        let loss = run(&self.network, self.data.clone()).square().mean();
        let gradient = parameters::read_gradients(&self.network, loss.backward())?;
        self.adam.step(&mut self.weights, &gradient, 1.0, LEARNING_RATE);
        self.network = parameters::write(self.network.clone(), &self.weights);
        Ok(())
    }
}

/// Fields of several pictures at points of their own, or of several objects along rays; forward and backward.
pub struct FieldWorkload {
    architecture: Architecture,
    weights: Vec<Tensor<3>>,
    biases: Vec<Tensor<1>>,
    features: Tensor<3>,
    /// `[rays, samples]`, of an object's.
    spacings: Option<Tensor<2>>,
    /// Of every point or ray, `[n, 3]`.
    targets: Tensor<2>,
}

impl FieldWorkload {
    /// Random weights, encoded points and colours, for pictures.
    #[must_use]
    pub fn points(architecture: Architecture, batch: usize, points: usize, device: &Device) -> Self {
        let device = device.clone().autodiff();
        let uniform = Distribution::Uniform(-0.1, 0.1);
        let shapes = architecture.layer_shapes();
        let width = architecture.encoding.width(architecture.inputs);
        Self {
            weights: shapes
                .iter()
                .map(|shape| {
                    Tensor::random([batch, shape.d_in, shape.d_out], uniform, &device).require_grad()
                })
                .collect(),
            biases: shapes
                .iter()
                .map(|shape| Tensor::random([shape.d_out], uniform, &device).require_grad())
                .collect(),
            features: Tensor::random([batch, points, width], Distribution::Uniform(-1.0, 1.0), &device),
            spacings: None,
            targets: Tensor::random([batch * points, 3], Distribution::Uniform(0.0, 1.0), &device),
            architecture,
        }
    }

    /// Random weights, encoded samples and colours, for objects seen along rays.
    #[must_use]
    pub fn rays(
        architecture: Architecture,
        batch: usize,
        rays: usize,
        samples: usize,
        device: &Device,
    ) -> Self {
        let points = Self::points(architecture, batch, rays * samples, device);
        let spacings = Tensor::full([batch * rays, samples], 2.0 / samples as f32, &points.targets.device());
        let targets = points.targets.clone().narrow(0, 0, batch * rays);
        Self { spacings: Some(spacings), targets, ..points }
    }

    /// The mean squared error and its gradients.
    ///
    /// # Errors
    /// [`TrainError`] if the device fails.
    pub fn step(&self) -> Result<(), TrainError> {
        let values =
            evaluate_features(&self.architecture, &self.weights, &self.biases, self.features.clone());
        let [batch, points, width] = values.dims();
        let colors = match &self.spacings {
            None => values.reshape([batch * points, width]),
            Some(spacings) => {
                let [rays, samples] = spacings.dims();
                let gain = self.architecture.density_gain.unwrap_or(1.0);
                composite(values.reshape([rays, samples, width]), spacings.clone(), gain).narrow(1, 0, 3)
            }
        };
        let gradients = (colors - self.targets.clone()).square().mean().backward();
        for weight in &self.weights {
            let missing = || ModelError::Device("a weight got no gradient".into());
            let gradient = weight.grad(&gradients).ok_or_else(missing)?;
            gradient.try_into_vec_as::<f32>().map_err(|err| ModelError::Device(err.to_string()))?;
        }
        Ok(())
    }
}

/// `[batch, own tokens, dim]`
fn run(network: &Blocks, data: Tensor<3>) -> Tensor<3> {
    let [batch, _, _] = data.dims();
    let own = network.own.val().unsqueeze::<3>().repeat_dim(0, batch);
    let [_, num_own, _] = own.dims();
    let tokens = Tensor::cat(vec![data, own], 1);
    let tokens = run_blocks(&network.layers, tokens, num_own, Beside::default());
    crate::model::normalised(tokens, &network.norm)
}
