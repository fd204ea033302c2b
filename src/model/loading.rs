use std::collections::BTreeMap;

use burn::module::Module;

use super::names;
use super::{ModelError, TensorReport, WrongShape};
use crate::storage::{HostTensor, TensorFile};

/// A tensor of a file that is the whole of a parameter, or a part of it: parts follow one another along the first axis
/// that is longer than one.
pub(crate) struct Part {
    /// After the file's prefix; `None` of zeros, which no file has.
    pub(crate) name: Option<String>,
    pub(crate) shape: Vec<usize>,
}

impl Part {
    /// A parameter that a file has under its own name.
    pub(crate) fn own(name: &str, shape: &[usize]) -> Vec<Self> {
        vec![Self { name: Some(name.to_owned()), shape: shape.to_vec() }]
    }
}

/// The names and shapes that a file needs for this module, whose parameters are made of these parts.
pub(crate) fn needed<M: Module>(
    module: &M,
    parts: impl Fn(&str, &[usize]) -> Vec<Part>,
) -> BTreeMap<String, Vec<usize>> {
    let parts = names::needed(module).into_iter().flat_map(|(name, shape)| parts(&name, &shape));
    parts.filter_map(|part| Some((part.name?, part.shape))).collect()
}

/// What of `needed` the file has under `prefix`, and what else it has.
pub(crate) fn compare(
    needed: &BTreeMap<String, Vec<usize>>,
    file: &TensorFile,
    prefix: &str,
    is_known_extra: impl Fn(&str) -> bool,
) -> TensorReport {
    let mut report = TensorReport::default();
    for (name, expected) in needed {
        let full = format!("{prefix}{name}");
        match file.shape(&full) {
            None => report.missing.push(full),
            Some(found) if found == expected.as_slice() => report.loaded.push(full),
            Some(found) => {
                let (expected, found) = (expected.clone(), found.to_vec());
                report.wrong_shape.push(WrongShape { name: full, expected, found });
            }
        }
    }
    for name in file.names() {
        let is_needed = name.strip_prefix(prefix).is_some_and(|own| needed.contains_key(own));
        if !is_needed {
            let list = if is_known_extra(name) { &mut report.ignored } else { &mut report.unexpected };
            list.push(name.to_owned());
        }
    }
    report
}

/// Fill a module from a file whose tensors are these parts of its parameters.
pub(crate) fn load<M: Module>(
    module: M,
    file: &TensorFile,
    prefix: &str,
    parts: impl Fn(&str, &[usize]) -> Vec<Part>,
    is_known_extra: impl Fn(&str) -> bool,
) -> Result<(M, TensorReport), ModelError> {
    let report = compare(&needed(&module, &parts), file, prefix, is_known_extra);
    if !report.is_complete() {
        return Err(ModelError::Tensors(Box::new(report)));
    }
    let mut tensors = BTreeMap::new();
    for (name, shape) in names::needed(&module) {
        let mut values = Vec::with_capacity(shape.iter().product());
        for part in parts(&name, &shape) {
            let tensor = match part.name {
                Some(name) => file.read(&format!("{prefix}{name}"))?,
                None => None,
            };
            let zeros = || vec![0.0; part.shape.iter().product()];
            values.extend(tensor.map_or_else(zeros, |tensor| tensor.values));
        }
        tensors.insert(name, HostTensor { shape, values });
    }
    Ok((names::put_in(module, tensors), report))
}
