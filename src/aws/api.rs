//! The operations that rekon calls, each with its quota.

use std::fmt;

use crate::plan::Operation;

/// One operation of the service or of those beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Api {
    ListStreamProcessors,
    DescribeStreamProcessor,
    ListTagsForResource,
    /// Of the Resource Groups Tagging API.
    GetResources,
    /// Of the Security Token Service.
    GetCallerIdentity,
    Write(Operation),
}

impl Api {
    /// The service's name of the operation.
    pub fn as_str(self) -> &'static str {
        match self {
            Api::ListStreamProcessors => "ListStreamProcessors",
            Api::DescribeStreamProcessor => "DescribeStreamProcessor",
            Api::ListTagsForResource => "ListTagsForResource",
            Api::GetResources => "GetResources",
            Api::GetCallerIdentity => "GetCallerIdentity",
            Api::Write(operation) => operation.as_str(),
        }
    }

    /// The permission that the operation takes.
    pub fn permission(self) -> &'static str {
        match self {
            Api::ListStreamProcessors => "rekognition:ListStreamProcessors",
            Api::DescribeStreamProcessor => "rekognition:DescribeStreamProcessor",
            Api::ListTagsForResource => "rekognition:ListTagsForResource",
            Api::GetResources => "tag:GetResources",
            Api::GetCallerIdentity => "sts:GetCallerIdentity",
            Api::Write(operation) => match operation {
                Operation::CreateStreamProcessor => "rekognition:CreateStreamProcessor",
                Operation::DeleteStreamProcessor => "rekognition:DeleteStreamProcessor",
                Operation::StartStreamProcessor => "rekognition:StartStreamProcessor",
                Operation::StopStreamProcessor => "rekognition:StopStreamProcessor",
                Operation::TagResource => "rekognition:TagResource",
                Operation::UntagResource => "rekognition:UntagResource",
                Operation::UpdateStreamProcessor => "rekognition:UpdateStreamProcessor",
            },
        }
    }

    /// The default quota in requests per second, for an account and region.
    ///
    /// Rekognition's are from its page of quotas. GetResources publishes none
    /// for this rate; about 15 is what it bears. GetCallerIdentity is called
    /// once.
    pub fn default_quota(self) -> f64 {
        match self {
            Api::ListStreamProcessors => 5.0,
            Api::DescribeStreamProcessor => 20.0,
            Api::ListTagsForResource => 10.0,
            Api::GetResources => 15.0,
            Api::GetCallerIdentity => 10.0,
            Api::Write(operation) => operation.default_quota(),
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
