//! The reducer on plain state: what arrives late, twice or not at all.

use std::sync::Arc;

use hyperscope::app::{
    Action, Behind, Effect, FilePurpose, Film, NoticeKind, ObjectLook, OrbitChange, Settings, State, reduce,
};
use hyperscope::camera::Orbit;
use hyperscope::engine::{Command, Encoded, Event, ItemId, JobId, ObjectExport, Origin, Preview};
use hyperscope::field::FieldRecord;
use hyperscope::media::{Framing, ImageSignal, Signal, thumbnail};
use hyperscope::storage::Identity;
use hyperscope::train::{Closeness, Quality, RefineProgress};

use crate::common::{self, waves};

fn opened(state: &mut State, name: &str) -> (JobId, ItemId) {
    let origin = Origin::Bytes { name: name.into(), bytes: Arc::from(&b"x"[..]) };
    match reduce(state, Action::Open(vec![origin])).as_slice() {
        [Effect::Send(Command::Open { job, item, .. })] => (*job, *item),
        other => panic!("{other:?}"),
    }
}

fn encoded(psnr_db: f64) -> Encoded {
    let record = FieldRecord::read(&common::golden("field_relu.safetensors")).unwrap();
    let closeness = Some(Closeness::Seen(Quality { psnr_db, ssim: 0.5, lpips: None }));
    Encoded { record: Arc::new(record), closeness, timings: None }
}

/// Opened, decoded and written.
fn written(state: &mut State, name: &str, psnr_db: f64) -> ItemId {
    let (job, item) = opened(state, name);
    let reference = Arc::new(waves(8, 8, 0.0));
    let signal = Signal::Image(Arc::new(ImageSignal {
        identity: Identity::of(name, b"x"),
        reference: Arc::clone(&reference),
        framing: Framing::Crop,
        original_size: (8, 8),
    }));
    let thumbnail = Arc::new(thumbnail(&reference, 8));
    hear(state, Event::Opened { job, item, signal, thumbnail });
    hear(state, Event::Encoded { job, item, encoded: encoded(psnr_db) });
    item
}

fn hear(state: &mut State, event: Event) -> Vec<Effect> {
    reduce(state, Action::Engine(event))
}

#[test]
fn the_answer_to_a_job_that_was_given_up_changes_nothing() {
    let mut state = State::new(Settings::default());
    let (first, item) = opened(&mut state, "a.png");
    // Encoding again gives the first job up: the engine is told, and its answer comes all the same.
    let effects = reduce(&mut state, Action::Encode);
    let is_told = |effect: &Effect| matches!(effect, Effect::Send(Command::Cancel { job }) if *job == first);
    assert!(effects.iter().any(is_told), "{effects:?}");
    hear(&mut state, Event::Encoded { job: first, item, encoded: encoded(11.0) });
    assert!(state.item(item).unwrap().encoded.is_none());
    let second = state.item(item).unwrap().opening.unwrap();
    hear(&mut state, Event::Encoded { job: second, item, encoded: encoded(22.0) });
    assert_eq!(state.item(item).unwrap().psnr_db(), Some(22.0));
    assert!(state.jobs.is_empty());
}

#[test]
fn an_item_that_was_taken_out_does_not_come_back() {
    let mut state = State::new(Settings::default());
    let (job, item) = opened(&mut state, "a.png");
    let effects = reduce(&mut state, Action::Remove(item));
    assert!(matches!(effects.as_slice(), [Effect::Send(Command::Cancel { job: told })] if *told == job));
    hear(&mut state, Event::Encoded { job, item, encoded: encoded(11.0) });
    assert!(state.items.is_empty() && state.jobs.is_empty() && state.selected.is_none());
}

#[test]
fn a_preview_of_another_refinement_is_not_shown() {
    let mut state = State::new(Settings::default());
    let item = written(&mut state, "a.png", 20.0);
    let effects = reduce(&mut state, Action::ToggleRefine);
    let [Effect::Send(Command::Refine { job, .. })] = effects.as_slice() else { panic!("{effects:?}") };
    let job = *job;
    let preview = |job, psnr_db| {
        let progress = RefineProgress { step: 25, steps: 300, psnr_db, batch_psnr_db: psnr_db };
        Action::Preview(Preview {
            job,
            item,
            record: encoded(psnr_db).record,
            progress,
            rivals_db: Vec::new(),
        })
    };
    let _ = reduce(&mut state, preview(JobId(u64::MAX), 99.0));
    assert_eq!(state.item(item).unwrap().psnr_db(), Some(20.0));
    let _ = reduce(&mut state, preview(job, 30.0));
    assert_eq!(state.item(item).unwrap().psnr_db(), Some(30.0));
    // Stopped: the best comes as the final answer, and what arrives after it is too late.
    let effects = reduce(&mut state, Action::ToggleRefine);
    assert!(matches!(effects.as_slice(), [Effect::Send(Command::Cancel { .. })]), "{effects:?}");
    hear(&mut state, Event::Refined { job, item, encoded: encoded(31.0), steps: 40, rivals_db: Vec::new() });
    let _ = reduce(&mut state, preview(job, 5.0));
    let found = state.item(item).unwrap();
    assert_eq!((found.psnr_db(), found.steps_done), (Some(31.0), 40));
    assert_eq!(found.direct.map(|closeness| closeness.psnr_db()), Some(20.0));
}

#[test]
fn what_fails_is_said_once_and_what_can_be_kept_is_kept() {
    let mut state = State::new(Settings::default());
    let good = written(&mut state, "good.png", 20.0);
    let failed = |job, item| Event::Failed {
        job,
        item: Some(item),
        message: "this is broken".into(),
        details: "why".into(),
    };
    for _ in 0..3 {
        let (job, item) = opened(&mut state, "bad.png");
        hear(&mut state, failed(job, item));
    }
    assert_eq!(state.items.len(), 1, "what could not be read does not stay");
    let [notice] = state.notices.as_slice() else { panic!("{:?}", state.notices) };
    assert_eq!((notice.kind, notice.count), (NoticeKind::Error, 3));
    assert_eq!(notice.message, "bad.png: this is broken");
    // A refinement that fails leaves the field that was there.
    let _ = reduce(&mut state, Action::Select(good));
    let effects = reduce(&mut state, Action::ToggleRefine);
    let [Effect::Send(Command::Refine { job, .. })] = effects.as_slice() else { panic!("{effects:?}") };
    hear(&mut state, failed(*job, good));
    let item = state.item(good).unwrap();
    assert!(item.refinement.is_none() && item.psnr_db() == Some(20.0));
}

/// A film along the places that were kept begins and ends at them, on the colour that was chosen; without one only a
/// GIF, which has no half transparency, is on white.
#[test]
fn kept_places_are_filmed_on_the_colour_that_is_seen() {
    let mut state = State::new(Settings::default());
    let (job, item) = opened(&mut state, "ball.field.safetensors");
    let record = Arc::new(common::ball([0.8, 0.2, 0.2], 0.0));
    let encoded = Encoded { record, closeness: None, timings: None };
    hear(&mut state, Event::Encoded { job, item, encoded });
    let home = Orbit::canonical(1.85);
    let places = [home.turned(0.4, 0.1), home.seen_from(2.0, 0.3).with_fov(50.0), home];
    for place in places {
        for change in [OrbitChange::Hand(place), OrbitChange::Keep] {
            assert!(reduce(&mut state, Action::Orbit(change)).is_empty());
        }
    }
    let mut filmed = |name: &str, behind: Behind| {
        let look = ObjectLook { behind, color: [10, 20, 30], ..state.look.object };
        let film = Film { frames: 5, per_sec: 10, visits_places: true };
        for action in [
            Action::LookAtObjects(look),
            Action::AskPath(FilePurpose::Film),
            Action::SetFilm(film),
            Action::TypePath(name.into()),
        ] {
            // Nothing but looks at whether the file is there.
            let effects = reduce(&mut state, action);
            assert!(effects.iter().all(|effect| matches!(effect, Effect::Probe(_))), "{effects:?}");
        }
        let effects = reduce(&mut state, Action::ConfirmFile);
        match effects.as_slice() {
            [Effect::Send(Command::ExportObject { what: ObjectExport::Film(places, config), .. })] => {
                (places.clone(), config.still.background)
            }
            other => panic!("{other:?}"),
        }
    };
    let (film, background) = filmed("/tmp/film.apng", Behind::Color);
    assert_eq!((film.len(), background), (5, Some([10, 20, 30])));
    for (frame, place) in [(0, 0), (2, 1), (4, 2)] {
        assert!(film[frame].eye().distance(places[place].eye()) < 1e-9, "picture {frame}");
        assert!((film[frame].fov_deg - places[place].fov_deg).abs() < 1e-9, "picture {frame}");
    }
    assert_eq!(filmed("/tmp/film.apng", Behind::Window).1, None);
    assert_eq!(filmed("/tmp/film.gif", Behind::Checker).1, Some([255; 3]));
}
