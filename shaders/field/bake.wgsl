// An object's baked grid and the camera that looks at it, as both passes have them in group 0, and what becomes of what
// is seen along a ray: the twin of render::shaded.

#import "common/color_map.wgsl"

// The mirror of gpu_data::BakedView. Lengths are those of the world; places are counted in voxels from the first node.
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
// Of each cell, how many voxels along the axes a ray in it may go on and miss nothing, with EMPTY set where there is
// nothing to be seen; and how many cells away the nearest is in which there may be anything at all.
@group(0) @binding(3) var reaches: texture_3d<u32>;
@group(0) @binding(4) var<uniform> color_map_stops: array<vec4f, COLOR_MAP_STOPS>;

const EMPTY: u32 = 0x80u;
// As render::VolumeMode counts them.
const MODE_DEPTH: u32 = 1u;
const MODE_NORMAL: u32 = 2u;
const MODE_OPACITY: u32 = 3u;
const MODE_SAMPLES: u32 = 4u;

// What is seen: red, green, blue, multiplied by alpha, and alpha; and its mean depth.
struct Seen {
    color: vec4f,
    depth: f32,
}

// The direction of the ray through a point of the picture, in pixels.
fn direction_at(point: vec2f) -> vec3f {
    return view.corner + point.x * view.along_x + point.y * view.along_y;
}

// The point of a ray at a depth, in voxels.
fn place_at(direction: vec3f, depth: f32) -> vec3f {
    return (view.origin + depth * direction - view.low) / view.voxel;
}

// Between the nodes, by trilinear interpolation.
fn node_at(place: vec3f) -> vec4f {
    return textureSampleLevel(nodes, node_sampler, (place + 0.5) / vec3f(textureDimensions(nodes)), 0.0);
}

fn last_cell() -> vec3i {
    return vec3i(textureDimensions(reaches)) - 1;
}

fn cell_of(place: vec3f) -> vec3i {
    return vec3i(floor(place / view.finer));
}

// What is known of the cell of a place; on the walls of the grid, of the cell within.
fn reach_at(place: vec3f) -> vec2u {
    return textureLoad(reaches, vec3u(clamp(cell_of(place), vec3i(0), last_cell())), 0).rg;
}

// How much is hidden there; nothing in empty cells and outside.
fn density(place: vec3f) -> f32 {
    let cell = cell_of(place);
    if any(cell < vec3i(0)) || any(cell > last_cell()) || (reach_at(place).r & EMPTY) != 0u {
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

// The depths between which anything of a ray is looked at; the first is not below the second where nothing is.
fn depths_of(direction: vec3f) -> vec2f {
    let extent = vec3f(textureDimensions(nodes) - 1u) * view.voxel;
    let bounds = depths_in(view.low, view.low + extent, direction);
    let crop = depths_in(view.crop_low, view.crop_high, direction);
    return vec2f(max(view.near, max(bounds.x, crop.x)), min(view.far, min(bounds.y, crop.y)));
}

// How far a ray goes along the axis that it goes along fastest, for a unit of depth.
fn fastest_of(direction: vec3f) -> f32 {
    let along = abs(direction);
    return max(along.x, max(along.y, along.z));
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

// One pixel, multiplied by alpha; `evaluated` is the part of the ray's samples that the field was evaluated at.
fn shaded(seen: Seen, direction: vec3f, evaluated: f32) -> vec4f {
    let alpha = seen.color.a;
    switch view.mode {
        case MODE_DEPTH: {
            return vec4f(mapped(1.0 - (seen.depth - view.near) / (view.far - view.near)) * alpha, alpha);
        }
        case MODE_NORMAL: {
            // The mean depth of what is seen.
            let depth = (seen.depth - (1.0 - alpha) * view.far) / max(alpha, 1e-6);
            return vec4f(normal_color(place_at(direction, depth)) * alpha, alpha);
        }
        case MODE_OPACITY: {
            return vec4f(vec3f(alpha), 1.0);
        }
        case MODE_SAMPLES: {
            return vec4f(mapped(evaluated), 1.0);
        }
        default: {
            return seen.color;
        }
    }
}
