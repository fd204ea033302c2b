// What the passes know of a field beside the generated constants: the mirror of gpu_data::FieldShape.
// Every number that bounds a loop is here and not a constant, for drivers unroll constant bounds.
//
// `weights` holds quads of four neighbouring outputs, layer after layer, widths padded with zeros to
// multiples of four. First: `[axis][feature][hidden_quads]`, then its bias. Middle layers: `[hidden][hidden_quads]`
// and a bias each, `middle_stride` apart. Last: `[hidden][1]`, then its bias.

struct FieldShape {
    // Quads of a hidden layer: its padded width over 4.
    hidden_quads: u32,
    // Layers from hidden to hidden.
    middle_layers: u32,
    // Features of one encoded axis.
    axis_features: u32,
    // Places in `weights`, in quads.
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
