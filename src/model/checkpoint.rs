use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::backbone::{has_weights_extension, load_backbone};
use super::loading::{Part, compare, load};
use super::names;
use super::{Hypernetwork, ModelConfig, ModelError, TensorReport};
use crate::limits;
use crate::storage::{
    HostTensor, Precision, TensorFile, read_metadata, sha256_hex, tensor_file_bytes, write_atomically,
};

const FORMAT: &str = "hyperscope.model";
const VERSION: &str = "1";
const BACKBONE_SHA256: &str = "backbone_sha256";
const BACKBONE_PREFIX: &str = "backbone.";

/// What a checkpoint file holds.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// The network, complete.
    pub network: Hypernetwork,
    /// SHA-256 of the weights file that the backbone is kept in, where the checkpoint leaves it out.
    pub backbone_sha256: Option<String>,
    /// Every other entry of the metadata: how it was trained, and what programs of a later day wrote.
    pub notes: BTreeMap<String, String>,
    /// What became of the file's tensors.
    pub report: TensorReport,
}

/// What the header of a checkpoint says.
pub(crate) struct Header {
    pub(crate) config: ModelConfig,
    pub(crate) backbone_sha256: Option<String>,
    pub(crate) notes: BTreeMap<String, String>,
}

impl Checkpoint {
    /// Read a checkpoint file. One that leaves its backbone out needs it from `backbones`: weights files,
    /// or folders of them; the right one is known by its hash.
    ///
    /// # Errors
    /// [`ModelError`] if this is not a checkpoint, its configuration is refused, a tensor that it needs is
    /// missing, misshapen or not finite, or its backbone is not found.
    pub fn from_bytes(bytes: &[u8], backbones: &[PathBuf], device: &Device) -> Result<Self, ModelError> {
        let file = TensorFile::parse(bytes)?;
        let Header { config, backbone_sha256, notes } = header(file.metadata())?;
        let network = Hypernetwork::structure(&config, device)?;
        let Some(sha256) = backbone_sha256.filter(|_| !has_backbone(&file)) else {
            let (network, report) = load(network, &file, "", Part::own, |_| false)?;
            return Ok(Self { network, backbone_sha256: None, notes, report });
        };
        let report = compare_without_backbone(&network, &file);
        if !report.is_complete() {
            return Err(ModelError::Tensors(Box::new(report)));
        }
        let weights = find_backbone(&sha256, backbones)?;
        let (backbone, _) = load_backbone(&weights, &config.backbone, device)?;
        let network = names::put_in(network, read_all(&file, &report)?).with_backbone(backbone);
        Ok(Self { network, backbone_sha256: Some(sha256), notes, report })
    }

    /// The mean of the weights of this model and others, each counting as often as it is there. Models that were trained
    /// on from the same one often have a better one in their middle: "Model soups", arXiv 2203.05482. The notes stay
    /// this one's.
    ///
    /// # Errors
    /// [`ModelError::Config`] if one is another network, [`ModelError::Device`] if weights cannot be read back.
    pub fn mean_with(mut self, others: &[Self]) -> Result<Self, ModelError> {
        let mut sums = names::read_out(&self.network)?;
        for other in others {
            if other.network.config() != self.network.config()
                || other.backbone_sha256 != self.backbone_sha256
            {
                let what = "models have a mean where they are the same network, with the same backbone if it is left out";
                return Err(ModelError::Config(what.into()));
            }
            for (name, tensor) in names::read_out(&other.network)? {
                let sum = sums.get_mut(&name).into_iter().flat_map(|sum| &mut sum.values);
                sum.zip(tensor.values).for_each(|(sum, value)| *sum += value);
            }
        }
        let count = (1 + others.len()) as f32;
        sums.values_mut().flat_map(|sum| &mut sum.values).for_each(|value| *value /= count);
        self.network = names::put_in(self.network, sums);
        Ok(self)
    }

    /// The bytes of a checkpoint file; the same checkpoint gives the same bytes. By [`Precision::F16`] the backbone alone is
    /// kept in 16 bits, most of a model: of a model for sounds whose fields are at 68.27 dB that takes 0.05 dB, and to
    /// round weight tokens, heads and base as well 0.23 dB.
    ///
    /// # Errors
    /// [`ModelError::Device`] if the weights cannot be read back, [`ModelError::File`] if one does not fit in 16 bits
    /// where those are asked for.
    pub fn to_bytes(&self, precision: Precision) -> Result<Vec<u8>, ModelError> {
        file_bytes(&self.network, self.backbone_sha256.as_deref(), &self.notes, precision)
    }
}

/// The bytes of a checkpoint file, in f32. With `backbone_sha256`, the hash of the weights file that the
/// backbone came from, the backbone is left out: the frozen one of `prompt` mode.
///
/// # Errors
/// [`ModelError::Device`] if the weights cannot be read back.
pub fn checkpoint_bytes(
    network: &Hypernetwork,
    backbone_sha256: Option<&str>,
    notes: &BTreeMap<String, String>,
) -> Result<Vec<u8>, ModelError> {
    file_bytes(network, backbone_sha256, notes, Precision::F32)
}

fn file_bytes(
    network: &Hypernetwork,
    backbone_sha256: Option<&str>,
    notes: &BTreeMap<String, String>,
    precision: Precision,
) -> Result<Vec<u8>, ModelError> {
    let mut tensors = names::read_out(network)?;
    let mut metadata = notes.clone();
    metadata.insert("format".into(), FORMAT.into());
    metadata.insert("version".into(), VERSION.into());
    metadata.insert("config".into(), network.config().to_json()?);
    if let Some(sha256) = backbone_sha256 {
        tensors.retain(|name, _| !name.starts_with(BACKBONE_PREFIX));
        metadata.insert(BACKBONE_SHA256.into(), sha256.into());
    }
    Ok(tensor_file_bytes(&tensors, &metadata, |name| {
        if name.starts_with(BACKBONE_PREFIX) { precision } else { Precision::F32 }
    })?)
}

/// Write a checkpoint file, whole or not at all: see [`checkpoint_bytes`].
///
/// # Errors
/// [`ModelError::Device`] if the weights cannot be read back, [`ModelError::Io`] if the file cannot be
/// written.
pub fn save_checkpoint(
    path: &Path,
    network: &Hypernetwork,
    backbone_sha256: Option<&str>,
    notes: &BTreeMap<String, String>,
) -> Result<(), ModelError> {
    let bytes = checkpoint_bytes(network, backbone_sha256, notes)?;
    write_atomically(path, |out| out.write_all(&bytes))
        .map_err(|source| ModelError::Io { path: path.into(), source })
}

/// Whether these bytes say that they are a model checkpoint, of any version.
#[must_use]
pub fn is_checkpoint(bytes: &[u8]) -> bool {
    TensorFile::parse(bytes).is_ok_and(|file| says_checkpoint(&file))
}

/// Whether the header says that this is a checkpoint, of any version.
pub(crate) fn says_checkpoint(file: &TensorFile) -> bool {
    file.metadata().get("format").is_some_and(|format| format == FORMAT)
}

/// Whether the backbone's tensors are in the file.
pub(crate) fn has_backbone(file: &TensorFile) -> bool {
    file.names().any(|name| name.starts_with(BACKBONE_PREFIX))
}

/// What a checkpoint's file says of its network; the weights are not read.
///
/// # Errors
/// [`ModelError`] if it cannot be read, is no checkpoint, or its configuration is refused.
pub fn read_model_config(path: &Path) -> Result<ModelConfig, ModelError> {
    Ok(header(&read_metadata(path)?)?.config)
}

/// Read the metadata of a checkpoint.
pub(crate) fn header(metadata: &BTreeMap<String, String>) -> Result<Header, ModelError> {
    let unrecognised = |found: String| Err(ModelError::Unrecognised { wanted: "model checkpoint", found });
    match metadata.get("format").map(String::as_str) {
        Some(FORMAT) => {}
        Some(other) => return unrecognised(format!("its format is {other}")),
        None => {
            return unrecognised(
                "its metadata has no format; if these are a backbone's weights, train with them".into(),
            );
        }
    }
    match metadata.get("version").map(String::as_str) {
        Some(VERSION) => {}
        version => {
            let version = version.unwrap_or("missing");
            return unrecognised(format!(
                "its version is {version}, and this program reads version {VERSION}"
            ));
        }
    }
    let Some(config) = metadata.get("config") else {
        return unrecognised("its metadata has no config".into());
    };
    let own = ["format", "version", "config", BACKBONE_SHA256];
    Ok(Header {
        config: ModelConfig::from_json(config)?,
        backbone_sha256: metadata.get(BACKBONE_SHA256).cloned(),
        notes: metadata
            .iter()
            .filter(|(key, _)| !own.contains(&key.as_str()))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
    })
}

/// The report of a checkpoint that leaves its backbone out.
pub(crate) fn compare_without_backbone(network: &Hypernetwork, file: &TensorFile) -> TensorReport {
    let mut needed = names::needed(network);
    needed.retain(|name, _| !name.starts_with(BACKBONE_PREFIX));
    compare(&needed, file, "", |_| false)
}

fn read_all(file: &TensorFile, report: &TensorReport) -> Result<BTreeMap<String, HostTensor>, ModelError> {
    let mut tensors = BTreeMap::new();
    for name in &report.loaded {
        if let Some(tensor) = file.read(name)? {
            tensors.insert(name.clone(), tensor);
        }
    }
    Ok(tensors)
}

/// The bytes of the weights file with this hash, among files and the files of weights in folders.
fn find_backbone(sha256: &str, places: &[PathBuf]) -> Result<Vec<u8>, ModelError> {
    let mut candidates: Vec<PathBuf> = Vec::new();
    for place in places {
        // The parent of a bare file name.
        let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
        if place.is_dir() {
            // A folder that cannot be listed holds nothing that could be used.
            let entries = std::fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path());
            let mut files: Vec<PathBuf> = entries.filter(|path| has_weights_extension(path)).collect();
            files.sort();
            candidates.extend(files);
        } else if place.is_file() {
            candidates.push(place.into());
        }
    }
    for path in &candidates {
        let size = std::fs::metadata(path).map_or(u64::MAX, |metadata| metadata.len());
        if size > limits::SAFETENSORS_BYTES {
            continue;
        }
        let bytes = std::fs::read(path).map_err(|source| ModelError::Io { path: path.clone(), source })?;
        if sha256_hex(&bytes) == sha256 {
            return Ok(bytes);
        }
    }
    let folders: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
    let searched = match (folders.is_empty(), candidates.len()) {
        (true, _) => "no place to look for it was given".to_owned(),
        (false, count) => format!("it is none of {count} files in {}", folders.join(", ")),
    };
    Err(ModelError::BackboneNotFound { sha256: sha256.into(), searched })
}
