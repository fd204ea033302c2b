//! How wrong a bake may be, from the bake alone.

use rayon::prelude::*;

use super::Bake;

/// What a voxel lets through at least, for its optical depth to be finite.
const CLEAR_MIN: f32 = 1e-6;

/// How far a bake may be off near a node.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Doubt {
    /// Of the optical depth of a voxel.
    pub depth: f32,
    /// Of the colour, of the channel where it is the most.
    pub color: f32,
}

impl Doubt {
    /// How far off the bake may put the light of a ray, by a sample that stands for `voxels` of them and lets through
    /// `clear`, of what is `left` there.
    #[inline]
    pub(super) fn of_sample(self, voxels: f32, clear: f32, left: f32) -> f32 {
        left * (self.depth * voxels * clear + self.color * (1.0 - clear))
    }
}

/// The doubt at each node of a bake, `[z, y, x]`. Between nodes that are `h` apart a linear interpolation is off by
/// `h^2 / 8` times the second derivative at most, along each axis, and `h^2` times that derivative is near the second
/// difference of the nodes.
#[must_use]
pub fn doubts(bake: &Bake) -> Vec<Doubt> {
    let (nodes, size) = (bake.nodes(), bake.size());
    let [width, height, _] = size;
    let steps = [1, width, width * height];
    let depths: Vec<f32> = nodes.par_iter().map(|node| -(1.0 - node[3]).max(CLEAR_MIN).ln()).collect();
    let row_of = |(row, out): (usize, &mut [Doubt])| {
        let (y, z) = (row % height, row / height);
        for (x, out) in out.iter_mut().enumerate() {
            let node = row * width + x;
            let mut doubt = [0.0; 4];
            for (axis, at) in [x, y, z].into_iter().enumerate() {
                if at == 0 || at + 1 == size[axis] {
                    continue;
                }
                let (before, after) = (node - steps[axis], node + steps[axis]);
                for channel in 0..3 {
                    let second = nodes[before][channel] + nodes[after][channel] - 2.0 * nodes[node][channel];
                    doubt[channel] += second.abs() / 8.0;
                }
                doubt[3] += (depths[before] + depths[after] - 2.0 * depths[node]).abs() / 8.0;
            }
            let [r, g, b, depth] = doubt;
            *out = Doubt { depth, color: r.max(g).max(b) };
        }
    };
    let mut doubts = vec![Doubt::default(); nodes.len()];
    doubts.par_chunks_mut(width).enumerate().for_each(row_of);
    doubts
}

#[cfg(test)]
mod tests {
    use super::super::{
        Activation, Architecture, Encoding, Evaluator, Field, FieldKind, FieldRecord, Layer, Occupancy,
    };
    use super::*;

    /// A density and a colour that go like cosines: in the middle of voxels the bake is off by as much as the doubt
    /// says, no more than a little besides.
    #[test]
    fn a_bake_is_off_by_no_more_than_its_doubt() {
        let architecture = Architecture {
            layers: 1,
            encoding: Encoding::Fourier { count: 1, min: 3.0, max: 3.0 },
            activation: Activation::Relu,
            density_gain: Some(1.0),
            ..Architecture::live_object()
        };
        let mut weight = vec![0.0; 6 * 4];
        (weight[3], weight[4 * 2], weight[7]) = (2.0, 3.0, -1.5);
        let layer = Layer { weight, bias: vec![0.0, 1.0, 0.0, 6.0] };
        let record = FieldRecord {
            field: Field::new(architecture, vec![layer]).unwrap(),
            others: Vec::new(),
            kind: FieldKind::Object { near: 3.0, far: 5.0 },
            source: None,
            model: None,
            extra: std::collections::BTreeMap::new(),
        };
        let bake = Bake::of(&record, Occupancy::of(&record), 1);
        let doubts = doubts(&bake);
        let (evaluator, [width, height, depth], voxel) =
            (Evaluator::new(&record.field), bake.size(), bake.voxel());
        let (mut most, mut found) = (Doubt::default(), 0);
        for (x, y, z) in
            (2..width - 2).step_by(5).flat_map(|x| (2..height - 2).step_by(3).map(move |y| (x, y, depth / 3)))
        {
            let node = (z * height + y) * width + x;
            let corner = bake.corner();
            let point = [0, 1, 2].map(|axis| corner[axis] + voxel * ([x, y, z][axis] as f32 + 0.5));
            let [r, _, _, density] = evaluator.evaluate(&point)[..] else { panic!("not one point") };
            let (color, clear) = bake.sample(bake.in_voxels(point), 1.0);
            // Of the corners of the voxel, the one that doubts most.
            let corners =
                (0..8).map(|corner| node + corner % 2 + corner / 2 % 2 * width + corner / 4 * width * height);
            let doubt = corners.map(|corner| doubts[corner]).fold(Doubt::default(), |most, own| Doubt {
                depth: most.depth.max(own.depth),
                color: most.color.max(own.color),
            });
            let off = Doubt {
                depth: (-clear.ln() - density * voxel).abs(),
                color: (color[0] - 1.0 / (1.0 + (-r).exp())).abs(),
            };
            assert!(off.depth <= 1.3 * doubt.depth + 2e-4, "{off:?} where {doubt:?}");
            assert!(off.color <= 1.3 * doubt.color + 1e-4, "{off:?} where {doubt:?}");
            found += 1;
            most = Doubt { depth: most.depth.max(off.depth), color: most.color.max(off.color) };
        }
        assert!(
            found > 50 && most.depth > 2e-4 && most.color > 1e-3,
            "{found} points, off by {most:?} at most"
        );
    }
}
