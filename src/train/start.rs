//! What a run starts from.

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::run_config::vit_tiny;
use super::{RunConfig, RunInputs, TrainError};
use crate::model::{
    BackboneConfig, Checkpoint, Guess, Hypernetwork, Mode, ModelError, load_backbone, recognise_backbone,
};
use crate::storage::Identity;

/// Where a network's first weights are from.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    /// The backbone's weights file, or the checkpoint.
    pub(super) file: Option<Identity>,
    /// SHA-256 of the weights file that holds the backbone; none if it was drawn, or learned.
    pub(super) backbone_sha256: Option<String>,
}

/// The network before its first step, and where it is from.
pub(super) fn network(
    config: &RunConfig,
    inputs: &RunInputs,
    device: &Device,
) -> Result<(Hypernetwork, Origin), TrainError> {
    let learning = device.clone().autodiff();
    if let Some(path) = &inputs.from {
        return from_checkpoint(config, inputs, path, &learning);
    }
    let Some(path) = &inputs.backbone else {
        if inputs.mode != Mode::Scratch {
            return Err(TrainError::Config(format!(
                "{} starts from a pretrained backbone: name its weights file by --backbone",
                inputs.mode
            )));
        }
        let model = config.model(inputs.mode, &vit_tiny());
        return Ok((Hypernetwork::init(&model, config.seed, &learning)?, Origin::default()));
    };
    let bytes = read(path)?;
    let found: BackboneConfig = match recognise_backbone(&bytes)? {
        Guess::Backbone(found) => found,
        Guess::Unknown(found) => {
            return Err(ModelError::Unrecognised { wanted: "backbone", found }.into());
        }
    };
    let model = config.model(inputs.mode, &found);
    if inputs.mode == Mode::Scratch {
        return Ok((Hypernetwork::init(&model, config.seed, &learning)?, Origin::default()));
    }
    let (backbone, _) = load_backbone(&bytes, &model.backbone, &learning)?;
    let file = identity_of(path, &bytes);
    let backbone_sha256 = Some(file.sha256.clone());
    let network = Hypernetwork::from_backbone(&model, backbone, config.seed, &learning)?;
    Ok((network, Origin { file: Some(file), backbone_sha256 }))
}

/// The network of a checkpoint, which must be what the settings say.
fn from_checkpoint(
    config: &RunConfig,
    inputs: &RunInputs,
    path: &Path,
    device: &Device,
) -> Result<(Hypernetwork, Origin), TrainError> {
    if inputs.mode == Mode::Scratch {
        let what = "scratch starts from random weights: leave out --from, or choose another mode";
        return Err(TrainError::Config(what.into()));
    }
    let bytes = read(path)?;
    let places: Vec<PathBuf> = inputs.backbone.iter().cloned().collect();
    let Checkpoint { network, backbone_sha256, .. } = Checkpoint::from_bytes(&bytes, &places, device)?;
    let was_updated = network.config().lora.is_some();
    let network = network.with_mode(inputs.mode, config.lora, config.seed, device)?;
    // Updates that became part of the backbone are in no other file.
    let backbone_sha256 = backbone_sha256.filter(|_| !was_updated || inputs.mode == Mode::Lora);
    let wanted = config.model(inputs.mode, &network.config().backbone);
    if *network.config() != wanted {
        return Err(TrainError::Config(format!(
            "the settings describe another network than {} holds: give its depth, composer, groups, \
             objective, input_size, lora, deep_prompts and field, as `hyperscope inspect` shows them",
            path.display()
        )));
    }
    Ok((network, Origin { file: Some(identity_of(path, &bytes)), backbone_sha256 }))
}

fn read(path: &Path) -> Result<Vec<u8>, TrainError> {
    Ok(std::fs::read(path).map_err(|source| ModelError::Io { path: path.into(), source })?)
}

fn identity_of(path: &Path, bytes: &[u8]) -> Identity {
    Identity::of(path.file_name().unwrap_or(path.as_os_str()).to_string_lossy(), bytes)
}
