use serde::{Deserialize, Serialize};

/// What is particular to learning objects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ObjectSettings {
    /// Rays of an object in a step, over all of its views.
    pub rays_per_object: usize,
    /// Samples of a ray, jittered.
    pub samples_per_ray: usize,
    /// Part of the rays that are to meet the object, at the first step: a few dozen pixels of a view are tried for one.
    pub foreground_part: f64,
    /// The same at the last step; evenly between.
    pub foreground_part_end: f64,
    /// Part of the objects that are learned from as a mirror shows them.
    pub mirrored_part: f64,
    /// Part of the objects that are learned from with red, green and blue in another order.
    pub recoloured_part: f64,
    /// Part of the objects that are learned from made narrower and lower, by up to a quarter each, as the view that is read
    /// sees them; where several are read, or its axis is not in its middle, none is.
    pub squeezed_part: f64,
    /// Part of the objects that are learned from that are variants, where the data has any.
    pub varied_part: f64,
    /// What an error of a ray's opacity counts for, beside one of its colours, at the first step.
    pub opacity_weight: f64,
    /// The same at the last step; evenly between.
    pub opacity_weight_end: f64,
    /// Depths along a camera's axis between which objects lie.
    pub depths: (f32, f32),
    /// Views that are read at once, at most, and never more than an object has; each step draws how many.
    pub most_views: usize,
    /// Classes that are not learned from.
    pub without: Vec<String>,
}

impl Default for ObjectSettings {
    fn default() -> Self {
        Self {
            rays_per_object: 192,
            samples_per_ray: 32,
            foreground_part: 0.5,
            foreground_part_end: 0.2,
            mirrored_part: 0.5,
            recoloured_part: 0.0,
            squeezed_part: 0.0,
            varied_part: 0.5,
            opacity_weight: 1.0,
            opacity_weight_end: 0.2,
            depths: (3.0, 5.0),
            most_views: 1,
            without: Vec::new(),
        }
    }
}

// First it has to be found what is an object, or all of it stays white: a density that is nowhere has no slope. How views
// are compared, every pixel alike, is learned towards the end.
impl ObjectSettings {
    /// The part of the rays that are to meet the object when this part of the steps is done.
    pub(super) fn foreground_part_at(&self, done: f64) -> f64 {
        between(self.foreground_part, self.foreground_part_end, done)
    }

    /// What an error of a ray's opacity counts for when this part of the steps is done.
    pub(super) fn opacity_weight_at(&self, done: f64) -> f64 {
        between(self.opacity_weight, self.opacity_weight_end, done)
    }

    /// For a model that finds objects already: from the first step what others come to at the last.
    pub(super) fn of_going_on(self) -> Self {
        Self { foreground_part: self.foreground_part_end, opacity_weight: self.opacity_weight_end, ..self }
    }
}

fn between(first: f64, last: f64, done: f64) -> f64 {
    first * (1.0 - done) + last * done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rays_go_evenly_from_how_they_begin_to_how_views_are_compared() {
        let settings = ObjectSettings::default();
        let at = |settings: &ObjectSettings, done| {
            [settings.foreground_part_at(done), settings.opacity_weight_at(done)]
        };
        for (done, expected) in [(0.0, [0.5, 1.0]), (0.25, [0.425, 0.8]), (1.0, [0.2, 0.2])] {
            let found = at(&settings, done);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{done}: {found:?}");
        }
        let going_on = settings.clone().of_going_on();
        assert_eq!([at(&going_on, 0.0), at(&going_on, 1.0)], [at(&settings, 1.0); 2]);
    }
}
