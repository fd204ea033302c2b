//! Whether what was rendered before goes together with what is asked for.

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::transforms::{NAMES, parse};
use super::{DatasetError, RenderConfig, Subject};

/// What a file of views says of how they were drawn.
#[derive(Deserialize)]
struct Present {
    w: f64,
    h: f64,
    frames: Vec<IgnoredAny>,
    seed: Option<u64>,
}

impl Present {
    fn described(&self) -> String {
        let seed = self.seed.map_or(String::new(), |seed| format!(" with the seed {seed}"));
        format!("{} views of {}x{} px{seed}", self.frames.len(), self.w, self.h)
    }
}

impl RenderConfig {
    /// Refuse to draw beside views that were drawn in another way. All have one size; their number and seed may be others
    /// of the files themselves where variants of them are asked for, so that variants can be added with fewer views.
    ///
    /// # Errors
    /// [`DatasetError::OtherViews`] with the first object that has others, [`DatasetError::Views`] or
    /// [`DatasetError::Io`] if what is there cannot be read.
    pub fn check_present(&self, subjects: &[Subject], out: &Path) -> Result<(), DatasetError> {
        let has_variants = subjects.iter().any(|subject| subject.variant > 0);
        let side = f64::from(self.side_px);
        for subject in subjects {
            let path = out.join(subject.relative());
            let file = path.join(NAMES[0]);
            if !file.is_file() {
                continue;
            }
            let present: Present = parse(&file)?;
            let is_counted = has_variants == (subject.variant > 0);
            let is_alike =
                present.frames.len() == self.views && present.seed.is_none_or(|seed| seed == self.seed);
            if (present.w, present.h) != (side, side) || (is_counted && !is_alike) {
                let (views, side, seed) = (self.views, self.side_px, self.seed);
                let wanted = format!("{views} of {side}x{side} px with the seed {seed}");
                return Err(DatasetError::OtherViews { path, present: present.described(), wanted });
            }
        }
        Ok(())
    }
}
