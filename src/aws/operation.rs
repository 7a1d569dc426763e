//! The operations that rekon calls, each with its quota.

use std::fmt;

use crate::plan;

/// One operation of the service or of those beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// Names and statuses, up to 1,000 a page.
    ListStreamProcessors,
    /// All of one processor but its tags.
    DescribeStreamProcessor,
    /// The tags of one processor, for certain.
    ListTagsForResource,
    /// Of the Resource Groups Tagging API.
    GetResources,
    /// Of the Security Token Service.
    GetCallerIdentity,
    /// One that changes something.
    Write(plan::Operation),
}

impl Operation {
    /// The service's name of the operation.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::ListStreamProcessors => "ListStreamProcessors",
            Operation::DescribeStreamProcessor => "DescribeStreamProcessor",
            Operation::ListTagsForResource => "ListTagsForResource",
            Operation::GetResources => "GetResources",
            Operation::GetCallerIdentity => "GetCallerIdentity",
            Operation::Write(operation) => operation.as_str(),
        }
    }

    /// The permission that the operation takes.
    pub fn permission(self) -> String {
        let service = match self {
            Operation::GetResources => "tag",
            Operation::GetCallerIdentity => "sts",
            _ => "rekognition",
        };
        format!("{service}:{self}")
    }

    /// The default quota in requests per second, for an account and region.
    ///
    /// Rekognition's are from its page of quotas. GetResources publishes none
    /// for this rate; about 15 is what it bears. GetCallerIdentity is called
    /// once.
    pub fn default_quota(self) -> f64 {
        match self {
            Operation::ListStreamProcessors => 5.0,
            Operation::DescribeStreamProcessor => 20.0,
            Operation::ListTagsForResource => 10.0,
            Operation::GetResources => 15.0,
            Operation::GetCallerIdentity => 10.0,
            Operation::Write(operation) => operation.default_quota(),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
