use std::sync::Arc;

use crate::engine::Origin;

/// A picture that comes with the program: drawn by `assets/samples/draw.py`.
#[derive(Debug)]
pub struct Sample {
    /// For people.
    pub title: &'static str,
    /// File name.
    pub name: &'static str,
    /// The file.
    pub bytes: &'static [u8],
}

/// The pictures that come with the program.
pub static SAMPLES: [Sample; 4] = [
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
    Sample { title: "Night city", name: "city.png", bytes: include_bytes!("../../assets/samples/city.png") },
];

impl Sample {
    /// For the engine.
    #[must_use]
    pub fn origin(&self) -> Origin {
        Origin::Bytes { name: self.name.into(), bytes: Arc::from(self.bytes) }
    }
}
