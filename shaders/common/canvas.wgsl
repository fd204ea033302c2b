// A canvas: samples of the field at pixels of a view, looked at through another view, so that the picture of a
// moment ago can stand in for one that is not there yet. It is drawn cell by cell, and each cell has its
// samples a number of pixels apart.

// The mirror of gpu_data::Place.
struct Place {
    // Canvas pixels = screen pixels * scale + offset.
    offset: vec2f,
    scale: f32,
    // Keeps `clip` where an array of floats has it.
    padding: f32,
    // Nothing is drawn outside, in screen pixels: left, top, right, bottom.
    clip: vec4f,
}

// The canvas at a screen pixel's centre, where canvas and screen have the same pixels and all are there.
fn canvas_exact(canvas: texture_2d<f32>, place: Place, pixel: vec2f) -> vec3f {
    return textureLoad(canvas, vec2i(floor(pixel + place.offset)), 0).rgb;
}

// The canvas at a screen point, bilinear between samples `step` apart, none of them before `first` or beyond
// `last`, in canvas pixels.
fn canvas_between(
    canvas: texture_2d<f32>,
    place: Place,
    pixel: vec2f,
    step: f32,
    first: vec2f,
    last: vec2f,
) -> vec3f {
    let centre = clamp(pixel * place.scale + place.offset - 0.5, first, last);
    let lattice = centre / step;
    let low = floor(lattice) * step;
    let high = min(low + step, last);
    let t = fract(lattice);
    let top = mix(canvas_texel(canvas, low), canvas_texel(canvas, vec2f(high.x, low.y)), t.x);
    let bottom = mix(canvas_texel(canvas, vec2f(low.x, high.y)), canvas_texel(canvas, high), t.x);
    return mix(top, bottom, t.y);
}

fn canvas_texel(canvas: texture_2d<f32>, pixel: vec2f) -> vec3f {
    return textureLoad(canvas, vec2i(pixel), 0).rgb;
}
