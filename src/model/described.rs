//! What a file of weights is, in words.

use super::{Contents, Family, Inspection, ModelConfig};
use crate::field::Architecture;

impl Inspection {
    /// What it is, in a sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        match &self.contents {
            Contents::Backbone { name, .. } if self.tensors.is_complete() => {
                format!("these are the weights of {name}, a backbone: train a model with them")
            }
            Contents::Backbone { name, .. } => {
                format!(
                    "these are weights of {name}, but they cannot be loaded: {}",
                    self.tensors.complaint()
                )
            }
            Contents::Checkpoint { config, .. } => {
                format!("this is a model of this program around {}", config.backbone.name())
            }
            Contents::Unknown { nearest } => {
                format!("this is not a field, a model or a known backbone: {nearest}")
            }
        }
    }

    /// What it is and what becomes of every tensor, in lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = match &self.contents {
            Contents::Backbone { name, config, alike } => {
                let sizes = format!("{} wide, {} blocks, {} heads", config.dim, config.depth, config.heads);
                let positions = match config.family {
                    Family::Whisper => format!("{} positions", config.grid),
                    _ => format!("a grid of {0}x{0} positions", config.grid),
                };
                let mut lines = vec![format!("{name}: {sizes}, {positions}")];
                if config.family != Family::Whisper {
                    let scale = config.pixel_scale();
                    lines.push(format!("pixels: mean {:?}, deviation {:?}", scale.mean, scale.deviation));
                }
                if !alike.is_empty() {
                    let names: Vec<&str> = alike.iter().map(|family| family.short_name()).collect();
                    lines.push(format!(
                        "the tensors of {} have the same names and shapes, and only their pixels are normalised \
                         otherwise: a config.json or preprocessor_config.json beside the file tells",
                        names.join(", ")
                    ));
                }
                lines
            }
            Contents::Checkpoint { config, parameters, backbone_sha256, notes } => {
                let mut lines = vec![
                    of_checkpoint(config),
                    of_field(&config.field),
                    format!(
                        "{} parameters: backbone {}, weight tokens {}, heads {}, base {}",
                        parameters.total(),
                        parameters.backbone,
                        parameters.weight_tokens,
                        parameters.heads,
                        parameters.base
                    ),
                ];
                lines.extend(
                    backbone_sha256.iter().map(|hash| format!("needs the backbone with sha256 {hash}")),
                );
                lines
                    .extend(notes.iter().map(|(key, value)| format!("{key}: {}", value.replace('\n', "; "))));
                lines
            }
            Contents::Unknown { nearest } => {
                vec![format!("not a field, a model or a known backbone: {nearest}")]
            }
        };
        lines.extend(self.of_tensors());
        lines
    }

    fn of_tensors(&self) -> Vec<String> {
        let tensors = &self.tensors;
        let kinds: Vec<&str> = self.number_kinds.iter().map(String::as_str).collect();
        let mut lines =
            vec![format!("tensors: {tensors}; {} values, {}", self.num_values, kinds.join(" and "))];
        for (title, names) in [
            ("missing", &tensors.missing),
            ("unexpected", &tensors.unexpected),
            ("ignored", &tensors.ignored),
        ] {
            if !names.is_empty() {
                lines.push(format!("{title}: {}", names.join(", ")));
            }
        }
        lines.extend(tensors.wrong_shape.iter().map(ToString::to_string));
        lines
    }
}

fn of_checkpoint(config: &ModelConfig) -> String {
    format!(
        "{} of {} blocks, {}, {}, {} {} in, {} weight tokens",
        config.backbone.name(),
        config.backbone.depth,
        config.mode,
        config.composer,
        config.input_size,
        if config.sound.is_some() { "samples" } else { "px" },
        config.num_weight_tokens()
    )
}

/// The widths of a field, and how many weights it has.
pub(crate) fn of_field(architecture: &Architecture) -> String {
    let shapes = architecture.layer_shapes();
    let widths: Vec<String> = shapes
        .iter()
        .map(|shape| shape.d_in)
        .chain(shapes.last().map(|shape| shape.d_out))
        .map(|width| width.to_string())
        .collect();
    format!("field {}, {} parameters", widths.join("-"), architecture.num_params())
}
