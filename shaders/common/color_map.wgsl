// A colour map as a table of stops at equal distances; the table is color_map::stops.

// Stops `stop` and `stop + 1` and the share of the second, for a value that is clamped to [0, 1].
struct ColorMapPlace {
    stop: u32,
    share: f32,
}

fn color_map_place(value: f32) -> ColorMapPlace {
    let place = clamp(value, 0.0, 1.0) * f32(COLOR_MAP_STOPS - 1u);
    let stop = min(u32(place), COLOR_MAP_STOPS - 2u);
    return ColorMapPlace(stop, place - f32(stop));
}
