// A field at the crossings of rows and columns, all layers in one kernel; the weights come through the cache, for
// workgroup memory is worth more as more samples.

#import "field/layers.wgsl"
#import "field/weights_cached.wgsl"

// A regular grid of canvas pixels: the mirror of gpu_data::Tile.
struct Tile {
    // Pixel of the first sample, x and y.
    origin: vec2u,
    // Pixels between samples.
    step: vec2u,
    columns: u32,
    rows: u32,
    // Where columns begin in `projections`.
    column_base: u32,
    // Keeps the size a multiple of 16 bytes.
    padding: u32,
}

@group(0) @binding(0) var<uniform> shape: FieldShape;
@group(0) @binding(1) var<storage, read> weights: array<vec4f>;
@group(0) @binding(2) var<storage, read> projections: array<vec4f>;
@group(0) @binding(3) var<storage, read> tiles: array<Tile>;
@group(0) @binding(4) var canvas: CanvasTexture;

// The pixel of a sample; samples beyond the last repeat it.
fn sample_pixel(tile: Tile, sample: u32) -> vec2u {
    let index = min(sample, tile.columns * tile.rows - 1u);
    return tile.origin + tile.step * vec2u(index % tile.columns, index / tile.columns);
}

fn first_layer(tile: Tile, first_sample: u32, lane: u32) {
    for (var slot = lane; slot < SAMPLES * shape.hidden_quads; slot += WORKGROUP_SIZE) {
        let pixel = sample_pixel(tile, first_sample + slot / shape.hidden_quads);
        let quad = slot % shape.hidden_quads;
        let of_row = projections[pixel.y * shape.hidden_quads + quad];
        let of_column = projections[(tile.column_base + pixel.x) * shape.hidden_quads + quad];
        let z = of_row + of_column + weights[shape.first_bias + quad];
        activations[slot] = activate(z, shape.omega0_first);
    }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn evaluate_tiles(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let tile = tiles[group.y];
    let first_sample = group.x * SAMPLES;
    // The dispatch is as wide as its largest tile.
    if first_sample >= tile.columns * tile.rows {
        return;
    }
    first_layer(tile, first_sample, lane);
    workgroupBarrier();
    middle_layers(SAMPLES, lane);
    for (var sample = lane; sample < SAMPLES; sample += WORKGROUP_SIZE) {
        if first_sample + sample < tile.columns * tile.rows {
            let pixel = sample_pixel(tile, first_sample + sample);
            let rgb = clamp(last_layer(sample).rgb, vec3f(0.0), vec3f(1.0));
            textureStore(canvas, pixel, vec4f(rgb, 1.0));
        }
    }
}
