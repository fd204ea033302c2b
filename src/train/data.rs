use std::path::{Path, PathBuf};

use crate::dataset::{
    Entry, ObjectEntry, ObjectFolder, PictureFolder, SoundEntry, SoundFolder, Split, place,
};
use crate::model::SignalKind;

use super::{RunConfig, TrainError};

/// What a run learns from.
#[derive(Debug, Clone)]
pub enum TrainingData {
    /// Pictures.
    Pictures(PictureFolder),
    /// Objects seen from known places.
    Objects(ObjectFolder),
    /// Sounds.
    Sounds(SoundFolder),
}

impl TrainingData {
    /// Read the folder that these settings are for: pictures, objects, or sounds at the settings' rate.
    ///
    /// # Errors
    /// [`TrainError::Dataset`] if it cannot be read, or there is nothing in it that can be used.
    pub fn scan(folder: &Path, config: &RunConfig) -> Result<Self, TrainError> {
        Ok(match config.kind {
            SignalKind::Image => Self::Pictures(PictureFolder::scan(folder)?),
            SignalKind::Object => Self::Objects(ObjectFolder::scan(folder)?),
            SignalKind::Sound => Self::Sounds(SoundFolder::scan(folder, config.sounds.sample_rate)?),
        })
    }

    /// What is not used of its folder: the path inside the folder, and why.
    #[must_use]
    pub fn rejected(&self) -> &[(PathBuf, String)] {
        match self {
            Self::Pictures(pictures) => &pictures.rejected,
            Self::Objects(objects) => &objects.rejected,
            Self::Sounds(sounds) => &sounds.rejected,
        }
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> SignalKind {
        match self {
            Self::Pictures(_) => SignalKind::Image,
            Self::Objects(_) => SignalKind::Object,
            Self::Sounds(_) => SignalKind::Sound,
        }
    }

    /// One hash over all of it.
    #[must_use]
    pub fn sha256(&self) -> String {
        match self {
            Self::Pictures(pictures) => pictures.sha256(),
            Self::Objects(objects) => objects.sha256(),
            Self::Sounds(sounds) => sounds.sha256(),
        }
    }

    /// Pictures, objects or sounds of a split.
    #[must_use]
    pub fn count(&self, split: Split) -> usize {
        match self {
            Self::Pictures(pictures) => pictures.pictures(split).count(),
            Self::Objects(objects) => objects.objects(split).count(),
            Self::Sounds(sounds) => sounds.sounds(split).count(),
        }
    }

    /// How many of them these settings learn from.
    #[must_use]
    pub fn count_learned(&self, config: &RunConfig) -> usize {
        match self {
            Self::Pictures(pictures) => learned_pictures(pictures, config).count(),
            Self::Objects(objects) => learned(objects, config).count(),
            Self::Sounds(sounds) => learned_sounds(sounds, config).count(),
        }
    }

    /// Refuse data that these settings are not for, or that leave nothing to train on.
    pub(super) fn check(&self, config: &RunConfig) -> Result<(), TrainError> {
        let refuse = |what: &str| Err(TrainError::Config(what.into()));
        if self.kind() != config.kind {
            return refuse("the settings are for another kind of data");
        }
        if let Self::Objects(objects) = self {
            let (near, far) = config.objects.depths;
            if let Some(entry) = learned(objects, config).find(|entry| !entry.views.reaches(near, far)) {
                return Err(TrainError::Config(format!(
                    "{} lies at depths of {:.2} to {:.2}, and the settings look from {near} to {far}: change their depths",
                    entry.relative, entry.views.near, entry.views.far
                )));
            }
        }
        if let Self::Sounds(sounds) = self
            && sounds.rate_hz() != config.sounds.sample_rate
        {
            return refuse("the sounds were read at another rate than the settings have");
        }
        if self.count_learned(config) == 0 {
            return refuse("nothing is left to learn from: all of the data is held out or left out");
        }
        Ok(())
    }
}

/// Whether an item is in the part of the data that is learned from.
fn is_drawn(relative: &str, config: &RunConfig) -> bool {
    config.data_fraction >= 1.0 || place(relative) < config.data_fraction
}

/// Whether an object is of a class that is not learned from.
pub(super) fn is_unseen(object: &ObjectEntry, config: &RunConfig) -> bool {
    config.objects.without.iter().any(|class| class == object.class())
}

/// Whether a word in a sound's path says that it is not learned from.
pub(super) fn is_unheard(sound: &SoundEntry, config: &RunConfig) -> bool {
    config.sounds.without.iter().any(|word| sound.has_word(word))
}

/// The pictures that are trained on.
pub(super) fn learned_pictures<'a>(
    pictures: &'a PictureFolder,
    config: &'a RunConfig,
) -> impl Iterator<Item = &'a Entry> {
    pictures.pictures(Split::Train).filter(move |picture| is_drawn(&picture.relative, config))
}

/// The objects that are trained on: those of the classes that are not left out.
pub(super) fn learned<'a>(
    objects: &'a ObjectFolder,
    config: &'a RunConfig,
) -> impl Iterator<Item = &'a ObjectEntry> {
    let is_learned =
        move |object: &&ObjectEntry| !is_unseen(object, config) && is_drawn(object.original(), config);
    objects.objects(Split::Train).filter(is_learned)
}

/// The sounds that are trained on: those without any of the words that are left out.
pub(super) fn learned_sounds<'a>(
    sounds: &'a SoundFolder,
    config: &'a RunConfig,
) -> impl Iterator<Item = &'a SoundEntry> {
    let is_learned =
        move |sound: &&SoundEntry| !is_unheard(sound, config) && is_drawn(&sound.relative, config);
    sounds.sounds(Split::Train).filter(is_learned)
}
