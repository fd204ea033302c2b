use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

use super::backbone::{FolderNotes, inspect_backbone};
use super::checkpoint::{self, Header, compare_without_backbone, has_backbone};
use super::loading::compare;
use super::names;
use super::{
    BackboneConfig, Family, Hypernetwork, ModelConfig, ModelError, ParameterCounts, TensorReport, cpu_device,
};
use crate::storage::TensorFile;

/// What a file of weights is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// What it is.
    pub contents: Contents,
    /// What becomes of its tensors.
    pub tensors: TensorReport,
    /// Numbers in all its tensors.
    pub num_values: usize,
    /// What kinds of numbers they are, as safetensors names them: F32, F16, BF16.
    pub number_kinds: BTreeSet<String>,
}

/// What a file of weights holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Contents {
    /// A backbone that can be trained from.
    Backbone {
        /// What people call it: `ViT-Ti/16`.
        name: String,
        /// Its size, with all its blocks.
        config: BackboneConfig,
        /// Families whose tensors have the same names and shapes, so that it may be one of them.
        alike: Vec<Family>,
    },
    /// A hypernetwork.
    Checkpoint {
        /// What it is.
        config: Box<ModelConfig>,
        /// How large it is.
        parameters: ParameterCounts,
        /// SHA-256 of the weights file that it needs, where the backbone is not in it.
        backbone_sha256: Option<String>,
        /// The rest of its metadata.
        notes: BTreeMap<String, String>,
    },
    /// Something else, and what is nearest.
    Unknown {
        /// A sentence.
        nearest: String,
    },
}

/// Say what a file of weights is, safetensors or PyTorch's, from the names and the shapes of its tensors.
///
/// # Errors
/// [`ModelError`] if it is no file of tensors, or a checkpoint whose configuration is refused.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, ModelError> {
    inspect_beside(bytes, &FolderNotes::default())
}

/// [`inspect`] a file, with what a `config.json` or `preprocessor_config.json` beside it says.
///
/// # Errors
/// As [`inspect`], and if those cannot be read, or describe another backbone.
pub fn inspect_at(path: &Path, bytes: &[u8]) -> Result<Inspection, ModelError> {
    inspect_beside(bytes, &FolderNotes::beside(path)?)
}

fn inspect_beside(bytes: &[u8], notes: &FolderNotes) -> Result<Inspection, ModelError> {
    let file = TensorFile::parse(bytes)?;
    let num_values =
        file.names().filter_map(|name| file.shape(name)).map(|shape| shape.iter().product::<usize>()).sum();
    let (contents, tensors) = if checkpoint::says_checkpoint(&file) {
        inspect_checkpoint(&file)?
    } else if let Some(format) =
        file.metadata().get("format").filter(|format| format.starts_with("hyperscope."))
    {
        (
            Contents::Unknown { nearest: format!("it says that it is a {format}, not a model") },
            TensorReport::default(),
        )
    } else {
        match inspect_backbone(&file) {
            Ok((found, report)) => {
                let config = notes.applied(found)?;
                let others = || Family::ALIKE.into_iter().filter(|family| *family != config.family);
                // Files beside it that tell of pixels have told what there is to tell.
                let is_told = *notes != FolderNotes::default() || !Family::ALIKE.contains(&config.family);
                let alike = if is_told { Vec::new() } else { others().collect() };
                (Contents::Backbone { name: config.name(), config, alike }, report)
            }
            Err(nearest) => {
                let unexpected = file.names().map(str::to_owned).collect();
                (Contents::Unknown { nearest }, TensorReport { unexpected, ..TensorReport::default() })
            }
        }
    };
    Ok(Inspection { contents, tensors, num_values, number_kinds: file.number_kinds() })
}

fn inspect_checkpoint(file: &TensorFile) -> Result<(Contents, TensorReport), ModelError> {
    let Header { config, backbone_sha256, notes } = checkpoint::header(file.metadata())?;
    let network = Hypernetwork::structure(&config, &cpu_device())?;
    let backbone_sha256 = backbone_sha256.filter(|_| !has_backbone(file));
    let report = if backbone_sha256.is_some() {
        compare_without_backbone(&network, file)
    } else {
        compare(&names::needed(&network), file, "", |_| false)
    };
    let parameters = config.parameters();
    Ok((Contents::Checkpoint { config: Box::new(config), parameters, backbone_sha256, notes }, report))
}
