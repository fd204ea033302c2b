//! What the shaders read, byte for byte. `tests/shaders.rs` compares every offset with the shaders' own.

use std::mem::offset_of;

use bytemuck::{Pod, Zeroable};

/// Where the members of one shader structure lie in memory, for the comparison with the shader's own view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StructLayout {
    /// The structure's name in WGSL.
    pub name: &'static str,
    /// Bytes in all.
    pub size: usize,
    /// Name and byte offset of every member, in order.
    pub members: Vec<(&'static str, usize)>,
}

/// Declare the mirror of a WGSL structure, and how to describe it.
macro_rules! mirror {
    ($(#[$doc:meta])* $name:ident { $($member:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        #[repr(C)]
        #[derive(Debug, Clone, Copy, Default, Pod, Zeroable)]
        pub(super) struct $name {
            $(pub(super) $member: $kind,)*
        }

        impl $name {
            fn layout() -> StructLayout {
                StructLayout {
                    name: stringify!($name),
                    size: size_of::<Self>(),
                    members: vec![$((stringify!($member), offset_of!(Self, $member))),*],
                }
            }
        }
    };
}

mirror! {
    /// A field's sizes, and where its parts lie among the weights; see `shaders/field/shape.wgsl`.
    FieldShape {
        hidden_quads: u32,
        middle_layers: u32,
        axis_features: u32,
        first_weight: u32,
        first_bias: u32,
        middle_weight: u32,
        middle_stride: u32,
        last_weight: u32,
        last_bias: u32,
        output_offset: f32,
        omega0_first: f32,
        omega0: f32,
    }
}

mirror! {
    /// The coordinates that one dispatch projects; see `shaders/pass/project_axes.wgsl`.
    AxisRange { first: u32, column_base: u32, end: u32, padding: u32 }
}

mirror! {
    /// A grid of samples; see `shaders/pass/evaluate_tiles.wgsl`.
    Tile {
        origin: [u32; 2],
        step: [u32; 2],
        columns: u32,
        rows: u32,
        column_base: u32,
        padding: u32,
    }
}

mirror! {
    /// A canvas seen through the present view; see `shaders/common/canvas.wgsl`.
    Place { offset: [f32; 2], scale: f32, padding: f32, clip: [f32; 4] }
}

mirror! {
    /// What is seen; see `shaders/pass/screen.wgsl`.
    Screen {
        viewport_px: [f32; 2],
        source_base: [i32; 2],
        source_fraction: [f32; 2],
        source_step: [f32; 2],
        source_px: [i32; 2],
        source_lod: f32,
        error_scale: f32,
    }
}

mirror! {
    /// One rectangle of the screen; see `shaders/pass/screen.wgsl`.
    Instance { rect: [f32; 4], value: [f32; 4] }
}

mirror! {
    /// What is behind an object; see `shaders/pass/volume_screen.wgsl`.
    VolumeScreen { backdrop: [f32; 4], viewport_px: [f32; 2], is_checker: u32, padding: u32 }
}

mirror! {
    /// A baked object and where it is seen from; see `shaders/field/bake.wgsl`.
    BakedView {
        origin: [f32; 3],
        near: f32,
        corner: [f32; 3],
        far: f32,
        along_x: [f32; 3],
        voxel: f32,
        along_y: [f32; 3],
        finer: f32,
        low: [f32; 3],
        mode: u32,
        crop_low: [f32; 3],
        padding_low: f32,
        crop_high: [f32; 3],
        padding_high: f32,
        camera_x: [f32; 3],
        padding_x: f32,
        camera_y: [f32; 3],
        padding_y: f32,
        camera_z: [f32; 3],
        padding_z: f32,
    }
}

mirror! {
    /// What one dispatch draws of an object; see `shaders/pass/trace_rays.wgsl`.
    Tracing {
        viewport_px: [u32; 2],
        first_square: u32,
        samples: u32,
        gain: f32,
        doubt_max: f32,
        opaque: f32,
        last_spacing: f32,
    }
}

/// The layouts of all structures that are shared with the shaders.
#[must_use]
pub fn struct_layouts() -> Vec<StructLayout> {
    vec![
        FieldShape::layout(),
        AxisRange::layout(),
        Tile::layout(),
        Place::layout(),
        Screen::layout(),
        Instance::layout(),
        VolumeScreen::layout(),
        BakedView::layout(),
        Tracing::layout(),
    ]
}
