//! Why a command ends early. Said in one place: [`super::run`].

use std::error::Error;

use super::exit::Exit;
use crate::apply::ApplyError;
use crate::aws;
use crate::config::Loaded;
use crate::diagnostic::{Code, Diagnostic, Record, Sources};
use crate::plan::Signal;

/// Why a command ends before it is done.
#[derive(Debug)]
pub(super) struct CommandError {
    pub exit: Exit,
    pub complaint: Complaint,
}

/// What there is to say of an error.
#[derive(Debug)]
pub(super) enum Complaint {
    /// Something is wrong with the world or with what was typed.
    Words {
        code: Code,
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// Something is wrong in the project's files.
    Files(Vec<Diagnostic>, Box<Loaded>),
    /// Nothing more: it was said already, to people.
    Said { code: Code, message: String },
}

impl CommandError {
    /// Something is wrong, in one line.
    pub(super) fn new(message: impl Into<String>) -> CommandError {
        let complaint =
            Complaint::Words { code: Code::Failed, message: message.into(), help: None };
        CommandError { exit: Exit::Error, complaint }
    }

    /// What was typed contradicts itself.
    pub(super) fn misuse(message: impl Into<String>) -> CommandError {
        let complaint = Complaint::Words { code: Code::Usage, message: message.into(), help: None };
        CommandError { exit: Exit::Error, complaint }
    }

    /// What was typed is no command. Clap's words begin with what is wrong, and go on
    /// with what to do.
    pub(super) fn usage(error: &clap::Error) -> CommandError {
        let words = error.to_string();
        let (message, help) = words.split_once("\n\n").unwrap_or((&words, ""));
        let message = message.trim_start_matches("error: ").trim().to_owned();
        let help = Some(help.trim().to_owned()).filter(|help| !help.is_empty());
        let complaint = Complaint::Words { code: Code::Usage, message, help };
        CommandError { exit: Exit::Error, complaint }
    }

    /// The plan was not agreed to, and people know.
    pub(super) fn declined() -> CommandError {
        let message = "the plan was not answered with \"yes\": nothing was changed".to_owned();
        CommandError::said(Exit::Error, Code::Declined, message)
    }

    fn said(exit: Exit, code: Code, message: String) -> CommandError {
        CommandError { exit, complaint: Complaint::Said { code, message } }
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

    /// The same, with files named as they are on the disk, also where a revision has them.
    pub(super) fn of_the_disk(mut self) -> CommandError {
        if let Complaint::Files(_, loaded) = &mut self.complaint {
            loaded.revision = None;
        }
        self
    }

    /// The same, with what to do about it.
    pub(super) fn with_help(self, help: impl Into<String>) -> CommandError {
        self.helped(Some(help.into()))
    }

    fn helped(mut self, told: Option<String>) -> CommandError {
        if let Complaint::Words { help, .. } = &mut self.complaint {
            *help = told;
        }
        self
    }

    /// The complaint as the diagnostics document has it. An error that said all on
    /// the way has at least its exit code to tell.
    pub(super) fn records(&self) -> Vec<Record> {
        let record = |code, message: &str, help: &Option<String>| {
            let diagnostic = Diagnostic { help: help.clone(), ..Diagnostic::new(code, message) };
            vec![Record::new(&diagnostic, &Sources::default())]
        };
        match &self.complaint {
            Complaint::Words { code, message, help } => record(*code, message, help),
            Complaint::Files(diagnostics, loaded) => {
                let sources = loaded.named();
                diagnostics.iter().map(|one| Record::new(one, &sources)).collect()
            }
            Complaint::Said { code, message } => record(*code, message, &None),
        }
    }
}

impl From<Exit> for CommandError {
    fn from(exit: Exit) -> CommandError {
        let message = format!("it ended before a result, with code {}", exit.code());
        CommandError::said(exit, Code::Failed, message)
    }
}

impl From<Signal> for CommandError {
    /// Work that writes has a result of its own after a signal.
    fn from(signal: Signal) -> CommandError {
        let name = match signal {
            Signal::Hangup => "SIGHUP",
            Signal::Interrupt => "SIGINT",
            Signal::Terminate => "SIGTERM",
        };
        let message = format!("{name} came before there was a result: nothing was changed");
        CommandError::said(signal.into(), Code::Interrupted, message)
    }
}

impl From<&aws::Error> for CommandError {
    fn from(error: &aws::Error) -> CommandError {
        CommandError::of(error).helped(error.help())
    }
}

impl From<ApplyError> for CommandError {
    fn from(error: ApplyError) -> CommandError {
        CommandError::of(&error).helped(error.help())
    }
}

impl From<aws::Error> for CommandError {
    fn from(error: aws::Error) -> CommandError {
        CommandError::from(&error)
    }
}
