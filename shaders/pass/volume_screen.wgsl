// The picture of an object, multiplied by alpha, on its backdrop.

#import "common/srgb.wgsl"

// The mirror of gpu_data::VolumeScreen.
struct VolumeScreen {
    // sRGB-encoded.
    backdrop: vec4f,
    viewport_px: vec2f,
    // 1 for squares of two greys instead of the backdrop's colour.
    is_checker: u32,
    // Keeps the size a multiple of 16 bytes.
    padding: u32,
}

@group(0) @binding(0) var<uniform> volume: VolumeScreen;
@group(0) @binding(1) var picture: texture_2d<f32>;

// Side of a square, in pixels, and the two greys.
const CHECKER_PX: u32 = 12u;
const CHECKER_DARK: f32 = 0.72;
const CHECKER_LIGHT: f32 = 0.86;

struct Corner {
    @builtin(position) position: vec4f,
    // Pixels of the viewport.
    @location(0) point: vec2f,
}

// One triangle that covers everything.
@vertex
fn whole_viewport(@builtin(vertex_index) index: u32) -> Corner {
    let share = vec2f(f32((index & 1u) * 2u), f32((index >> 1u) * 2u));
    let position = vec4f(share.x * 2.0 - 1.0, 1.0 - share.y * 2.0, 0.0, 1.0);
    return Corner(position, share * volume.viewport_px);
}

fn backdrop_color(pixel: vec2u) -> vec3f {
    if volume.is_checker == 0u {
        return volume.backdrop.rgb;
    }
    let square = pixel / CHECKER_PX;
    return vec3f(select(CHECKER_DARK, CHECKER_LIGHT, ((square.x + square.y) & 1u) == 0u));
}

@fragment
fn on_backdrop(corner: Corner) -> @location(0) vec4f {
    let pixel = vec2u(corner.point);
    let own = textureLoad(picture, pixel, 0);
    let color = own.rgb + (1.0 - own.a) * backdrop_color(pixel);
    if TARGET_IS_SRGB {
        return vec4f(linear_from_srgb(color), 1.0);
    }
    return vec4f(color, 1.0);
}
