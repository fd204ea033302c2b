// A field at the crossings of rows and columns, all layers in one kernel: many samples to a workgroup, their
// activations in workgroup memory from the first layer to the last, the weights streamed from their buffer.
//
// A thread keeps eight samples by four outputs in registers. Each weight it loads serves eight samples, each
// activation four outputs; its neighbours read neighbouring weights and the same activations. The threads of a
// workgroup share their weights through the cache: workgroup memory is worth more as more samples.

#import "field/shape.wgsl"
#import "field/activation.wgsl"

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

// `[SAMPLES, HIDDEN_QUADS]`
var<workgroup> activations: array<vec4f, SAMPLES * HIDDEN_QUADS>;

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

fn middle_layer(weight: u32, lane: u32) {
    let quads = shape.hidden_quads;
    let quad = lane % quads;
    let block = lane / quads * 8u * quads;
    let bias = weights[weight + 4u * quads * quads + quad];
    var z0 = bias;
    var z1 = bias;
    var z2 = bias;
    var z3 = bias;
    var z4 = bias;
    var z5 = bias;
    var z6 = bias;
    var z7 = bias;
    for (var k = 0u; k < quads; k++) {
        let row = weight + 4u * k * quads + quad;
        let w = mat4x4f(weights[row], weights[row + quads], weights[row + 2u * quads], weights[row + 3u * quads]);
        let x = block + k;
        z0 += w * activations[x];
        z1 += w * activations[x + quads];
        z2 += w * activations[x + 2u * quads];
        z3 += w * activations[x + 3u * quads];
        z4 += w * activations[x + 4u * quads];
        z5 += w * activations[x + 5u * quads];
        z6 += w * activations[x + 6u * quads];
        z7 += w * activations[x + 7u * quads];
    }
    workgroupBarrier();
    let out = block + quad;
    activations[out] = activate(z0, shape.omega0);
    activations[out + quads] = activate(z1, shape.omega0);
    activations[out + 2u * quads] = activate(z2, shape.omega0);
    activations[out + 3u * quads] = activate(z3, shape.omega0);
    activations[out + 4u * quads] = activate(z4, shape.omega0);
    activations[out + 5u * quads] = activate(z5, shape.omega0);
    activations[out + 6u * quads] = activate(z6, shape.omega0);
    activations[out + 7u * quads] = activate(z7, shape.omega0);
    workgroupBarrier();
}

// RGB of one sample, in [0, 1].
fn last_layer(sample: u32) -> vec3f {
    var y = weights[shape.last_bias];
    for (var k = 0u; k < shape.hidden_quads; k++) {
        let x = activations[sample * shape.hidden_quads + k];
        let row = shape.last_weight + 4u * k;
        y += mat4x4f(weights[row], weights[row + 1u], weights[row + 2u], weights[row + 3u]) * x;
    }
    return clamp(y.rgb + shape.output_offset, vec3f(0.0), vec3f(1.0));
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
    for (var layer = 0u; layer < shape.middle_layers; layer++) {
        middle_layer(shape.middle_weight + layer * shape.middle_stride, lane);
    }
    for (var sample = lane; sample < SAMPLES; sample += WORKGROUP_SIZE) {
        if first_sample + sample < tile.columns * tile.rows {
            let pixel = sample_pixel(tile, first_sample + sample);
            textureStore(canvas, pixel, vec4f(last_layer(sample), 1.0));
        }
    }
}
