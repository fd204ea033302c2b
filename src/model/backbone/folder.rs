//! What stands beside weights in a folder as Hugging Face and timm publish them: `config.json` and
//! `preprocessor_config.json`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::recognise::find;
use super::{BackboneConfig, Family, Guess, PixelScale};
use crate::limits;
use crate::model::ModelError;
use crate::storage::TensorFile;

/// What files of weights are called at the end.
const EXTENSIONS: [&str; 4] = ["safetensors", "pth", "pt", "bin"];
/// What the weights of a folder are called, the first that is there.
const USUAL_NAMES: [&str; 5] = [
    "model.safetensors",
    "pytorch_model.bin",
    "open_clip_model.safetensors",
    "open_clip_pytorch_model.bin",
    "pytorch_model.pt",
];

/// Whether a file is called as files of weights are.
pub(crate) fn has_weights_extension(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|own| EXTENSIONS.iter().any(|known| own.eq_ignore_ascii_case(known)))
}

/// A file of weights, and what the files beside it say.
#[derive(Debug, Clone)]
pub struct WeightsFile {
    /// Where it is.
    pub path: PathBuf,
    /// What it holds.
    pub bytes: Vec<u8>,
    notes: FolderNotes,
}

impl WeightsFile {
    /// Read a file of weights, or the one of a folder.
    ///
    /// # Errors
    /// [`ModelError::Io`] if it cannot be read, [`ModelError::Config`] if a folder has none or several, or if a
    /// `config.json` or `preprocessor_config.json` beside it cannot be understood.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let path = if path.is_dir() { weights_of(path)? } else { path.to_owned() };
        let failed = |source| ModelError::Io { path: path.clone(), source };
        let size = std::fs::metadata(&path).map_err(failed)?.len();
        if size > limits::SAFETENSORS_BYTES {
            let most = limits::SAFETENSORS_BYTES >> 30;
            return Err(ModelError::Config(format!("{} is larger than {most} GiB", path.display())));
        }
        let bytes = std::fs::read(&path).map_err(failed)?;
        let notes = FolderNotes::beside(&path)?;
        Ok(Self { path, bytes, notes })
    }

    /// The backbone that it holds, as the files beside it describe it.
    ///
    /// # Errors
    /// [`ModelError`] if it is no file of tensors, or the files beside it describe another backbone.
    pub fn recognise(&self) -> Result<Guess, ModelError> {
        match find(&TensorFile::parse(&self.bytes)?) {
            Ok((config, _)) => Ok(Guess::Backbone(self.notes.applied(config)?)),
            Err(nearest) => Ok(Guess::Unknown(nearest)),
        }
    }
}

/// The weights of a folder.
fn weights_of(folder: &Path) -> Result<PathBuf, ModelError> {
    if let Some(usual) = USUAL_NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file()) {
        return Ok(usual);
    }
    let failed = |source| ModelError::Io { path: folder.into(), source };
    let entries = std::fs::read_dir(folder).map_err(failed)?.flatten().map(|entry| entry.path());
    let mut weights = entries.filter(|path| has_weights_extension(path));
    match (weights.next(), weights.next()) {
        (Some(only), None) => Ok(only),
        (found, _) => Err(ModelError::Config(format!(
            "{} holds {} of weights ({}); name the file",
            folder.display(),
            if found.is_some() { "several files" } else { "no file" },
            EXTENSIONS.map(|extension| format!(".{extension}")).join(", ")
        ))),
    }
}

/// What a folder says of the weights in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct FolderNotes {
    pixels: Option<PixelScale>,
    family: Option<Family>,
    heads: Option<usize>,
    activation: Option<String>,
}

impl FolderNotes {
    /// What the files beside this one say; nothing if there are none, or if they are of something else.
    pub(crate) fn beside(path: &Path) -> Result<Self, ModelError> {
        let config = json(&path.with_file_name("config.json"))?;
        let pictures = json(&path.with_file_name("preprocessor_config.json"))?;
        let vision = config.get("vision_config").unwrap_or(&config);
        let timm = &config["pretrained_cfg"];
        let scales = [
            (channels(&pictures["image_mean"]), channels(&pictures["image_std"])),
            (channels(&timm["mean"]), channels(&timm["std"])),
        ];
        let told = scales.into_iter().find_map(|(mean, deviation)| mean.zip(deviation));
        let is_raw = pictures["do_normalize"] == Value::Bool(false);
        let (mean, deviation) = if is_raw { ([0.0; 3], [1.0; 3]) } else { told.unwrap_or_default() };
        let heads = ["num_attention_heads", "encoder_attention_heads"];
        let heads = heads.into_iter().find_map(|name| vision[name].as_u64());
        Ok(Self {
            pixels: (is_raw || told.is_some()).then_some(PixelScale { mean, deviation }),
            family: family_of(&config),
            heads: heads.and_then(|heads| usize::try_from(heads).ok()),
            activation: vision["hidden_act"].as_str().map(str::to_owned),
        })
    }

    /// A backbone that was recognised by its tensors, as it is described here.
    ///
    /// # Errors
    /// [`ModelError::Config`] if another one is described.
    pub(crate) fn applied(&self, found: BackboneConfig) -> Result<BackboneConfig, ModelError> {
        let mut config = found;
        if let Some(family) = self.family.filter(|family| family.is_alike(config.family)) {
            config.family = family;
        } else if let Some(pixels) = self.pixels.filter(|_| Family::ALIKE.contains(&config.family)) {
            // The tensors do not tell these apart, and the pixels tell two kinds.
            let is_augreg = pixels == Family::AugregVit.pixel_scale();
            if is_augreg != (config.family == Family::AugregVit) {
                config.family = if is_augreg { Family::AugregVit } else { Family::Deit };
            }
        }
        let usual = match config.family {
            Family::Clip => "quick_gelu",
            _ => "gelu",
        };
        let is_other = |name: &&String| config.family != Family::Whisper && name.as_str() != usual;
        if let Some(name) = self.activation.as_ref().filter(is_other) {
            return Err(ModelError::Config(format!(
                "the config.json beside these weights says hidden_act {name}, where {} has {usual}",
                config.name()
            )));
        }
        config.heads = self.heads.unwrap_or(config.heads);
        config.pixels = self.pixels.filter(|pixels| *pixels != config.family.pixel_scale());
        config.validate()?;
        Ok(config)
    }
}

/// A JSON file; null if it is not there.
fn json(path: &Path) -> Result<Value, ModelError> {
    let Ok(found) = std::fs::metadata(path) else { return Ok(Value::Null) };
    if !found.is_file() || found.len() > limits::JSON_BYTES {
        let what = format!("{} is no file of at most {} bytes", path.display(), limits::JSON_BYTES);
        return Err(ModelError::Config(what));
    }
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|source| ModelError::Io { path: path.into(), source })?;
    serde_json::from_str(&text).map_err(|err| ModelError::Config(format!("{}: {err}", path.display())))
}

/// Three numbers, or one for all channels.
fn channels(value: &Value) -> Option<[f32; 3]> {
    if let Some(one) = value.as_f64() {
        return Some([one as f32; 3]);
    }
    let [red, green, blue] = value.as_array()?.as_slice() else { return None };
    Some([red.as_f64()? as f32, green.as_f64()? as f32, blue.as_f64()? as f32])
}

/// The family that a `config.json` names, in whatever entry: of transformers or of timm.
fn family_of(config: &Value) -> Option<Family> {
    let entries = [
        &config["architecture"],
        &config["pretrained_cfg"]["tag"],
        &config["model_type"],
        &config["_name_or_path"],
    ];
    let said = entries.map(|entry| entry.as_str().unwrap_or_default().to_ascii_lowercase()).join(" ");
    let has = |word: &str| said.contains(word);
    let words: [(bool, Family); 8] = [
        (has("dinov2") && (has("with_registers") || has("reg4")), Family::Dinov2Registers),
        (has("dinov2"), Family::Dinov2),
        (has("whisper"), Family::Whisper),
        (has("clip"), Family::Clip),
        (has("mae"), Family::Mae),
        (has("deit"), Family::Deit),
        (has("dino"), Family::Dino),
        (has("augreg") || has("google/vit"), Family::AugregVit),
    ];
    words.into_iter().find_map(|(is_said, family)| is_said.then_some(family))
}
