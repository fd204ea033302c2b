use burn::tensor::Device;

use super::recognise::find;
use super::{Backbone, BackboneConfig, Family, WhisperEncoder};
use crate::model::loading::{compare, load, needed};
use crate::model::{ModelError, TensorReport};
use crate::storage::TensorFile;

/// Load the backbone that `config` asks for: its first `depth` blocks, with the positions resampled if
/// `config` asks for another grid than the file has. Of Whisper, whose own tokens are no part of a hypernetwork,
/// blocks and norm remain.
///
/// # Errors
/// [`ModelError`] if the file is not such a backbone, or a tensor that it needs is missing, misshapen or
/// not finite.
pub fn load_backbone(
    bytes: &[u8],
    config: &BackboneConfig,
    device: &Device,
) -> Result<(Backbone, TensorReport), ModelError> {
    config.validate()?;
    let file = TensorFile::parse(bytes)?;
    let refuse = |found: String| ModelError::Unrecognised { wanted: "backbone", found };
    let (found, layout) = find(&file).map_err(refuse)?;
    if !found.family.is_alike(config.family) {
        return Err(refuse(format!("it is {}, where the model wants {}", found.name(), config.name())));
    }
    // Loaded as the file has it; the grid that is asked for comes after.
    let stored = BackboneConfig { grid: found.grid, ..config.clone() };
    if config.family == Family::Whisper {
        let (encoder, report) = WhisperEncoder::from_file(&file, &layout, &stored, device)?;
        return Ok((encoder.into_backbone(config), report));
    }
    let backbone = Backbone::structure(&stored, device);
    let parts = |name: &str, shape: &[usize]| layout.parts(name, shape);
    let is_known_extra = |name: &str| layout.is_known_extra(name, config.depth);
    let (backbone, report) = load(backbone, &file, &layout.prefix, parts, is_known_extra)?;
    Ok((backbone.with_grid(config.grid), report))
}

/// The backbone in an opened file with the report of loading it; else what is nearest, in a sentence.
pub(crate) fn inspect_backbone(file: &TensorFile) -> Result<(BackboneConfig, TensorReport), String> {
    let (config, layout) = find(file)?;
    let device = crate::model::cpu_device();
    let parts = |name: &str, shape: &[usize]| layout.parts(name, shape);
    let needed = match config.family {
        Family::Whisper => needed(&WhisperEncoder::structure(&config, &device), parts),
        _ => needed(&Backbone::structure(&config, &device), parts),
    };
    let report = compare(&needed, file, &layout.prefix, |name| layout.is_known_extra(name, config.depth));
    Ok((config, report))
}
