//! The emulator as its users hold it: a cheap handle on the engine, its clock and its file.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::clock::{Clock, Time};
use super::delivery::{Delivery, Reset};
use super::engine::{Engine, Reply};
use super::error::ServiceError;
use super::incoming::Incoming;
use super::journal::Call;
use super::options::Options;
use super::protocol;
use super::random;
use super::state::{BadSnapshot, State};
use super::store::{Kept, Store, StoreError};

/// The embedded service. Clones are handles on the same one.
#[derive(Clone, Debug)]
pub struct Emulator(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    options: Arc<Options>,
    account_id: String,
    region: String,
    /// What the ARN of every stream processor begins with.
    arn_prefix: String,
    clock: Clock,
    request_ids: RequestIds,
    memory: Mutex<Memory>,
}

/// What calls have to wait for each other for.
#[derive(Debug)]
struct Memory {
    engine: Engine,
    store: Option<Store>,
}

/// Identifiers of requests, in the form of UUIDs.
#[derive(Debug)]
struct RequestIds {
    seed: u64,
    given: AtomicU64,
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
    /// The state is not this emulator's to keep.
    #[error("{0}")]
    Owner(String),
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
    /// Each change is kept in `store` or in the log beside it before it is acknowledged; nothing but a change creates it.
    /// `source` is only read. A store that is there belongs to this emulator until it is dropped, and cannot be opened a
    /// second time.
    pub fn open(
        options: Options,
        source: Option<&Path>,
        store: Option<&Path>,
    ) -> Result<Emulator, OpenError> {
        let opened = store.map(|path| {
            Store::open(path).map_err(|error| match error {
                StoreError::Read(source) => OpenError::Read { path: path.to_owned(), source },
                other => OpenError::Owner(other.to_string()),
            })
        });
        let (store, kept) = opened.transpose()?.unzip();
        let Kept { snapshot, changes } = kept.unwrap_or_default();
        let bad = |path: &Path, source| OpenError::Snapshot { path: path.to_owned(), source };
        let mut state = match (snapshot, source) {
            (Some(snapshot), _) => {
                let path = store.as_ref().map_or(Path::new(""), Store::path);
                State::parse(&snapshot, &options).map_err(|source| bad(path, source))?
            }
            (None, None) => State::new(&options.account_id, &options.region),
            (None, Some(path)) => {
                let text = fs::read(path)
                    .map_err(|source| OpenError::Read { path: path.to_owned(), source })?;
                State::parse(&text, &options).map_err(|source| bad(path, source))?
            }
        };
        for (line, change) in changes {
            let log = store.as_ref().map(Store::log_path).unwrap_or_default();
            state.replay(&change, line).map_err(|source| bad(&log, source))?;
        }
        Ok(Emulator::start(options, state, store))
    }

    fn start(options: Options, state: State, store: Option<Store>) -> Emulator {
        let clock = Clock::start(state.resumed_at);
        let options = Arc::new(options);
        let now = clock.now();
        Emulator(Arc::new(Shared {
            account_id: state.account_id().to_owned(),
            region: state.region().to_owned(),
            arn_prefix: state.arn_prefix(),
            request_ids: RequestIds::new(&options, now),
            memory: Mutex::new(Memory { engine: Engine::new(options.clone(), state, now), store }),
            options,
            clock,
        }))
    }

    /// The account that it plays.
    pub fn account_id(&self) -> String {
        self.0.account_id.clone()
    }

    /// The region that it plays.
    pub fn region(&self) -> String {
        self.0.region.clone()
    }

    /// What it was started with.
    pub fn options(&self) -> Options {
        Options::clone(&self.0.options)
    }

    /// The present state as a snapshot.
    pub fn snapshot(&self) -> Value {
        let text = self.memory().render(self.0.clock.now());
        // The text was made by the lines above from JSON values.
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The latest calls, the oldest first, as many as [`Options::journal_capacity`] asks for.
    pub fn journal(&self) -> Vec<Call> {
        self.memory().engine.journal.calls().cloned().collect()
    }

    /// Also writes each call from now on as a line of JSON to the end of this file.
    ///
    /// If a line cannot be written, the journal ends there: `lost` is told why, and the service goes on.
    pub fn write_journal(
        &self,
        path: &Path,
        lost: impl FnOnce(io::Error) + Send + 'static,
    ) -> Result<(), OpenError> {
        let file = OpenOptions::new().append(true).create(true).open(path);
        let file = file.map_err(|source| OpenError::Journal { path: path.to_owned(), source })?;
        self.memory().engine.journal.write_to(file, Box::new(lost));
        Ok(())
    }

    /// The answer to a request that cannot be read.
    pub(crate) fn refuse<B>(&self, request: &Request<B>, error: &ServiceError) -> Response<Bytes> {
        protocol::error(protocol::dialect(request), error, &self.0.request_ids.next())
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request<Bytes>) -> Result<Answer, Reset> {
        if let Some(response) = self.health(&request) {
            return Ok(Answer { response, delivery: Delivery::Whole });
        }
        let asked = match protocol::read(&request, self.0.options.signatures) {
            Ok(asked) => asked,
            Err(error) => {
                let response = self.refuse(&request, &error);
                return Ok(Answer { response, delivery: Delivery::Whole });
            }
        };
        let (operation, dialect) = (asked.operation, protocol::dialect(&request));
        let request_id = self.0.request_ids.next();
        let incoming = Incoming::new(asked, request_id.clone(), &self.0.arn_prefix);
        let Reply { outcome, delay, delivery } = self.memory().call(incoming, self.0.clock.now());
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let response = match outcome {
            Ok(output) => protocol::answer(operation, output, &request_id),
            Err(error) => protocol::error(dialect, &error, &request_id),
        };
        match delivery {
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
        Some(protocol::health(&json!({
            "emulator": concat!("rekon ", env!("CARGO_PKG_VERSION")),
            "account_id": self.0.account_id,
            "region": self.0.region,
            "stream_processors": self.memory().engine.state.processors().len(),
        })))
    }

    /// Brings the file up to date before a stop: also what happened by itself since the last change.
    ///
    /// Without a file, or if nothing was ever changed, it does nothing.
    pub async fn flush(&self) -> io::Result<()> {
        self.memory().flush(self.0.clock.now())
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// Carries out a call, keeps what it changed, and only then lets anybody know.
    fn call(&mut self, incoming: Incoming, now: Time) -> Reply {
        let Memory { engine, store } = self;
        let pending = engine.begin(incoming, now);
        let kept = match store {
            Some(store) if pending.took_effect() => store
                .keep(&engine.change(&pending), |file| engine.write(&pending, file))
                .map_err(|error| format!("{}: {error}", store.path().display())),
            _ => Ok(()),
        };
        engine.conclude(pending, kept)
    }

    fn flush(&mut self, now: Time) -> io::Result<()> {
        let Memory { engine, store } = self;
        let Some(store) = store.as_mut().filter(|store| store.changed) else { return Ok(()) };
        engine.state.advance(now);
        store.replace(|file| engine.state.write(None, now, file)).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", store.path().display()))
        })
    }

    /// The text of the present state.
    fn render(&mut self, now: Time) -> String {
        self.engine.state.advance(now);
        self.engine.state.render(now)
    }
}

impl RequestIds {
    fn new(options: &Options, started: Time) -> RequestIds {
        let seed = random::mix(&[options.faults.seed, random::hash(&started.iso())]);
        RequestIds { seed, given: AtomicU64::new(0) }
    }

    fn next(&self) -> String {
        random::uuid(random::mix(&[self.seed, self.given.fetch_add(1, Ordering::Relaxed)]))
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
        drop(emulator);
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
        drop(emulator);
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
        drop(emulator);
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
        assert_eq!(emulator.snapshot()["processors"], json!([]), "and nothing happened");
        fs::remove_file(&path).unwrap();
        assert_eq!(create(&emulator, "a").await, 200, "its name and its stream are free");
    }

    #[tokio::test]
    async fn a_state_belongs_to_one_emulator_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        let open = || Emulator::open(Options::default(), None, Some(&path));
        let emulator = open().unwrap();
        assert_eq!(create(&emulator, "a").await, 200);
        let refused = open().unwrap_err().to_string();
        let owner = format!("state.json belongs to process {}, an emulator", std::process::id());
        assert!(refused.contains(&owner), "{refused}");
        drop(emulator);
        let reader = open().unwrap();
        assert!(open().is_err(), "also while it is only read");
        drop(reader);
        open().unwrap();
    }

    /// A state of which all is in the files, as after a kill, is the one that was there.
    #[tokio::test(start_paused = true)]
    async fn what_is_kept_is_all_that_there_was() {
        let (folder, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let hour = Duration::from_secs(3600);
        let options = || Options {
            settle: crate::emulator::Settle::all(hour),
            lag: crate::emulator::Lag {
                created: Duration::ZERO,
                tags: hour,
                deleted: hour,
                trail: hour,
            },
            ..Options::default()
        };
        let path = folder.path().join("state.json");
        let emulator = Emulator::open(options(), None, Some(&path)).unwrap();
        let arn = |name: &str| format!("{}{name}", emulator.0.arn_prefix);
        let mut tagged = label_detection("b");
        tagged["Tags"] = json!({"site": "north"});
        for (operation, request, status) in [
            ("CreateStreamProcessor", face_search("a"), 200),
            ("CreateStreamProcessor", tagged, 200),
            ("StartStreamProcessor", json!({"Name": "a"}), 200),
            ("StopStreamProcessor", json!({"Name": "a"}), 400),
            ("TagResource", json!({"ResourceArn": arn("b"), "Tags": {"team": "home"}}), 200),
            (
                "UpdateStreamProcessor",
                json!({"Name": "b", "DataSharingPreferenceForUpdate": {"OptIn": true}}),
                200,
            ),
            ("UntagResource", json!({"ResourceArn": arn("b"), "TagKeys": ["site", "team"]}), 200),
            ("CreateStreamProcessor", label_detection("c"), 200),
            ("DeleteStreamProcessor", json!({"Name": "c"}), 200),
            ("CreateStreamProcessor", label_detection("c"), 400),
            ("CreateStreamProcessor", label_detection("d"), 200),
        ] {
            assert_eq!(call(&emulator, operation, &request).await.0, status, "{operation}");
            if status != 200 {
                continue;
            }
            for name in ["state.json", "state.json.log"] {
                fs::copy(folder.path().join(name), killed.path().join(name)).unwrap();
            }
            let path = killed.path().join("state.json");
            let again = Emulator::open(options(), None, Some(&path)).unwrap();
            let without_time = |emulator: &Emulator| {
                let mut snapshot = emulator.snapshot();
                snapshot.as_object_mut().unwrap().remove("taken_at");
                snapshot
            };
            assert_eq!(without_time(&again), without_time(&emulator), "{operation}");
        }
    }

    #[test]
    fn every_request_has_an_id_of_its_own() {
        let ids = RequestIds::new(&Options::default(), Time::default());
        let ids: std::collections::BTreeSet<String> = (0..100).map(|_| ids.next()).collect();
        assert_eq!(ids.len(), 100);
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
        drop(emulator);
        let again = Emulator::open(Options::default(), None, Some(&path)).unwrap();
        assert_eq!(again.snapshot()["processors"][0]["Status"], "RUNNING");
    }
}
