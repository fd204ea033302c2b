use std::collections::BTreeMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::limits;

/// Why a safetensors file was refused.
#[derive(Debug, thiserror::Error)]
pub enum TensorFileError {
    /// Not such a file, or one beyond the limits.
    #[error("this is not a usable safetensors file: {0}")]
    Malformed(String),
    /// A value is NaN or infinite.
    #[error(
        "the tensor {0} has a value that is not a finite number; the file is damaged or its training diverged"
    )]
    NotFinite(String),
    /// A value is beyond what 16 bits hold.
    #[error("the tensor {0} has a value that 16 bits cannot hold; keep the file in 32 bits")]
    TooLarge(String),
}

/// A safetensors file in memory, its header checked: the map of its tensors and its metadata.
pub(crate) struct TensorFile<'data> {
    tensors: BTreeMap<String, TensorView<'data>>,
    metadata: BTreeMap<String, String>,
}

/// A tensor's numbers on the host, row-major.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HostTensor {
    pub(crate) shape: Vec<usize>,
    pub(crate) values: Vec<f32>,
}

impl<'data> TensorFile<'data> {
    /// Read the header; the numbers stay where they are.
    pub(crate) fn parse(bytes: &'data [u8]) -> Result<Self, TensorFileError> {
        let malformed = |what: String| Err(TensorFileError::Malformed(what));
        if bytes.len() as u64 > limits::SAFETENSORS_BYTES {
            return malformed(format!("it is larger than {} GiB", limits::SAFETENSORS_BYTES >> 30));
        }
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
        if tensors.len() > limits::SAFETENSORS_TENSORS {
            return malformed(format!("it has {} tensors", tensors.len()));
        }
        Ok(Self {
            tensors: tensors.tensors().into_iter().collect(),
            metadata: metadata.into_iter().collect(),
        })
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
        self.tensors.get(name).map(TensorView::shape)
    }

    /// A tensor as f32, if it is there; f16 and bf16 are widened.
    pub(crate) fn read(&self, name: &str) -> Result<Option<HostTensor>, TensorFileError> {
        let Some(view) = self.tensors.get(name) else { return Ok(None) };
        let data = view.data();
        let halves = || data.as_chunks::<2>().0.iter().copied();
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => data.as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect(),
            Dtype::F16 => halves().map(|two| half::f16::from_le_bytes(two).to_f32()).collect(),
            Dtype::BF16 => halves().map(|two| half::bf16::from_le_bytes(two).to_f32()).collect(),
            other => {
                return Err(TensorFileError::Malformed(format!(
                    "{name} holds {other:?}, expected F32, F16 or BF16"
                )));
            }
        };
        if !values.iter().all(|value| value.is_finite()) {
            return Err(TensorFileError::NotFinite(name.into()));
        }
        Ok(Some(HostTensor { shape: view.shape().to_vec(), values }))
    }
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

/// Write tensors in a safetensors file. The same tensors and metadata give the same bytes: the
/// `safetensors` crate would write the metadata in an order of chance.
///
/// # Errors
/// [`TensorFileError::TooLarge`] if a value does not fit the precision.
pub(crate) fn tensor_file_bytes(
    tensors: &BTreeMap<String, HostTensor>,
    metadata: &BTreeMap<String, String>,
    precision: Precision,
) -> Result<Vec<u8>, TensorFileError> {
    let (dtype, size) = match precision {
        Precision::F32 => ("F32", 4),
        Precision::F16 => ("F16", 2),
    };
    let mut header = serde_json::Map::new();
    header.insert("__metadata__".into(), serde_json::json!(metadata));
    let mut end = 0;
    for (name, tensor) in tensors {
        let start = end;
        end += tensor.values.len() * size;
        let entry = serde_json::json!({"dtype": dtype, "shape": tensor.shape, "data_offsets": [start, end]});
        header.insert(name.clone(), entry);
    }
    let mut header =
        serde_json::to_vec(&header).map_err(|err| TensorFileError::Malformed(err.to_string()))?;
    // The numbers begin at a multiple of eight.
    header.resize(header.len().next_multiple_of(8), b' ');
    let mut bytes = Vec::with_capacity(8 + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    for (name, tensor) in tensors {
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
