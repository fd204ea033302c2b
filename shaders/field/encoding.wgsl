// The encoding of one axis, four features at a time. `shape` and `frequencies` are the pass's.

#import "field/shape.wgsl"
#import "common/sine.wgsl"

// Cosines, or sines, of `coordinate * frequencies`.
//
// The angle reaches 1024 pi, where an f32 is 2.4e-4 apart: what the product lost in rounding is recovered
// with a fused multiply-add and put back after the reduction. Where fma is not fused it is zero.
fn encode_quad(coordinate: f32, frequencies: vec4f, is_sine: bool) -> vec4f {
    let point = vec4f(coordinate);
    let angle = point * frequencies;
    let rest = fma(point, frequencies, -angle);
    if is_sine {
        return reduced_sin(angle, rest);
    }
    return reduced_cos(angle, rest);
}

// Quads of features that an axis has. Each half, cosines and sines, is padded to quads in `weights` too, so that a quad
// is never of both.
fn quads_of_axis() -> u32 {
    return max(2u * ((shape.axis_features / 2u + 3u) / 4u), 1u);
}

// Features `4 * quad ..` of a coordinate: cosines before sines; or the coordinate, and zeros.
fn feature_quad(coordinate: f32, quad: u32) -> vec4f {
    if !ENCODING_IS_FOURIER {
        return vec4f(coordinate, 0.0, 0.0, 0.0);
    }
    let half_quads = quads_of_axis() / 2u;
    let is_sine = quad >= half_quads;
    return encode_quad(coordinate, frequencies[quad - select(0u, half_quads, is_sine)], is_sine);
}
