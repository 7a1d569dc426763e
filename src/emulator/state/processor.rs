//! One stream processor, as the service holds it.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Tags;
use crate::emulator::clock::Time;
use crate::emulator::validate::Object;

/// The status of a processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Status {
    Stopped,
    Starting,
    Running,
    Failed,
    Stopping,
    Updating,
}

impl Status {
    const ALL: [Status; 6] = [
        Status::Stopped,
        Status::Starting,
        Status::Running,
        Status::Failed,
        Status::Stopping,
        Status::Updating,
    ];

    /// The name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Status::Stopped => "STOPPED",
            Status::Starting => "STARTING",
            Status::Running => "RUNNING",
            Status::Failed => "FAILED",
            Status::Stopping => "STOPPING",
            Status::Updating => "UPDATING",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Status> {
        Status::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// The two kinds of processors, told apart by their settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    LabelDetection,
    FaceSearch,
}

/// What happens to a processor by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Next {
    pub(crate) at: Time,
    pub(crate) status: Status,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<String>,
}

/// Tags that GetResources shows although they are no longer so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StaleTags {
    pub(crate) until: Time,
    pub(crate) tags: Tags,
}

/// A stream processor.
#[derive(Clone, Debug)]
pub(crate) struct Processor {
    /// What CreateStreamProcessor was given and updates have changed, in the wire's form, without Name and Tags.
    pub(crate) definition: Object,
    pub(crate) tags: Tags,
    pub(crate) status: Status,
    /// The StatusMessage, if something is wrong.
    pub(crate) message: Option<String>,
    pub(crate) created: Time,
    /// When the definition or the status last changed.
    pub(crate) updated: Time,
    pub(crate) next: Option<Next>,
    /// Until when the processor is not found, although it exists.
    pub(crate) hidden_until: Time,
    pub(crate) stale_tags: Option<StaleTags>,
    /// The processor's part of a snapshot, kept until it changes: a large fleet is saved after every write.
    saved: OnceLock<String>,
}

impl Processor {
    /// A processor that was just created.
    pub(crate) fn new(definition: Object, tags: Tags, now: Time) -> Processor {
        Processor {
            definition,
            tags,
            status: Status::Stopped,
            message: None,
            created: now,
            updated: now,
            next: None,
            hidden_until: Time::default(),
            stale_tags: None,
            saved: OnceLock::new(),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        if self
            .definition
            .get("Settings")
            .is_some_and(|settings| settings.get("FaceSearch").is_some())
        {
            Kind::FaceSearch
        } else {
            Kind::LabelDetection
        }
    }

    /// The ARNs of the Kinesis streams that no other processor may use.
    pub(crate) fn streams(&self) -> impl Iterator<Item = &str> {
        streams(&self.definition)
    }

    pub(crate) fn is_visible(&self, now: Time) -> bool {
        self.hidden_until <= now
    }

    /// The tags as GetResources knows them.
    pub(crate) fn tags_in_index(&self, now: Time) -> &Tags {
        match &self.stale_tags {
            Some(stale) if stale.until > now => &stale.tags,
            _ => &self.tags,
        }
    }

    /// Enters a status, from which nothing follows by itself until `next` says so.
    pub(crate) fn enter(&mut self, status: Status, now: Time) {
        self.status = status;
        self.message = None;
        self.next = None;
        self.updated = now;
    }

    /// Lets happen what was to happen at this time.
    pub(crate) fn settle(&mut self, now: Time) {
        if let Some(next) = self.next.take() {
            self.enter(next.status, now);
            self.message = next.message;
        }
    }

    /// Notes that something changed.
    pub(super) fn changed(&mut self) {
        self.saved.take();
    }

    /// The processor's part of a snapshot, from `render` if it changed since.
    pub(super) fn saved(&self, render: impl FnOnce(&Processor) -> String) -> &str {
        self.saved.get_or_init(|| render(self))
    }
}

/// The ARNs of the Kinesis streams in a definition.
pub(crate) fn streams(definition: &Object) -> impl Iterator<Item = &str> {
    let arn = |member: &str, stream: &str| {
        definition.get(member)?.get(stream)?.get("Arn").and_then(Value::as_str)
    };
    [arn("Input", "KinesisVideoStream"), arn("Output", "KinesisDataStream")].into_iter().flatten()
}
