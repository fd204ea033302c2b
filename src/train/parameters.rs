//! The weights of a hypernetwork that learn, as one flat list: first the backbone's, if it learns, then
//! those of the weight tokens, heads and base, each in the order of burn's traversal.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};

use super::TrainError;
use crate::model::{Hypernetwork, Mode, ModelError};

/// All weights that learn, and how many of them are the backbone's.
pub(super) fn weights(network: &Hypernetwork) -> Result<(Vec<f32>, usize), TrainError> {
    let mut reader = Reader { values: Vec::new(), gradients: None, failed: None };
    let num_backbone = reader.read(network);
    reader.finish().map(|values| (values, num_backbone))
}

/// Their gradients, in the same order; zero for a weight that the loss does not depend on.
pub(super) fn gradients(network: &Hypernetwork, gradients: Gradients) -> Result<Vec<f32>, TrainError> {
    let mut reader = Reader { values: Vec::new(), gradients: Some(gradients), failed: None };
    reader.read(network);
    reader.finish()
}

/// The network with other weights.
pub(super) fn with_weights(mut network: Hypernetwork, weights: &[f32]) -> Hypernetwork {
    let mut writer = Writer { rest: weights };
    if learns_backbone(&network) {
        network.backbone = network.backbone.map(&mut writer);
    }
    network.weight_tokens = network.weight_tokens.map(&mut writer);
    network.heads = network.heads.map(&mut writer);
    network.base = network.base.map(&mut writer);
    network
}

fn learns_backbone(network: &Hypernetwork) -> bool {
    network.config().mode != Mode::Prompt
}

struct Reader {
    values: Vec<f32>,
    /// Read these in the place of the weights.
    gradients: Option<Gradients>,
    failed: Option<String>,
}

impl Reader {
    /// How many values were the backbone's.
    fn read(&mut self, network: &Hypernetwork) -> usize {
        if learns_backbone(network) {
            network.backbone.visit(self);
        }
        let num_backbone = self.values.len();
        network.weight_tokens.visit(self);
        network.heads.visit(self);
        network.base.visit(self);
        num_backbone
    }

    fn finish(self) -> Result<Vec<f32>, TrainError> {
        match self.failed {
            Some(what) => Err(ModelError::Device(what).into()),
            None => Ok(self.values),
        }
    }
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        let count = value.dims().iter().product::<usize>();
        let wanted = match &mut self.gradients {
            Some(gradients) => value.grad_remove(gradients),
            None => Some(value),
        };
        match wanted.map(Tensor::try_into_vec_as::<f32>) {
            Some(Ok(values)) => self.values.extend(values),
            Some(Err(err)) => self.failed = Some(err.to_string()),
            None => self.values.resize(self.values.len() + count, 0.0),
        }
    }
}

struct Writer<'a> {
    rest: &'a [f32],
}

impl ModuleMapper for Writer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let shape = param.lazy_shape().as_slice().to_vec();
        let Some((own, rest)) = self.rest.split_at_checked(shape.iter().product()) else { return param };
        self.rest = rest;
        let mut written = Param::from_data(TensorData::new(own.to_vec(), shape), &param.lazy_device());
        written.id = param.id;
        written
    }
}
