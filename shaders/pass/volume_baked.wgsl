// An object's baked grid, seen along the rays of a camera: the twin of field::march. One fragment is one ray.

#import "field/bake.wgsl"

const OPAQUE: f32 = 1e-2;

@vertex
fn whole_picture(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let share = vec2f(f32((index & 1u) * 2u), f32((index >> 1u) * 2u));
    return vec4f(share.x * 2.0 - 1.0, 1.0 - share.y * 2.0, 0.0, 1.0);
}

// Steps are as long in depth as a voxel.
fn march(direction: vec3f) -> Seen {
    let depths = depths_of(direction);
    let start = place_at(direction, view.near);
    // The samples lie at the same depths of all rays, so that neighbours agree.
    var step = max(ceil((depths.x - view.near) / view.voxel), 0.0);
    let last = (depths.y - view.near) / view.voxel;
    let steps_per_voxel = 1.0 / fastest_of(direction);
    var left = 1.0;
    var seen = Seen(vec4f(0.0), 0.0);
    while step < last && left >= OPAQUE {
        let place = start + step * direction;
        let reach = reach_at(place).r;
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
    let direction = direction_at(position.xy);
    return shaded(march(direction), direction, 0.0);
}
