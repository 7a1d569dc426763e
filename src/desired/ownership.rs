//! How a stack knows what it manages, and what it hands over.

use std::collections::BTreeSet;

use globset::GlobMatcher;

use crate::diagnostic::Span;
use crate::model::ProcessorName;

/// How a stack knows what it manages: `stack.ownership`, `record` and the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownership {
    /// What is left on processors.
    pub marks: Marks,
    /// What to do about what the service changed.
    pub on_drift: OnDrift,
    /// The stacks whose processors this one takes over.
    pub accepts_from: BTreeSet<String>,
}

/// What is left on a processor to know it by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Marks {
    /// The stack's name, and a record of what was applied.
    #[default]
    Recorded,
    /// The stack's name, and a record that says nothing of attributes.
    Bound,
    /// Nothing: what no file declares is never rekon's to delete.
    None,
}

/// What to do about an attribute that the service changed and the file did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDrift {
    /// The file is the truth.
    #[default]
    Revert,
    /// It is left as it is.
    Keep,
    /// There is no plan until somebody decides.
    Refuse,
}

/// `[[removed]]`: processors that no file declares any more.
#[derive(Clone, Debug)]
pub struct Removed {
    /// Their names.
    pub names: GlobMatcher,
    /// Whether they are deleted, or only lose the marks.
    pub destroy: bool,
    /// The entry's name.
    pub span: Span,
}

/// `[[moved]]`: a processor that goes on elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The name that it had.
    pub from: ProcessorName,
    /// Where it goes on.
    pub to: Destination,
    /// The entry's old name.
    pub span: Span,
}

/// Where a processor goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Under this name, in the same stack.
    Name(ProcessorName),
    /// Under the same name, in this stack.
    Stack(String),
}

/// Everything that the files hand over.
#[derive(Clone, Debug, Default)]
pub struct HandOvers {
    /// What is no longer declared.
    pub removed: Vec<Removed>,
    /// What goes on elsewhere.
    pub moved: Vec<Moved>,
}

impl HandOvers {
    /// What is to become of a processor that no file declares, if the files say.
    pub fn removed(&self, name: &ProcessorName) -> Option<&Removed> {
        self.removed.iter().find(|removed| removed.names.is_match(name.as_str()))
    }

    /// Where a processor that no file declares goes on, if the files say.
    pub fn moved(&self, name: &ProcessorName) -> Option<&Moved> {
        self.moved.iter().find(|moved| moved.from == *name)
    }

    /// The name that a processor had, if the files give it this one.
    pub fn old_name(&self, name: &ProcessorName) -> Option<&ProcessorName> {
        let renames = |moved: &&Moved| matches!(&moved.to, Destination::Name(to) if to == name);
        self.moved.iter().find(renames).map(|moved| &moved.from)
    }
}

impl PartialEq for Removed {
    fn eq(&self, other: &Removed) -> bool {
        let glob = |removed: &Removed| removed.names.glob().glob().to_owned();
        (glob(self), self.destroy) == (glob(other), other.destroy)
    }
}

impl PartialEq for HandOvers {
    fn eq(&self, other: &HandOvers) -> bool {
        (&self.removed, &self.moved) == (&other.removed, &other.moved)
    }
}
