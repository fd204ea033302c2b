//! Objects: a baked grid drawn at full rate while anything moves, and the exact field, tile by tile, once it rests.
//!
//! ```text
//!   VolumeFrame ─► VolumePass ─► picture (one texture, as large as the viewport) ─► the window's own pass
//!                     │             ▲
//!                     │   patches   │ baked, then exact from the middle outwards
//!                     └─► worker thread: field::{Bake, Tracer}; on a GPU both are drawn by WGSL (baked, exact)
//! ```

mod baked;
mod exact;
mod frame;
mod grid;
mod offscreen;
mod pace;
mod pass;
mod progress;
mod ready;
mod screen;
mod shade;
mod tiles;
mod worker;

pub use frame::{Backdrop, Drawn, VolumeFrame, VolumeMode, VolumeState};
pub use offscreen::VolumeOffscreen;
pub use pass::VolumePass;
pub(crate) use ready::{FINER_AT_REST, FINER_MOVING};
pub use shade::shaded;
