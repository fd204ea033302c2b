//! More objects out of those that are learned from: one stretched along its axes, and half of them put together with
//! another one of their class.

use std::f64::consts::TAU;

use glam::{DMat3, DVec3};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::mesh::Mesh;

/// Between the name of an object and the number of its variant.
const MARK: char = '~';
/// Part of the variants that another object is a part of.
pub(super) const JOINED_PART: f64 = 0.5;
/// An axis is stretched or squeezed by at most this.
const MOST_STRETCH: f64 = 1.5;
/// How large the other one is, as a part of the first, by the diagonals of their boxes.
const OTHER_SIZE: (f64, f64) = (0.35, 1.0);
/// How far the other one reaches into the first, as a part of half its own size.
const OVERLAP: f64 = 0.05;

/// The name of a variant of an object, its number from 1.
pub(super) fn name_of(object: &str, number: usize) -> String {
    format!("{object}{MARK}{number}")
}

/// The name of the object that this is a variant of, or its own.
pub(super) fn original(name: &str) -> &str {
    match name.rsplit_once(MARK) {
        Some((object, number))
            if !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()) =>
        {
            object
        }
        _ => name,
    }
}

/// A variant of an object, y up: stretched, and perhaps with another one on top of it or beside it, which is turned.
pub(super) fn vary(object: Mesh, other: Option<Mesh>, random: &mut ChaCha8Rng) -> Mesh {
    let object = stretched(object, random);
    let Some(other) = other else { return object };
    let turn = DMat3::from_rotation_y(TAU * random.random::<f64>());
    let other = stretched(other, random).moved(|at| turn * at);
    let (low, high) = object.bounds();
    let (other_low, other_high) = other.bounds();
    let size = random.random_range(OTHER_SIZE.0..=OTHER_SIZE.1) * (high - low).length();
    let scale = size / (other_high - other_low).length().max(f64::MIN_POSITIVE);
    let half = scale * (other_high - other_low) / 2.0;
    let mut middle = (low + high) / 2.0;
    let is_on_top = random.random_bool(0.5);
    if is_on_top {
        middle.y = high.y + (1.0 - OVERLAP) * half.y;
        // Its middle stands above the first one.
        middle.x = random.random_range(low.x..=high.x);
        middle.z = random.random_range(low.z..=high.z);
    } else {
        middle.y = low.y + half.y;
        let along_x = random.random_bool(0.5);
        let sign = if random.random_bool(0.5) { 1.0 } else { -1.0 };
        let reach = (high - low) / 2.0 + (1.0 - OVERLAP) * half;
        middle += sign * if along_x { reach.x * DVec3::X } else { reach.z * DVec3::Z };
    }
    let own_middle = (other_low + other_high) / 2.0;
    object.with(other.moved(|at| middle + scale * (at - own_middle)))
}

/// Along each axis by a factor whose logarithm is uniform.
fn stretched(mesh: Mesh, random: &mut ChaCha8Rng) -> Mesh {
    let factors: [f64; 3] = std::array::from_fn(|_| MOST_STRETCH.powf(random.random_range(-1.0..=1.0)));
    let factors = DVec3::from_array(factors);
    mesh.moved(|at| factors * at)
}

#[cfg(test)]
mod tests {
    use super::super::mesh::{AlphaMode, Material, Triangle};
    use super::*;
    use glam::{Vec2, Vec4};
    use rand::SeedableRng;

    /// What has this box around it: two of its corners.
    fn boxed(low: DVec3, high: DVec3) -> Mesh {
        let triangle = Triangle {
            positions: [low, high, low],
            places: [Vec2::ZERO; 3],
            colors: [Vec4::ONE; 3],
            material: 0,
        };
        let material = Material { base_color: Vec4::ONE, texture: None, alpha: AlphaMode::Opaque };
        Mesh { triangles: vec![triangle], materials: vec![material], num_corners: 3 }
    }

    fn bounds_of(triangle: &Triangle) -> (DVec3, DVec3) {
        let [a, b, _] = triangle.positions;
        (a.min(b), a.max(b))
    }

    #[test]
    fn the_number_of_a_variant_is_no_part_of_its_name() {
        assert_eq!(name_of("kit/chair", 12), "kit/chair~12");
        for (name, expected) in [
            ("kit/chair~12", "kit/chair"),
            ("kit/chair", "kit/chair"),
            ("kit/chair~", "kit/chair~"),
            ("kit/a~b", "kit/a~b"),
            ("kit/a~b~1", "kit/a~b"),
        ] {
            assert_eq!(original(name), expected);
        }
    }

    #[test]
    fn each_axis_is_stretched_within_its_bounds() {
        let mut seen = (DVec3::INFINITY, DVec3::NEG_INFINITY);
        for seed in 0..200 {
            let mesh = boxed(DVec3::ZERO, DVec3::new(3.0, 2.0, 1.0));
            let varied = vary(mesh, None, &mut ChaCha8Rng::seed_from_u64(seed));
            let (low, high) = varied.bounds();
            let factors = (high - low) / DVec3::new(3.0, 2.0, 1.0);
            seen = (seen.0.min(factors), seen.1.max(factors));
        }
        assert!(
            seen.0.min_element() >= 1.0 / MOST_STRETCH && seen.1.max_element() <= MOST_STRETCH,
            "{seen:?}"
        );
        assert!(seen.0.max_element() < 0.75 && seen.1.min_element() > 1.35, "{seen:?}");
    }

    /// On top of the first one and over it, or on the same ground and against one of its sides.
    #[test]
    fn what_is_joined_touches() {
        let mut on_top = 0;
        for seed in 0..200 {
            let first = boxed(DVec3::new(5.0, -1.0, 2.0), DVec3::new(8.0, 1.0, 3.0));
            let second = boxed(DVec3::splat(-40.0), DVec3::splat(10.0));
            let both = vary(first, Some(second), &mut ChaCha8Rng::seed_from_u64(seed));
            assert_eq!((both.materials.len(), both.triangles[1].material), (2, 1));
            let (low, high) = bounds_of(&both.triangles[0]);
            let (other_low, other_high) = bounds_of(&both.triangles[1]);
            let (size, other_size) = ((high - low).length(), (other_high - other_low).length());
            let part = other_size / size;
            assert!((OTHER_SIZE.0 - 1e-9..=OTHER_SIZE.1 + 1e-9).contains(&part), "{part}");
            let reaches = |own: f64, height: f64| (own - OVERLAP / 2.0 * height).abs() < 1e-9 * size;
            let middle = (other_low + other_high) / 2.0;
            let height = other_high - other_low;
            if reaches(high.y - other_low.y, height.y) {
                on_top += 1;
                assert!((low.x..=high.x).contains(&middle.x) && (low.z..=high.z).contains(&middle.z));
            } else {
                assert!((other_low.y - low.y).abs() < 1e-9 * size);
                let sides = [
                    (high.x - other_low.x, height.x),
                    (other_high.x - low.x, height.x),
                    (high.z - other_low.z, height.z),
                    (other_high.z - low.z, height.z),
                ];
                assert!(sides.iter().any(|(own, height)| reaches(*own, *height)), "{sides:?}");
            }
        }
        assert!((60..140).contains(&on_top), "{on_top} of 200 on top");
    }
}
