use crate::limits;

/// Why something could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// No graphics adapter, not even a software one.
    #[error(
        "no graphics adapter was found: install a Vulkan driver (on Debian and Ubuntu the packages \
         mesa-vulkan-drivers and libvulkan1 are enough, without any GPU), or use the command line with \
         --device cpu, which needs none"
    )]
    NoAdapter,
    /// The adapter gave no device.
    #[error("the graphics adapter {name} cannot be used: {reason}; --device cpu needs no adapter")]
    Device {
        /// The adapter.
        name: String,
        /// What wgpu says.
        reason: String,
    },
    /// A shader or its pipeline was refused.
    #[error("the shader {pass} was refused: {reason}")]
    Shader {
        /// The pass's file.
        pass: String,
        /// What the compiler says.
        reason: String,
    },
    /// The device refused some work, or ran out of memory.
    #[error("the graphics device refused its work: {0}")]
    Gpu(String),
    /// The device did not finish in time, or is gone.
    #[error("the graphics device does not answer: {0}")]
    Unresponsive(String),
    /// The field is not of a picture.
    #[error("this field has {inputs} inputs and {outputs} outputs; a picture needs 2 and at least 3")]
    NotAnImage {
        /// Coordinates of a point.
        inputs: usize,
        /// Values at a point.
        outputs: usize,
    },
    /// The field is not of an object.
    #[error("this field has {inputs} inputs and {outputs} outputs; an object needs 3 and 4")]
    NotAnObject {
        /// Coordinates of a point.
        inputs: usize,
        /// Values at a point.
        outputs: usize,
    },
    /// The field does not fit the WGSL kernel on this device.
    #[error("this field does not fit the GPU: {0}; the CPU evaluates it instead")]
    FieldTooLarge(String),
    /// The size asked for is zero or beyond the limits.
    #[error("{width} by {height} pixels cannot be rendered: from 1 to {} a side", limits::EXPORT_SIDE_PX)]
    Size {
        /// Pixels in a row.
        width: u32,
        /// Pixels in a column.
        height: u32,
    },
    /// The thread that evaluates on the CPU cannot be started, or panicked.
    #[error("the CPU evaluator stopped: {0}; drop the file again to restart it")]
    Worker(String),
}
