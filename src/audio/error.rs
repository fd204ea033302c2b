/// Why something is not heard.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// The system refuses a thread.
    #[error("Sound cannot be played, because the system refuses another thread: {0}")]
    Thread(#[from] std::io::Error),
    /// Too many commands are waiting.
    #[error("The player is still busy with earlier commands; try again")]
    Busy,
    /// The player's thread is gone.
    #[error("The player has stopped; restart the program to hear sound again")]
    Stopped,
    /// No output has this name.
    #[error("There is no sound output of the name {0}")]
    UnknownOutput(String),
    /// The output is there, and cannot be used.
    #[error("The sound output {name} cannot be opened: {reason}")]
    Output {
        /// The output, as a person knows it.
        name: String,
        /// What the system says.
        reason: String,
    },
    /// There is no output.
    #[error("There is no sound output")]
    NoOutput,
}
