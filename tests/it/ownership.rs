//! Fleets that rekon owns, from adoption to deletion, held against a model that knows
//! nothing of marks and records: it remembers what was applied.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use rekon::emulator::Options;
use rekon::plan::{Action, Category, Drift, Fate, Origin, Plan};
use serde_json::{Value, json};

use crate::support::{copy_of, run};
use crate::world::camera::{ACCOUNT, REGION};
use crate::world::dice::Dice;
use crate::world::stage::{Project, Stage, essence, paused};

const NAMES: [&str; 6] = ["attic", "cellar", "garage", "hall", "porch", "yard"];

/// What a camera is, as far as the model moves it: two attributes and a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Camera {
    confidence: Option<u32>,
    label: &'static str,
    team: Option<&'static str>,
}

impl Camera {
    fn any(dice: &mut Dice) -> Camera {
        Camera {
            confidence: *dice.pick(&[None, Some(60), Some(80)]),
            label: dice.pick::<&str>(&["PERSON", "PET", "PACKAGE"]),
            team: *dice.pick(&[None, Some("east"), Some("west")]),
        }
    }

    /// Moves one of the three.
    fn moved(&self, dice: &mut Dice) -> Camera {
        let other = Camera::any(dice);
        match dice.below(3) {
            0 => Camera { confidence: other.confidence, ..self.clone() },
            1 => Camera { label: other.label, ..self.clone() },
            _ => Camera { team: other.team, ..self.clone() },
        }
    }

    fn wire(&self, name: &str) -> Value {
        let mut home = json!({ "Labels": [self.label] });
        if let Some(confidence) = self.confidence {
            home["MinConfidence"] = json!(confidence);
        }
        json!({
            "Name": name,
            "StreamProcessorArn": format!("arn:aws:rekognition:{REGION}:{ACCOUNT}:streamprocessor/{name}"),
            "Status": "STOPPED",
            "Input": {"KinesisVideoStream": {"Arn": format!("arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/{name}/1590000000000")}},
            "Output": {"S3Destination": {"Bucket": "results"}},
            "RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/Streams"),
            "Settings": {"ConnectedHome": home},
            "NotificationChannel": {"SNSTopicArn": format!("arn:aws:sns:{REGION}:{ACCOUNT}:AmazonRekognitionTopic")},
            "Tags": self.team.map_or(json!({}), |team| json!({ "team": team })),
        })
    }

    fn of_wire(wire: &Value) -> Camera {
        let home = &wire["Settings"]["ConnectedHome"];
        let known = |text: &str| {
            ["PERSON", "PET", "PACKAGE", "east", "west"]
                .into_iter()
                .find(|one| *one == text)
                .unwrap()
        };
        Camera {
            confidence: home["MinConfidence"]
                .as_f64()
                .map(|number| if number > 70.0 { 80 } else { 60 }),
            label: known(home["Labels"][0].as_str().unwrap()),
            team: wire["Tags"]["team"].as_str().map(known),
        }
    }

    fn toml(&self, name: &str) -> String {
        let mut text = format!(
            "[processor.{name}]\n\
             role_arn = \"arn:aws:iam::{ACCOUNT}:role/Streams\"\n\
             input.kinesis_video_stream.arn = \"arn:aws:kinesisvideo:{REGION}:{ACCOUNT}:stream/{name}/1590000000000\"\n\
             output.s3_destination.bucket = \"results\"\n\
             notification_channel.sns_topic_arn = \"arn:aws:sns:{REGION}:{ACCOUNT}:AmazonRekognitionTopic\"\n\
             settings.connected_home.labels = [\"{}\"]\n",
            self.label
        );
        if let Some(confidence) = self.confidence {
            writeln!(text, "settings.connected_home.min_confidence = {confidence}").unwrap();
        }
        if let Some(team) = self.team {
            writeln!(text, "tags.team = \"{team}\"").unwrap();
        }
        text
    }
}

/// What there is on either side, and what was applied.
#[derive(Clone, Debug, Default)]
struct Model {
    declared: BTreeMap<&'static str, Camera>,
    live: BTreeMap<&'static str, Camera>,
    /// What rekon applied to what it owns.
    applied: BTreeMap<&'static str, Camera>,
    /// What is to lose its marks.
    forgotten: BTreeSet<&'static str>,
}

impl Model {
    fn project(&self) -> Project {
        let mut text = format!(
            "[stack]\nname = \"home\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n\
             [guard]\nmax_deletes = 10\n"
        );
        self.declared.iter().for_each(|(name, camera)| text.push_str(&camera.toml(name)));
        for name in &self.forgotten {
            write!(text, "[[removed]]\nname = \"{name}\"\ndestroy = false\n").unwrap();
        }
        Project::new(&[("rekon.toml".to_owned(), text)]).unwrap()
    }

    /// Which side moved, of what differs; `None`: it does not differ.
    fn origin<T: PartialEq>(applied: Option<&T>, live: &T, declared: &T) -> Option<Origin> {
        if live == declared {
            return None;
        }
        Some(match applied {
            None => Origin::Unknown,
            Some(applied) if applied == live => Origin::Config,
            Some(applied) if applied == declared => Origin::Drift,
            Some(_) => Origin::Both,
        })
    }

    /// What differs of a declared processor that lives, by the attribute's path.
    fn differences(&self, name: &str) -> BTreeMap<String, Origin> {
        let (live, declared) = (&self.live[name], &self.declared[name]);
        let applied = self.applied.get(name);
        let confidence = Model::origin(
            applied.map(|one| &one.confidence),
            &live.confidence,
            &declared.confidence,
        );
        let label = Model::origin(applied.map(|one| &one.label), &live.label, &declared.label);
        // A tag that no file declares is rekon's only if rekon set it.
        let set = applied.and_then(|applied| applied.team);
        let team = match (set, declared.team) {
            (None, None) => None,
            (None, Some(_)) if applied.is_some() && live.team != declared.team => {
                Some(Origin::Config)
            }
            _ => Model::origin(applied.map(|one| &one.team), &live.team, &declared.team),
        };
        [
            ("settings.connected_home.min_confidence", confidence),
            ("settings.connected_home.labels", label),
            ("tags.team", team),
        ]
        .into_iter()
        .filter_map(|(path, origin)| Some((path.to_owned(), origin?)))
        .collect()
    }

    /// Checks a plan against what is known here.
    fn check(&self, plan: &Plan) {
        let by_name: BTreeMap<&str, _> =
            plan.changes.iter().map(|change| (change.name.as_str(), change)).collect();
        for name in NAMES {
            let actions = by_name.get(name).map_or(&[][..], |change| &change.actions);
            let (declared, live, owned) = (
                self.declared.contains_key(name),
                self.live.contains_key(name),
                self.applied.contains_key(name),
            );
            match (declared, live) {
                (false, true) if owned && self.forgotten.contains(name) => {
                    assert_eq!(actions, [Action::Record], "{name} is let go");
                }
                (false, true) if owned => assert_eq!(actions, [Action::Delete], "{name} goes"),
                (false, _) => assert_eq!(actions, [], "{name} is nobody's business"),
                (true, false) => assert_eq!(actions, [Action::Create], "{name} comes"),
                (true, true) => {
                    assert!(!actions.contains(&Action::Delete), "{name} is declared");
                    assert_eq!(actions.contains(&Action::Adopt), !owned, "{name} is adopted");
                    let found: BTreeMap<String, Origin> = by_name
                        .get(name)
                        .map(|change| &change.attributes[..])
                        .into_iter()
                        .flatten()
                        .map(|one| (one.attribute.to_string(), one.origin))
                        .collect();
                    assert_eq!(found, self.differences(name), "{name}");
                }
            }
        }
        let unowned = self
            .live
            .keys()
            .filter(|name| !self.declared.contains_key(*name) && !self.applied.contains_key(*name));
        assert_eq!(plan.summary.undeclared, unowned.count());
    }

    /// Checks what a look for drift finds against what is known here: it is drift exactly
    /// where the service moved.
    fn check_drift(&self, found: &Drift) {
        let mut expected = BTreeSet::new();
        for name in NAMES {
            let owned = self.applied.contains_key(name);
            match (self.declared.contains_key(name), self.live.contains_key(name)) {
                (true, false) => drop(expected.insert((name, Category::Missing))),
                (false, true) if owned => drop(expected.insert((name, Category::Pending))),
                (false, _) => {}
                (true, true) => {
                    let origins = self.differences(name).into_values();
                    expected.extend(origins.map(|origin| {
                        let category = match origin {
                            Origin::Drift | Origin::Both => Category::Changed,
                            Origin::Config => Category::Pending,
                            Origin::Unknown => Category::Unknown,
                        };
                        (name, category)
                    }));
                    if !owned {
                        expected.insert((name, Category::Pending));
                    }
                }
            }
        }
        let findings = found.findings.iter();
        let found: BTreeSet<(&str, Category)> =
            findings.map(|one| (one.name.as_str(), one.category)).collect();
        assert_eq!(found, expected);
    }

    /// What an apply makes of it.
    fn apply(&mut self) {
        let owned: Vec<&str> = self.applied.keys().copied().collect();
        for name in owned {
            if self.declared.contains_key(name) {
                continue;
            }
            if !self.forgotten.contains(name) {
                self.live.remove(name);
            }
            self.applied.remove(name);
        }
        for (name, camera) in &self.declared {
            let set = self.applied.get(name).is_some_and(|applied| applied.team.is_some());
            // The tag of somebody else stays.
            let team = camera
                .team
                .or_else(|| self.live.get(name).and_then(|live| live.team).filter(|_| !set));
            self.live.insert(name, Camera { team, ..camera.clone() });
            self.applied.insert(name, camera.clone());
        }
    }
}

/// The service as it is, with what the console does to it.
fn snapshot(holds: &BTreeMap<String, Value>) -> Value {
    json!({"format_version": "1.0", "account_id": ACCOUNT, "region": REGION, "complete": true,
        "taken_at": "2026-11-24T12:00:00Z", "processors": holds.values().collect::<Vec<_>>()})
}

async fn one_life(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut model = Model::default();
    let mut holds: BTreeMap<String, Value> = BTreeMap::new();
    for name in NAMES {
        if dice.once_in(2) {
            let camera = Camera::any(&mut dice);
            holds.insert(name.to_owned(), camera.wire(name));
            model.live.insert(name, camera);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for step in 0..14 {
        let name = *dice.pick(&NAMES);
        match dice.below(9) {
            // Edits.
            0 | 1 => {
                let camera = match model.declared.get(name) {
                    Some(camera) => camera.moved(&mut dice),
                    None => Camera::any(&mut dice),
                };
                model.forgotten.remove(name);
                model.declared.insert(name, camera);
            }
            2 => drop(model.declared.remove(name)),
            // Forgetting.
            3 => {
                model.declared.remove(name);
                model.forgotten.insert(name);
            }
            // Importing: what lives is declared as it is.
            4 => {
                for (name, live) in &model.live {
                    if !model.declared.contains_key(name) {
                        model.forgotten.remove(name);
                        model.declared.insert(name, live.clone());
                    }
                }
            }
            // The console.
            5 | 6 => {
                if let (Some(wire), Some(live)) = (holds.get_mut(name), model.live.get_mut(name)) {
                    *live = live.moved(&mut dice);
                    let mut moved = live.wire(name);
                    for key in ["rekon:stack", "rekon:applied"] {
                        if let Some(mark) = wire["Tags"].get(key) {
                            moved["Tags"][key] = mark.clone();
                        }
                    }
                    *wire = moved;
                } else {
                    let camera = Camera::any(&mut dice);
                    holds.insert(name.to_owned(), camera.wire(name));
                    model.live.insert(name, camera);
                }
            }
            7 => {
                holds.remove(name);
                model.live.remove(name);
                model.applied.remove(name);
            }
            _ => {}
        }
        let project = model.project();
        let stage = Stage::new(&snapshot(&holds), Options::default()).await;
        let plan = stage.plan(&project).await.unwrap();
        model.check(&plan);
        model.check_drift(&project.drift(&stage.read(&project).await.unwrap()));
        if dice.once_in(3) && plan.refusals.is_empty() {
            let told = format!("seed {seed}, step {step}: {model:#?}");
            let before = stage.holds();
            let outcome = stage.apply(&plan, folder.path()).await.unwrap();
            let failed = outcome.processors.iter().find(|one| one.fate != Fate::Done);
            assert!(failed.is_none(), "{failed:?}\n{told}");
            model.apply();
            holds = stage.holds();
            let found: BTreeMap<&str, Camera> =
                holds.iter().map(|(name, wire)| (name.as_str(), Camera::of_wire(wire))).collect();
            let expected: BTreeMap<&str, Camera> =
                model.live.iter().map(|(name, camera)| (*name, camera.clone())).collect();
            assert_eq!(found, expected, "{told}");
            for (name, wire) in &before {
                let bystander = !model.declared.contains_key(name.as_str())
                    && wire["Tags"].get("rekon:stack").is_none();
                let same = holds.get(name).map(essence) == Some(essence(wire));
                assert!(!bystander || same, "{name} was touched\n{told}");
            }
            let again = stage.plan(&project).await.unwrap();
            assert!(again.changes.is_empty(), "{:#?}\n{told}", again.changes);
        }
    }
}

#[test]
fn a_life_of_edits_consoles_applies_forgetting_and_importing_is_as_the_model_says() {
    let count = std::env::var("REKON_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(25);
    for seed in 0..count {
        let run = std::panic::AssertUnwindSafe(|| paused(one_life(seed)));
        if let Err(panic) = std::panic::catch_unwind(run) {
            eprintln!("seed {seed}");
            std::panic::resume_unwind(panic);
        }
    }
}

/// A fleet of one template, all of it applied, and the project with and without its tables.
fn fleet(count: usize) -> (BTreeMap<String, Value>, Project, Project) {
    let camera = Camera { confidence: Some(80), label: "PERSON", team: None };
    let mut head = format!(
        "[stack]\nname = \"home\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n\
         [guard]\nmax_deletes = 10000\n"
    );
    let bare = Project::new(&[("rekon.toml".to_owned(), head.clone())]).unwrap();
    let names: Vec<String> = (0..count).map(|at| format!("camera-{at:04}")).collect();
    names.iter().for_each(|name| head.push_str(&camera.toml(name)));
    let whole = Project::new(&[("rekon.toml".to_owned(), head)]).unwrap();
    let live: BTreeMap<String, Value> =
        names.iter().map(|name| (name.clone(), camera.wire(name))).collect();
    // Planned against nothing, what is created has the marks that it will have.
    let none = rekon::model::Live::default();
    let plan = whole.plan(&none);
    let marked = live.into_iter().map(|(name, mut wire)| {
        let call = plan.calls.iter().find(|call| call.processor == name).unwrap();
        wire["Tags"] = call.request["Tags"].clone();
        (name, wire)
    });
    (marked.collect(), whole, bare)
}

fn counted(stage: &Stage) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for call in stage.emulator.journal() {
        *counts.entry(call.operation.name().to_owned()).or_default() += 1;
    }
    counts
}

#[test]
fn a_thousand_in_line_cost_one_list_a_thousand_descriptions_and_ten_pages_of_tags() {
    let (holds, whole, _) = fleet(1000);
    paused(async {
        // The service enforces its quotas, and its journal would hold what it throttles.
        let rates = rekon::emulator::Rates::published();
        let options = Options { rates, ..Options::default() };
        let state = rekon::emulator::State::from_snapshot(&snapshot(&holds), &options).unwrap();
        let emulator = rekon::emulator::Emulator::new(crate::support::remembering(options), state);
        let rate = rekon::aws::RateLimit::Quota(rekon::aws::Rate::FULL);
        let stage = Stage::at(emulator, rate).await;
        let began = tokio::time::Instant::now();
        let plan = stage.plan(&whole).await.unwrap();
        let took = began.elapsed().as_secs_f64();
        assert_eq!((plan.changes.len(), plan.summary.unchanged), (0, 1000));
        let expected =
            [("DescribeStreamProcessor", 1000), ("GetResources", 10), ("ListStreamProcessors", 1)];
        let expected = expected.map(|(name, count)| (name.to_owned(), count));
        assert_eq!(counted(&stage), BTreeMap::from(expected), "no other, and none throttled");
        // Descriptions are answered at 20 a second.
        assert!(took <= 1000.0 / 20.0 * 1.03, "{took}");
    });
}

#[test]
fn a_read_that_is_cut_short_leads_to_no_delete_and_is_never_called_clean() {
    let (holds, whole, bare) = fleet(12);
    for (script, incomplete) in [
        // What is not described may be declared, or this stack's to delete.
        ("DescribeStreamProcessor/camera-0003=error:AccessDeniedException", [true, true]),
        // The hints are no authority; each processor is asked itself.
        ("GetResources=error:AccessDeniedException", [false, false]),
        ("ListTagsForResource/camera-0003=error:AccessDeniedException", [false, true]),
        // Whoever is told to slow down for ever has not read it either.
        ("DescribeStreamProcessor/camera-0003=throttle", [true, true]),
        ("ListTagsForResource/camera-0003=throttle", [false, true]),
    ] {
        for (project, incomplete) in [&whole, &bare].into_iter().zip(incomplete) {
            paused(async {
                let mut options = Options::default();
                options.faults.scripted.push(script.parse().unwrap());
                let stage = Stage::new(&snapshot(&holds), options).await;
                let plan = stage.plan(project).await.unwrap();
                assert_eq!(plan.complete, !incomplete, "{script}: {:#?}", plan.diagnostics);
                let told = format!("{:?}", plan.diagnostics);
                assert_eq!(told.contains("camera-0003"), incomplete, "{script}: {told}");
                let folder = tempfile::tempdir().unwrap();
                let applied = stage.apply(&plan, folder.path()).await;
                let deletes = stage.writes().len();
                match incomplete {
                    true => assert!(applied.is_err() && deletes == 0, "{script}"),
                    false => assert_eq!(deletes, plan.calls.len(), "{script}"),
                }
                let name = rekon::model::ProcessorName::new("camera-0003").unwrap();
                let deleted = plan.changes.iter().any(|change| change.name == name.as_str());
                assert!(!(deleted && incomplete), "{script}: what was not read is not deleted");
            });
        }
    }
    // A page that fails leaves out nobody knows whom.
    let (many, whole, bare) = fleet(1001);
    for project in [&whole, &bare] {
        paused(async {
            let mut options = Options::default();
            let script = "ListStreamProcessors:2x99=error:AccessDeniedException";
            options.faults.scripted.push(script.parse().unwrap());
            let stage = Stage::new(&snapshot(&many), options).await;
            let plan = stage.plan(project).await.unwrap();
            assert!(!plan.complete);
            assert!(plan.changes.iter().all(|change| change.actions == [Action::Delete]));
            let told = format!("{:?}", plan.diagnostics);
            assert!(told.contains("a page of ListStreamProcessors: "), "{told}");
            let folder = tempfile::tempdir().unwrap();
            assert!(stage.apply(&plan, folder.path()).await.is_err());
            assert_eq!(stage.writes().len(), 0);
        });
    }
    // Without a list there is nothing to plan with.
    paused(async {
        let mut options = Options::default();
        options
            .faults
            .scripted
            .push("ListStreamProcessors=error:AccessDeniedException".parse().unwrap());
        let stage = Stage::new(&snapshot(&holds), options).await;
        assert!(stage.plan(&bare).await.is_err());
    });
}

#[test]
fn what_is_marked_is_found_where_the_tagging_api_tells_of_nothing_and_the_rest_has_no_tags() {
    let camera = Camera { confidence: Some(80), label: "PERSON", team: None };
    let text = format!(
        "[stack]\nname = \"home\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n{}",
        camera.toml("new")
    );
    let project = Project::new(&[("rekon.toml".to_owned(), text)]).unwrap();
    for (strangers, found) in [(3, true), (150, false)] {
        let (mut holds, ..) = fleet(1);
        holds.insert("new".to_owned(), camera.wire("new"));
        for at in 0..strangers {
            let name = format!("stranger-{at:03}");
            holds.insert(name.clone(), camera.wire(&name));
        }
        paused(async {
            let mut options = Options::default();
            options.quirks.set("tagging", "absent").unwrap();
            let stage = Stage::new(&snapshot(&holds), options).await;
            let plan = stage.plan(&project).await.unwrap();
            let deletes = plan.summary.delete;
            assert_eq!((plan.complete, plan.summary.adopt), (true, 1));
            assert_eq!(deletes == 1, found, "{strangers}: {deletes}");
            let asked = counted(&stage)["ListTagsForResource"];
            assert_eq!(asked, if found { strangers + 2 } else { 1 }, "{strangers}");
        });
    }
}

#[test]
fn deletes_by_ownership_pass_the_gate_in_waves_with_all_definitions_on_disk() {
    let (holds, _, bare) = fleet(20);
    paused(async {
        let stage = Stage::new(&snapshot(&holds), Options::default()).await;
        let plan = stage.plan(&bare).await.unwrap();
        assert_eq!((plan.summary.delete, plan.calls.len()), (20, 20));
        let folder = tempfile::tempdir().unwrap();
        let outcome = stage.apply(&plan, folder.path()).await.unwrap();
        assert!(outcome.processors.iter().all(|one| one.fate == Fate::Done));
        assert!(stage.holds().is_empty());
        let files = std::fs::read_dir(folder.path()).unwrap();
        let kept = files.filter(|entry| entry.as_ref().unwrap().path().join("rekon.toml").exists());
        assert_eq!(kept.count(), 20);

        // By the service's journal: each is read, with its tags, within the second before.
        let (mut read, mut deleted) = (BTreeMap::new(), Vec::new());
        let journal = stage.emulator.journal();
        for call in &journal {
            let arn = call.request.get("ResourceArn").and_then(Value::as_str);
            let name = call
                .processor
                .clone()
                .or(arn.map(|arn| arn.rsplit('/').next().unwrap().to_owned()));
            let Some(name) = name else { continue };
            if call.operation.name() == "DeleteStreamProcessor" {
                for operation in ["DescribeStreamProcessor", "ListTagsForResource"] {
                    let before: &rekon::emulator::Time = &read[&(operation, name.clone())];
                    assert!(before.after(std::time::Duration::from_secs(1)) >= call.time, "{name}");
                }
                deleted.push(name.clone());
            }
            read.insert((call.operation.name(), name), call.time);
        }
        // Waves of 1, 2, 4 and 8: the last of one is gone before the first of the next goes.
        let at = |wanted: &str, name: &str| {
            let of = |call: &&rekon::emulator::Call| {
                call.operation.name() == wanted && call.processor.as_deref() == Some(name)
            };
            journal.iter().rposition(|call| of(&call)).unwrap()
        };
        let mut begin = 0;
        for size in [1, 2, 4, 8] {
            let (wave, next) = (&deleted[begin..begin + size], &deleted[begin + size]);
            for name in wave {
                let verified = at("DescribeStreamProcessor", name);
                assert!(verified < at("DeleteStreamProcessor", next), "{name} before {next}");
            }
            begin += size;
        }
    });
}

#[test]
fn a_new_name_that_the_service_refuses_leaves_the_old_processor_as_it_was() {
    let camera = Camera { confidence: Some(80), label: "PERSON", team: Some("east") };
    let head =
        format!("[stack]\nname = \"home\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n");
    let project = |text: String| Project::new(&[("rekon.toml".to_owned(), text)]).unwrap();
    let old = project(format!("{head}{}", camera.toml("porch")));
    let renamed = camera.toml("porch").replace("[processor.porch]", "[processor.door]");
    let moved = format!("{head}{renamed}[[moved]]\nfrom = \"porch\"\nto = \"door\"\n");
    let moved = project(moved);
    for (script, left) in [
        ("CreateStreamProcessor/door=error:InvalidParameterException", "porch"),
        ("CreateStreamProcessor/door:1x3=throttle", "door"),
    ] {
        paused(async {
            let mut options = Options::default();
            options.faults.scripted.push(script.parse().unwrap());
            let live = BTreeMap::from([("porch".to_owned(), camera.wire("porch"))]);
            let stage = Stage::new(&snapshot(&live), options).await;
            let folder = tempfile::tempdir().unwrap();
            let adopted = stage.plan(&old).await.unwrap();
            stage.apply(&adopted, folder.path()).await.unwrap();
            let before = stage.holds();
            let plan = stage.plan(&moved).await.unwrap();
            assert_eq!((plan.summary.delete, plan.summary.create), (1, 1));
            let text = rekon::report::text::plan(&plan, rekon::report::Settings::default());
            assert!(text.starts_with("± porch → door "), "one change: {text}");
            assert!(!text.contains("\n- porch") && !text.contains("role_arn"), "{text}");
            let outcome = stage.apply(&plan, folder.path()).await.unwrap();
            let after = stage.holds();
            assert_eq!(after.keys().collect::<Vec<_>>(), [left], "{script}");
            let done = outcome.processors.iter().all(|one| one.fate == Fate::Done);
            assert_eq!(done, left == "door", "{script}: {:?}", outcome.processors);
            if left == "porch" {
                assert_eq!(essence(&after["porch"]), essence(&before["porch"]), "marks included");
            }
        });
    }
}

#[test]
fn what_loses_its_table_is_deleted_with_a_definition_on_disk_and_comes_back() {
    let (_folder, dir) = copy_of("lobby");
    let apply =
        |more: &[&str]| run(&[&["apply", &dir, "--emulator", "--auto-approve"], more].concat());
    let first = apply(&[]);
    assert_eq!(first.code, 0, "{}{}", first.stdout, first.stderr);
    let file = std::path::Path::new(&dir).join("rekon.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let cut = text.find("[processor.").unwrap();
    std::fs::write(&file, &text[..cut]).unwrap();

    let plan = run(&["plan", &dir, "--emulator", "--format", "json"]);
    let plan: Value = serde_json::from_str(&plan.stdout).unwrap();
    let deleted = plan["summary"]["delete"].as_u64().unwrap();
    assert!(deleted > 0, "{plan:#}");
    let before = run(&["snapshot", &dir, "--emulator"]).stdout;
    let applied = apply(&[]);
    assert_eq!(applied.code, 0, "{}{}", applied.stdout, applied.stderr);
    let removed = std::path::Path::new(&dir).join(".rekon/removed");
    assert_eq!(std::fs::read_dir(&removed).unwrap().count() as u64, deleted);
    assert_eq!(run(&["plan", &dir, "--emulator", "--detailed-exitcode"]).code, 0);

    // What a plan deleted for good is owed to nobody, and comes back by its name.
    assert!(applied.stdout.contains("Deleted, as planned:\n    archive"), "{}", applied.stdout);
    let plan = run(&["plan", &dir, "--emulator"]).stdout;
    assert!(!plan.contains("unfinished-run"), "{plan}");
    let nothing = run(&["restore", &dir, "--emulator", "--auto-approve"]);
    assert!(nothing.stderr.contains("Nothing is to be restored"), "{}", nothing.stderr);
    let back = run(&["restore", &dir, "--emulator", "--auto-approve", "lobby"]);
    assert_eq!(back.code, 0, "{}{}", back.stdout, back.stderr);
    assert!(back.stdout.contains("Plan: 1 to create"), "{}", back.stdout);
    let warned = "lobby is declared by no file: the next apply would delete it again";
    assert!(back.stderr.contains(warned), "{}", back.stderr);
    let again = run(&["restore", &dir, "--emulator", "--auto-approve", "lobby"]);
    assert_eq!(again.code, 1, "{}", again.stdout);
    assert_eq!(apply(&[]).code, 0, "no file declares it, so that it goes again");

    // Its file still brings it back, and
    // deletes nothing else for it.
    let folder = std::fs::read_dir(&removed).unwrap().next().unwrap().unwrap().path();
    let folder = folder.to_str().unwrap();
    let home = format!("--emulator={dir}");
    let back = run(&["apply", folder, &home, "--auto-approve"]);
    assert_eq!(back.code, 0, "{}{}", back.stdout, back.stderr);
    let now = run(&["snapshot", &dir, "--emulator"]).stdout;
    let names = |text: &str| -> BTreeSet<String> {
        let snapshot: Value = serde_json::from_str(text).unwrap();
        let processors = snapshot["processors"].as_array().unwrap().iter();
        processors.map(|one| one["Name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&now).len() as u64, names(&before).len() as u64 - deleted + 1);
}
