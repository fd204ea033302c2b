//! The thread of a run, or of all arms of a race.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use super::arm::Arm;
use super::trainers::data_of;
use super::{RunId, RunNews, RunOrder, RunPlan};
use crate::engine::report::{Report, caught};
use crate::experiment::keep_race;
use crate::train::{Contestant, TrainingData, Verdict};

/// An order and whom it is for.
pub(super) type Told = (RunId, RunOrder);

/// Train until all have ended, or nobody is left who could give orders: then checkpoint and end.
pub(super) fn work(
    plans: &[RunPlan],
    within: Option<Duration>,
    orders: &Receiver<Told>,
    reading: &AtomicBool,
    report: &Report,
) {
    let data = caught(|| {
        let first = data_of(plans)?;
        for plan in plans {
            report.news(plan.run, RunNews::Preparing("Reading the data"));
        }
        Ok(Arc::new(TrainingData::scan(&first.sources.data, &first.config)?))
    });
    reading.store(false, Ordering::Relaxed);
    let data = match data {
        Ok(data) => data,
        Err(failed) => {
            for plan in plans {
                report.news(plan.run, failed.clone().into());
            }
            return;
        }
    };
    let mut arms: Vec<Arm> =
        plans.iter().filter_map(|plan| Arm::prepare(plan, &data, within, report)).collect();
    while attend(&mut arms, orders, report) {
        let behind = |arm: &&mut Arm, other: &&mut Arm| arm.part_done().total_cmp(&other.part_done());
        if let Some(arm) = arms.iter_mut().filter(|arm| arm.is_at_work()).min_by(behind) {
            arm.advance(report);
        }
        if arms.iter().all(Arm::has_ended) {
            break;
        }
    }
    for arm in &mut arms {
        arm.stop(report);
    }
    judge(&arms, &data, reading, report);
}

/// Hear what was told; wait for it while nothing is at work. False once nobody can tell anything any more.
fn attend(arms: &mut [Arm], orders: &Receiver<Told>, report: &Report) -> bool {
    loop {
        let is_waiting = arms.iter().any(|arm| !arm.has_ended()) && !arms.iter().any(Arm::is_at_work);
        let told = if is_waiting {
            orders.recv().map_err(|_| TryRecvError::Disconnected)
        } else {
            orders.try_recv()
        };
        match told {
            Ok((run, order)) => {
                if let Some(arm) = arms.iter_mut().find(|arm| arm.id == run) {
                    arm.obey(order, report);
                }
            }
            Err(TryRecvError::Empty) => return true,
            Err(TryRecvError::Disconnected) => return false,
        }
    }
}

/// Of a race: compare what the arms came to on the same held-out items, and keep that for a report. Nothing of it is lost
/// that could not be measured again, so that nobody waits for its end.
fn judge(arms: &[Arm], data: &TrainingData, reading: &AtomicBool, report: &Report) {
    if arms.len() < 2 {
        return;
    }
    reading.store(true, Ordering::Relaxed);
    let contestants = arms.iter().map(|arm| Contestant::read(arm.mode, &arm.out));
    let judged = caught(|| Ok(Verdict::of(contestants.collect::<Result<_, _>>()?)?));
    let Some(first) = arms.first() else { return };
    match judged {
        Ok(verdict) => {
            report.news(first.id, RunNews::Verdict(Box::new(verdict.clone())));
            let Some(race) = first.out.parent().and_then(Path::parent) else { return };
            let kept = caught(|| {
                verdict.write(race)?;
                Ok(keep_race(race, &verdict, data)?)
            });
            report.news(
                first.id,
                match kept {
                    Ok(()) => RunNews::RaceKept(race.to_owned()),
                    Err(failed) => RunNews::Refused(failed.message),
                },
            );
        }
        Err(failed) => report.news(first.id, RunNews::Refused(failed.message)),
    }
}
