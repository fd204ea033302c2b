use std::collections::BTreeMap;

use burn::module::Module;

use super::names;
use super::{ModelError, TensorReport, WrongShape};
use crate::storage::TensorFile;

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
        let own = name.strip_prefix(prefix).unwrap_or(name);
        if !needed.contains_key(own) {
            let list = if is_known_extra(name) { &mut report.ignored } else { &mut report.unexpected };
            list.push(name.to_owned());
        }
    }
    report
}

/// Fill a module from a file.
pub(crate) fn load<M: Module>(
    module: M,
    file: &TensorFile,
    prefix: &str,
    is_known_extra: impl Fn(&str) -> bool,
) -> Result<(M, TensorReport), ModelError> {
    let needed = names::needed(&module);
    let report = compare(&needed, file, prefix, is_known_extra);
    if !report.is_complete() {
        return Err(ModelError::Tensors(Box::new(report)));
    }
    let mut tensors = BTreeMap::new();
    for name in needed.into_keys() {
        if let Some(tensor) = file.read(&format!("{prefix}{name}"))? {
            tensors.insert(name, tensor);
        }
    }
    Ok((names::put_in(module, tensors), report))
}
