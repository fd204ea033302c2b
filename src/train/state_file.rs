//! The state of a run in a file: everything that a step changes, exactly.

use std::collections::BTreeMap;
use std::path::Path;

use super::adam::Adam;
use super::tuner::TunerState;
use super::{TrainError, io_error};
use crate::storage::{HostTensor, Precision, TensorFile, tensor_file_bytes, write_atomically};

const FORMAT: &str = "hyperscope.training-state";

/// Keep a state, whole or not at all. `notes` must be the same when it is read.
pub(super) fn write(
    path: &Path,
    state: &TunerState,
    notes: &BTreeMap<String, String>,
) -> Result<(), TrainError> {
    let mut tensors = BTreeMap::new();
    let parts = [
        ("weights", &state.weights),
        ("ema", &state.ema),
        ("backbone.mean", &state.backbone.mean),
        ("backbone.square", &state.backbone.square),
        ("new.mean", &state.new.mean),
        ("new.square", &state.new.square),
        ("base.mean", &state.base.adam.mean),
        ("base.square", &state.base.adam.square),
    ];
    for (name, values) in parts {
        tensors.insert(name.to_owned(), HostTensor { shape: vec![values.len()], values: values.clone() });
    }
    let mut metadata = notes.clone();
    metadata.insert("format".into(), FORMAT.into());
    metadata.insert("step".into(), state.step.to_string());
    let refused = |err: crate::storage::TensorFileError| TrainError::Resume(err.to_string());
    let bytes = tensor_file_bytes(&tensors, &metadata, |_| Precision::F32).map_err(refused)?;
    write_atomically(path, |out| out.write_all(&bytes))
        .map_err(io_error(format!("{} cannot be written", path.display())))
}

/// Read a state that fits `like`, the state of a run of the same settings before its first step.
pub(super) fn read(
    path: &Path,
    like: &TunerState,
    notes: &BTreeMap<String, String>,
) -> Result<TunerState, TrainError> {
    let bytes = std::fs::read(path).map_err(io_error(format!("{} cannot be read", path.display())))?;
    let refuse = |what: String| TrainError::Resume(format!("{}: {what}", path.display()));
    let file = TensorFile::parse(&bytes).map_err(|err| refuse(err.to_string()))?;
    let metadata = file.metadata();
    if metadata.get("format").is_none_or(|format| format != FORMAT) {
        return Err(refuse("it is not the state of a training run".into()));
    }
    for (key, expected) in notes {
        if metadata.get(key) != Some(expected) {
            return Err(refuse(format!("its {key} is another one than now")));
        }
    }
    let step = metadata.get("step").and_then(|step| step.parse().ok());
    let step: u32 = step.ok_or_else(|| refuse("it does not say how many steps were done".into()))?;
    let tensor = |name: &str, len: usize| {
        let tensor = file.read(name).map_err(|err| refuse(err.to_string()))?;
        let values = tensor.map(|tensor| tensor.values).filter(|values| values.len() == len);
        values.ok_or_else(|| refuse(format!("{name} should have {len} values")))
    };
    let adam = |name: &str, like: &Adam| {
        let mut adam = like.clone();
        adam.mean = tensor(&format!("{name}.mean"), like.mean.len())?;
        adam.square = tensor(&format!("{name}.square"), like.square.len())?;
        adam.steps = step;
        Ok::<_, TrainError>(adam)
    };
    let mut base = like.base.clone();
    base.adam = adam("base", &base.adam)?;
    Ok(TunerState {
        weights: tensor("weights", like.weights.len())?,
        ema: tensor("ema", like.ema.len())?,
        backbone: adam("backbone", &like.backbone)?,
        new: adam("new", &like.new)?,
        base,
        step,
    })
}
