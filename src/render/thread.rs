use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};

use super::RenderError;

/// Start a thread; if it panics, `failed` is told what it said.
///
/// # Errors
/// [`RenderError::Worker`] if the system gives no thread.
pub(super) fn start_thread(
    name: &str,
    run: impl FnOnce() + Send + 'static,
    failed: impl FnOnce(String) + Send + 'static,
) -> Result<JoinHandle<()>, RenderError> {
    let guarded = move || {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or(panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
            failed(text.to_owned());
        }
    };
    let started = Builder::new().name(name.into()).spawn(guarded);
    started.map_err(|err| RenderError::Worker(err.to_string()))
}
