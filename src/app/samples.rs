use std::sync::Arc;

use crate::engine::Origin;

/// A picture or a sound that comes with the program: made by `draw.py` or `play.py` in `assets/samples`.
#[derive(Debug)]
pub struct Sample {
    /// For people.
    pub title: &'static str,
    /// File name.
    pub name: &'static str,
    /// The file.
    pub bytes: &'static [u8],
}

/// What comes with the program to try it on.
pub static SAMPLES: [Sample; 5] = [
    Sample {
        title: "Mountain lake",
        name: "landscape.png",
        bytes: include_bytes!("../../assets/samples/landscape.png"),
    },
    Sample {
        title: "Marbled glass",
        name: "marble.png",
        bytes: include_bytes!("../../assets/samples/marble.png"),
    },
    Sample {
        title: "Armchair",
        name: "armchair.png",
        bytes: include_bytes!("../../assets/samples/armchair.png"),
    },
    Sample {
        title: "Plucked strings",
        name: "strings.flac",
        bytes: include_bytes!("../../assets/samples/strings.flac"),
    },
    Sample { title: "Night city", name: "city.png", bytes: include_bytes!("../../assets/samples/city.png") },
];

impl Sample {
    /// For the engine.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin::Bytes { name: self.name.into(), bytes: Arc::from(self.bytes) }
    }
}
