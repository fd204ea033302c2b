//! The weights of a module that learn, as one flat list in the order of burn's traversal: that of the fields.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor, TensorData};

use super::TrainError;
use crate::model::ModelError;

/// All weights that learn.
pub(super) fn read<M: Module>(module: &M) -> Result<Vec<f32>, TrainError> {
    Reader { values: Vec::new(), gradients: None, failed: None }.read(module)
}

/// Their gradients, in the same order. The loss must depend on every one of them.
pub(super) fn read_gradients<M: Module>(module: &M, gradients: Gradients) -> Result<Vec<f32>, TrainError> {
    Reader { values: Vec::new(), gradients: Some(gradients), failed: None }.read(module)
}

/// The module with other weights.
pub(super) fn write<M: Module>(module: M, weights: &[f32]) -> M {
    module.map(&mut Writer { rest: weights })
}

struct Reader {
    values: Vec<f32>,
    /// Read these in the place of the weights.
    gradients: Option<Gradients>,
    failed: Option<String>,
}

impl Reader {
    fn read<M: Module>(mut self, module: &M) -> Result<Vec<f32>, TrainError> {
        module.visit(&mut self);
        match self.failed {
            Some(what) => Err(ModelError::Device(what).into()),
            None => Ok(self.values),
        }
    }
}

impl ModuleVisitor for Reader {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val();
        if !value.is_require_grad() {
            return;
        }
        let wanted = match &mut self.gradients {
            Some(gradients) => value.grad_remove(gradients),
            None => Some(value),
        };
        match wanted.map(Tensor::try_into_vec_as::<f32>) {
            Some(Ok(values)) => self.values.extend(values),
            Some(Err(err)) => self.failed = Some(err.to_string()),
            None => self.failed = Some("a weight that learns got no gradient".into()),
        }
    }
}

struct Writer<'a> {
    rest: &'a [f32],
}

impl ModuleMapper for Writer<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        if !param.val().is_require_grad() {
            return param;
        }
        let shape = param.lazy_shape().as_slice().to_vec();
        let Some((own, rest)) = self.rest.split_at_checked(shape.iter().product()) else { return param };
        self.rest = rest;
        let mut written = Param::from_data(TensorData::new(own.to_vec(), shape), &param.lazy_device());
        written.id = param.id;
        written
    }
}
