/// Why nothing is played.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The system refuses a thread.
    #[error("the sound cannot be started: {0}")]
    Thread(#[from] std::io::Error),
    /// Too many commands are waiting.
    #[error("the player is busy; try again")]
    Busy,
    /// There is no output that can be opened.
    #[error("no sound output can be opened: {0}")]
    NoOutput(String),
}
