// Weights through workgroup memory, a tile of rows after the other: each is read from its buffer once for all samples
// of the workgroup.

// `[4 WEIGHT_TILE_QUADS, HIDDEN_QUADS]`
var<workgroup> weight_tile: array<vec4f, 4u * WEIGHT_TILE_QUADS * HIDDEN_QUADS>;

// Quads of inputs whose weights are fetched at once.
fn quads_fetched() -> u32 {
    return WEIGHT_TILE_QUADS;
}

// Fetch the weights of `count` quads of inputs; all threads must come here together.
fn fetch_weights(place: u32, count: u32, lane: u32) {
    workgroupBarrier();
    for (var slot = lane; slot < 4u * count * shape.hidden_quads; slot += WORKGROUP_SIZE) {
        weight_tile[slot] = weights[place + slot];
    }
    workgroupBarrier();
}

// The weights of input quad `k` of those fetched, for four outputs.
fn fetched_weights(place: u32, k: u32, quad: u32) -> mat4x4f {
    let quads = shape.hidden_quads;
    let row = 4u * k * quads + quad;
    return mat4x4f(
        weight_tile[row],
        weight_tile[row + quads],
        weight_tile[row + 2u * quads],
        weight_tile[row + 3u * quads],
    );
}
