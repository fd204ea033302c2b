//! Tensors out of files of `PyTorch`'s, whose pickles are read without running any code of theirs, and of safetensors.

use std::collections::BTreeMap;
use std::path::Path;

use burn::store::pytorch_reader::{DType, PytorchReader, Tensor as TorchTensor};
use half::{bf16, f16};

use super::ModelError;
use crate::limits;
use crate::storage::{HostTensor, TensorFile, TensorFileError};

/// Some tensors of one file or several, by name; a later file's replace an earlier one's.
#[derive(Default)]
pub(super) struct Weights {
    tensors: BTreeMap<String, HostTensor>,
}

impl Weights {
    /// Read those of a file that are wanted: safetensors if its name says so, else `PyTorch`'s.
    ///
    /// # Errors
    /// [`ModelError::Io`], [`ModelError::File`] with what is wrong with it.
    pub(super) fn add(&mut self, path: &Path, is_wanted: impl Fn(&str) -> bool) -> Result<(), ModelError> {
        let failed = |source| ModelError::Io { path: path.into(), source };
        let size = std::fs::metadata(path).map_err(failed)?.len();
        if size > limits::SAFETENSORS_BYTES {
            let what = format!("it is larger than {} GiB", limits::SAFETENSORS_BYTES >> 30);
            return Err(TensorFileError::Malformed(what).into());
        }
        if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors")) {
            let bytes = std::fs::read(path).map_err(failed)?;
            let file = TensorFile::parse(&bytes)?;
            for name in file.names().filter(|name| is_wanted(name)) {
                if let Some(tensor) = file.read(name)? {
                    self.tensors.insert(name.to_owned(), tensor);
                }
            }
            return Ok(());
        }
        let file = PytorchReader::new(path)
            .map_err(|err| failed(std::io::Error::new(std::io::ErrorKind::InvalidData, err.to_string())))?;
        for (name, tensor) in file.tensors().iter().filter(|(name, _)| is_wanted(name)) {
            let values = values(name, tensor, &tensor.read().map_err(failed)?)?;
            self.tensors.insert(name.clone(), HostTensor { shape: tensor.shape().to_vec(), values });
        }
        Ok(())
    }

    pub(super) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|tensor| tensor.shape.as_slice())
    }

    pub(super) fn take(&mut self, name: &str) -> Option<HostTensor> {
        self.tensors.remove(name)
    }
}

/// Numbers of any width as f32.
fn values(name: &str, tensor: &TorchTensor, bytes: &[u8]) -> Result<Vec<f32>, TensorFileError> {
    let halves = || bytes.as_chunks::<2>().0.iter().copied();
    let values: Vec<f32> = match tensor.dtype() {
        DType::F64 => bytes.as_chunks::<8>().0.iter().map(|&own| f64::from_ne_bytes(own) as f32).collect(),
        DType::F32 => bytes.as_chunks::<4>().0.iter().map(|&own| f32::from_ne_bytes(own)).collect(),
        DType::F16 => halves().map(|own| f16::from_ne_bytes(own).to_f32()).collect(),
        DType::BF16 => halves().map(|own| bf16::from_ne_bytes(own).to_f32()).collect(),
        other => {
            return Err(TensorFileError::Malformed(format!("{name} holds {other:?}, expected real numbers")));
        }
    };
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(TensorFileError::NotFinite(name.into()))
    }
}
