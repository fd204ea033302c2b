//! What there is to train with, and what it will cost.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{BackboneLook, DataLook, RunPlan};
use crate::dataset::Split;
use crate::engine::files::THUMBNAIL_SIDE_PX;
use crate::engine::report::Failure;
use crate::media::{self, Overview, Picture};
use crate::model::{self, best_device};
use crate::train::{RunConfig, TrainingData, Trial};

/// Small pictures of a folder, at most.
const THUMBNAILS: usize = 12;

pub(super) fn data(folder: &Path, config: &RunConfig) -> Result<DataLook, Failure> {
    let data = TrainingData::scan(folder, config)?;
    let counts = [data.count(Split::Train), data.count(Split::HeldOut)];
    let thumbnails = thumbnails(&data).into_iter().map(Arc::new).collect();
    Ok(DataLook { kind: data.kind(), counts, thumbnails, rejected: data.rejected().to_vec() })
}

/// Some of the items, at even distances.
fn thumbnails(data: &TrainingData) -> Vec<Picture> {
    let every = (data.count(Split::All) / THUMBNAILS).max(1);
    match data {
        TrainingData::Pictures(pictures) => {
            let some = pictures.pictures(Split::All).step_by(every).take(THUMBNAILS);
            some.map(|entry| media::thumbnail(&entry.picture, THUMBNAIL_SIDE_PX)).collect()
        }
        TrainingData::Objects(objects) => {
            let some = objects.objects(Split::All).step_by(every).take(THUMBNAILS);
            let views = some.filter_map(|entry| entry.views.views.first());
            views.map(|view| media::thumbnail(&view.picture.on([u8::MAX; 3]), THUMBNAIL_SIDE_PX)).collect()
        }
        TrainingData::Sounds(sounds) => {
            let some = sounds.sounds(Split::All).step_by(every).take(THUMBNAILS);
            let side = THUMBNAIL_SIDE_PX;
            some.map(|entry| Overview::new(entry.samples.clone()).picture(side, side)).collect()
        }
    }
}

pub(super) fn backbone(path: PathBuf) -> Result<BackboneLook, Failure> {
    let bytes = media::read_file(&path)?;
    let inspection = model::inspect(&bytes)?;
    Ok(BackboneLook { path, inspection })
}

pub(super) fn attempt(plan: &RunPlan) -> Result<Trial, Failure> {
    let data = TrainingData::scan(&plan.sources.data, &plan.config)?;
    let inputs = plan.sources.inputs(&plan.out);
    Ok(Trial::measure(&plan.config, &inputs, &data, &best_device())?)
}
