//! Hyperscope: the window, and the headless verbs.

use std::path::PathBuf;
use std::process::ExitCode;

/// The tensors of a training step come and go by the thousand; this allocator keeps their pages.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    hyperscope::cli::run(open_window)
}

#[cfg(feature = "gui")]
fn open_window(files: Vec<PathBuf>) -> anyhow::Result<()> {
    hyperscope::app::run(files)
}

#[cfg(not(feature = "gui"))]
fn open_window(_files: Vec<PathBuf>) -> anyhow::Result<()> {
    anyhow::bail!("this build has no window; `hyperscope --help` lists what it does without one")
}
