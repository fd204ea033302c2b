use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors};
use serde::Deserialize;

use super::pytorch;
use crate::limits;

/// Why a file of tensors was refused.
#[derive(Debug, thiserror::Error)]
pub enum TensorFileError {
    /// Not such a file, or one beyond the limits.
    #[error("this is not a usable safetensors file: {0}")]
    Malformed(String),
    /// Not such a file of PyTorch's, or one beyond the limits.
    #[error("this is not a usable PyTorch file: {0}")]
    Pickle(String),
    /// A file of PyTorch's has a name that weights are not made of.
    #[error(
        "this PyTorch file asks for {0}, which files of weights do without, and nothing is run from a file; save its \
         weights alone, as safetensors or by torch.save(model.state_dict(), …)"
    )]
    ForeignName(String),
    /// Its numbers are of a kind that is not read.
    #[error("the tensor {name} holds {kind}, expected F32, F16 or BF16")]
    WrongKind {
        /// The tensor's name.
        name: String,
        /// What it holds.
        kind: String,
    },
    /// A value is NaN or infinite.
    #[error(
        "the tensor {0} has a value that is not a finite number; the file is damaged or its training diverged"
    )]
    NotFinite(String),
    /// A value is beyond what 16 bits hold.
    #[error("the tensor {0} has a value that 16 bits cannot hold; keep the file in 32 bits")]
    TooLarge(String),
}

/// A file of tensors in memory, safetensors or PyTorch's, what it says of them checked: the map of its tensors and
/// its metadata, of which PyTorch's has none.
pub(crate) struct TensorFile<'data> {
    tensors: BTreeMap<String, Stored<'data>>,
    metadata: BTreeMap<String, String>,
}

/// A tensor as it lies in a file.
pub(super) struct Stored<'data> {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    /// From its first number to its last.
    pub(super) data: &'data [u8],
    /// Numbers from one to the next along each axis, where they are not in row-major order.
    pub(super) strides: Option<Vec<usize>>,
}

/// A tensor's numbers on the host, row-major.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HostTensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

/// The flat string map of the header of a safetensors file; of the tensors nothing is read.
pub(crate) fn read_metadata(path: &Path) -> Result<BTreeMap<String, String>, TensorFileError> {
    let malformed = |err: &dyn std::fmt::Display| TensorFileError::Malformed(err.to_string());
    let mut file = File::open(path).map_err(|err| malformed(&err))?;
    let mut bytes = vec![0; 8];
    file.read_exact(&mut bytes).map_err(|err| malformed(&err))?;
    let length = bytes.first_chunk::<8>().map_or(0, |chunk| u64::from_le_bytes(*chunk));
    if length > limits::SAFETENSORS_HEADER_BYTES {
        return Err(malformed(&format_args!("its header says it is {length} bytes long")));
    }
    file.take(length).read_to_end(&mut bytes).map_err(|err| malformed(&err))?;
    let header: Header = serde_json::from_slice(&bytes[8..]).map_err(|err| malformed(&err))?;
    Ok(header.metadata)
}

/// Of a header what is no tensor.
#[derive(Deserialize)]
struct Header {
    #[serde(default, rename = "__metadata__")]
    metadata: BTreeMap<String, String>,
}

impl<'data> TensorFile<'data> {
    /// Read what the file says of its tensors; the numbers stay where they are.
    pub(crate) fn parse(bytes: &'data [u8]) -> Result<Self, TensorFileError> {
        let malformed = |what: String| Err(TensorFileError::Malformed(what));
        if bytes.len() as u64 > limits::SAFETENSORS_BYTES {
            return malformed(format!("it is larger than {} GiB", limits::SAFETENSORS_BYTES >> 30));
        }
        let file = if pytorch::is_pytorch(bytes) {
            Self { tensors: pytorch::tensors(bytes)?, metadata: BTreeMap::new() }
        } else {
            Self::of_safetensors(bytes)?
        };
        let count = file.tensors.len();
        if count > limits::SAFETENSORS_TENSORS {
            return malformed(format!("it has {count} tensors"));
        }
        Ok(file)
    }

    fn of_safetensors(bytes: &'data [u8]) -> Result<Self, TensorFileError> {
        let malformed = |what: String| Err(TensorFileError::Malformed(what));
        let Some(length) = bytes.first_chunk::<8>().map(|chunk| u64::from_le_bytes(*chunk)) else {
            return malformed("it is shorter than its own header".into());
        };
        if length > limits::SAFETENSORS_HEADER_BYTES {
            return malformed(format!("its header says it is {length} bytes long"));
        }
        let parsed = SafeTensors::read_metadata(bytes).and_then(|(_, header)| {
            let tensors = SafeTensors::deserialize(bytes)?;
            Ok((header.metadata().clone().unwrap_or_default(), tensors))
        });
        let (metadata, tensors) = parsed.map_err(|err| TensorFileError::Malformed(err.to_string()))?;
        let stored = tensors.tensors().into_iter().map(|(name, view)| {
            let (dtype, shape, data) = (view.dtype(), view.shape().to_vec(), view.data());
            (name, Stored { dtype, shape, data, strides: None })
        });
        Ok(Self { tensors: stored.collect(), metadata: metadata.into_iter().collect() })
    }

    /// The flat string map of the header.
    pub(crate) fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Names in alphabetical order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// A tensor's shape, if it is there.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(|tensor| tensor.shape.as_slice())
    }

    /// What kinds of numbers its tensors hold, as safetensors names them: F32.
    pub(crate) fn number_kinds(&self) -> BTreeSet<String> {
        self.tensors.values().map(|tensor| format!("{:?}", tensor.dtype)).collect()
    }

    /// A tensor as f32, if it is there; f16 and bf16 are widened.
    pub(crate) fn read(&self, name: &str) -> Result<Option<HostTensor>, TensorFileError> {
        let Some(Stored { dtype, shape, data, strides }) = self.tensors.get(name) else { return Ok(None) };
        let halves = || data.as_chunks::<2>().0.iter().copied();
        let values: Vec<f32> = match dtype {
            Dtype::F32 => data.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect(),
            Dtype::F16 => halves().map(|two| half::f16::from_le_bytes(two).to_f32()).collect(),
            Dtype::BF16 => halves().map(|two| half::bf16::from_le_bytes(two).to_f32()).collect(),
            other => {
                let kind = format!("{other:?}");
                return Err(TensorFileError::WrongKind { name: name.into(), kind });
            }
        };
        if !values.iter().all(|value| value.is_finite()) {
            return Err(TensorFileError::NotFinite(name.into()));
        }
        let values = match strides {
            None => values,
            Some(strides) => in_order(&values, shape, strides),
        };
        Ok(Some(HostTensor { shape: shape.clone(), values }))
    }
}

/// Numbers that lie `strides` apart along each axis, in row-major order.
fn in_order(values: &[f32], shape: &[usize], strides: &[usize]) -> Vec<f32> {
    let count: usize = shape.iter().product();
    let place = |index: usize| {
        let mut rest = index;
        shape.iter().zip(strides).rev().fold(0, |place, (len, stride)| {
            let along = rest % len;
            rest /= len;
            place + along * stride
        })
    };
    (0..count).map(|index| values[place(index)]).collect()
}

/// How the numbers of a file are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits, exact.
    #[default]
    F32,
    /// 16 bits: half the bytes, 11 significant bits.
    F16,
}

impl Precision {
    /// What safetensors calls it, and the bytes of a number.
    fn stored(self) -> (&'static str, usize) {
        match self {
            Self::F32 => ("F32", 4),
            Self::F16 => ("F16", 2),
        }
    }
}

/// Write tensors in a safetensors file, each in the precision that its name asks for, those in 32 bits first. The same
/// tensors and metadata give the same bytes: the `safetensors` crate would write the metadata in an order of chance.
///
/// # Errors
/// [`TensorFileError::TooLarge`] if a value does not fit the precision.
pub(crate) fn tensor_file_bytes(
    tensors: &BTreeMap<String, HostTensor>,
    metadata: &BTreeMap<String, String>,
    precision: impl Fn(&str) -> Precision,
) -> Result<Vec<u8>, TensorFileError> {
    let mut ordered: Vec<(&String, &HostTensor, Precision)> =
        tensors.iter().map(|(name, tensor)| (name, tensor, precision(name))).collect();
    // Every number then lies at a multiple of its size.
    ordered.sort_by_key(|(.., precision)| std::cmp::Reverse(precision.stored().1));
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".into(), serde_json::json!(metadata));
    let mut end = 0;
    for (name, tensor, precision) in &ordered {
        let (dtype, size) = precision.stored();
        let start = end;
        end += tensor.values.len() * size;
        let entry = serde_json::json!({"dtype": dtype, "shape": tensor.shape, "data_offsets": [start, end]});
        header.insert((*name).clone(), entry);
    }
    let mut header =
        serde_json::to_vec(&header).map_err(|err| TensorFileError::Malformed(err.to_string()))?;
    // The numbers begin at a multiple of eight.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = Vec::with_capacity(8 + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    for (name, tensor, precision) in ordered {
        match precision {
            Precision::F32 => bytes.extend(tensor.values.iter().flat_map(|value| value.to_le_bytes())),
            Precision::F16 => {
                if tensor.values.iter().any(|value| value.abs() > half::f16::MAX.to_f32()) {
                    return Err(TensorFileError::TooLarge(name.clone()));
                }
                bytes
                    .extend(tensor.values.iter().flat_map(|value| half::f16::from_f32(*value).to_le_bytes()));
            }
        }
    }
    Ok(bytes)
}
