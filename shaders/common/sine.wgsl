// Sines and cosines of large angles.
//
// WGSL promises sin and cos only between -pi and pi, and there only to 2^-11. Here the angle is reduced by
// multiples of pi in f32 (Cody and Waite: pi in three parts, the first two so short that their products with
// the multiple are exact), and what is left, in [-pi/2, pi/2], goes into an odd polynomial. The error stays
// below 2e-7 for angles to 4000 radians, whatever the driver.

const SINE_PI_HIGH: f32 = 3.140625;
const SINE_PI_MIDDLE: f32 = 9.67502593994140625e-4;
const SINE_PI_LOW: f32 = 1.509957990978376e-7;
const SINE_TURNS: f32 = 0.31830988618379067;

// Sine of `angle - multiple * pi + rest`, with the sign that belongs to `half_turns`.
fn sine_reduced(angle: vec4f, rest: vec4f, multiple: vec4f, half_turns: vec4f) -> vec4f {
    let r = ((angle - multiple * SINE_PI_HIGH) - multiple * SINE_PI_MIDDLE) - multiple * SINE_PI_LOW + rest;
    let u = r * r;
    let p = ((2.59701229e-6 * u - 1.98052347e-4) * u + 8.33299813e-3) * u - 1.66666563e-1;
    let parity = half_turns - 2.0 * floor(half_turns * 0.5);
    return (r + r * u * p) * (1.0 - 2.0 * parity);
}

// sin(angle + rest), where rest is a small correction of the angle.
fn reduced_sin(angle: vec4f, rest: vec4f) -> vec4f {
    let half_turns = round(angle * SINE_TURNS);
    return sine_reduced(angle, rest, half_turns, half_turns);
}

// cos(angle + rest): the sine of a quarter turn more, which the multiple of pi takes in without rounding.
fn reduced_cos(angle: vec4f, rest: vec4f) -> vec4f {
    let half_turns = round(angle * SINE_TURNS + 0.5);
    return sine_reduced(angle, rest, half_turns - 0.5, half_turns);
}
