//! What a source holds, whatever source it is.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::layers::Given;
use crate::desired::Stack;
use crate::model::{
    Attribute, Default, Definition, Live, LiveProcessor, ProcessorName, ReadProblem, STACK_TAG,
    Status, TagPolicy, Value,
};

/// Processors by name, as some source has them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inventory {
    /// The account that the source names: twelve digits.
    pub account_id: Option<String>,
    /// The region that the source names.
    pub region: Option<String>,
    /// When it was so, where that is known.
    pub taken_at: Option<Timestamp>,
    /// What there is.
    pub processors: BTreeMap<ProcessorName, Found>,
    /// What could not be read.
    pub problems: Vec<ReadProblem>,
    /// What the user should know of how it was read, a line each.
    pub notes: Vec<String>,
}

/// One processor as it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// With its tags as far as they are known, and its run state where there is one.
    pub definition: Definition,
    /// What somebody should know who reads its table, a sentence each.
    pub remarks: Vec<String>,
}

impl From<Live> for Inventory {
    fn from(live: Live) -> Inventory {
        let processors = live.processors.into_iter();
        Inventory {
            account_id: Some(live.account_id).filter(|id| !id.is_empty()),
            region: Some(live.region).filter(|region| !region.is_empty()),
            taken_at: live.taken_at,
            processors: processors.map(|(name, live)| (name, Found::from(live))).collect(),
            problems: live.problems,
            notes: live.notes,
        }
    }
}

impl Inventory {
    /// The stacks whose marks its processors carry, with how many each.
    pub fn owners(&self) -> BTreeMap<&str, usize> {
        let mut owners = BTreeMap::new();
        let mark = Attribute::Tag(STACK_TAG.into());
        for found in self.processors.values() {
            if let Some(stack) = found.definition.text(&mark) {
                *owners.entry(stack).or_default() += 1;
            }
        }
        owners
    }
}

impl From<LiveProcessor> for Found {
    fn from(live: LiveProcessor) -> Found {
        let mut remarks = Vec::new();
        if live.status == Status::Failed {
            let why = live.status_message.as_deref().unwrap_or("the service does not say why");
            remarks.push(format!("FAILED when it was imported: {why}"));
        }
        if !live.unknown.is_empty() {
            remarks.push(format!(
                "The service shows members that this version of rekon cannot declare: {}",
                live.unknown.join(", ")
            ));
        }
        Found { definition: live.definition, remarks }
    }
}

impl Inventory {
    /// Whose fleet it is, as far as what was found agrees: as the source says, or as
    /// the video streams do, of which there is one for each processor.
    pub fn whereabouts(&self) -> (Option<String>, Option<String>) {
        let of_streams = |part: usize| {
            let arns = self.processors.values().map(|found| {
                let arn = found.definition.text(&Attribute::Input)?;
                arn.split(':').nth(part).filter(|text| !text.is_empty())
            });
            let mut parts = arns.collect::<Option<Vec<&str>>>()?;
            parts.dedup();
            match parts.as_slice() {
                [only] => Some((*only).to_owned()),
                _ => None,
            }
        };
        (
            self.account_id.clone().or_else(|| of_streams(4)),
            self.region.clone().or_else(|| of_streams(3)),
        )
    }

    /// Whether all of it is of a stack's account and region, as far as it says.
    pub fn is_of(&self, stack: &Stack) -> bool {
        let agrees = |said: &Option<String>, own: &String| said.as_ref().is_none_or(|it| it == own);
        agrees(&self.account_id, &stack.account_id) && agrees(&self.region, &stack.region)
    }
}

impl Found {
    /// What files should declare, so that planning finds no difference: tags that are
    /// for no file stay out, and so does a run state unless it is to be managed. A default
    /// that the service may show or not is met either way by a file that says nothing.
    pub(super) fn declarable(&self, policy: &TagPolicy, run_state: bool) -> Definition {
        let mut definition = self.definition.clone();
        let is_shown_default = |attribute: &Attribute| match attribute.shape().default {
            Default::Shown(number) => {
                self.definition.get(attribute) == Some(&Value::Number(number))
            }
            _ => false,
        };
        definition.retain(|attribute| match attribute {
            Attribute::Tag(key) => !policy.protects(key),
            Attribute::DesiredStatus => run_state,
            _ => !is_shown_default(attribute),
        });
        definition
    }
}

/// What of a definition has to be written: what its absence would not mean as well.
pub(super) fn written(definition: &Definition) -> Given {
    let needed = definition.iter().filter(|(attribute, value)| {
        !matches!(attribute.shape().default, Default::Written(default) if **value == Value::Number(default))
    });
    needed.map(|(attribute, value)| (attribute.clone(), value.clone())).collect()
}
