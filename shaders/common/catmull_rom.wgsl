// Catmull-Rom weights of the four texels around a point, `t` in [0, 1] between the second and the third.

fn catmull_rom_weights(t: f32) -> vec4f {
    let t2 = t * t;
    let t3 = t2 * t;
    return 0.5 * vec4f(
        -t + 2.0 * t2 - t3,
        2.0 - 5.0 * t2 + 3.0 * t3,
        t + 4.0 * t2 - 3.0 * t3,
        t3 - t2,
    );
}
