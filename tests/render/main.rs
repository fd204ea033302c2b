//! Shaders against their CPU twins, and the image pass as it is seen, on whatever adapter there is.

mod image_pass;
mod modes;
mod shaders;
mod support;
