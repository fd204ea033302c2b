// What follows every layer but the last; which one is a generated constant.

#import "common/sine.wgsl"

fn activate(z: vec4f, omega0: f32) -> vec4f {
    if ACTIVATION_IS_SINE {
        return reduced_sin(omega0 * z, vec4f(0.0));
    }
    return max(z, vec4f(0.0));
}
