// What is seen, as rectangles from back to front: background, cells of canvases, the source, the divider.
//
// Each kind of rectangle has an entry point of its own, as short as can be: a software rasteriser runs both
// sides of a branch for every pixel, and a window full of pixels costs it 13 ms for one texel each.

#import "common/canvas.wgsl"
#import "common/catmull_rom.wgsl"
#import "common/color_map.wgsl"
#import "common/srgb.wgsl"

// The mirror of gpu_data::Screen. A point of the source is `base + fraction + screen * step`, the whole
// pixels apart, so that an f32 is exact enough at any zoom.
struct Screen {
    viewport_px: vec2f,
    source_base: vec2i,
    source_fraction: vec2f,
    source_step: vec2f,
    source_px: vec2i,
    // Level of detail of the source, 0 or less where it is magnified.
    source_lod: f32,
    // What a difference is multiplied by before it becomes a colour.
    error_scale: f32,
}

@group(0) @binding(0) var<uniform> screen: Screen;
@group(0) @binding(1) var<uniform> color_map_stops: array<vec4f, COLOR_MAP_STOPS>;
@group(0) @binding(2) var source: texture_2d<f32>;
@group(0) @binding(3) var source_sampler: sampler;

@group(1) @binding(0) var<uniform> place: Place;
@group(1) @binding(1) var canvas: texture_2d<f32>;

// One rectangle, a row of the instance buffer: the mirror of gpu_data::Instance.
struct Instance {
    // Left, top, right, bottom, in canvas pixels.
    @location(0) rect: vec4f,
    // Of a cell: distance of its samples, and the last that may be read, x and y. Else a colour.
    @location(1) value: vec4f,
}

struct Corner {
    @builtin(position) position: vec4f,
    // Screen pixels.
    @location(0) point: vec2f,
    @location(1) @interpolate(flat) first: vec2f,
    @location(2) @interpolate(flat) value: vec4f,
}

// The corners of a rectangle, as a strip.
@vertex
fn rectangle_corner(@builtin(vertex_index) index: u32, instance: Instance) -> Corner {
    let corner = vec2f(f32(index & 1u), f32(index >> 1u));
    let at_canvas = mix(instance.rect.xy, instance.rect.zw, corner);
    let point = clamp((at_canvas - place.offset) / place.scale, place.clip.xy, place.clip.zw);
    let share = point / screen.viewport_px;
    let position = vec4f(share.x * 2.0 - 1.0, 1.0 - share.y * 2.0, 0.0, 1.0);
    return Corner(position, point, instance.rect.xy, instance.value);
}

fn pixel_of(corner: Corner) -> vec2f {
    return floor(corner.point) + 0.5;
}

fn for_target(color: vec3f) -> vec4f {
    if TARGET_IS_SRGB {
        return vec4f(linear_from_srgb(color), 1.0);
    }
    return vec4f(color, 1.0);
}

fn source_texel(texel: vec2i) -> vec3f {
    return textureLoad(source, clamp(texel, vec2i(0), screen.source_px - 1), 0).rgb;
}

// The source pixel that a screen point lies in.
fn nearest_color(pixel: vec2f) -> vec3f {
    let at = screen.source_fraction + pixel * screen.source_step;
    return source_texel(screen.source_base + vec2i(floor(at)));
}

fn between_color(corner: Corner, pixel: vec2f) -> vec3f {
    return canvas_between(canvas, place, pixel, corner.value.x, corner.first, corner.value.yz);
}

// The mean over the channels of |field - source|, scaled, as a colour.
fn error_map_color(field: vec3f, pixel: vec2f) -> vec3f {
    let difference = abs(field - nearest_color(pixel));
    let at = color_map_place((difference.r + difference.g + difference.b) / 3.0 * screen.error_scale);
    return mix(color_map_stops[at.stop].rgb, color_map_stops[at.stop + 1u].rgb, at.share);
}

fn bicubic_row(corner: vec2i, weights: vec4f) -> vec3f {
    return weights.x * source_texel(corner) + weights.y * source_texel(corner + vec2i(1, 0))
        + weights.z * source_texel(corner + vec2i(2, 0)) + weights.w * source_texel(corner + vec2i(3, 0));
}

@fragment
fn fill(corner: Corner) -> @location(0) vec4f {
    return for_target(corner.value.rgb);
}

// A cell that is exact in this very view.
@fragment
fn field_exact(corner: Corner) -> @location(0) vec4f {
    return for_target(canvas_exact(canvas, place, pixel_of(corner)));
}

// A cell of another view, or one whose samples are apart.
@fragment
fn field_between(corner: Corner) -> @location(0) vec4f {
    return for_target(between_color(corner, pixel_of(corner)));
}

@fragment
fn error_exact(corner: Corner) -> @location(0) vec4f {
    let pixel = pixel_of(corner);
    return for_target(error_map_color(canvas_exact(canvas, place, pixel), pixel));
}

@fragment
fn error_between(corner: Corner) -> @location(0) vec4f {
    let pixel = pixel_of(corner);
    return for_target(error_map_color(between_color(corner, pixel), pixel));
}

@fragment
fn source_nearest(corner: Corner) -> @location(0) vec4f {
    return for_target(nearest_color(pixel_of(corner)));
}

// The source made smaller: from its averaged levels.
@fragment
fn source_minified(corner: Corner) -> @location(0) vec4f {
    let offset = screen.source_fraction + pixel_of(corner) * screen.source_step;
    let share = (vec2f(screen.source_base) + offset) / vec2f(screen.source_px);
    return for_target(textureSampleLevel(source, source_sampler, share, screen.source_lod).rgb);
}

// Catmull-Rom between source pixels; what it overshoots is clamped.
@fragment
fn source_bicubic(corner: Corner) -> @location(0) vec4f {
    let at = screen.source_fraction + pixel_of(corner) * screen.source_step - 0.5;
    let texel = screen.source_base + vec2i(floor(at)) - 1;
    let across = catmull_rom_weights(fract(at.x));
    let down = catmull_rom_weights(fract(at.y));
    let sum = down.x * bicubic_row(texel, across) + down.y * bicubic_row(texel + vec2i(0, 1), across)
        + down.z * bicubic_row(texel + vec2i(0, 2), across) + down.w * bicubic_row(texel + vec2i(0, 3), across);
    return for_target(clamp(sum, vec3f(0.0), vec3f(1.0)));
}
