//! Snapshots: the live state as a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::describe_all::{Descriptions, Reading, TagAnswer, describe_all};
use super::description::described;
use super::fetch::{Progress, gather};
use super::problems::Problems;
use crate::aws::{Error, Reader};
use crate::model::{Live, LiveProcessor, ReadProblem};

/// The version of the snapshot's JSON.
pub const SNAPSHOT_FORMAT_VERSION: &str = "1.0";

/// A snapshot that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// It is no snapshot.
    #[error("{} is no snapshot: {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why, in words.
        reason: String,
    },
    /// Another rekon wrote it, in a format that this one does not know.
    #[error(
        "{} is a snapshot of format {version}, which needs a newer rekon: this one reads {}",
        path.display(),
        SNAPSHOT_FORMAT_VERSION
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// The version that it says.
        version: String,
    },
}

/// Reads the whole live state, tags of every processor included, as JSON.
///
/// What could not be read makes it incomplete, and is named in `problems`.
pub async fn take(
    reader: &Reader,
    account_id: &str,
    now: Timestamp,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Value, Error> {
    let reader = &reader.of_account(account_id);
    let keep = |_: &str, wire: Value| {
        let arn = wire.get("StreamProcessorArn").and_then(Value::as_str).map(str::to_owned);
        (wire, arn)
    };
    let tag = |wire: &mut Value, answer: TagAnswer| match answer {
        Ok(Some(tags)) => {
            if let Value::Object(wire) = wire {
                wire.insert("Tags".to_owned(), json!(tags));
            }
            Ok(())
        }
        Ok(None) => Err("it was deleted while the snapshot was being taken".to_owned()),
        Err(error) => Err(format!("{}: {}", error.operation(), error.reason())),
    };
    let reading = Reading { wanted: &|_| true, keep: &keep, tag: &tag, progress };
    let Descriptions { by_name, skipped: _, problems } = describe_all(reader, &reading).await?;
    // A description that cannot be read is kept as it is, and said to be a problem.
    let read = by_name.iter().map(|(name, wire)| (name.clone(), described(wire)));
    let problems = gather(read, problems).problems;
    let mut snapshot = Map::new();
    snapshot.insert("format_version".into(), json!(SNAPSHOT_FORMAT_VERSION));
    snapshot.insert("taken_at".into(), json!(now.to_string()));
    snapshot.insert("account_id".into(), json!(account_id));
    snapshot.insert("region".into(), json!(reader.region()));
    snapshot.insert("complete".into(), json!(problems.is_empty()));
    if !problems.is_empty() {
        let problems = problems
            .iter()
            .map(|problem| json!({ "names": problem.names, "reason": problem.reason }));
        snapshot.insert("problems".into(), problems.collect());
    }
    snapshot.insert("processors".into(), by_name.into_values().collect());
    Ok(Value::Object(snapshot))
}

/// Reads a snapshot file.
pub fn load(path: &Path) -> Result<Live, SnapshotError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| SnapshotError::Read { path: path.to_owned(), source })?;
    parse(path, &text)
}

/// Reads a snapshot's text; `path` is for what there is to complain about.
///
/// Members that this version does not know are ignored, `emulator` among them:
/// the embedded service's state is a snapshot too.
pub fn parse(path: &Path, text: &str) -> Result<Live, SnapshotError> {
    let malformed = |reason: String| SnapshotError::Malformed { path: path.to_owned(), reason };
    // Taken apart member by member: the JSON of a large fleet as one value would
    // weigh many times its text.
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => malformed("it must be an object".to_owned()),
            _ => malformed(error.to_string()),
        })?;
    let mut snapshot = Map::new();
    for name in ["format_version", "taken_at", "account_id", "region", "complete", "problems"] {
        if let Some(member) = members.get(name) {
            let value = serde_json::from_str(member.get())
                .map_err(|error| malformed(format!("{name}: {error}")))?;
            snapshot.insert(name.to_owned(), value);
        }
    }
    let text = |name: &str| match snapshot.get(name) {
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(malformed(format!("{name} must be a string"))),
        None => Ok(None),
    };

    if let Some(version) = text("format_version")? {
        let major =
            |version: &str| version.split('.').next().and_then(|major| major.parse::<u64>().ok());
        match (major(&version), major(SNAPSHOT_FORMAT_VERSION)) {
            (Some(theirs), Some(ours)) if theirs <= ours => {}
            (Some(_), _) => return Err(SnapshotError::Newer { path: path.to_owned(), version }),
            (None, _) => {
                return Err(malformed(format!("format_version {version:?} is no version")));
            }
        }
    }
    let taken_at = snapshot.get("taken_at").map(time).transpose();
    let taken_at = taken_at.map_err(|reason| malformed(format!("taken_at {reason}")))?;
    let complete = match snapshot.get("complete") {
        Some(Value::Bool(complete)) => Some(*complete),
        Some(_) => return Err(malformed("complete must be true or false".to_owned())),
        None => None,
    };
    let Some(processors) = members.get("processors") else {
        return Err(malformed("processors is missing".to_owned()));
    };
    let processors: Vec<&RawValue> = serde_json::from_str(processors.get())
        .map_err(|_| malformed("processors must be a list".to_owned()))?;

    let mut by_name = BTreeMap::new();
    for (at, processor) in processors.into_iter().enumerate() {
        let bad = |reason: String| malformed(format!("processors[{at}]: {reason}"));
        let wire: Value =
            serde_json::from_str(processor.get()).map_err(|error| bad(error.to_string()))?;
        for member in ["CreationTimestamp", "LastUpdateTimestamp"] {
            if let Some(value) = wire.get(member).filter(|value| !value.is_null()) {
                time(value).map_err(|reason| bad(format!("{member} {reason}")))?;
            }
        }
        let Some(name) = wire.get("Name").and_then(Value::as_str) else {
            return Err(bad("Name must be a string".to_owned()));
        };
        if by_name.insert(name.to_owned(), described(&wire)).is_some() {
            return Err(bad(format!("{name:?} is there twice")));
        }
    }
    let mut live = gather(by_name, Problems::default());
    let (account_id, region) = origin(&live);
    live.account_id = text("account_id")?.unwrap_or(account_id);
    live.region = text("region")?.unwrap_or(region);
    live.taken_at = taken_at;
    live.problems.extend(problems(snapshot.get("problems"), complete.unwrap_or(true)));
    live.notes.extend(unsaid(path, &snapshot));
    Ok(live)
}

/// The account and region of all processors, from their ARNs; empty where they are
/// not of one.
fn origin(live: &Live) -> (String, String) {
    let of = |live: &LiveProcessor| {
        let mut parts = live.arn.split(':').skip(3);
        let (region, account_id) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
        (account_id.to_owned(), region.to_owned())
    };
    let origins: BTreeSet<_> = live.processors.values().map(of).collect();
    let mut origins = origins.into_iter();
    origins.next().filter(|_| origins.next().is_none()).unwrap_or_default()
}

/// What a snapshot that somebody wrote by hand does not say, and what is taken for it.
fn unsaid(path: &Path, snapshot: &Map<String, Value>) -> Option<String> {
    let meanings = [
        ("format_version", SNAPSHOT_FORMAT_VERSION),
        ("taken_at", "a time that is not known"),
        ("account_id", "that of its ARNs"),
        ("region", "that of its ARNs"),
        ("complete", "true"),
    ];
    let missing = meanings.iter().filter(|(name, _)| !snapshot.contains_key(*name));
    let missing: Vec<String> =
        missing.map(|(name, meaning)| format!("{name} (taken for {meaning})")).collect();
    let told = || format!("{} does not say {}", path.display(), missing.join(", "));
    (!missing.is_empty()).then(told)
}

/// What the snapshot says that it lacks.
fn problems(listed: Option<&Value>, complete: bool) -> Vec<ReadProblem> {
    let listed = listed.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut problems: Vec<ReadProblem> = listed
        .iter()
        .map(|problem| {
            let names = problem.get("names").and_then(Value::as_array).map(|names| {
                names.iter().filter_map(Value::as_str).map(str::to_owned).collect::<BTreeSet<_>>()
            });
            let reason = problem.get("reason").and_then(Value::as_str).unwrap_or("unknown");
            ReadProblem { names, reason: format!("when the snapshot was taken: {reason}") }
        })
        .collect();
    if !complete && problems.is_empty() {
        let reason = "the snapshot says that it is incomplete".to_owned();
        problems.push(ReadProblem { names: None, reason });
    }
    problems
}

/// Reads a time: epoch seconds, or ISO 8601, which is UTC where it says no offset.
fn time(value: &Value) -> Result<Timestamp, &'static str> {
    let time = match value {
        Value::Number(seconds) => seconds
            .as_f64()
            .and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok())
            .and_then(|since| Timestamp::from_duration(since).ok()),
        Value::String(text) => text.parse().ok().or_else(|| {
            let there = text.parse::<jiff::civil::DateTime>().ok()?;
            there.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
        }),
        _ => None,
    };
    time.ok_or("must be epoch seconds or an ISO 8601 time")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TagKnowledge;

    fn snapshot() -> Value {
        json!({
            "format_version": "1.0",
            "taken_at": "2026-11-22T15:03:00Z",
            "account_id": "111122223333",
            "region": "us-east-1",
            "complete": true,
            "processors": [{
                "Name": "front-door",
                "StreamProcessorArn": "arn:aws:rekognition:us-east-1:111122223333:streamprocessor/front-door",
                "Status": "STOPPED",
                "CreationTimestamp": 1_574_421_418.636,
                "LastUpdateTimestamp": "2026-11-22T15:03:00.5+01:00",
                "Input": {"KinesisVideoStream": {"Arn": "video"}},
                "Output": {"S3Destination": {"Bucket": "results"}},
                "RoleArn": "role",
                "Settings": {"ConnectedHome": {"Labels": ["PERSON"]}},
                "Tags": {},
            }],
            "emulator": {"version": 1},
        })
    }

    fn read(json: &Value) -> Result<Live, String> {
        parse(Path::new("live.json"), &json.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_snapshot_is_read_with_confirmed_tags() {
        let live = read(&snapshot()).unwrap();
        assert!(live.is_complete());
        assert_eq!((live.account_id.as_str(), live.region.as_str()), ("111122223333", "us-east-1"));
        assert_eq!(live.processors["front-door"].definition.tags, TagKnowledge::Confirmed);
    }

    #[test]
    fn without_a_tags_member_the_tags_are_unknown() {
        let mut json = snapshot();
        json["processors"][0].as_object_mut().unwrap().remove("Tags");
        assert_eq!(
            read(&json).unwrap().processors["front-door"].definition.tags,
            TagKnowledge::Unknown
        );
    }

    #[test]
    fn an_incomplete_snapshot_is_an_incomplete_read() {
        let mut json = snapshot();
        json["complete"] = json!(false);
        assert_eq!(read(&json).unwrap().problems[0].names, None);
        json["problems"] = json!([{"names": ["garage"], "reason": "denied"}]);
        let problems = read(&json).unwrap().problems;
        assert_eq!(problems[0].names, Some(BTreeSet::from(["garage".to_owned()])));
    }

    #[test]
    fn a_description_that_cannot_be_read_makes_the_read_incomplete() {
        let mut json = snapshot();
        json["processors"][0]["RoleArn"] = Value::Null;
        let live = read(&json).unwrap();
        assert_eq!(live.problems[0].reason, "its description cannot be read: RoleArn is missing");
    }

    #[test]
    fn a_minor_version_is_read_and_a_newer_major_refused() {
        let mut json = snapshot();
        json["format_version"] = json!("1.7");
        assert!(read(&json).is_ok());
        json["format_version"] = json!("2.0");
        assert!(read(&json).unwrap_err().contains("needs a newer rekon"));
    }

    #[test]
    fn processors_alone_are_a_snapshot_that_says_what_it_lacks() {
        let whole = read(&snapshot()).unwrap();
        assert_eq!(whole.taken_at, Some("2026-11-22T15:03:00Z".parse().unwrap()));
        assert_eq!(whole.notes, Vec::<String>::new());
        let live = read(&json!({ "processors": snapshot()["processors"] })).unwrap();
        let same = Live { taken_at: whole.taken_at, notes: Vec::new(), ..live.clone() };
        assert_eq!(same, whole);
        assert_eq!(live.taken_at, None);
        assert_eq!(
            live.notes,
            ["live.json does not say format_version (taken for 1.0), taken_at (taken for a time \
              that is not known), account_id (taken for that of its ARNs), region (taken for that \
              of its ARNs), complete (taken for true)"]
        );
        let empty = read(&json!({"processors": []})).unwrap();
        assert_eq!((empty.account_id, empty.region), (String::new(), String::new()));
        assert!(read(&json!({})).unwrap_err().ends_with("processors is missing"));
    }

    #[test]
    fn times_are_epoch_seconds_or_iso_8601() {
        let expected: Timestamp = "2019-11-22T14:23:38.5Z".parse().unwrap();
        for same in [json!(1_574_432_618.5), json!("2019-11-22T15:23:38.5+01:00")] {
            assert_eq!(time(&same), Ok(expected));
        }
        assert_eq!(time(&json!("2019-11-22T14:23:38.5")), Ok(expected));
        for none in [json!("yesterday"), json!(1e300), json!(true), json!([])] {
            assert!(time(&none).is_err(), "{none}");
        }
    }

    #[test]
    fn what_is_malformed_is_named_by_its_place() {
        let broken = |pointer: &str, value: Value| {
            let mut json = snapshot();
            *json.pointer_mut(pointer).unwrap() = value;
            read(&json).unwrap_err()
        };
        assert_eq!(
            broken("/processors/0/CreationTimestamp", json!("yesterday")),
            "live.json is no snapshot: processors[0]: CreationTimestamp must be epoch seconds or \
             an ISO 8601 time"
        );
        assert_eq!(
            broken("/processors/0/Name", Value::Null),
            "live.json is no snapshot: processors[0]: Name must be a string"
        );
        assert!(broken("/processors", json!({})).ends_with("processors must be a list"));
        assert!(
            parse(Path::new("live.json"), "{").unwrap_err().to_string().contains("line 1 column 1")
        );
    }
}
