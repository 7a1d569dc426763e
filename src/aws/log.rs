//! A line for each request that was sent, whatever came of it.
//!
//! What an answer says in words is left out: a service that refuses a signature
//! repeats all that was signed, the session token included. Types and ids are kept as
//! far as they look like such.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use tokio::time::Instant;

use super::answer::Answer;
use super::{Error, Operation};

/// So many characters of a name are written; the service takes no more.
const NAME_CHARS: usize = 128;
/// So many of a type or an id: fewer than a signature has.
const WORD_CHARS: usize = 60;

/// Where the lines go. Clones write to the same place.
#[derive(Clone)]
pub struct Log {
    clock: fn() -> Timestamp,
    sink: Arc<Mutex<Option<Sink>>>,
}

struct Sink {
    lines: Box<dyn Write + Send>,
    broken: Box<dyn FnOnce(io::Error) + Send>,
}

impl Log {
    /// Writes lines with the time that `clock` gives. When one cannot be written, `broken`
    /// is told why and the log ends; what is logged goes on.
    pub fn new(
        lines: impl Write + Send + 'static,
        clock: fn() -> Timestamp,
        broken: impl FnOnce(io::Error) + Send + 'static,
    ) -> Log {
        let sink = Sink { lines: Box::new(lines), broken: Box::new(broken) };
        Log { clock, sink: Arc::new(Mutex::new(Some(sink))) }
    }

    /// Begins the line of a request that is sent now.
    pub(super) fn begin<'a>(
        &'a self,
        operation: Operation,
        processor: Option<&'a str>,
        attempt: u32,
    ) -> Logged<'a> {
        Logged { log: self, operation, processor, attempt, sent_at: Instant::now(), ended: false }
    }

    /// Writes a line, whole, and at once: whoever looks on wants to see it.
    fn write(&self, line: &str) {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(open) = sink.as_mut() else { return };
        let written = open.lines.write_all(line.as_bytes()).and_then(|()| open.lines.flush());
        if let Err(error) = written
            && let Some(Sink { lines: _, broken }) = sink.take()
        {
            broken(error);
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

/// A request that was sent and has no line yet. Dropped before its end, it gets the line
/// of one whose answer nobody waited for.
pub(super) struct Logged<'a> {
    log: &'a Log,
    operation: Operation,
    processor: Option<&'a str>,
    attempt: u32,
    sent_at: Instant,
    ended: bool,
}

impl Logged<'_> {
    /// Writes what came of it: an answer that arrived whole, an error, or both.
    pub(super) fn end(mut self, answer: Option<&Answer>, error: Option<&Error>) {
        let status = error.and_then(Error::status).or(answer.map(|answer| answer.status));
        let id = error.and_then(Error::request_id);
        let id = id.or(answer.and_then(|answer| answer.request_id.as_deref()));
        let class = error.map(|error| format!("{:?}", error.class()));
        let kind = error.and_then(Error::code).or(class.as_deref());
        self.write(status, kind, id);
    }

    fn write(&mut self, status: Option<u16>, kind: Option<&str>, id: Option<&str>) {
        self.ended = true;
        let Logged { log, operation, processor, attempt, sent_at, ended: _ } = self;
        let at = (log.clock)();
        let name = processor.map_or_else(|| "-".to_owned(), name);
        let status = status.map_or_else(|| "-".to_owned(), |status| status.to_string());
        let (kind, id) = (word(kind), word(id));
        let ms = sent_at.elapsed().as_millis();
        log.write(&format!(
            "{at:.3} {operation} {name} attempt={attempt} status={status} error={kind} ms={ms} id={id}\n"
        ));
    }
}

impl Drop for Logged<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.write(None, Some("Abandoned"), None);
        }
    }
}

/// A name, in quotes if it is none that the service gives.
fn name(name: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_.-".contains(char);
    match !["", "-"].contains(&name) && name.chars().all(plain) && name.len() <= NAME_CHARS {
        true => name.to_owned(),
        false => format!("{:?}", name.chars().take(NAME_CHARS).collect::<String>()),
    }
}

/// A type or an id that a stranger gave, if it looks like one.
fn word(word: Option<&str>) -> &str {
    let plain = |char: char| char.is_ascii_alphanumeric() || "_.-".contains(char);
    match word {
        None => "-",
        Some(word) if !word.is_empty() && word.len() <= WORD_CHARS && word.chars().all(plain) => {
            word
        }
        Some(_) => "?",
    }
}

#[cfg(test)]
mod tests {
    use super::super::Class;
    use super::*;

    const DESCRIBE: Operation = Operation::DescribeStreamProcessor;

    fn never(error: io::Error) {
        panic!("{error}");
    }

    /// Keeps what is written, and takes so many lines.
    #[derive(Clone, Default)]
    struct Kept {
        lines: Arc<Mutex<Vec<String>>>,
        most: Option<usize>,
    }

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut lines = self.lines.lock().unwrap();
            if self.most.is_some_and(|most| lines.len() >= most) {
                return Err(io::Error::other("full"));
            }
            lines.push(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_line_says_what_was_sent_and_what_came_of_it() {
        let kept = Kept::default();
        let log = Log::new(kept.clone(), || Timestamp::UNIX_EPOCH, never);
        let logged = log.begin(DESCRIBE, Some("front-door"), 2);
        tokio::time::advance(std::time::Duration::from_millis(15)).await;
        let error = Error::new(DESCRIBE, Class::Throttled, "secret words");
        let error = error.coded(Some("ThrottlingException")).answered(400, Some("4f-0c"));
        logged.end(None, Some(&error));
        log.begin(Operation::GetCallerIdentity, None, 1)
            .end(None, Some(&Error::new(DESCRIBE, Class::Unreachable, "secret words")));
        drop(log.begin(DESCRIBE, Some("a"), 1));
        assert_eq!(
            kept.lines.lock().unwrap().concat(),
            "1970-01-01T00:00:00.000Z DescribeStreamProcessor front-door attempt=2 status=400 error=ThrottlingException ms=15 id=4f-0c\n\
             1970-01-01T00:00:00.000Z GetCallerIdentity - attempt=1 status=- error=Unreachable ms=0 id=-\n\
             1970-01-01T00:00:00.000Z DescribeStreamProcessor a attempt=1 status=- error=Abandoned ms=0 id=-\n"
        );
    }

    #[test]
    fn what_strangers_write_keeps_to_its_place_in_the_line() {
        assert_eq!(name("porch_1.a-b"), "porch_1.a-b");
        assert_eq!(name("-"), "\"-\"");
        assert_eq!(name("a\nb \u{1b}[2J\u{202e}"), "\"a\\nb \\u{1b}[2J\\u{202e}\"");
        assert_eq!(name(&"x".repeat(1000)).len(), NAME_CHARS + 2);
        assert_eq!(word(Some("a\nb")), "?");
        assert_eq!(word(Some("")), "?");
        // A signature in the place of an id.
        assert_eq!(word(Some(&"a".repeat(64))), "?");
    }

    #[test]
    fn a_log_that_breaks_says_so_once_and_stops_nothing() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let kept = Kept { most: Some(1), ..Kept::default() };
        let hears = told.clone();
        let broken = move |error: io::Error| hears.lock().unwrap().push(error.to_string());
        let log = Log::new(kept.clone(), || Timestamp::UNIX_EPOCH, broken);
        for attempt in 1..5 {
            drop(log.begin(DESCRIBE, None, attempt));
        }
        assert_eq!(
            (kept.lines.lock().unwrap().len(), &*told.lock().unwrap()),
            (1, &vec!["full".to_owned()])
        );
    }
}
