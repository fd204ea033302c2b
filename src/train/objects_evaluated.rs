use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::baselines::random_field;
use super::batch::WHITE;
use super::held_out::{encode_view, evenly};
use super::reference::quality_of_views;
use super::retrieval::{Retrieval, fitted};
use super::{Quality, RefineConfig, Refiner, TrainError, quality_by};
use crate::camera::Camera;
use crate::dataset::{ObjectEntry, ObjectFolder, Split};
use crate::field::{FieldRecord, Tracer};
use crate::media::Picture;
use crate::model::{Lpips, Model};

/// Views that a field is refined towards, where there are several.
const REFINE_VIEWS: usize = 4;

/// Which objects a model is measured on, and how.
#[derive(Debug, Clone)]
pub struct ObjectsEvaluateConfig {
    /// Of every class.
    pub split: Split,
    /// Classes that it has not seen: all of their objects besides.
    pub unseen: Vec<String>,
    /// Objects, at most.
    pub most_objects: usize,
    /// Views of each that are not read, at most.
    pub novel_views: usize,
    /// How fields are refined towards the one view and towards four; no steps for not at all.
    pub refine: [RefineConfig; 2],
    /// Whether the baselines are measured too.
    pub with_baselines: bool,
    /// Measures LPIPS besides.
    pub lpips: Option<Lpips>,
}

/// How close an object's views that were not read are, or the mean over objects. The field is written from the first.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluated {
    /// Path of the object, or what the mean is over.
    pub object: String,
    /// As it was written.
    pub direct: Quality,
    /// Of the view that was read itself.
    pub input: Quality,
    /// Refined towards the one view that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refined_one: Option<Quality>,
    /// Refined towards that and three more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refined_four: Option<Quality>,
    /// What to hold that against.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baselines: Option<ObjectBaselines>,
}

/// What something simpler gives for the same views.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectBaselines {
    /// The picture that was read, whatever the place, at the size of the view.
    pub input_repeated: Quality,
    /// The mean picture of all training objects at the nearest of their cameras.
    pub mean_picture: Quality,
    /// The training object one of whose views is most like the picture that was read, seen from as near the wanted
    /// place as it was seen.
    pub nearest_object: Quality,
    /// Refined towards four views from the weights that the model wrote for another object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refined_from_other: Option<Quality>,
    /// The same from random weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refined_from_random: Option<Quality>,
}

/// The mean over a class.
#[derive(Debug, Clone, Serialize)]
pub struct ClassFigures {
    /// Its name.
    pub class: String,
    /// Whether training saw none of it.
    pub is_unseen: bool,
    /// Objects.
    pub count: usize,
    /// Their mean.
    pub mean: Evaluated,
}

/// Write the field of every object from its first view, and compare at views that were not read. `each` is told of
/// every object as soon as it is done. The last of the classes' rows is over all of those that training saw.
///
/// # Errors
/// [`TrainError`] if the model or a refinement fails, there is nothing to measure on, baselines are wanted and there is
/// no object to learn from, or LPIPS is wanted of views that are too small for it.
pub fn evaluate_objects(
    model: &Model,
    data: &ObjectFolder,
    config: &ObjectsEvaluateConfig,
    mut each: impl FnMut(&Evaluated),
) -> Result<(Vec<Evaluated>, Vec<ClassFigures>), TrainError> {
    let is_unseen = |entry: &&ObjectEntry| config.unseen.iter().any(|class| class == entry.class());
    let seen: Vec<&ObjectEntry> = data.objects(config.split).filter(|entry| !is_unseen(entry)).collect();
    let unseen: Vec<&ObjectEntry> = data.objects(Split::All).filter(is_unseen).collect();
    let entries: Vec<&ObjectEntry> =
        evenly(&seen, config.most_objects).chain(evenly(&unseen, config.most_objects)).collect();
    let retrieval = config
        .with_baselines
        .then(|| Retrieval::new(data.objects(Split::Train).filter(|entry| !is_unseen(entry)).collect()))
        .transpose()?;
    let mut rows = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let other = entries[(index + 1) % entries.len()];
        let row = evaluate(model, entry, other, retrieval.as_ref(), config)?;
        each(&row);
        rows.push(row);
    }
    let mut by_class: BTreeMap<(bool, String), Vec<Evaluated>> = BTreeMap::new();
    for (entry, row) in entries.iter().zip(&rows) {
        by_class.entry((is_unseen(entry), entry.class().to_owned())).or_default().push(row.clone());
    }
    let figures = |class: String, is_unseen: bool, rows: &[Evaluated]| {
        let mean = mean(rows)?;
        Some(ClassFigures { class, is_unseen, count: rows.len(), mean })
    };
    let mut classes: Vec<ClassFigures> = by_class
        .into_iter()
        .filter_map(|((is_unseen, class), rows)| figures(class, is_unseen, &rows))
        .collect();
    let all: Vec<Evaluated> = entries
        .iter()
        .zip(&rows)
        .filter(|(entry, _)| !is_unseen(entry))
        .map(|(_, row)| row.clone())
        .collect();
    classes.extend(figures("all classes".into(), false, &all));
    if rows.is_empty() {
        return Err(TrainError::Config("no object is in this split".into()));
    }
    Ok((rows, classes))
}

/// Pictures on white with their cameras, in the frame of the first.
type Views = Arc<Vec<(Picture, Camera)>>;

fn evaluate(
    model: &Model,
    entry: &ObjectEntry,
    other: &ObjectEntry,
    retrieval: Option<&Retrieval<'_>>,
    config: &ObjectsEvaluateConfig,
) -> Result<Evaluated, TrainError> {
    let all = &entry.views.views;
    let given: Vec<usize> = evenly(&(0..all.len()).collect::<Vec<_>>(), REFINE_VIEWS).collect();
    let rest: Vec<usize> = (0..all.len()).filter(|index| !given.contains(index)).collect();
    // Of an object that was seen from a few places only, those have to do.
    let novel: Vec<usize> =
        evenly(if rest.is_empty() { &given } else { &rest }, config.novel_views).collect();
    let input = all[0].camera;
    let view = |index: &usize| (all[*index].picture.on(WHITE), all[*index].camera.seen_from(&input));
    let of = |indices: &[usize]| -> Views { Arc::new(indices.iter().map(view).collect()) };
    let (one, four, novel_views) = (of(&given[..1]), of(&given), of(&novel));
    let lpips = config.lpips.as_ref();
    if let Some(lpips) = lpips {
        all.iter().try_for_each(|view| lpips.check(view.picture.width(), view.picture.height()))?;
    }
    let record = encode_view(model, entry, 0)?;
    let tracer = Tracer::of(&record);
    let refine = |start: &FieldRecord, towards: &Views| -> Result<Option<Quality>, TrainError> {
        let settings = config.refine[usize::from(towards.len() > 1)];
        if settings.steps == 0 {
            return Ok(None);
        }
        let mut refiner = Refiner::new(start, Arc::clone(towards), settings)?;
        while !refiner.is_finished() {
            refiner.step()?;
        }
        let record = refiner.best_field();
        Ok(Some(quality_of_views(lpips, &record, &Tracer::of(&record), &novel_views)))
    };
    let baselines = match retrieval {
        None => None,
        Some(retrieval) => {
            let read = &one[0].0;
            let found = retrieval.nearest(read);
            // What each view is taken to look like, by its camera and by where that is in the frame of the first.
            let guessed = |guess: &dyn Fn(&Camera, &Camera) -> Vec<f32>| {
                let views = novel.iter().zip(novel_views.iter());
                Quality::mean(views.map(|(index, (picture, camera))| {
                    quality_by(lpips, &guess(&all[*index].camera, camera), picture)
                }))
            };
            let random = random_field(record.field.architecture(), 0)?;
            let random = FieldRecord { field: random, ..record.clone() };
            Some(ObjectBaselines {
                input_repeated: guessed(&|camera, _| fitted(read, camera)),
                mean_picture: guessed(&|camera, _| retrieval.mean_picture(camera)),
                nearest_object: guessed(&|_, from_first| retrieval.seen_from(found, from_first)),
                refined_from_other: refine(&encode_view(model, other, 0)?, &four)?,
                refined_from_random: refine(&random, &four)?,
            })
        }
    };
    Ok(Evaluated {
        object: entry.relative.clone(),
        direct: quality_of_views(lpips, &record, &tracer, &novel_views),
        input: quality_of_views(lpips, &record, &tracer, &one),
        refined_one: refine(&record, &one)?,
        refined_four: refine(&record, &four)?,
        baselines,
    })
}

/// Over objects that were evaluated alike; `None` of none.
fn mean(rows: &[Evaluated]) -> Option<Evaluated> {
    let first = rows.first()?;
    let mean = |pick: &dyn Fn(&Evaluated) -> Option<Quality>| Quality::mean(rows.iter().filter_map(pick));
    let maybe = |pick: &dyn Fn(&Evaluated) -> Option<Quality>| pick(first).map(|_| mean(pick));
    let baselines = first.baselines.as_ref().map(|_| {
        let own = |row: &Evaluated, pick: &dyn Fn(&ObjectBaselines) -> Option<Quality>| {
            row.baselines.as_ref().and_then(pick)
        };
        ObjectBaselines {
            input_repeated: mean(&|row| own(row, &|own| Some(own.input_repeated))),
            mean_picture: mean(&|row| own(row, &|own| Some(own.mean_picture))),
            nearest_object: mean(&|row| own(row, &|own| Some(own.nearest_object))),
            refined_from_other: maybe(&|row| own(row, &|own| own.refined_from_other)),
            refined_from_random: maybe(&|row| own(row, &|own| own.refined_from_random)),
        }
    });
    Some(Evaluated {
        object: format!("mean of {}", rows.len()),
        direct: mean(&|row| Some(row.direct)),
        input: mean(&|row| Some(row.input)),
        refined_one: maybe(&|row| row.refined_one),
        refined_four: maybe(&|row| row.refined_four),
        baselines,
    })
}
