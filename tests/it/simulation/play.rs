//! One seed played: a run in its weather, what comes after, and its judgement.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rekon::apply::{self, RecoveryRoot};
use rekon::aws::{self, Identity, Rate, RateLimit};
use rekon::config;
use rekon::emulator::{Emulator, Options, State};
use rekon::live;
use rekon::plan::{Fate, Plan, RefusalCode};
use rekon::report;
use serde_json::json;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::checker::{self, Ended, Essence, Evidence, Lost};
use super::scene::{Camera, Scene, arn};
use super::trace::Trace;
use super::weather::{Edit, Weather};
use super::wire::{Answer, Exchange, Who, Wire};
use crate::world::Dice;
use crate::world::camera::{ACCOUNT, REGION};
use crate::world::marks::STACK;
use crate::world::stage::{Project, Stage, holds};

/// Longer than anything late is on its way.
const LANDED: Duration = Duration::from_secs(180);
/// No run may take longer, whatever happens: each of eight cameras may be waited
/// for twice a quarter of an hour, and a group may be two of them.
const BOUND: Duration = Duration::from_hours(4);

/// How a run ended, in a word that tests count.
pub type End = &'static str;

/// A run that broke a promise, with all that it takes to see why.
pub struct Broken {
    pub problem: String,
    pub scene: Scene,
    pub weather: Weather,
    pub journal: String,
    pub outcome: String,
}

/// Plays a seed.
pub async fn play(seed: u64) -> Result<End, Box<Broken>> {
    let mut dice = Dice::new(seed);
    let scene = Scene::roll(&mut dice);
    let weather = Weather::roll(&mut dice, &scene);
    let stage = Played::new(scene, weather, dice);
    match stage.play().await {
        Ok(end) => Ok(end),
        Err((problem, outcome)) => Err(Box::new(Broken {
            problem,
            journal: journal(&stage.wire.exchanges()),
            scene: stage.scene,
            weather: stage.weather,
            outcome,
        })),
    }
}

struct Played {
    scene: Scene,
    weather: Weather,
    emulator: Emulator,
    wire: Wire,
    recovery: TempDir,
}

/// A problem, and the outcome that it is about.
type Problem = (String, String);

impl Played {
    fn new(scene: Scene, weather: Weather, dice: Dice) -> Played {
        let options = weather.options();
        let state = State::from_snapshot(&scene.snapshot(), &options).unwrap();
        let emulator = Emulator::new(options, state);
        let wire = Wire::new(emulator.clone(), weather.clone(), dice);
        // Memory, where there is a folder of it: these files are synced often.
        let memory = Path::new("/dev/shm");
        let recovery = match memory.is_dir() {
            true => TempDir::new_in(memory),
            false => TempDir::new(),
        };
        Played { scene, weather, emulator, wire, recovery: recovery.unwrap() }
    }

    async fn play(&self) -> Result<End, Problem> {
        let unsaid = |problem: String| (problem, String::new());
        let toml = self.scene.toml();
        let project = Project::new(&[("rekon.toml".to_owned(), toml)]).map_err(unsaid)?;
        let plan = plan(&project, &self.emulator);
        if plan.calls.is_empty() {
            return Ok("nothing to do");
        }
        if !plan.refusals.is_empty() {
            return Ok("refused");
        }
        let before = holds(&self.emulator.snapshot());
        let (outcome, signals) = self.run(&plan).await.map_err(unsaid)?;
        let ended = self.wire.now();
        let end = holds(&self.emulator.snapshot());
        tokio::time::sleep(LANDED).await;
        let landed = holds(&self.emulator.snapshot());
        let told = format!("{outcome:#?}");
        let fail = |problem: String| (problem, told.clone());

        let exchanges = self.wire.exchanges();
        let json = serde_json::to_value(&plan).unwrap();
        let report = match &outcome {
            Some(Ok(outcome)) => report::json::outcome(outcome, &plan),
            _ => "null".to_owned(),
        };
        let report = serde_json::from_str(&report).unwrap();
        let evidence = Evidence {
            scene: &self.scene,
            plan: &json,
            exchanges: &exchanges,
            before: &before,
            end: &end,
            landed: &landed,
            outcome: outcome.as_ref(),
            report: &report,
            signals: &signals,
            ended,
            weather: &self.weather,
            recovery: self.recovery.path(),
        };
        let lost = checker::check(&evidence).map_err(fail)?;
        for lost in &lost {
            self.bring_back(lost).await.map_err(fail)?;
        }
        let trace = Trace {
            scene: &self.scene,
            project: &project,
            plan: &plan,
            exchanges: &exchanges,
            outcome: outcome.as_ref(),
            lost: &lost,
            folder: self.recovery.path(),
            calm: self.calm().await,
        };
        trace.check().await.map_err(fail)?;
        if outcome.is_none() && self.weather.edits.is_empty() {
            self.run_again(&project).await.map_err(fail)?;
        }
        Ok(match outcome {
            None => "died",
            Some(Err(_)) => "not begun",
            Some(Ok(_)) if !lost.is_empty() => "lost",
            Some(Ok(outcome)) if outcome.interrupted.is_some() => "interrupted",
            Some(Ok(outcome)) => {
                match outcome.processors.iter().all(|told| told.fate == Fate::Done) {
                    true => "done",
                    false => "in part",
                }
            }
        })
    }

    /// Applies the plan in this weather, and says when which signal came. `None`: it
    /// died.
    async fn run(&self, plan: &Plan) -> Result<(Option<Ended>, Vec<Duration>), String> {
        let settings = aws::Settings {
            region: REGION.to_owned(),
            profile: None,
            endpoint_url: None,
            rate_limit: match self.weather.paced {
                true => RateLimit::Quota(Rate::FULL),
                false => RateLimit::Unlimited,
            },
            http_client: Some(self.wire.client()),
            log: None,
        };
        let connection = aws::connect(settings).await.unwrap();
        let (stopper, stop) = apply::stopper();
        let (stopper, signalled) = (Arc::new(stopper), Arc::new(Mutex::new(Vec::new())));
        // What goes on around the run ends with it.
        let mut around = JoinSet::new();
        for (when, length, outage) in self.weather.outages.clone() {
            let wire = self.wire.clone();
            around.spawn(async move {
                wire.come(when).await;
                wire.go_out(outage, length).await;
            });
        }
        for (when, name, edit) in self.weather.edits.clone() {
            let (wire, live) = (self.wire.clone(), self.scene.live.get(name).cloned());
            around.spawn(async move {
                wire.come(when).await;
                meddle(&wire, live, name, edit).await;
            });
        }
        for (when, signal) in self.weather.signals.clone() {
            let (wire, stopper, signalled) =
                (self.wire.clone(), stopper.clone(), signalled.clone());
            around.spawn(async move {
                wire.come(when).await;
                signalled.lock().unwrap().push(wire.now());
                stopper.stop(signal);
            });
        }
        let options = apply::Options {
            identity: Identity { account_id: ACCOUNT.to_owned(), arn: String::new() },
            parallelism: self.weather.parallelism,
            settle_timeout: self.weather.settle_timeout,
            recovery: RecoveryRoot::Folder(self.recovery.path().to_owned()),
            now: jiff::Timestamp::UNIX_EPOCH,
            reconnect: String::new(),
            known: None,
            service: None,
        };
        let (reader, writer) = (connection.reader(), connection.writer());
        let death = async {
            match self.weather.death {
                Some(when) => self.wire.come(when).await,
                None => std::future::pending().await,
            }
        };
        let outcome = tokio::select! {
            biased;
            () = death => None,
            outcome = apply::apply(plan, &reader, &writer, &options, &|_| {}, stop) => Some(outcome),
            () = tokio::time::sleep(BOUND) => return Err(format!("no end after {BOUND:?}")),
        };
        let signals = signalled.lock().unwrap().clone();
        Ok((outcome, signals))
    }

    /// The service as it is now, once nothing goes wrong any more.
    async fn calm(&self) -> Stage {
        let options = Options { quirks: self.weather.quirks, ..Options::default() };
        let state = State::from_snapshot(&self.emulator.snapshot(), &options).unwrap();
        Stage::over(Emulator::new(options, state)).await
    }

    /// Follows the report's advice: the recovery file brings back what was there.
    async fn bring_back(&self, lost: &Lost) -> Result<(), String> {
        let project = Project::of(config::load(lost.file.parent().unwrap()))?;
        let calm = self.calm().await;
        let again = plan(&project, &calm.emulator);
        if again.refusals.iter().any(|refusal| refusal.code == RefusalCode::StreamHeld) {
            // Somebody else's by now; the files say who should have it.
            return Ok(());
        }
        let folder = tempfile::tempdir().unwrap();
        calm.apply(&again, folder.path())
            .await
            .map_err(|error| format!("{} cannot be brought back: {error}", lost.name))?;
        let back = calm.holds().get(&lost.name).map(|wire| Essence::of_wire(wire, &wire["Tags"]));
        match back {
            // A file says nothing of marks: what it brings back is nobody's.
            Some(back) if back == lost.was.without_marks() => Ok(()),
            back => Err(format!("{lost:?} came back as {back:?}")),
        }
    }

    /// A run after one that died gets to where the files are.
    async fn run_again(&self, project: &Project) -> Result<(), String> {
        let calm = self.calm().await;
        let again = plan(project, &calm.emulator);
        let folder = tempfile::tempdir().unwrap();
        let outcome = calm.apply(&again, folder.path()).await.map_err(|error| error.to_string())?;
        if let Some(told) = outcome.processors.iter().find(|told| told.fate != Fate::Done) {
            return Err(format!("the run after the death: {told:?}"));
        }
        let left = plan(project, &calm.emulator).calls;
        if left.is_empty() { Ok(()) } else { Err(format!("after the death and a run: {left:#?}")) }
    }
}

/// Plans with what is known for certain of the service.
fn plan(project: &Project, emulator: &Emulator) -> Plan {
    let snapshot = emulator.snapshot().to_string();
    project.plan(&live::parse(Path::new("live.json"), &snapshot).unwrap())
}

/// What somebody else does to a processor, as far as the service lets them.
async fn meddle(wire: &Wire, live: Option<Camera>, name: &str, edit: Edit) {
    let by_name = json!({"Name": name});
    match edit {
        Edit::Update => {
            let labels = json!({"ConnectedHomeForUpdate": {"Labels": ["ALL"]}});
            let request = json!({"Name": name, "SettingsForUpdate": labels});
            wire.as_stranger("UpdateStreamProcessor", request).await;
        }
        Edit::Tag => {
            let request = json!({"ResourceArn": arn(name), "Tags": {"owner": "stranger"}});
            wire.as_stranger("TagResource", request).await;
        }
        Edit::Untag => {
            let request =
                json!({"ResourceArn": arn(name), "TagKeys": ["CreatedBy", "team", STACK]});
            wire.as_stranger("UntagResource", request).await;
        }
        Edit::Stop => drop(wire.as_stranger("StopStreamProcessor", by_name).await),
        Edit::Start => drop(wire.as_stranger("StartStreamProcessor", by_name).await),
        Edit::Delete => drop(wire.as_stranger("DeleteStreamProcessor", by_name).await),
        Edit::Recreate => {
            if wire.as_stranger("DeleteStreamProcessor", by_name).await != 200 {
                return;
            }
            let Some(mut other) = live else { return };
            other.role = 7;
            for _ in 0..60 {
                let request = other.creation(name);
                if wire.as_stranger("CreateStreamProcessor", request).await == 200 {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

/// What happened, a line for each request.
fn journal(exchanges: &[Exchange]) -> String {
    let line = |exchange: &Exchange| {
        let Exchange { who, operation, name, sent, arrived, answered, .. } = exchange;
        let mut line = format!("{:9.3} ", sent.as_secs_f64());
        if *who == Who::Stranger {
            line.push_str("somebody's ");
        }
        line.push_str(&format!("{operation} {name}:"));
        for arrival in arrived {
            line.push_str(&format!(" {} at {:.3}", arrival.status, arrival.at.as_secs_f64()));
        }
        match answered {
            None => line.push_str(", unanswered"),
            Some((at, Answer::Nothing(what))) => {
                line.push_str(&format!(", {what} at {:.3}", at.as_secs_f64()));
            }
            Some((at, Answer::Body(status, body))) => {
                line.push_str(&format!(", {status} at {:.3}", at.as_secs_f64()));
                match (body["Status"].as_str(), body["__type"].as_str()) {
                    (Some(word), _) | (None, Some(word)) => line.push_str(&format!(" {word}")),
                    _ => {}
                }
            }
        }
        line.push('\n');
        line
    };
    exchanges.iter().map(line).collect()
}
