/// Why the engine refused a command, or could not start.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Too many commands are waiting.
    #[error("too much is waiting to be done; wait until some of it is finished, then try again")]
    Full,
    /// A worker thread has ended.
    #[error("a worker of the program has stopped; save what you need and start it again")]
    Stopped,
    /// A worker thread could not be started.
    #[error("a worker thread could not be started: {0}")]
    Thread(#[from] std::io::Error),
}
