/// The tiles of a picture, of this side in pixels, those in the middle first: left, top, right and bottom.
pub(super) fn tiles((width, height): (u32, u32), side: u32) -> Vec<[u32; 4]> {
    let mut tiles: Vec<[u32; 4]> = (0..height)
        .step_by(side as usize)
        .flat_map(|y| (0..width).step_by(side as usize).map(move |x| (x, y)))
        .map(|(x, y)| [x, y, (x + side).min(width), (y + side).min(height)])
        .collect();
    let from_middle = |[x0, y0, x1, y1]: &[u32; 4]| {
        let (x, y) = (i64::from(x0 + x1) - i64::from(width), i64::from(y0 + y1) - i64::from(height));
        x * x + y * y
    };
    tiles.sort_by_key(from_middle);
    tiles
}

/// A picture of every `coarser`th pixel at its full size, between the pixels by bilinear interpolation. Pixels of the
/// small picture stand for the middles of squares.
pub(super) fn enlarged(small: &[[u8; 4]], coarser: u32, (width, height): (u32, u32)) -> Vec<[u8; 4]> {
    use rayon::prelude::*;
    if coarser == 1 {
        return small.to_vec();
    }
    let (columns, rows) = (width.div_ceil(coarser), height.div_ceil(coarser));
    // Of an axis: the pixel before, and the share of the one after, of 256.
    let places = |count: u32, last: u32| -> Vec<(usize, usize, u32)> {
        (0..count)
            .map(|at| {
                let place = ((2 * at + 1) * 128 / coarser).saturating_sub(128);
                let before = (place / 256).min(last);
                (before as usize, (before + 1).min(last) as usize, place % 256)
            })
            .collect()
    };
    let across = places(width, columns - 1);
    let down = places(height, rows - 1);
    let mut out = vec![[0; 4]; (width * height) as usize];
    out.par_chunks_mut(width as usize).zip(&down).for_each(|(out, (above, below, share_down))| {
        let row = |row: usize| &small[row * columns as usize..][..columns as usize];
        let (above, below) = (row(*above), row(*below));
        for (out, (before, after, share)) in out.iter_mut().zip(&across) {
            *out = [0, 1, 2, 3].map(|channel: usize| {
                let mix = |row: &[[u8; 4]]| {
                    u32::from(row[*before][channel]) * (256 - share) + u32::from(row[*after][channel]) * share
                };
                ((mix(above) * (256 - share_down) + mix(below) * share_down + (1 << 15)) >> 16) as u8
            });
        }
    });
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_every_pixel_once_and_begin_in_the_middle() {
        let size = (200, 130);
        let mut count = vec![0; 200 * 130];
        let tiles = tiles(size, 64);
        for [x0, y0, x1, y1] in &tiles {
            for (x, y) in (*y0..*y1).flat_map(|y| (*x0..*x1).map(move |x| (x, y))) {
                count[(y * 200 + x) as usize] += 1;
            }
        }
        assert!(count.iter().all(|count| *count == 1));
        let [x0, y0, x1, y1] = tiles[0];
        assert!((x0..x1).contains(&100) && (y0..y1).contains(&70));
    }

    /// What is linear across the picture is found again, but for its border.
    #[test]
    fn a_ramp_is_enlarged_to_a_ramp() {
        let (coarser, size) = (3, (31, 20));
        let (columns, rows) = (11u32, 7u32);
        let value = |x: f64, y: f64| 20.0 + 3.0 * x + 4.0 * y;
        let small: Vec<[u8; 4]> = (0..rows)
            .flat_map(|y| (0..columns).map(move |x| (x, y)))
            .map(|(x, y)| [value(f64::from(3 * x) + 1.0, f64::from(3 * y) + 1.0).round() as u8; 4])
            .collect();
        let large = enlarged(&small, coarser, size);
        for (x, y) in (1..18).flat_map(|y| (1..29).map(move |x| (x, y))) {
            let found = f64::from(large[(y * 31 + x) as usize][0]);
            assert!((found - value(f64::from(x), f64::from(y))).abs() <= 1.0, "{x} {y}: {found}");
        }
        assert_eq!(enlarged(&small, 1, (columns, rows)), small);
    }
}
