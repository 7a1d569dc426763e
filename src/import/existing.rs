//! The project that new files are to join.

use std::collections::BTreeMap;

use super::Found;
use super::layers::Defaults;
use crate::config::{Loaded, Node};
use crate::desired::{self, Desired};
use crate::diff::{differences, target};
use crate::model::{Kind, ProcessorName};

/// A project whose files hold no error.
#[derive(Clone, Copy, Debug)]
pub struct Existing<'a> {
    /// The files.
    pub loaded: &'a Loaded,
    /// What they mean.
    pub desired: &'a Desired,
}

impl<'a> Existing<'a> {
    /// What the project's defaults give.
    pub(super) fn defaults(&self) -> Defaults {
        let kinds = [Kind::LabelDetection, Kind::FaceSearch];
        let given = kinds.map(|kind| (kind, desired::defaults(self.loaded, kind)));
        Defaults { all: BTreeMap::new(), kinds: given.into() }
    }

    /// Whether there is a template of this name.
    pub(super) fn has_template(&self, name: &str) -> bool {
        self.loaded.files.iter().any(|file| {
            let templates = file.tables.get("template").and_then(Node::table);
            templates.is_some_and(|templates| templates.get(name).is_some())
        })
    }

    /// The patterns of `stack.include`.
    pub(super) fn include(self) -> Vec<&'a str> {
        let main = self.loaded.files.first();
        let stack = main.and_then(|file| file.tables.get("stack")?.table()?.get("include"));
        stack.map_or(&[][..], Node::listed).iter().filter_map(Node::text).collect()
    }

    /// How a declared processor differs from what was found, by dotted paths; `None` if
    /// no file declares it.
    pub(super) fn differs(&self, name: &ProcessorName, found: &Found) -> Option<Vec<String>> {
        let declaration = self.desired.processors.get(name)?;
        let ignored = &declaration.lifecycle.ignore_changes;
        let policy = &self.desired.tag_policy;
        let target = target(&declaration.definition, ignored, policy, None, &found.definition);
        let differences = differences(&found.definition, &target.after);
        Some(differences.iter().map(|one| one.attribute.to_string()).collect())
    }
}
