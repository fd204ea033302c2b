// An object's baked grid, seen along the rays of a camera: the twin of field::march, followed by
// render::shaded. One fragment is one ray.

#import "common/color_map.wgsl"

// The mirror of gpu_data::BakedView. Lengths are those of the world, steps and places are counted in voxels from the
// first node.
struct BakedView {
    // Where all rays begin, and the depth at which their samples do.
    origin: vec3f,
    near: f32,
    // The direction through the first pixel's corner; what a pixel to the right and one down add.
    corner: vec3f,
    far: f32,
    along_x: vec3f,
    voxel: f32,
    along_y: vec3f,
    // Voxels along a cell.
    finer: f32,
    // The place of the first node.
    low: vec3f,
    mode: u32,
    // What alone is drawn.
    crop_low: vec3f,
    padding_low: f32,
    crop_high: vec3f,
    padding_high: f32,
    // From the world to the camera.
    camera_x: vec3f,
    padding_x: f32,
    camera_y: vec3f,
    padding_y: f32,
    camera_z: vec3f,
    padding_z: f32,
}

@group(0) @binding(0) var<uniform> view: BakedView;
// Red, green, blue, and how much a voxel hides; at the nodes.
@group(0) @binding(1) var nodes: texture_3d<f32>;
@group(0) @binding(2) var node_sampler: sampler;
// Of each cell, how many voxels along the axes a ray in it may go on and miss nothing; EMPTY is set where there is
// nothing to be seen.
@group(0) @binding(3) var reaches: texture_3d<u32>;
@group(0) @binding(4) var<uniform> color_map_stops: array<vec4f, COLOR_MAP_STOPS>;

const OPAQUE: f32 = 1e-2;
const EMPTY: u32 = 0x80u;
// As render::VolumeMode counts them.
const MODE_DEPTH: u32 = 1u;
const MODE_NORMAL: u32 = 2u;
const MODE_OPACITY: u32 = 3u;
const MODE_SAMPLES: u32 = 4u;

@vertex
fn whole_picture(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let share = vec2f(f32((index & 1u) * 2u), f32((index >> 1u) * 2u));
    return vec4f(share.x * 2.0 - 1.0, 1.0 - share.y * 2.0, 0.0, 1.0);
}

// Between the nodes, by trilinear interpolation.
fn node_at(place: vec3f) -> vec4f {
    return textureSampleLevel(nodes, node_sampler, (place + 0.5) / vec3f(textureDimensions(nodes)), 0.0);
}

fn reach_in(cell: vec3i) -> u32 {
    return textureLoad(reaches, vec3u(cell), 0).r;
}

fn last_cell() -> vec3i {
    return vec3i(textureDimensions(reaches)) - 1;
}

// How much is hidden there; nothing in empty cells and outside.
fn density(place: vec3f) -> f32 {
    let cell = vec3i(floor(place / view.finer));
    if any(cell < vec3i(0)) || any(cell > last_cell()) || (reach_in(cell) & EMPTY) != 0u {
        return 0.0;
    }
    return node_at(place).a;
}

// The depths between which a ray is in a box.
fn depths_in(low: vec3f, high: vec3f, direction: vec3f) -> vec2f {
    // A ray along a wall is kept away from a division by zero.
    let along = select(direction, vec3f(1e-20), abs(direction) < vec3f(1e-20));
    let one = (low - view.origin) / along;
    let other = (high - view.origin) / along;
    let enter = min(one, other);
    let leave = max(one, other);
    return vec2f(max(enter.x, max(enter.y, enter.z)), min(leave.x, min(leave.y, leave.z)));
}

fn mapped(value: f32) -> vec3f {
    let at = color_map_place(value);
    return mix(color_map_stops[at.stop].rgb, color_map_stops[at.stop + 1u].rgb, at.share);
}

// Which way the surface faces, in the camera's axes, as a colour.
fn normal_color(place: vec3f) -> vec3f {
    let slope = vec3f(
        density(place - vec3f(1.0, 0.0, 0.0)) - density(place + vec3f(1.0, 0.0, 0.0)),
        density(place - vec3f(0.0, 1.0, 0.0)) - density(place + vec3f(0.0, 1.0, 0.0)),
        density(place - vec3f(0.0, 0.0, 1.0)) - density(place + vec3f(0.0, 0.0, 1.0)),
    );
    let normal = slope / max(length(slope), 1e-20);
    return vec3f(dot(view.camera_x, normal), dot(view.camera_y, normal), dot(view.camera_z, normal)) * 0.5 + 0.5;
}

// What is seen: red, green, blue, multiplied by alpha, and alpha; and its mean depth.
struct Seen {
    color: vec4f,
    depth: f32,
}

fn march(direction: vec3f) -> Seen {
    let extent = vec3f(textureDimensions(nodes) - 1u) * view.voxel;
    let bounds = depths_in(view.low, view.low + extent, direction);
    let crop = depths_in(view.crop_low, view.crop_high, direction);
    let from_depth = max(view.near, max(bounds.x, crop.x));
    let to_depth = min(view.far, min(bounds.y, crop.y));
    let start = (view.origin + view.near * direction - view.low) / view.voxel;
    // The samples lie at the same depths of all rays, so that neighbours agree.
    var step = max(ceil((from_depth - view.near) / view.voxel), 0.0);
    let last = (to_depth - view.near) / view.voxel;
    let fastest = abs(direction);
    let steps_per_voxel = 1.0 / max(fastest.x, max(fastest.y, fastest.z));
    var left = 1.0;
    var seen = Seen(vec4f(0.0), 0.0);
    while step < last && left >= OPAQUE {
        let place = start + step * direction;
        let cell = clamp(vec3i(floor(place / view.finer)), vec3i(0), last_cell());
        let reach = reach_in(cell);
        let within = floor(f32((reach & ~EMPTY) - 1u) * steps_per_voxel);
        let steps = min(within, ceil(last - step) - 1.0) + 1.0;
        if (reach & EMPTY) == 0u {
            let node = node_at(place);
            let weight = left * min(steps * node.a, 1.0);
            seen.color += weight * vec4f(node.rgb, 1.0);
            seen.depth += weight * (view.near + step * view.voxel);
            left -= weight;
        }
        step += steps;
    }
    seen.depth += (1.0 - seen.color.a) * view.far;
    return seen;
}

@fragment
fn baked(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let direction = view.corner + position.x * view.along_x + position.y * view.along_y;
    let seen = march(direction);
    let alpha = seen.color.a;
    switch view.mode {
        case MODE_DEPTH: {
            return vec4f(mapped(1.0 - (seen.depth - view.near) / (view.far - view.near)) * alpha, alpha);
        }
        case MODE_NORMAL: {
            // The mean depth of what is seen.
            let depth = (seen.depth - (1.0 - alpha) * view.far) / max(alpha, 1e-6);
            let place = (view.origin + depth * direction - view.low) / view.voxel;
            return vec4f(normal_color(place) * alpha, alpha);
        }
        case MODE_OPACITY: {
            return vec4f(vec3f(alpha), 1.0);
        }
        case MODE_SAMPLES: {
            return vec4f(mapped(0.0), 1.0);
        }
        default: {
            return seen.color;
        }
    }
}
