// Weights straight from their buffer: the threads of a workgroup share them through the cache, and workgroup memory is
// left for more samples.

// Quads of inputs whose weights are fetched at once: all.
fn quads_fetched() -> u32 {
    return 0xffffffffu;
}

fn fetch_weights(place: u32, count: u32, lane: u32) {}

// The weights of input quad `k` after `place`, for four outputs.
fn fetched_weights(place: u32, k: u32, quad: u32) -> mat4x4f {
    let quads = shape.hidden_quads;
    let row = place + 4u * k * quads + quad;
    return mat4x4f(weights[row], weights[row + quads], weights[row + 2u * quads], weights[row + 3u * quads]);
}
