use std::collections::BTreeMap;

use super::naming::{Layout, NAMINGS, Naming};
use super::{BackboneConfig, Family, whisper};
use crate::limits;
use crate::media::MEL_BINS;
use crate::model::ModelError;
use crate::storage::TensorFile;

/// Attention heads of every family are this wide, whatever the size.
const HEAD_DIM: usize = 64;
/// Side of a patch of every `DINOv2`.
const DINOV2_PATCH: usize = 14;
/// Width of a ViT-Ti and of a ViT-L.
const DIM_TINY: usize = 192;
const DIM_LARGE: usize = 1_024;

/// What the tensors of a file look like.
#[derive(Debug, Clone, PartialEq)]
pub enum Guess {
    /// A backbone of a known family.
    Backbone(BackboneConfig),
    /// Not one, and what is nearest: a sentence.
    Unknown(String),
}

/// Recognise a backbone by the names and the shapes of its tensors, without its numbers.
///
/// # Errors
/// [`ModelError::File`] if the bytes are no file of tensors.
pub fn recognise_backbone(bytes: &[u8]) -> Result<Guess, ModelError> {
    Ok(match find(&TensorFile::parse(bytes)?) {
        Ok((config, _)) => Guess::Backbone(config),
        Err(nearest) => Guess::Unknown(nearest),
    })
}

/// The backbone in an opened file and how its tensors are named; else what is nearest, in a sentence.
pub(super) fn find(file: &TensorFile) -> Result<(BackboneConfig, Layout), String> {
    let mut nearest: Option<(f64, &'static Naming, String)> = None;
    for naming in NAMINGS {
        let (hits, prefix) = prefix(file, naming);
        let share = hits as f64 / naming.telltales.len() as f64;
        if share > nearest.as_ref().map_or(0.0, |(most, ..)| *most) {
            nearest = Some((share, naming, prefix));
        }
    }
    let Some((_, naming, prefix)) = nearest else {
        let mut families = Family::ALL.map(Family::short_name).to_vec();
        families.dedup();
        return Err(format!(
            "no tensor in it is named as in the backbones that are known here: {}",
            families.join(", ")
        ));
    };
    let seen = Seen { file, naming, prefix };
    let missing: Vec<String> = naming
        .telltales
        .iter()
        .filter(|(name, rank)| seen.shape(name).is_none_or(|shape| shape.len() != *rank))
        .map(|(name, _)| format!("{}{name}", seen.prefix))
        .collect();
    if !missing.is_empty() {
        return Err(format!("nearest is {}, without {}", naming.described, missing.join(", ")));
    }
    let but = |what: String| format!("nearest is {}, but {what}", naming.described);
    let (config, has_class_position) =
        if seen.is_whisper() { (seen.whisper().map_err(but)?, true) } else { seen.vision().map_err(but)? };
    config.validate().map_err(|err| but(err.to_string()))?;
    Ok((config, Layout { naming, prefix: seen.prefix, has_class_position }))
}

/// What stands before the names of this kind in the file, and how many of its telltales are there: where several are
/// possible, the one that most of them have, and of those the shortest.
fn prefix(file: &TensorFile, naming: &Naming) -> (usize, String) {
    let mut hits: BTreeMap<&str, usize> = BTreeMap::new();
    for name in file.names() {
        for (telltale, rank) in naming.telltales {
            let before =
                name.strip_suffix(telltale).filter(|before| before.is_empty() || before.ends_with('.'));
            let has_rank = || file.shape(name).is_some_and(|shape| shape.len() == *rank);
            if let Some(before) = before.filter(|_| has_rank()) {
                *hits.entry(before).or_default() += 1;
            }
        }
    }
    let best = hits.into_iter().max_by_key(|(before, count)| (*count, std::cmp::Reverse(before.len())));
    best.map_or_else(Default::default, |(before, count)| (count, before.to_owned()))
}

/// A file, seen as named in one way.
struct Seen<'a> {
    file: &'a TensorFile<'a>,
    naming: &'static Naming,
    prefix: String,
}

impl Seen<'_> {
    fn shape(&self, name: &str) -> Option<&[usize]> {
        self.file.shape(&format!("{}{name}", self.prefix))
    }

    /// Length of an axis, counted from the first.
    fn axis(&self, name: &str, axis: usize) -> usize {
        self.shape(name).and_then(|shape| shape.get(axis)).copied().unwrap_or(0)
    }

    /// The name in this file of what timm calls so.
    fn theirs(&self, name: &str) -> String {
        let layout = Layout { naming: self.naming, prefix: String::new(), has_class_position: true };
        layout.parts(name, &[1, 1, 1]).into_iter().find_map(|part| part.name).unwrap_or_default()
    }

    fn has(&self, name: &str) -> bool {
        self.shape(&self.theirs(name)).is_some()
    }

    fn is_whisper(&self) -> bool {
        self.naming.is_whisper
    }

    /// Blocks from the first one on, known by a tensor of each.
    fn depth(&self) -> usize {
        (0..limits::SAFETENSORS_TENSORS)
            .take_while(|index| self.has(&format!("blocks.{index}.norm1.weight")))
            .count()
    }

    fn whisper(&self) -> Result<BackboneConfig, String> {
        let (dim, mels) = (self.axis("conv1.weight", 0), self.axis("conv1.weight", 1));
        if dim == 0 || !dim.is_multiple_of(HEAD_DIM) || mels != MEL_BINS {
            return Err(format!(
                "{dim} wide with {mels} mel bins, where a multiple of {HEAD_DIM} and {MEL_BINS} were expected"
            ));
        }
        Ok(BackboneConfig {
            family: Family::Whisper,
            dim,
            depth: self.depth(),
            heads: dim / HEAD_DIM,
            mlp: self.axis(&self.theirs("blocks.0.mlp.fc1.weight"), 0),
            patch: whisper::STRIDE,
            grid: self.axis(&self.theirs("positional_embedding"), 0),
            pixels: None,
        })
    }

    /// The backbone, and whether the class token has a position.
    fn vision(&self) -> Result<(BackboneConfig, bool), String> {
        let patches = self.theirs("patch_embed.proj.weight");
        let (dim, patch) = (self.axis(&patches, 0), self.axis(&patches, 2));
        let positions = self.shape(&self.theirs("pos_embed")).unwrap_or_default();
        let positions = positions.iter().rev().nth(1).copied().unwrap_or(0);
        let family = self.family(dim, patch)?;
        let is_square = |count: usize| count > 0 && count.isqrt().pow(2) == count;
        // Only timm's with registers, so that a square of patches is never taken for one more.
        let has_class_position = !(self.has("reg_token") && is_square(positions));
        let places = positions.saturating_sub(usize::from(has_class_position));
        if dim == 0 || !dim.is_multiple_of(HEAD_DIM) || !is_square(places) {
            return Err(format!(
                "{dim} wide with {positions} positions, where a multiple of {HEAD_DIM} and one more than a square \
                 were expected"
            ));
        }
        let config = BackboneConfig {
            family,
            dim,
            depth: self.depth(),
            heads: dim / HEAD_DIM,
            mlp: self.axis(&self.theirs("blocks.0.mlp.fc1.weight"), 0),
            patch,
            grid: places.isqrt(),
            pixels: None,
        };
        Ok((config, has_class_position))
    }

    fn family(&self, dim: usize, patch: usize) -> Result<Family, String> {
        let has_scales = self.has("blocks.0.ls1.gamma");
        if self.has("norm_pre.weight") {
            return if has_scales { Err("it has layer scales".into()) } else { Ok(Family::Clip) };
        }
        if has_scales {
            let registers = self.axis(&self.theirs("reg_token"), 1);
            return match (patch, registers) {
                (DINOV2_PATCH, 0) => Ok(Family::Dinov2),
                (DINOV2_PATCH, 4) => Ok(Family::Dinov2Registers),
                _ => Err(format!(
                    "it has layer scales, patches of {patch} px and {registers} registers, where a DINOv2 has \
                     {DINOV2_PATCH} px and none or 4"
                )),
            };
        }
        if self.has("dist_token") || self.shape("embeddings.distillation_token").is_some() {
            return Err("it is a distilled DeiT, whose second class token is not read".into());
        }
        Ok(self.plain_family(dim))
    }

    /// Of the families whose tensors are alike, the one whose files usually look like this: with or without a
    /// classifier, a decoder, and a dictionary around all.
    fn plain_family(&self, dim: usize) -> Family {
        let has_name = |part: &str| self.file.names().any(|name| name.contains(part));
        let is_in_model = self.prefix == "model.";
        if ["decoder_embed", "decoder_pos_embed", "mask_token"].iter().any(|part| has_name(part)) {
            Family::Mae
        } else if has_name("head.weight") || has_name("classifier.weight") {
            // Facebook's own files of DeiT have a dictionary around them, as those of MAE.
            if is_in_model { Family::Deit } else { Family::AugregVit }
        } else if is_in_model || dim >= DIM_LARGE {
            Family::Mae
        } else if has_name("pooler.") || dim == DIM_TINY {
            Family::AugregVit
        } else {
            Family::Dino
        }
    }
}
