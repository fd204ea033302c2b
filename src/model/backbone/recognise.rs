use burn::tensor::Device;

use super::{Backbone, BackboneConfig, Family, WhisperEncoder, whisper};
use crate::limits;
use crate::media::MEL_BINS;
use crate::model::loading::{compare, load};
use crate::model::names;
use crate::model::{ModelError, TensorReport};
use crate::storage::TensorFile;

/// Attention heads of every family are this wide, whatever the size.
const HEAD_DIM: usize = 64;

/// What the tensors of a file look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guess {
    /// A backbone of a known family.
    Backbone(BackboneConfig),
    /// Not one, and what is nearest: a sentence.
    Unknown(String),
}

/// Recognise a backbone by the names and the shapes of its tensors, without its numbers.
///
/// # Errors
/// [`ModelError::File`] if the bytes are not a safetensors file.
pub fn recognise_backbone(bytes: &[u8]) -> Result<Guess, ModelError> {
    Ok(guess(&TensorFile::parse(bytes)?))
}

/// Recognise a backbone in an opened file.
pub(crate) fn guess(file: &TensorFile) -> Guess {
    let prefix = whisper::prefix(file);
    let is_whisper = ["conv1.weight", "blocks.0.attn.query.weight"]
        .iter()
        .any(|name| file.shape(&format!("{prefix}{name}")).is_some());
    if is_whisper { guess_whisper(file, prefix) } else { guess_vit(file) }
}

/// Those of these tensors that are not there with so many axes.
fn missing(file: &TensorFile, prefix: &str, needed: &[(&str, usize)]) -> Vec<String> {
    let full = needed.iter().map(|(name, rank)| (format!("{prefix}{name}"), *rank));
    full.filter(|(name, rank)| file.shape(name).is_none_or(|shape| shape.len() != *rank))
        .map(|(name, _)| name)
        .collect()
}

/// Blocks from the first one on, known by a tensor of each.
fn depth(file: &TensorFile, prefix: &str, tensor: &str) -> usize {
    (0..limits::SAFETENSORS_TENSORS)
        .take_while(|index| file.shape(&format!("{prefix}blocks.{index}.{tensor}")).is_some())
        .count()
}

fn guess_whisper(file: &TensorFile, prefix: &str) -> Guess {
    // What tells the family, with the axes that its sizes are read from.
    let missing = missing(
        file,
        prefix,
        &[
            ("conv1.weight", 3),
            ("conv2.weight", 3),
            ("positional_embedding", 2),
            ("blocks.0.attn.query.weight", 2),
            ("blocks.0.mlp.0.weight", 2),
            ("ln_post.weight", 1),
        ],
    );
    if !missing.is_empty() {
        return Guess::Unknown(format!(
            "nearest is a Whisper encoder in OpenAI's names, without {}",
            missing.join(", ")
        ));
    }
    let axis = |name: &str, axis: usize| {
        file.shape(&format!("{prefix}{name}")).and_then(|shape| shape.get(axis)).copied().unwrap_or(0)
    };
    let (dim, mels) = (axis("conv1.weight", 0), axis("conv1.weight", 1));
    if dim == 0 || !dim.is_multiple_of(HEAD_DIM) || mels != MEL_BINS {
        return Guess::Unknown(format!(
            "nearest is a Whisper encoder, but {dim} wide with {mels} mel bins, where a multiple of {HEAD_DIM} and \
             {MEL_BINS} were expected"
        ));
    }
    let config = BackboneConfig {
        family: Family::Whisper,
        dim,
        depth: depth(file, prefix, "attn_ln.weight"),
        heads: dim / HEAD_DIM,
        mlp: axis("blocks.0.mlp.0.weight", 0),
        patch: whisper::STRIDE,
        grid: axis("positional_embedding", 0),
    };
    match config.validate() {
        Ok(()) => Guess::Backbone(config),
        Err(err) => Guess::Unknown(format!("nearest is a Whisper encoder, but {err}")),
    }
}

fn guess_vit(file: &TensorFile) -> Guess {
    // What tells the family, with the axes that its sizes are read from.
    let missing = missing(
        file,
        "",
        &[
            ("patch_embed.proj.weight", 4),
            ("cls_token", 3),
            ("pos_embed", 3),
            ("blocks.0.attn.qkv.weight", 2),
            ("blocks.0.mlp.fc1.weight", 2),
            ("norm.weight", 1),
        ],
    );
    if !missing.is_empty() {
        return Guess::Unknown(format!(
            "nearest is an AugReg ViT in timm's names, without {}",
            missing.join(", ")
        ));
    }
    let axis =
        |name: &str, axis: usize| file.shape(name).and_then(|shape| shape.get(axis)).copied().unwrap_or(0);
    let dim = axis("patch_embed.proj.weight", 0);
    let positions = axis("pos_embed", 1);
    let grid = positions.saturating_sub(1).isqrt();
    let has_layer_scale = file.shape("blocks.0.ls1.gamma").is_some();
    if has_layer_scale || file.shape("norm_pre.weight").is_some() {
        return Guess::Unknown(
            "nearest is an AugReg ViT, but it has layer scales or a norm before the blocks (DINOv2, CLIP)"
                .into(),
        );
    }
    if dim == 0 || !dim.is_multiple_of(HEAD_DIM) || positions != 1 + grid * grid {
        return Guess::Unknown(format!(
            "nearest is an AugReg ViT, but {dim} wide with {positions} positions, where a multiple of {HEAD_DIM} and \
             one more than a square were expected"
        ));
    }
    let config = BackboneConfig {
        family: Family::AugregVit,
        dim,
        depth: depth(file, "", "norm1.weight"),
        heads: dim / HEAD_DIM,
        mlp: axis("blocks.0.mlp.fc1.weight", 0),
        patch: axis("patch_embed.proj.weight", 2),
        grid,
    };
    match config.validate() {
        Ok(()) => Guess::Backbone(config),
        Err(err) => Guess::Unknown(format!("nearest is an AugReg ViT, but {err}")),
    }
}

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
    let refuse = |found: String| Err(ModelError::Unrecognised { wanted: "backbone", found });
    let found = match guess(&file) {
        Guess::Backbone(found) => found,
        Guess::Unknown(found) => return refuse(found),
    };
    if found.family != config.family {
        return refuse(format!("it is {}, where the model wants {}", found.name(), config.name()));
    }
    // Loaded as the file has it; the grid that is asked for comes after.
    let stored = BackboneConfig { grid: found.grid, ..config.clone() };
    if config.family == Family::Whisper {
        let (encoder, report) = WhisperEncoder::from_file(&file, &stored, device)?;
        return Ok((encoder.into_backbone(config), report));
    }
    let backbone = Backbone::structure(&stored, device);
    let (backbone, report) = load(backbone, &file, "", |name| is_known_extra(name, config.depth))?;
    Ok((backbone.with_grid(config.grid), report))
}

/// The report of loading the backbone that the file itself seems to hold.
pub(crate) fn report_backbone(file: &TensorFile, config: &BackboneConfig) -> TensorReport {
    if config.family == Family::Whisper {
        return whisper::report(file, config);
    }
    let backbone = Backbone::structure(config, &crate::model::cpu_device());
    compare(&names::needed(&backbone), file, "", |name| is_known_extra(name, config.depth))
}

/// In the file and not needed: the classifier, and blocks after the last one in use.
fn is_known_extra(name: &str, depth: usize) -> bool {
    let block = name.strip_prefix("blocks.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
    block.is_some_and(|index| index >= depth)
        || ["head.", "head_dist.", "pre_logits.", "fc_norm."].iter().any(|prefix| name.starts_with(prefix))
}
