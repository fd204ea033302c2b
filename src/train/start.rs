//! What a run starts from.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use burn::tensor::Device;

use super::{ObjectSettings, RunConfig, RunInputs, SoundSettings, TrainError};
use crate::field::Architecture;
use crate::model::{
    BackboneConfig, Checkpoint, Guess, Hypernetwork, Mode, ModelConfig, ModelError, SoundConfig, WeightsFile,
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
        Guess::Unknown(found) => {
            let found = format!("{found} ({})", file.path.display());
            Err(ModelError::Unrecognised { wanted: "backbone", found }.into())
        }
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
    let was_resized = network.config().input_size != config.input_size;
    let network = network
        .with_mode(inputs.mode, config.lora, config.seed, device)?
        .with_input_size(config.input_size)?
        .with_groups(config.groups)?;
    // Updates that became part of the backbone, and positions that were resampled, are in no other file.
    let is_in_its_file = !was_resized && (!was_updated || inputs.mode == Mode::Lora);
    let backbone_sha256 = backbone_sha256.filter(|_| is_in_its_file);
    let wanted = config.model(inputs.mode, &network.config().backbone);
    if *network.config() != wanted {
        return Err(TrainError::Config(format!(
            "the settings describe another network than {} holds: they differ in {}; leave that out, or give it as \
             `hyperscope inspect` shows it",
            path.display(),
            differences(&wanted, network.config())?
        )));
    }
    Ok((network, Origin { file: Some(identity_of(path, &bytes)), backbone_sha256 }))
}

/// Which settings two networks differ in.
fn differences(one: &ModelConfig, other: &ModelConfig) -> Result<String, TrainError> {
    let table = |config| toml::Table::try_from(config).map_err(|err| TrainError::Config(err.to_string()));
    let (one, other) = (table(one)?, table(other)?);
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differ: Vec<&str> =
        names.into_iter().filter(|name| one.get(*name) != other.get(*name)).map(String::as_str).collect();
    Ok(differ.join(", "))
}

/// The recipe for going on from a model: that of its kind, for its network.
#[must_use]
pub fn recipe_of(model: &ModelConfig) -> RunConfig {
    let recipe = RunConfig::of(model.kind);
    let ObjectSettings { depths, .. } = recipe.objects;
    RunConfig {
        input_size: model.input_size,
        depth: model.backbone.depth,
        composer: model.composer,
        groups: model.groups,
        objective: model.objective,
        lora: model.lora.unwrap_or(recipe.lora),
        deep_prompts: model.deep_prompts,
        objects: ObjectSettings { depths: model.depths.unwrap_or(depths), ..recipe.objects.of_going_on() },
        sounds: match model.sound {
            Some(SoundConfig { sample_rate, patch }) => SoundSettings { sample_rate, patch, ..recipe.sounds },
            None => recipe.sounds,
        },
        // The objective gives it its spread.
        field: Architecture { spread: false, ..model.field.clone() },
        ..recipe
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TrainError> {
    Ok(std::fs::read(path).map_err(|source| ModelError::Io { path: path.into(), source })?)
}

fn identity_of(path: &Path, bytes: &[u8]) -> Identity {
    Identity::of(path.file_name().unwrap_or(path.as_os_str()).to_string_lossy(), bytes)
}
