//! What drift found, as metrics for the textfile collector of Prometheus' node exporter.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Live, Status};
use crate::plan::{Category, Drift};

/// What a run took.
#[derive(Clone, Debug)]
pub struct Run {
    /// Requests that were sent, each attempt counted, by operation.
    pub calls: Vec<(&'static str, u64)>,
    /// Answers that asked to slow down.
    pub throttles: u64,
    /// How long it took.
    pub took: Duration,
    /// When it ended.
    pub at: Timestamp,
}

/// The statuses that are always told, so that a series does not end at zero.
const STATUSES: [Status; 6] = [
    Status::Stopped,
    Status::Starting,
    Status::Running,
    Status::Failed,
    Status::Stopping,
    Status::Updating,
];

/// Writes them, in the text format of Prometheus.
pub fn metrics(drift: &Drift, live: &Live, run: &Run) -> String {
    let stack = &drift.stack;
    let labels = [
        ("stack", stack.name.as_str()),
        ("account_id", &stack.account_id),
        ("region", &stack.region),
    ];
    let mut out = Metrics { text: String::new(), labels: labels.map(label).join(",") };
    let mut statuses: Vec<(&str, usize)> = STATUSES.iter().map(|one| (one.as_str(), 0)).collect();
    for processor in live.processors.values() {
        let status = processor.status.as_str();
        match statuses.iter_mut().find(|(one, _)| *one == status) {
            Some((_, count)) => *count += 1,
            None => statuses.push((status, 1)),
        }
    }
    out.by("processors", "Live processors of the account and region.", "status", statuses);
    let summary = &drift.summary;
    let findings = Category::ALL.map(|category| {
        let count = match category {
            Category::Changed => summary.changed,
            Category::Missing => summary.missing,
            Category::Failed => summary.failed,
            Category::Undeclared => summary.undeclared,
            Category::Unknown => summary.unknown,
            Category::Pending => summary.pending,
        };
        (category.as_str(), count)
    });
    out.by("findings", "Processors with a finding.", "category", findings);
    out.one("ignored_differences", "Differences that [[drift.ignore]] covers.", summary.ignored);
    out.one("compared_processors", "Processors that were compared.", summary.processors);
    out.one("clean_processors", "Processors without a finding.", summary.clean);
    out.one("complete", "1 if everything that matters was read.", u8::from(drift.complete));
    out.by("calls", "Requests that the run sent.", "operation", run.calls.iter().copied());
    out.one("throttles", "Answers that asked the run to slow down.", run.throttles);
    out.one("duration_seconds", "How long the run took.", run.took.as_secs_f64());
    let at = run.at.as_second();
    out.one("last_run_timestamp_seconds", "When the run ended, in Unix time.", at);
    out.text
}

/// A text that grows, and the labels that all of it has.
struct Metrics {
    text: String,
    labels: String,
}

impl Metrics {
    fn head(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP rekon_drift_{name} {help}");
        let _ = writeln!(self.text, "# TYPE rekon_drift_{name} gauge");
    }

    fn one(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, help);
        let _ = writeln!(self.text, "rekon_drift_{name}{{{}}} {value}", self.labels);
    }

    fn by<'a>(
        &mut self,
        name: &str,
        help: &str,
        kind: &str,
        values: impl IntoIterator<Item = (&'a str, impl std::fmt::Display)>,
    ) {
        self.head(name, help);
        for (of, value) in values {
            let own = label((kind, of));
            let _ = writeln!(self.text, "rekon_drift_{name}{{{},{own}}} {value}", self.labels);
        }
    }
}

fn label((name, value): (&str, &str)) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("{name}=\"{value}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_label_stays_within_its_quotes() {
        assert_eq!(label(("stack", "a\\\"} 1\nb")), "stack=\"a\\\\\\\"} 1\\nb\"");
    }
}
