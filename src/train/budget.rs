//! What a step costs, so that runs can be given equal budgets.

use super::RunConfig;
use crate::model::{Mode, ModelConfig, SignalKind};

/// Floating-point operations of the matrix products of a gradient step, of objects that are read from one view (a
/// multiply-add is two): forward once; backward once for what goes in and, where the weights learn, once for them.
#[must_use]
pub fn flops_per_step(config: &RunConfig, model: &ModelConfig) -> u64 {
    let backbone_passes = match model.mode {
        Mode::Scratch | Mode::Finetune => 3,
        Mode::Prompt | Mode::Lora => 2,
    };
    let points = match config.kind {
        SignalKind::Image => config.pixels_per_picture,
        SignalKind::Object => config.objects.rays_per_object * config.objects.samples_per_ray,
        SignalKind::Sound => config.sounds.instants_per_window,
    };
    let item = backbone_passes * model.backbone_flops()
        + 3 * (model.head_flops() + points as u64 * config.field.flops_per_point());
    config.batch_size as u64 * item
}
