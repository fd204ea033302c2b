//! Objects: a baked grid drawn at full rate while anything moves, and the exact field, tile by tile, once it rests.
//!
//! ```text
//!   VolumeFrame ─► VolumePass ─► picture (one texture, as large as the viewport) ─► the window's own pass
//!                     │             ▲
//!                     │   patches   │ baked, then exact from the middle outwards
//!                     └─► worker thread: field::{Bake, Tracer}; on a GPU the bake is drawn by WGSL (baked)
//! ```

mod baked;
mod frame;
mod pass;
mod ready;
mod screen;
mod shade;
mod tiles;
mod worker;

pub use baked::draw_baked_gpu;
pub use frame::{Backdrop, Drawn, VolumeFrame, VolumeMode, VolumeState};
pub use pass::VolumePass;
pub use shade::shaded;
