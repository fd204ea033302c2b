/// One sample of everything that can be listened to, at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Frame {
    /// The field, left and right; twice the same if it is mono.
    pub field: [f32; 2],
    /// The source, left and right; twice the same if it is mono.
    pub source: [f32; 2],
    /// Where in the sound it is, in seconds: sample j of rate r begins at j / r.
    pub position_secs: f64,
    /// Which jump it was made after: frames made before the latest one are not heard.
    pub generation: u32,
    /// Whether neither track tells left from right: then it is heard on every channel of a device.
    pub is_mono: bool,
}
