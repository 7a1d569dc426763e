//! Why a command ends early. Said in one place: [`super::run`].

use std::error::Error;

use super::exit::Exit;
use crate::apply::ApplyError;
use crate::aws;

/// Why a command ends before it is done.
#[derive(Debug)]
pub(super) struct CommandError {
    pub exit: Exit,
    /// What is wrong; `None` where the result said so already.
    pub message: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl CommandError {
    /// Something is wrong, in one line.
    pub(super) fn new(message: impl Into<String>) -> CommandError {
        CommandError { exit: Exit::Error, message: Some(message.into()), help: None }
    }

    /// An error and what caused it, but for causes that its own words repeat.
    pub(super) fn of(error: &dyn Error) -> CommandError {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let words = cause.to_string();
            if !message.contains(&words) {
                message.push_str(": ");
                message.push_str(&words);
            }
            source = cause.source();
        }
        CommandError::new(message)
    }

    /// The same, with what to do about it.
    pub(super) fn with_help(self, help: impl Into<String>) -> CommandError {
        CommandError { help: Some(help.into()), ..self }
    }
}

impl From<Exit> for CommandError {
    fn from(exit: Exit) -> CommandError {
        CommandError { exit, message: None, help: None }
    }
}

impl From<&aws::Error> for CommandError {
    fn from(error: &aws::Error) -> CommandError {
        CommandError { help: error.help(), ..CommandError::of(error) }
    }
}

impl From<ApplyError> for CommandError {
    fn from(error: ApplyError) -> CommandError {
        CommandError { help: error.help(), ..CommandError::of(&error) }
    }
}

impl From<aws::Error> for CommandError {
    fn from(error: aws::Error) -> CommandError {
        CommandError::from(&error)
    }
}
