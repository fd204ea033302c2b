//! Threads that leave the window room.

use crate::engine::report::Failure;

/// How much less than the window's the priority of training is: see `nice(1)`.
#[cfg(all(feature = "gui", target_os = "linux"))]
const NICE: i32 = 10;

/// Do this on a pool of its own, of one thread less than there are cores: everything in it that is spread over cores
/// stays in the pool, and the same thread does all that lies between. All its threads have ended when this returns.
pub(super) fn beside_the_window<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(cores.saturating_sub(1).max(1))
        .thread_name(|index| format!("hyperscope-train-{index}"))
        .build_scoped(
            |thread| {
                step_back();
                thread.run();
            },
            |pool| pool.install(work),
        );
    Ok(pool?)
}

/// Let the window's thread go first. Where that is refused, training takes its share as any other thread does.
fn step_back() {
    #[cfg(all(feature = "gui", target_os = "linux"))]
    if let Err(err) = rustix::process::setpriority_process(None, NICE) {
        tracing::warn!("the priority of training cannot be lowered: {err}");
    }
}
