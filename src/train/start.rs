//! What a run starts from.

use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::{RunConfig, RunInputs, TrainError};
use crate::model::{
    BackboneConfig, Checkpoint, Guess, Hypernetwork, Mode, ModelConfig, ModelError, WeightsFile,
    load_backbone,
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
    let file = inputs.backbone.as_deref().map(WeightsFile::read).transpose()?;
    let model = config.model(inputs.mode, &size(config, inputs.mode, file.as_ref())?);
    let Some(file) = file.filter(|_| inputs.mode != Mode::Scratch) else {
        return Ok((Hypernetwork::init(&model, config.seed, &learning)?, Origin::default()));
    };
    let (backbone, _) = load_backbone(&file.bytes, &model.backbone, &learning)?;
    let file = identity_of(&file.path, &file.bytes);
    let backbone_sha256 = Some(file.sha256.clone());
    let network = Hypernetwork::from_backbone(&model, backbone, config.seed, &learning)?;
    Ok((network, Origin { file: Some(file), backbone_sha256 }))
}

/// What a run's network will be, without making it: how large it is, or why it is refused.
///
/// # Errors
/// [`TrainError`] if a setting or the backbone's weights file is refused, or they do not go together.
pub fn planned_model(
    config: &RunConfig,
    mode: Mode,
    backbone: Option<&Path>,
) -> Result<ModelConfig, TrainError> {
    config.validate()?;
    let file = backbone.map(WeightsFile::read).transpose()?;
    let model = config.model(mode, &size(config, mode, file.as_ref())?);
    model.validate()?;
    Ok(model)
}

/// The backbone's size: that of a weights file, or of what `scratch` draws without one.
fn size(config: &RunConfig, mode: Mode, file: Option<&WeightsFile>) -> Result<BackboneConfig, TrainError> {
    let Some(file) = file else {
        if mode != Mode::Scratch {
            return Err(TrainError::Config(format!(
                "{mode} starts from a pretrained backbone: name its weights file by --backbone"
            )));
        }
        return Ok(config.random_backbone.config());
    };
    match file.recognise()? {
        Guess::Backbone(found) => Ok(found),
        Guess::Unknown(found) => Err(ModelError::Unrecognised { wanted: "backbone", found }.into()),
    }
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
