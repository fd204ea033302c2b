//! The one place that knows how a burn module's parameters are called in a file: field names follow
//! the file's, a norm's `gamma` and `beta` are `weight` and `bias`, and a Linear's weight is stored
//! transposed, as `PyTorch` has it.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};

use super::ModelError;
use crate::storage::HostTensor;

/// Where a traversal stands.
#[derive(Default)]
struct Path {
    /// Names with the type of the container that each is a field of.
    steps: Vec<(String, String)>,
}

impl Path {
    fn enter(&mut self, name: &str, container: &str) {
        self.steps.push((name.into(), container.into()));
    }

    fn leave(&mut self) {
        self.steps.pop();
    }

    /// The name in a file.
    fn name(&self) -> String {
        let last = self.steps.len().saturating_sub(1);
        let word = |(index, (name, container)): (usize, &(String, String))| {
            let is_norm = index == last && container == "Struct:LayerNorm";
            match name.as_str() {
                "gamma" if is_norm => "weight".to_owned(),
                "beta" if is_norm => "bias".to_owned(),
                other => other.to_owned(),
            }
        };
        self.steps.iter().enumerate().map(word).collect::<Vec<_>>().join(".")
    }

    /// Whether the parameter is a matrix that the file holds as `[out, in]`.
    fn is_transposed(&self) -> bool {
        self.steps.last().is_some_and(|(name, container)| name == "weight" && container == "Struct:Linear")
    }

    fn shape(&self, mut shape: Vec<usize>) -> Vec<usize> {
        if self.is_transposed() {
            shape.reverse();
        }
        shape
    }
}

/// The names and the shapes that a file needs for this module. Computes nothing.
pub(crate) fn needed<M: Module>(module: &M) -> BTreeMap<String, Vec<usize>> {
    struct Visitor {
        path: Path,
        found: BTreeMap<String, Vec<usize>>,
    }
    impl ModuleVisitor for Visitor {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.leave();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let shape = self.path.shape(param.lazy_shape().as_slice().to_vec());
            self.found.insert(self.path.name(), shape);
        }
    }
    let mut visitor = Visitor { path: Path::default(), found: BTreeMap::new() };
    module.visit(&mut visitor);
    visitor.found
}

/// Every parameter of the module, by its name in a file and in the file's layout.
pub(crate) fn read_out<M: Module>(module: &M) -> Result<BTreeMap<String, HostTensor>, ModelError> {
    struct Visitor {
        path: Path,
        found: BTreeMap<String, HostTensor>,
        failed: Option<String>,
    }
    impl ModuleVisitor for Visitor {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.leave();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let shape = param.lazy_shape().as_slice().to_vec();
            match param.val().try_into_vec_as::<f32>() {
                Ok(values) => {
                    let tensor = HostTensor { shape, values };
                    let tensor = if self.path.is_transposed() { transposed(tensor) } else { tensor };
                    self.found.insert(self.path.name(), tensor);
                }
                Err(err) => self.failed = Some(err.to_string()),
            }
        }
    }
    let mut visitor = Visitor { path: Path::default(), found: BTreeMap::new(), failed: None };
    module.visit(&mut visitor);
    match visitor.failed {
        Some(what) => Err(ModelError::Device(what)),
        None => Ok(visitor.found),
    }
}

/// Put tensors, by their names in a file and in the file's layout, in the place of the module's
/// parameters; a parameter without one is left as it is. The shapes must have been checked.
pub(crate) fn put_in<M: Module>(module: M, tensors: BTreeMap<String, HostTensor>) -> M {
    struct Mapper {
        path: Path,
        tensors: BTreeMap<String, HostTensor>,
    }
    impl ModuleMapper for Mapper {
        fn enter_module(&mut self, name: &str, container: &str) {
            self.path.enter(name, container);
        }
        fn exit_module(&mut self, _name: &str, _container: &str) {
            self.path.leave();
        }
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let Some(tensor) = self.tensors.remove(&self.path.name()) else { return param };
            let HostTensor { shape, values } =
                if self.path.is_transposed() { transposed(tensor) } else { tensor };
            let mut loaded = Param::from_data(TensorData::new(values, shape), &param.lazy_device());
            loaded.id = param.id;
            loaded
        }
    }
    module.map(&mut Mapper { path: Path::default(), tensors })
}

/// A matrix with its axes exchanged; anything else as it was.
fn transposed(tensor: HostTensor) -> HostTensor {
    let HostTensor { shape, values } = tensor;
    let [rows, columns] = *shape.as_slice() else { return HostTensor { shape, values } };
    let mut turned = Vec::with_capacity(values.len());
    for column in 0..columns {
        turned.extend(values.iter().skip(column).step_by(columns).copied());
    }
    HostTensor { shape: vec![columns, rows], values: turned }
}
