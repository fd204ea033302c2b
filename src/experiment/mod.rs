//! Many runs that differ in a few settings, and what they come to.
//!
//! ```text
//! FILE.toml ─► plan ─► processes, each one run: train, measure ─► DIR ─► report.html, report.md
//! ```
//!
//! An experiment's file has axes, and every combination of their values is a run with the same budget. Runs are done by
//! processes of this very program, so that one that fails takes nothing with it, and several can work at a time. What is
//! done is in its folder, so that the same command given again goes on.

mod arms;
mod crew;
mod error;
mod file;
mod measure;
mod memory;
mod perform;
mod place;
mod plan;
mod race;
mod report;
mod results;
mod run_folder;
mod settings;

pub use arms::{Arm, Section, Spread, sections};
pub use crew::{Crew, Event, Shard, work};
pub use error::ExperimentError;
pub use file::{Budget, Measure};
pub use measure::{Figures, Item};
pub use perform::{Evaluation, Progress, ShownFiles, evaluation, perform};
pub use plan::{Outcome, Plan, PlannedRun, Size};
pub use race::{arm_folder, keep_race};
pub use report::{Written, write_report};
pub use results::{Curve, Planned, Point, RunResult, read_results};
pub use run_folder::run_folder;
