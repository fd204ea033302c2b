//! From the bytes of a file to its tensors by name.

use std::collections::{BTreeMap, HashMap};

use safetensors::Dtype;

use super::archive::{self, number};
use super::machine::{Machine, malformed};
use super::value::{Storage, Value, View};
use crate::limits;
use crate::storage::TensorFileError;
use crate::storage::tensors::Stored;

/// How a file of before PyTorch 1.6 begins: a pickle of the number 0x1950a86a20f9469cfc6c.
const LEGACY: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
const ZIP: &[u8] = b"PK\x03\x04";
/// How deep names are nested, and how long they are, at most.
const DEPTH_MAX: usize = 32;
const NAME_BYTES: usize = 1_024;

/// Tensors by their names, those of a nested one joined by dots.
type Tensors<'data> = BTreeMap<String, Stored<'data>>;
type Done<T = ()> = Result<T, TensorFileError>;

/// Whether these bytes may be what `torch.save` writes.
pub(crate) fn is_pytorch(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP) || bytes.starts_with(LEGACY)
}

/// All tensors of a file.
///
/// # Errors
/// [`TensorFileError`] if it is not such a file, is beyond the limits, or names what no weights are made of.
pub(in crate::storage) fn tensors(bytes: &[u8]) -> Done<Tensors<'_>> {
    if bytes.starts_with(LEGACY) { of_stream(bytes) } else { of_archive(bytes) }
}

fn of_archive(bytes: &[u8]) -> Done<Tensors<'_>> {
    let entries = archive::entries(bytes).map_err(malformed)?;
    let pickle = entries.iter().find_map(|(name, data)| Some((name.strip_suffix("data.pkl")?, *data)));
    let Some((root, pickle)) = pickle.filter(|(root, _)| root.is_empty() || root.ends_with('/')) else {
        return Err(malformed("it is a ZIP archive without a data.pkl"));
    };
    if pickle.len() as u64 > limits::PICKLE_BYTES {
        return Err(too_long(pickle.len()));
    }
    if entries.get(format!("{root}byteorder").as_str()).is_some_and(|order| *order != b"little") {
        return Err(big_endian());
    }
    let mut machine = Machine::default();
    let value = machine.run(pickle, &mut 0)?;
    let numbers = |storage: &Storage| entries.get(format!("{root}data/{}", storage.key).as_str()).copied();
    collect(&machine, value, numbers)
}

/// Pickles one after another: the magic number, a version, the system, the weights, the keys of the storages; then
/// each storage, its length before it.
fn of_stream(bytes: &[u8]) -> Done<Tensors<'_>> {
    let readable = &bytes[..bytes.len().min(limits::PICKLE_BYTES as usize)];
    let mut at = LEGACY.len();
    let mut machine = Machine::default();
    // The version.
    machine.run(readable, &mut at)?;
    let mut system = Machine::default();
    if let Value::Map(index) = system.run(readable, &mut at)? {
        let is_big =
            |entry: &(Value, Value)| matches!(entry, (Value::Text("little_endian"), Value::Flag(false)));
        if system.maps[index].iter().any(is_big) {
            return Err(big_endian());
        }
    }
    let value = machine.run(readable, &mut at)?;
    let mut listed = Machine::default();
    let Value::Sequence(keys) = listed.run(readable, &mut at)? else {
        return Err(malformed("it does not list its storages"));
    };
    let dtypes: HashMap<&str, Dtype> =
        machine.storages.iter().map(|storage| (storage.key, storage.dtype)).collect();
    let mut storages: HashMap<&str, &[u8]> = HashMap::new();
    for key in &listed.sequences[keys] {
        let Value::Text(key) = *key else { return Err(malformed("a storage has no key")) };
        let size = dtypes.get(key).map_or(0, |dtype| dtype.bitsize() / 8) as u64;
        let len = number::<8>(bytes, at).and_then(|count| usize::try_from(count.checked_mul(size)?).ok());
        let data = len.and_then(|len| bytes.get(at + 8..)?.get(..len));
        let data = data.ok_or_else(|| malformed("it is cut short; copy or download it again"))?;
        storages.insert(key, data);
        at += 8 + data.len();
    }
    collect(&machine, value, |storage| storages.get(storage.key).copied())
}

fn too_long(len: usize) -> TensorFileError {
    malformed(format!("its pickle has {len} bytes, and at most {} are read", limits::PICKLE_BYTES))
}

fn big_endian() -> TensorFileError {
    malformed("its numbers are big-endian; save it on another machine")
}

/// The tensors that a value holds, and their numbers.
fn collect<'data>(
    machine: &Machine<'data>,
    value: Value<'data>,
    numbers: impl Fn(&Storage<'data>) -> Option<&'data [u8]>,
) -> Done<Tensors<'data>> {
    let mut found = Tensors::new();
    // Maps by their number, with the names that lead there.
    let mut waiting = match value {
        Value::Map(index) => vec![(String::new(), 0, index)],
        _ => return Err(malformed("it holds no dictionary of tensors")),
    };
    let mut visited = 0;
    while let Some((prefix, depth, index)) = waiting.pop() {
        for (key, value) in &machine.maps[index] {
            visited += 1;
            let key = match key {
                Value::Text(key) => (*key).to_owned(),
                Value::Int(key) => key.to_string(),
                _ => continue,
            };
            let name = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            if name.len() > NAME_BYTES || depth > DEPTH_MAX || visited > 10 * limits::SAFETENSORS_TENSORS {
                return Err(malformed("its names are nested too deep, too long or too many"));
            }
            match value {
                Value::Map(inner) => waiting.push((name, depth + 1, *inner)),
                Value::Tensor(view) => {
                    let stored = stored(machine, &machine.views[*view], &numbers)
                        .ok_or_else(|| malformed(format!("the numbers of {name} are not where it says")))?;
                    found.insert(name, stored);
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

/// A view with its numbers, if they are there: never more than the storage has.
fn stored<'data>(
    machine: &Machine<'data>,
    view: &View,
    numbers: impl Fn(&Storage<'data>) -> Option<&'data [u8]>,
) -> Option<Stored<'data>> {
    let View { offset, shape, strides, .. } = view;
    let storage = machine.storages.get(view.storage)?;
    let size = storage.dtype.bitsize() / 8;
    let count = shape.iter().try_fold(1usize, |count, len| count.checked_mul(*len))?;
    let mut extent = usize::from(count > 0);
    let mut next = 1;
    let mut is_in_order = true;
    if shape.len() != strides.len() {
        return None;
    }
    for (len, stride) in shape.iter().zip(strides).rev().filter(|_| count > 0) {
        extent = extent.checked_add((len - 1).checked_mul(*stride)?)?;
        is_in_order &= *len == 1 || *stride == next;
        next *= len;
    }
    // A number may be read only once, or a few bytes would become many.
    if count > extent {
        return None;
    }
    let start = offset.checked_mul(size)?;
    let data = numbers(storage)?.get(start..)?.get(..extent.checked_mul(size)?)?;
    let strides = (!is_in_order).then(|| strides.clone());
    Some(Stored { dtype: storage.dtype, shape: shape.clone(), data, strides })
}
