//! Every byte that leaves the program goes through here: stdout carries the
//! result and nothing else, stderr is talk.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::AutoStream;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::args::{ColorChoice, Common};
use super::standpoint::Standpoint;
use crate::config::Loaded;
use crate::diagnostic::Diagnostic;
use crate::report::{self, Detail, MaxBytes, MaxDiagnostics, Pictures, Settings};

/// The terminal, or what stands in for it.
pub(super) struct Ui {
    color: ColorChoice,
    quiet: bool,
    verbose: bool,
    max_diagnostics: usize,
    /// Whether a part of the result was printed.
    printed: AtomicBool,
    /// Whether stderr is for lines alone, between which no bar may stand.
    only_lines: AtomicBool,
    /// Why stdout could not be written, if anything but a closed pipe.
    broken: Mutex<Option<io::Error>>,
}

impl Ui {
    /// Takes the options that every command has.
    pub(super) fn new(common: &Common) -> Ui {
        Ui {
            color: common.color,
            quiet: common.quiet,
            verbose: common.verbose,
            max_diagnostics: common.max_diagnostics,
            printed: AtomicBool::new(false),
            only_lines: AtomicBool::new(false),
            broken: Mutex::new(None),
        }
    }

    /// How to render what goes to stdout.
    pub(super) fn stdout_settings(&self) -> Settings {
        let stdout = io::stdout();
        let color = AutoStream::choice(&stdout);
        self.settings(color, terminal_size::terminal_size_of(&stdout))
    }

    /// How to render what goes to stderr.
    pub(super) fn stderr_settings(&self) -> Settings {
        let stderr = io::stderr();
        let color = AutoStream::choice(&stderr);
        self.settings(color, terminal_size::terminal_size_of(&stderr))
    }

    /// How to render what goes to a file, which is as long as it is, however quiet.
    pub(super) fn file_settings(&self) -> Settings {
        let settings = self.settings(anstream::ColorChoice::Never, None);
        Settings { color: false, detail: settings.detail.max(Detail::Normal), ..settings }
    }

    fn settings(
        &self,
        detected: anstream::ColorChoice,
        size: Option<(terminal_size::Width, terminal_size::Height)>,
    ) -> Settings {
        let color = match self.color {
            ColorChoice::Auto => detected != anstream::ColorChoice::Never,
            ColorChoice::Always => true,
            ColorChoice::Never => false,
        };
        Settings {
            color,
            width: size.map(|(terminal_size::Width(columns), _)| usize::from(columns)),
            detail: match (self.quiet, self.verbose) {
                (true, _) => Detail::Quiet,
                (_, true) => Detail::Verbose,
                _ => Detail::Normal,
            },
            max_diagnostics: MaxDiagnostics(self.max_diagnostics),
            max_bytes: MaxBytes::default(),
            pictures: pictures(["LC_ALL", "LC_CTYPE", "LANG"].map(std::env::var_os)),
        }
    }

    /// Prints a part of the result. Says whether all of it went out.
    ///
    /// A reader that went away is no mistake: the rest is dropped quietly, and
    /// work that is under way goes on.
    pub(super) fn print(&self, text: &str) -> bool {
        self.print_bytes(text.as_bytes())
    }

    /// Prints a part of a result that is no text.
    pub(super) fn print_bytes(&self, bytes: &[u8]) -> bool {
        self.printed.store(true, Ordering::Relaxed);
        let mut stdout = io::stdout().lock();
        let result = stdout.write_all(bytes).and_then(|()| stdout.flush());
        match result {
            // Where stdout was closed, the null device is in its place.
            Ok(()) => !is_null(&stdout),
            Err(error) => {
                if error.kind() != io::ErrorKind::BrokenPipe {
                    let mut broken =
                        self.broken.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    *broken = Some(error);
                }
                false
            }
        }
    }

    /// Whether a part of the result was printed, or at least begun.
    pub(super) fn has_printed(&self) -> bool {
        self.printed.load(Ordering::Relaxed)
    }

    /// Why the result could not be printed, if it could not.
    pub(super) fn print_error(&self) -> Option<io::Error> {
        self.broken.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take()
    }

    /// Says something on stderr, unless asked to be quiet.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            self.complain(text);
        }
    }

    /// Whether only what is wrong is to be said.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Says on stderr what is worth knowing, unless asked to be quiet.
    pub(super) fn note(&self, text: &str) {
        self.say(&report::text::note(text, self.stderr_settings()));
    }

    /// Says what is wrong on stderr, however quiet.
    pub(super) fn complain(&self, text: &str) {
        complain(text);
    }

    /// Draws no bar from now on: somebody else writes lines to stderr.
    pub(super) fn draw_no_bars(&self) {
        self.only_lines.store(true, Ordering::Relaxed);
    }

    /// Says what is wrong in the project's files.
    pub(super) fn complain_of(&self, diagnostics: &[Diagnostic], loaded: &Loaded) {
        // What is in a revision is nowhere to be opened.
        let sources = match &loaded.revision {
            Some(_) => loaded.named(),
            None => Standpoint::before(&loaded.root).sources(&loaded.sources),
        };
        let settings = self.stderr_settings();
        self.complain(&report::diagnostics::draw(diagnostics, &sources, settings));
    }

    /// Says what is wrong in one `error:` line, and what to do.
    pub(super) fn error(&self, message: &str, help: Option<&str>) {
        self.complain(&report::text::error(message, help, self.stderr_settings()));
    }

    /// A progress bar on a terminal; nothing elsewhere.
    pub(super) fn progress(&self, what: &'static str) -> ProgressBar {
        let only_lines = self.only_lines.load(Ordering::Relaxed);
        if self.quiet || only_lines || !io::stderr().is_terminal() {
            return ProgressBar::hidden().with_prefix(what);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {eta} {msg}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_prefix(what);
        bar
    }

    /// Whether someone can be asked.
    pub(super) fn can_ask(&self) -> bool {
        io::stdin().is_terminal()
    }

    /// Asks on stderr and waits for a line, with its end if it has one, without holding up anything else.
    pub(super) async fn ask(&self, question: &str) -> io::Result<String> {
        self.complain(question);
        let read = || {
            let mut answer = String::new();
            io::stdin().lock().read_line(&mut answer).map(|_| answer)
        };
        tokio::task::spawn_blocking(read).await.map_err(io::Error::other)?
    }
}

/// Whether a terminal shows braille letters, by what says so first: it does, unless it is
/// set up for another encoding than UTF-8.
fn pictures(locale: [Option<OsString>; 3]) -> Pictures {
    let set = locale.into_iter().flatten().find(|name| !name.is_empty());
    let name = set.map(|name| name.to_string_lossy().to_ascii_lowercase());
    match name.is_none_or(|name| name.contains("utf-8") || name.contains("utf8")) {
        true => Pictures::Drawn,
        false => Pictures::LeftOut,
    }
}

/// Says something on stderr.
pub(super) fn complain(text: &str) {
    // Where stderr itself is gone there is nowhere left to say so.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Whether what is written there goes nowhere.
fn is_null(stdout: &io::StdoutLock<'_>) -> bool {
    let file = stdout.as_fd().try_clone_to_owned().map(File::from);
    let device = file.and_then(|file| file.metadata()).map(|metadata| metadata.rdev());
    let null = fs::metadata("/dev/null").map(|metadata| metadata.rdev());
    matches!((device, null), (Ok(device), Ok(null)) if device == null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_drawn_unless_another_encoding_is_asked_for() {
        let told = |all: &str, of: &str, language: &str| {
            pictures([all, of, language].map(|name| Some(OsString::from(name))))
        };
        assert_eq!(pictures([None, None, None]), Pictures::Drawn);
        assert_eq!(told("", "", "de_DE.UTF-8"), Pictures::Drawn);
        assert_eq!(told("", "C.utf8", "C"), Pictures::Drawn);
        assert_eq!(told("C", "", "en_US.UTF-8"), Pictures::LeftOut);
        assert_eq!(told("", "", "de_DE@euro"), Pictures::LeftOut);
    }
}
