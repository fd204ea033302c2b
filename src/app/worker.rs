use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// A named thread with a queue: it handles what it is sent, in order, and ends when this is dropped.
pub(crate) struct Worker<T> {
    sender: Option<Sender<T>>,
    thread: Option<JoinHandle<()>>,
}

impl<T: Send + 'static> Worker<T> {
    /// Start the thread. One that cannot be started is logged, and what is sent to it is lost.
    pub(crate) fn start(name: &str, work: impl FnOnce(Receiver<T>) + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        let spawned = std::thread::Builder::new().name(name.into()).spawn(move || work(receiver));
        match spawned {
            Ok(thread) => Self { sender: Some(sender), thread: Some(thread) },
            Err(err) => {
                tracing::error!("the thread {name} cannot be started: {err}");
                Self { sender: None, thread: None }
            }
        }
    }

    pub(crate) fn send(&self, message: T) {
        let is_sent = self.sender.as_ref().is_some_and(|sender| sender.send(message).is_ok());
        if !is_sent {
            tracing::error!("a worker of the window has ended early");
        }
    }

    /// Let the thread end after what it was sent, and wait for that.
    pub(crate) fn finish(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
