//! Draw a field: WGSL on a GPU, the CPU evaluator on a software one.
//!
//! ```text
//!   ImageFrame ─► ImagePass ─► Canvas (samples of one view) ─► screen pass ─► the window's own pass
//!                    │            ▲
//!                    │   blocks,  │ coarse to fine (plan)
//!                    └─► worker thread + field::Evaluator, or WGSL kernel (gpu_evaluator)
//! ```
//!
//! `shaders/common` and `shaders/field` are libraries, `shaders/pass` has the entry points; `compose` puts
//! them together. `plan`, `work`, `cells` and `frame` are pure arithmetic.

mod adapter;
mod canvas;
mod canvases;
mod cells;
mod color_map;
mod compose;
mod device;
mod error;
mod field_buffers;
mod frame;
mod gpu_data;
mod gpu_evaluator;
mod image_pass;
mod kernel;
mod offline;
mod offscreen;
mod plan;
mod screen_pass;
mod screen_pipelines;
mod source;
mod thread;
mod tile_evaluator;
mod volume;
mod work;
mod worker;

pub use adapter::{AdapterSummary, EvaluatorKind, adapters, with_workgroup_memory};
pub use color_map::error_color;
pub use compose::Pass;
pub use error::RenderError;
pub use frame::{FrameState, ImageFrame, ViewMode};
pub use gpu_data::{StructLayout, struct_layouts};
pub use image_pass::ImagePass;
pub use kernel::shader_source;
pub use offline::render_gpu;
pub use offscreen::Offscreen;
pub use volume::{
    Backdrop, Drawn, VolumeFrame, VolumeMode, VolumeOffscreen, VolumePass, VolumeState, shaded,
};
pub(crate) use volume::{FINER_AT_REST, FINER_MOVING};
