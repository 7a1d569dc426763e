//! What an earlier look for drift found, and what is new since.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::drift::{Category, Drift, Finding};
use super::{FORMAT_VERSION, strict};
use crate::desired::Stack;

/// What a look found, as `--since` keeps it. Its JSON is versioned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The version of the document.
    pub format_version: String,
    /// Whose fleet it is.
    pub stack: Stack,
    /// When it was looked.
    pub at: Timestamp,
    /// By name, then by category.
    pub findings: Vec<SeenFinding>,
}

/// A finding, as it was seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenFinding {
    /// The processor.
    pub name: String,
    /// What kind of thing it is.
    pub category: Category,
    /// When it was seen first.
    pub since: Timestamp,
    /// What it says, in a digest.
    pub digest: String,
}

/// A text that is no memory of this stack's findings.
#[derive(Debug, thiserror::Error)]
pub enum SeenError {
    /// It is no such JSON.
    #[error("this is not what an earlier look found: {0}")]
    NoSeen(serde_json::Error),
    /// It has another major version: this one.
    #[error("its format is {0}, and this rekon understands {FORMAT_VERSION}")]
    OtherFormat(String),
    /// It is of another fleet.
    #[error("it is of stack {name}, account {account} in {region}")]
    OtherStack {
        /// The stack that it is of.
        name: String,
        /// And its account.
        account: String,
        /// And its region.
        region: String,
    },
}

/// What became of the findings since an earlier look.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Since {
    /// When that was; null: this is the first look.
    pub last: Option<Timestamp>,
    /// Findings that were not there before.
    pub new: usize,
    /// Findings that were there, and say something else now.
    pub altered: usize,
    /// Findings that are as they were.
    pub known: usize,
    /// What was found then and is no more.
    pub resolved: Vec<Resolved>,
}

impl Since {
    /// Whether anything is otherwise than it was.
    pub fn has_changed(&self) -> bool {
        self.new > 0 || self.altered > 0 || !self.resolved.is_empty()
    }
}

/// A finding that is no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Resolved {
    /// The processor.
    pub name: String,
    /// What kind of thing it was.
    pub category: Category,
    /// When it was seen first.
    pub since: Timestamp,
}

/// Where a finding stands beside those of an earlier look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Sighting {
    /// Whether it was there.
    pub standing: Standing,
    /// When it was seen first.
    pub since: Timestamp,
}

/// Whether a finding was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It was not.
    New,
    /// It was, and said something else.
    Altered,
    /// It was, as it is.
    Known,
}

impl Seen {
    /// Reads what a look at this stack kept.
    pub fn parse(text: &str, stack: &Stack) -> Result<Seen, SeenError> {
        let json = strict::parse(text).map_err(SeenError::NoSeen)?;
        let seen: Seen = serde_json::from_value(json).map_err(SeenError::NoSeen)?;
        let major = |version: &str| version.split('.').next().map(str::to_owned);
        if major(&seen.format_version) != major(FORMAT_VERSION) {
            return Err(SeenError::OtherFormat(seen.format_version));
        }
        if seen.stack != *stack {
            let Stack { name, account_id: account, region } = seen.stack;
            return Err(SeenError::OtherStack { name, account, region });
        }
        Ok(seen)
    }
}

impl Drift {
    /// Says of each finding whether it is new since an earlier look, and gives what to keep
    /// for the next one. After an incomplete look that is nothing, and none is resolved.
    pub fn compare(&mut self, earlier: Option<&Seen>, now: Timestamp) -> Option<Seen> {
        type Key<'a> = (&'a str, Category);
        let mut known: BTreeMap<Key<'_>, &SeenFinding> = earlier
            .iter()
            .flat_map(|seen| &seen.findings)
            .map(|one| ((one.name.as_str(), one.category), one))
            .collect();
        let mut since = Since {
            last: earlier.map(|seen| seen.at),
            new: 0,
            altered: 0,
            known: 0,
            resolved: Vec::new(),
        };
        let mut kept = Vec::with_capacity(self.findings.len());
        for finding in &mut self.findings {
            let digest = digest(finding);
            let before = known.remove(&(finding.name.as_str(), finding.category));
            let (standing, counted) = match before {
                None => (Standing::New, &mut since.new),
                Some(before) if before.digest == digest => (Standing::Known, &mut since.known),
                Some(_) => (Standing::Altered, &mut since.altered),
            };
            *counted += 1;
            let first = before.map_or(now, |before| before.since);
            finding.seen = Some(Sighting { standing, since: first });
            let (name, category) = (finding.name.clone(), finding.category);
            kept.push(SeenFinding { name, category, since: first, digest });
        }
        // What was not looked at may still be there.
        let (gone, unlooked): (Vec<_>, Vec<_>) = known.into_values().partition(|one| {
            let undeclared = one.category == Category::Undeclared;
            !self.left_out.contains(&one.name) && (!undeclared || self.looks_for_undeclared)
        });
        if self.complete {
            let resolved = |one: &SeenFinding| {
                let SeenFinding { name, category, since, .. } = one.clone();
                Resolved { name, category, since }
            };
            since.resolved = gone.into_iter().map(resolved).collect();
        }
        self.since = Some(since);
        kept.extend(unlooked.into_iter().cloned());
        kept.sort_by(|one, other| (&one.name, one.category).cmp(&(&other.name, other.category)));
        self.complete.then(|| Seen {
            format_version: FORMAT_VERSION.to_owned(),
            stack: self.stack.clone(),
            at: now,
            findings: kept,
        })
    }
}

/// What a finding says, but for where that is declared and who it was.
fn digest(finding: &Finding) -> String {
    let sides = finding.attributes.iter().map(|one| json!([one.path, one.live, one.declared]));
    let said = json!([sides.collect::<Vec<_>>(), finding.message, finding.outlook]);
    let digest = Sha256::digest(said.to_string());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::DriftSummary;

    fn stack() -> Stack {
        Stack { name: "s".into(), account_id: "111122223333".into(), region: "us-east-1".into() }
    }

    fn found(findings: &[(&str, Category, Option<&str>)]) -> Drift {
        let finding = |(name, category, message): &(&str, Category, Option<&str>)| Finding {
            message: message.map(str::to_owned),
            ..Finding::new(name, *category)
        };
        Drift {
            format_version: FORMAT_VERSION.into(),
            rekon_version: "1".into(),
            stack: stack(),
            complete: true,
            summary: DriftSummary::default(),
            findings: findings.iter().map(finding).collect(),
            since: None,
            diagnostics: Vec::new(),
            left_out: Default::default(),
            looks_for_undeclared: false,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn standings(drift: &Drift) -> Vec<(Standing, i64)> {
        let seen = drift.findings.iter().map(|one| one.seen.unwrap());
        seen.map(|one| (one.standing, one.since.as_second())).collect()
    }

    #[test]
    fn findings_are_new_then_known_or_altered_and_at_last_resolved() {
        use Category::{Changed, Failed, Missing};
        let mut first = found(&[("a", Missing, None), ("b", Failed, Some("x"))]);
        let seen = first.compare(None, at(1)).unwrap();
        assert_eq!(standings(&first), [(Standing::New, 1); 2]);
        assert!(first.since.unwrap().has_changed());
        let mut same = found(&[("a", Missing, None), ("b", Failed, Some("x"))]);
        let seen = same.compare(Some(&seen), at(2)).unwrap();
        assert_eq!(standings(&same), [(Standing::Known, 1); 2]);
        assert!(!same.since.unwrap().has_changed());
        let mut third = found(&[("b", Changed, None), ("b", Failed, Some("y"))]);
        let seen = third.compare(Some(&seen), at(3)).unwrap();
        assert_eq!(standings(&third), [(Standing::New, 3), (Standing::Altered, 1)]);
        let since = third.since.unwrap();
        assert_eq!((since.last, since.resolved[0].name.as_str()), (Some(at(2)), "a"));
        let text = serde_json::to_string(&seen).unwrap();
        assert_eq!(Seen::parse(&text, &stack()).unwrap(), seen);
        // Nothing found and nothing kept is no change.
        let mut none = found(&[]);
        none.compare(None, at(4));
        assert!(!none.since.unwrap().has_changed());
    }

    #[test]
    fn what_was_not_looked_at_is_neither_resolved_nor_forgotten() {
        use Category::{Missing, Undeclared};
        let mut all = found(&[("a", Missing, None), ("b", Missing, None), ("c", Undeclared, None)]);
        let seen = all.compare(None, at(1)).unwrap();
        let mut narrow = found(&[]);
        narrow.left_out.insert("a".to_owned());
        let kept = narrow.compare(Some(&seen), at(2)).unwrap();
        let names = |seen: &Seen| -> Vec<String> {
            seen.findings.iter().map(|one| one.name.clone()).collect()
        };
        assert_eq!(names(&kept), ["a", "c"]);
        assert_eq!(narrow.since.unwrap().resolved.len(), 1);
        let mut cut = Drift { complete: false, ..found(&[]) };
        assert_eq!(cut.compare(Some(&seen), at(2)), None);
        assert!(!cut.since.unwrap().has_changed());
    }

    #[test]
    fn what_is_no_memory_of_this_stack_is_refused() {
        let refused = |text: &str| Seen::parse(text, &stack()).unwrap_err().to_string();
        for text in ["", "[]", "{}", "{\"format_version\": \"1.0\"}"] {
            assert!(refused(text).starts_with("this is not what an earlier look found"), "{text}");
        }
        let seen = found(&[]).compare(None, at(1)).unwrap();
        let other = Seen { format_version: "2.0".into(), ..seen.clone() };
        let text = serde_json::to_string(&other).unwrap();
        assert_eq!(refused(&text), "its format is 2.0, and this rekon understands 1.0");
        let other = Seen { stack: Stack { name: "t".into(), ..stack() }, ..seen };
        let text = serde_json::to_string(&other).unwrap();
        assert_eq!(refused(&text), "it is of stack t, account 111122223333 in us-east-1");
    }
}
