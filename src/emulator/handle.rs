//! The emulator as its users hold it: a cheap handle on the engine, its clock and its file.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::clock::Clock;
use super::delivery::{Delivery, Reset};
use super::engine::Engine;
use super::error::ServiceError;
use super::journal::Call;
use super::options::Options;
use super::protocol;
use super::state::{BadSnapshot, State};
use super::store::Store;

/// The embedded service. Clones are handles on the same one.
#[derive(Clone, Debug)]
pub struct Emulator(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    engine: Mutex<Engine>,
    clock: Clock,
    /// Behind a lock of its own, which a write keeps beyond the call that began it: a client that goes away must not
    /// let the next write overtake this one.
    store: Option<Arc<tokio::sync::Mutex<Store>>>,
}

/// An answer on its way to a client, and how much of it arrives.
#[derive(Debug)]
pub struct Answer {
    /// The answer itself.
    pub response: Response<Bytes>,
    /// Never [`Delivery::Reset`], which is the error [`Reset`].
    pub delivery: Delivery,
}

/// Why an emulator cannot start.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The state cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The state cannot be started from.
    #[error("{} is no state to start from", path.display())]
    Snapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: BadSnapshot,
    },
    /// The journal cannot be written.
    #[error("cannot write the journal {}", path.display())]
    Journal {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Emulator {
    /// An emulator that keeps its state in memory only.
    pub fn new(options: Options, state: State) -> Emulator {
        Emulator::start(options, state, None)
    }

    /// An emulator that starts from the file `store` if that exists, else from `source`, else without processors.
    ///
    /// Each change is in `store` before it is acknowledged; nothing but a change creates it. `source` is only read. A
    /// store belongs to one emulator at a time: a change by another process makes further changes fail.
    pub fn open(
        options: Options,
        source: Option<&Path>,
        store: Option<&Path>,
    ) -> Result<Emulator, OpenError> {
        // Looked at before it is read, so that a change in between is noticed later.
        let kept = store.map(Store::new);
        let state = match store.map(|path| read(path, &options)).transpose()?.flatten() {
            Some(state) => state,
            None => match source {
                None => State::new(&options.account_id, &options.region),
                Some(path) => read(path, &options)?.ok_or_else(|| OpenError::Read {
                    path: path.to_owned(),
                    source: io::Error::from(io::ErrorKind::NotFound),
                })?,
            },
        };
        Ok(Emulator::start(options, state, kept))
    }

    fn start(options: Options, state: State, store: Option<Store>) -> Emulator {
        let clock = Clock::start(state.resumed_at);
        let engine = Engine::new(options, state, clock.now());
        let store = store.map(|store| Arc::new(tokio::sync::Mutex::new(store)));
        Emulator(Arc::new(Shared { engine: Mutex::new(engine), clock, store }))
    }

    /// The account that it plays.
    pub fn account_id(&self) -> String {
        self.engine().state.account_id().to_owned()
    }

    /// The region that it plays.
    pub fn region(&self) -> String {
        self.engine().state.region().to_owned()
    }

    /// What it was started with.
    pub fn options(&self) -> Options {
        self.engine().options.clone()
    }

    /// The present state as a snapshot.
    pub fn snapshot(&self) -> Value {
        let text = self.render().0;
        // The text was made by the lines above from JSON values.
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The latest calls, the oldest first.
    pub fn journal(&self) -> Vec<Call> {
        self.engine().journal.calls().cloned().collect()
    }

    /// Also writes each call from now on as a line of JSON to the end of this file.
    pub fn write_journal(&self, path: &Path) -> Result<(), OpenError> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|source| OpenError::Journal { path: path.to_owned(), source })?;
        self.engine().journal.write_to(file);
        Ok(())
    }

    /// The answer to a request that cannot be read.
    pub(crate) fn refuse<B>(&self, request: &Request<B>, error: &ServiceError) -> Response<Bytes> {
        let request_id = self.engine().next_request_id();
        protocol::error(protocol::dialect(request), error, &request_id)
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request<Bytes>) -> Result<Answer, Reset> {
        if let Some(response) = self.health(&request) {
            return Ok(Answer { response, delivery: Delivery::Whole });
        }
        let dialect = protocol::dialect(&request);
        let read = protocol::read(&request, self.engine().options.signatures);
        let incoming = match read {
            Ok(incoming) => incoming,
            Err(error) => {
                let response = self.refuse(&request, &error);
                return Ok(Answer { response, delivery: Delivery::Whole });
            }
        };
        let operation = incoming.operation;
        let (reply, generation) = {
            let mut engine = self.engine();
            (engine.call(incoming, self.0.clock.now()), engine.generation)
        };
        let mut outcome = reply.outcome;
        if reply.took_effect
            && let Err(error) = self.keep(generation).await
        {
            let message = format!("The emulator cannot keep its state: {error}.");
            outcome = Err(ServiceError::internal(operation, message));
        }
        if !reply.delay.is_zero() {
            tokio::time::sleep(reply.delay).await;
        }
        let response = match &outcome {
            Ok(output) => protocol::answer(operation, output, &reply.request_id),
            Err(error) => protocol::error(dialect, error, &reply.request_id),
        };
        match reply.delivery {
            Delivery::Reset => Err(Reset),
            delivery => Ok(Answer { response, delivery }),
        }
    }

    /// The answer to whoever asks without an AWS client: whether the emulator is ready, and what it plays.
    fn health(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        if request.uri().path() != "/" {
            let message = "There is nothing here but the health of the emulator at /.";
            let error = ServiceError::new("UnknownOperationException", 404, message);
            return Some(self.refuse(request, &error));
        }
        let state = &self.engine().state;
        Some(protocol::health(&json!({
            "emulator": concat!("rekon ", env!("CARGO_PKG_VERSION")),
            "account_id": state.account_id(),
            "region": state.region(),
            "stream_processors": state.processors().len(),
        })))
    }

    /// Brings the file up to date before a stop: also what happened by itself since the last change.
    ///
    /// Without a file, or if nothing was ever changed, it does nothing.
    pub async fn flush(&self) -> io::Result<()> {
        let Some(store) = &self.0.store else { return Ok(()) };
        let store = store.clone().lock_owned().await;
        if store.generation == 0 && self.engine().generation == 0 {
            return Ok(());
        }
        self.write(store).await
    }

    /// Waits until the file holds this many changes.
    async fn keep(&self, generation: u64) -> io::Result<()> {
        let Some(store) = &self.0.store else { return Ok(()) };
        let store = store.clone().lock_owned().await;
        // Whoever wrote while this call waited has written this call's change too.
        if store.generation >= generation { Ok(()) } else { self.write(store).await }
    }

    async fn write(&self, mut store: tokio::sync::OwnedMutexGuard<Store>) -> io::Result<()> {
        let emulator = self.clone();
        let written = tokio::task::spawn_blocking(move || {
            let (text, generation) = emulator.render();
            let replaced = store.replace(&text);
            if replaced.is_ok() {
                store.generation = generation;
            }
            replaced.map_err(|error| {
                io::Error::new(error.kind(), format!("{}: {error}", store.path().display()))
            })
        });
        written.await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)))
    }

    /// The text of the present state, and the number of changes in it.
    fn render(&self) -> (String, u64) {
        let now = self.0.clock.now();
        let mut engine = self.engine();
        engine.state.advance(now);
        (engine.state.render(now), engine.generation)
    }

    fn engine(&self) -> MutexGuard<'_, Engine> {
        self.0.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The state in a file; `None` if there is no such file.
fn read(path: &Path, options: &Options) -> Result<Option<State>, OpenError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(OpenError::Read { path: path.to_owned(), source }),
    };
    match State::parse(&text, options) {
        Ok(state) => Ok(Some(state)),
        Err(source) => Err(OpenError::Snapshot { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::operations::testing::{face_search, label_detection};
    use serde_json::json;
    use std::time::Duration;

    async fn call(emulator: &Emulator, operation: &str, body: &Value) -> (u16, Value) {
        let request = Request::post("/")
            .header("x-amz-target", format!("RekognitionService.{operation}"))
            .header("content-type", "application/x-amz-json-1.1")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let response = emulator.handle(request).await.unwrap().response;
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    async fn create(emulator: &Emulator, name: &str) -> u16 {
        call(emulator, "CreateStreamProcessor", &label_detection(name)).await.0
    }

    #[tokio::test]
    async fn an_acknowledged_change_is_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let emulator = Emulator::open(Options::default(), None, Some(&path)).unwrap();
        call(&emulator, "ListStreamProcessors", &json!({})).await;
        emulator.flush().await.unwrap();
        assert!(!path.exists(), "reading creates no file");
        assert_eq!(create(&emulator, "a").await, 200);
        // No stop, no flush: as if the process had been killed here.
        let again = Emulator::open(Options::default(), None, Some(&path)).unwrap();
        let (status, shown) = call(&again, "DescribeStreamProcessor", &json!({"Name": "a"})).await;
        assert_eq!((status, &shown["Name"]), (200, &json!("a")));
        let kept: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(kept["processors"][0]["Tags"], json!({}));
        assert_eq!(kept["complete"], true);
    }

    #[tokio::test]
    async fn many_changes_at_once_are_all_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let emulator = Emulator::open(Options::default(), None, Some(&path)).unwrap();
        let creates = (0..50).map(|number| {
            let emulator = emulator.clone();
            tokio::spawn(async move { create(&emulator, &format!("camera-{number}")).await })
        });
        for created in creates.collect::<Vec<_>>() {
            assert_eq!(created.await.unwrap(), 200);
        }
        let again = Emulator::open(Options::default(), None, Some(&path)).unwrap();
        assert_eq!(again.snapshot()["processors"].as_array().unwrap().len(), 50);
    }

    #[tokio::test]
    async fn the_store_goes_before_the_source_which_is_never_written() {
        let folder = tempfile::tempdir().unwrap();
        let (source, store) =
            (folder.path().join("live.json"), folder.path().join(".rekon/emulator.json"));
        let mut processor = label_detection("a");
        processor["Tags"] = json!({"site": "north"});
        let text =
            json!({"account_id": "444455556666", "region": "eu-west-1", "processors": [processor]})
                .to_string();
        fs::write(&source, &text).unwrap();
        let emulator = Emulator::open(Options::default(), Some(&source), Some(&store)).unwrap();
        assert_eq!(
            (emulator.account_id().as_str(), emulator.region().as_str()),
            ("444455556666", "eu-west-1")
        );
        assert_eq!(create(&emulator, "b").await, 200);
        assert_eq!(fs::read_to_string(&source).unwrap(), text);
        let again = Emulator::open(Options::default(), Some(&source), Some(&store)).unwrap();
        assert_eq!(again.snapshot()["processors"].as_array().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn a_bad_file_is_named_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("live.json");
        let missing = Emulator::open(Options::default(), Some(&path), None).unwrap_err();
        assert!(matches!(missing, OpenError::Read { .. }));
        fs::write(&path, "{\"processors\": [{\"Name\": \"a b\"}]}").unwrap();
        let bad = Emulator::open(Options::default(), Some(&path), None).unwrap_err();
        assert!(bad.to_string().contains("live.json"));
        assert!(
            std::error::Error::source(&bad).unwrap().to_string().starts_with("processor `a b`: ")
        );
    }

    #[tokio::test]
    async fn a_change_that_cannot_be_kept_is_not_acknowledged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let emulator = Emulator::open(Options::default(), None, Some(&path)).unwrap();
        fs::write(&path, "somebody else's").unwrap();
        let (status, body) = call(&emulator, "CreateStreamProcessor", &label_detection("a")).await;
        assert_eq!((status, &body["__type"]), (500, &json!("InternalServerError")));
        assert!(body["Message"].as_str().unwrap().contains("another process"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "somebody else's");
    }

    #[tokio::test(start_paused = true)]
    async fn time_passes_with_tokios_clock_and_a_stop_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let emulator = Emulator::open(Options::default(), None, Some(&path)).unwrap();
        call(&emulator, "CreateStreamProcessor", &face_search("a")).await;
        call(&emulator, "StartStreamProcessor", &json!({"Name": "a"})).await;
        let status = async |emulator: &Emulator| {
            call(emulator, "DescribeStreamProcessor", &json!({"Name": "a"})).await.1["Status"]
                .clone()
        };
        assert_eq!(status(&emulator).await, "STARTING");
        tokio::time::sleep(Duration::from_secs(3600)).await;
        assert_eq!(status(&emulator).await, "RUNNING");
        emulator.flush().await.unwrap();
        let again = Emulator::open(Options::default(), None, Some(&path)).unwrap();
        assert_eq!(again.snapshot()["processors"][0]["Status"], "RUNNING");
    }
}
