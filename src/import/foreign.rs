//! What all files of other tools have in common: what was found, and what is wrong.

use super::Inventory;
use crate::desired::Stack;
use crate::diagnostic::{Diagnostic, Sources};

/// What a file of another tool holds, and everything that is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Foreign {
    /// What could be taken.
    pub inventory: Inventory,
    /// What could not.
    pub complaints: Vec<Complaint>,
    /// The files, for places in them.
    pub sources: Sources,
}

/// Something that is wrong with a file of another tool.
#[derive(Clone, Debug)]
pub struct Complaint {
    /// The processor that it concerns, where it is known which.
    pub name: Option<String>,
    /// What is wrong.
    pub diagnostic: Diagnostic,
}

/// What is known of whose fleet it is before a file is read.
#[derive(Clone, Debug, Default)]
pub struct Whereabouts {
    /// Twelve digits.
    pub account_id: Option<String>,
    /// Such as `us-east-1`.
    pub region: Option<String>,
}

impl From<&Stack> for Whereabouts {
    fn from(stack: &Stack) -> Whereabouts {
        let Stack { name: _, account_id, region } = stack;
        Whereabouts { account_id: Some(account_id.clone()), region: Some(region.clone()) }
    }
}

impl Foreign {
    /// The complaints that concern what is meant.
    pub fn about(&self, is_meant: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
        let concerns = |complaint: &&Complaint| complaint.name.as_deref().is_none_or(&is_meant);
        self.complaints.iter().filter(concerns).map(|it| it.diagnostic.clone()).collect()
    }
}
