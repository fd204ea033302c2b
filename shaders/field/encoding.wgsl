// The encoding of one axis, four frequencies at a time.

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
