use std::collections::BTreeMap;

use serde::Serialize;

use super::backbone::{Guess, guess, report_backbone};
use super::checkpoint::{self, Header, compare_without_backbone, has_backbone};
use super::loading::compare;
use super::names;
use super::{
    BackboneConfig, Hypernetwork, ModelConfig, ModelError, ParameterCounts, TensorReport, cpu_device,
};
use crate::storage::TensorFile;

/// What a safetensors file of weights is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inspection {
    /// What it is.
    pub contents: Contents,
    /// What becomes of its tensors.
    pub tensors: TensorReport,
    /// Numbers in all its tensors.
    pub num_values: usize,
}

/// What a safetensors file of weights holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Contents {
    /// A backbone that can be trained from.
    Backbone {
        /// What people call it: `ViT-Ti/16`.
        name: String,
        /// Its size, with all its blocks.
        config: BackboneConfig,
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

/// Say what a safetensors file of weights is, from its header alone.
///
/// # Errors
/// [`ModelError`] if it is not a safetensors file, or a checkpoint whose configuration is refused.
pub fn inspect(bytes: &[u8]) -> Result<Inspection, ModelError> {
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
        match guess(&file) {
            Guess::Backbone(config) => {
                let report = report_backbone(&file, &config);
                (Contents::Backbone { name: config.name(), config }, report)
            }
            Guess::Unknown(nearest) => {
                let unexpected = file.names().map(str::to_owned).collect();
                (Contents::Unknown { nearest }, TensorReport { unexpected, ..TensorReport::default() })
            }
        }
    };
    Ok(Inspection { contents, tensors, num_values })
}

fn inspect_checkpoint(file: &TensorFile) -> Result<(Contents, TensorReport), ModelError> {
    let Header { config, backbone_sha256, notes } = checkpoint::header(file)?;
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
