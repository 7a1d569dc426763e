//! Recovery files: all that it takes to bring back what a plan deletes.
//!
//! Each is a project of its own, a folder with a `rekon.toml`, so that applying
//! the folder restores the processor and touches nothing else.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::proof::{Flaw, prove};
use super::{ApplyError, Options, folder, shell};
use crate::desired::Stack;
use crate::model::{Definition, TagPolicy};
use crate::report;

/// Where a processor's definition is safe, and how it is brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recovery {
    pub(super) file: PathBuf,
    pub(super) restore: String,
    text: String,
}

impl Recovery {
    /// Fails where the definition is no longer on the disk as it was written.
    pub(super) fn check(&self) -> io::Result<()> {
        match fs::read_to_string(&self.file)? == self.text {
            true => Ok(()),
            false => Err(io::Error::other("it is not as it was written")),
        }
    }
}

/// Where what is deleted is safe, by name.
pub(super) type Recoveries = BTreeMap<String, Recovery>;

/// Writes the definitions, and comes back when they are on the disk.
///
/// Each is proven to come back the same before the first is written: a file
/// that rekon itself would refuse is no safety.
pub(super) fn save<'a>(
    options: &Options<'_>,
    stack: &Stack,
    definitions: impl IntoIterator<Item = (&'a str, &'a Definition)>,
) -> Result<Recoveries, ApplyError> {
    let mut saved = Recoveries::new();
    let mut texts = Vec::new();
    let mut flaws = Vec::new();
    for (name, definition) in definitions {
        let text = text(options, stack, name, definition);
        match prove(&text, name, definition) {
            Ok(()) => texts.push((name, text)),
            Err(flaw) => flaws.push((name, flaw)),
        }
    }
    if let Some((name, Flaw { reason, help })) = flaws.first() {
        return Err(ApplyError::Unrestorable {
            name: (*name).to_owned(),
            reason: reason.clone(),
            rule: help.clone(),
            others: flaws[1..].iter().map(|(name, _)| (*name).to_owned()).collect(),
        });
    }
    if texts.is_empty() {
        return Ok(saved);
    }
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| ApplyError::Recovery { path, source }
    };
    let removed = folder::removed(&options.recovery)
        .map_err(|(path, source)| ApplyError::Recovery { path, source })?;
    for (name, text) in texts {
        let project = folder::create_new(&removed, &folder_name(options.now, name))
            .map_err(failed(&removed))?;
        let file = project.join("rekon.toml");
        folder::write(&project, &file, &text).map_err(failed(&file))?;
        let restore = shell::restore(options, name);
        saved.insert(name.to_owned(), Recovery { file, restore, text });
    }
    folder::sync(&removed).map_err(failed(&removed))?;
    Ok(saved)
}

/// The time first, so that folders sort by it, and then the name. A live name
/// is not judged, so that what a file system might not bear is replaced.
fn folder_name(now: Timestamp, name: &str) -> String {
    let safe =
        |char: char| if char.is_ascii_alphanumeric() || "_.-".contains(char) { char } else { '_' };
    format!("{}-{}", folder::stamp(now), name.chars().map(safe).take(128).collect::<String>())
}

fn text(options: &Options<'_>, stack: &Stack, name: &str, definition: &Definition) -> String {
    let now = options.now;
    let reserved = match definition.tags().any(|(key, _)| TagPolicy::is_reserved(key)) {
        true => {
            "# Tags that no file may declare, AWS's own and rekon's marks, are comments below:\n\
             # they are not restored.\n"
        }
        false => "",
    };
    format!(
        "# The stream processor {}, as it was on {now}, before it was deleted.\n\
         # `rekon apply` on this folder creates it again, unless it exists.\n\
         {reserved}\n\
         {}ownership = \"none\"\n\
         \n\
         [guard]\n\
         max_deletes = 0\n\
         max_replacements = 0\n\
         \n\
         {}\n",
        name.escape_debug(),
        report::toml::stack(stack),
        report::toml::processor(name, definition).trim_end(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use std::fs;

    use super::*;
    use crate::apply::RecoveryRoot;
    use crate::aws::Identity;
    use crate::model::{Attribute, Dialect, Value as AttributeValue};

    fn stack() -> Stack {
        Stack {
            name: "doorbells".into(),
            account_id: "111122223333".into(),
            region: "us-east-1".into(),
        }
    }

    fn processor() -> Definition {
        let json = json!({
            "role_arn": "arn:aws:iam::111122223333:role/Streams",
            "input": {"kinesis_video_stream":
                {"arn": "arn:aws:kinesisvideo:us-east-1:111122223333:stream/a/1590000000000"}},
            "output": {"s3_destination": {"bucket": "results"}},
            "settings": {"connected_home": {"labels": ["PET"]}},
            "notification_channel": {"sns_topic_arn": "arn:aws:sns:us-east-1:111122223333:AmazonRekognition"},
            "tags": {"rekon:stack": "doorbells"},
        });
        Definition::from_json(&json, Dialect::Toml).unwrap()
    }

    fn options(recovery: RecoveryRoot) -> Options<'static> {
        Options {
            identity: Identity { account_id: "111122223333".into(), arn: String::new() },
            parallelism: 1,
            settle_timeout: std::time::Duration::ZERO,
            recovery,
            now: now(),
            service: None,
            reconnect: String::new(),
            known: None,
        }
    }

    fn now() -> Timestamp {
        "2026-11-22T15:03:00.123Z".parse().unwrap()
    }

    #[test]
    fn each_definition_is_a_project_that_restores_it() {
        let project = tempfile::tempdir().unwrap();
        let root = RecoveryRoot::Beside(project.path().to_owned());
        let processor = processor();
        let saved = save(&options(root.clone()), &stack(), [("front-door", &processor)]).unwrap();
        let folder = project.path().join(".rekon/removed/20261122T150300Z-front-door");
        assert_eq!(saved["front-door"].file, folder.join("rekon.toml"));
        assert_eq!(
            saved["front-door"].restore,
            format!("rekon restore {} front-door", project.path().display())
        );
        let text = fs::read_to_string(&saved["front-door"].file).unwrap();
        let table: toml::Table = text.parse().unwrap();
        assert_eq!(table["stack"]["name"].as_str(), Some("doorbells"));
        assert!(table["processor"]["front-door"].is_table());
        assert!(text.contains("\n# they are not restored.\n"), "{text}");
        let ignore = fs::read_to_string(project.path().join(".rekon/.gitignore")).unwrap();
        assert_eq!(ignore, "*\n");
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn the_same_name_in_the_same_second_gets_a_folder_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let root = RecoveryRoot::Folder(folder.path().join("a/b"));
        let processor = processor();
        let save = || save(&options(root.clone()), &stack(), [("x", &processor)]).unwrap();
        assert_ne!(save()["x"].file, save()["x"].file);
    }

    #[test]
    fn nothing_to_delete_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let root = RecoveryRoot::Beside(folder.path().to_owned());
        assert!(save(&options(root.clone()), &stack(), []).unwrap().is_empty());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_would_not_come_back_is_not_written_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let root = RecoveryRoot::Beside(folder.path().to_owned());
        let (good, mut bad) = (processor(), processor());
        bad.put(Attribute::Tag("".into()), AttributeValue::text("x"));
        let processors = [("a", &good), ("b", &bad), ("c", &bad)];
        let error = save(&options(root.clone()), &stack(), processors).unwrap_err();
        let ApplyError::Unrestorable { name, others, .. } = &error else { panic!("{error}") };
        assert_eq!((name.as_str(), others.as_slice()), ("b", &["c".to_owned()][..]));
        assert!(error.help().unwrap().contains("--exclude=b --exclude=c"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let processor = processor();
        let root = RecoveryRoot::Folder(file.join("sub"));
        let error = save(&options(root.clone()), &stack(), [("x", &processor)]).unwrap_err();
        assert!(error.to_string().contains("file/sub"), "{error}");
    }
}
