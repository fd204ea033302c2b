use std::f64::consts::TAU;

use crate::camera::Orbit;

/// Once around the object in so many pictures, from here on; the last one is not the first again.
#[must_use]
pub fn turntable(start: Orbit, frames: usize) -> Vec<Orbit> {
    (0..frames).map(|frame| start.carried(TAU * frame as f64 / frames as f64)).collect()
}

/// From place to place in so many pictures, evenly: the first and the last place included.
#[must_use]
pub fn camera_path(places: &[Orbit], frames: usize) -> Vec<Orbit> {
    let Some(last) = places.len().checked_sub(1) else { return Vec::new() };
    let steps = frames.saturating_sub(1).max(1) as f64;
    (0..frames)
        .map(|frame| {
            let at = last as f64 * frame as f64 / steps;
            let from = (at as usize).min(last.saturating_sub(1));
            let to = (from + 1).min(last);
            places[from].towards(places[to], at - from as f64)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turntable_closes_and_a_path_visits_its_places() {
        let start = Orbit::canonical(1.85).seen_from(0.4, 0.3);
        let frames = turntable(start, 12);
        let step = frames[1].eye().distance(frames[0].eye());
        for (index, frame) in frames.iter().enumerate() {
            let next = frames[(index + 1) % 12];
            assert!((next.eye().distance(frame.eye()) - step).abs() < 1e-9);
            assert!((frame.eye().y - start.eye().y).abs() < 1e-9);
        }
        let places = [start, start.turned(0.5, 0.2), start.with_fov(60.0)];
        let path = camera_path(&places, 21);
        for (frame, place) in [(0, 0), (10, 1), (20, 2)] {
            assert!(path[frame].eye().distance(places[place].eye()) < 1e-9);
            assert!((path[frame].fov_deg - places[place].fov_deg).abs() < 1e-9);
        }
        assert!(camera_path(&[], 5).is_empty() && camera_path(&[start], 3).len() == 3);
    }
}
