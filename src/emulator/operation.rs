//! The operations that the emulator answers, and what is fixed about each.

use std::fmt::{self, Display};

use super::model::ServiceModel;

/// The services of which the emulator plays a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    Rekognition,
    Tagging,
    Sts,
    CloudTrail,
}

/// An operation that the emulator answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    CreateStreamProcessor,
    DescribeStreamProcessor,
    ListStreamProcessors,
    UpdateStreamProcessor,
    StartStreamProcessor,
    StopStreamProcessor,
    DeleteStreamProcessor,
    TagResource,
    UntagResource,
    ListTagsForResource,
    GetResources,
    GetCallerIdentity,
    LookupEvents,
}

impl Operation {
    pub const ALL: [Operation; 13] = [
        Operation::CreateStreamProcessor,
        Operation::DescribeStreamProcessor,
        Operation::ListStreamProcessors,
        Operation::UpdateStreamProcessor,
        Operation::StartStreamProcessor,
        Operation::StopStreamProcessor,
        Operation::DeleteStreamProcessor,
        Operation::TagResource,
        Operation::UntagResource,
        Operation::ListTagsForResource,
        Operation::GetResources,
        Operation::GetCallerIdentity,
        Operation::LookupEvents,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Operation::CreateStreamProcessor => "CreateStreamProcessor",
            Operation::DescribeStreamProcessor => "DescribeStreamProcessor",
            Operation::ListStreamProcessors => "ListStreamProcessors",
            Operation::UpdateStreamProcessor => "UpdateStreamProcessor",
            Operation::StartStreamProcessor => "StartStreamProcessor",
            Operation::StopStreamProcessor => "StopStreamProcessor",
            Operation::DeleteStreamProcessor => "DeleteStreamProcessor",
            Operation::TagResource => "TagResource",
            Operation::UntagResource => "UntagResource",
            Operation::ListTagsForResource => "ListTagsForResource",
            Operation::GetResources => "GetResources",
            Operation::GetCallerIdentity => "GetCallerIdentity",
            Operation::LookupEvents => "LookupEvents",
        }
    }

    /// The operation with this name on the wire.
    pub fn named(name: &str) -> Option<Operation> {
        Operation::ALL.into_iter().find(|operation| operation.name() == name)
    }

    pub fn service(self) -> Service {
        match self {
            Operation::GetResources => Service::Tagging,
            Operation::GetCallerIdentity => Service::Sts,
            Operation::LookupEvents => Service::CloudTrail,
            _ => Service::Rekognition,
        }
    }

    /// Whether a success changes anything.
    pub fn writes(self) -> bool {
        match self {
            Operation::CreateStreamProcessor
            | Operation::UpdateStreamProcessor
            | Operation::StartStreamProcessor
            | Operation::StopStreamProcessor
            | Operation::DeleteStreamProcessor
            | Operation::TagResource
            | Operation::UntagResource => true,
            Operation::DescribeStreamProcessor
            | Operation::ListStreamProcessors
            | Operation::ListTagsForResource
            | Operation::GetResources
            | Operation::GetCallerIdentity
            | Operation::LookupEvents => false,
        }
    }

    /// Requests per second that an account may make by default, from the service quotas that AWS publishes.
    ///
    /// Fifteen for GetResources is what others have observed. GetCallerIdentity is in practice unlimited.
    pub fn default_rate(self) -> Option<f64> {
        match self {
            Operation::CreateStreamProcessor
            | Operation::DescribeStreamProcessor
            | Operation::UpdateStreamProcessor
            | Operation::StartStreamProcessor
            | Operation::DeleteStreamProcessor => Some(20.0),
            Operation::ListStreamProcessors => Some(5.0),
            Operation::StopStreamProcessor => Some(1.0),
            Operation::TagResource | Operation::UntagResource | Operation::ListTagsForResource => {
                Some(10.0)
            }
            Operation::GetResources => Some(15.0),
            Operation::GetCallerIdentity => None,
            Operation::LookupEvents => Some(2.0),
        }
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Service {
    const JSON: [Service; 3] = [Service::Rekognition, Service::Tagging, Service::CloudTrail];

    /// The service's part of the API model; `None` for STS, whose protocol is another and whose one call has no input.
    pub(crate) fn model(self) -> Option<&'static ServiceModel> {
        match self {
            Service::Rekognition => Some(ServiceModel::named("rekognition")),
            Service::Tagging => Some(ServiceModel::named("resourcegroupstaggingapi")),
            Service::CloudTrail => Some(ServiceModel::named("cloudtrail")),
            Service::Sts => None,
        }
    }

    /// The service that an `X-Amz-Target` of this prefix addresses.
    ///
    /// The newer clients leave out the namespace that CloudTrail's prefix begins with.
    pub(crate) fn of_target(prefix: &str) -> Option<Service> {
        Service::JSON.into_iter().find(|service| {
            service.model().is_some_and(|model| {
                let known = &model.target_prefix;
                known == prefix || known.rsplit('.').next() == Some(prefix)
            })
        })
    }

    /// The prefix of the service's actions in IAM policies, as an AccessDeniedException names them.
    pub(crate) fn iam_prefix(self) -> &'static str {
        match self {
            Service::Rekognition => "rekognition",
            Service::Tagging => "tag",
            Service::Sts => "sts",
            Service::CloudTrail => "cloudtrail",
        }
    }

    /// The source that CloudTrail gives for the service's events.
    pub(crate) fn event_source(self) -> &'static str {
        match self {
            Service::Rekognition => "rekognition.amazonaws.com",
            Service::Tagging => "tagging.amazonaws.com",
            Service::Sts => "sts.amazonaws.com",
            Service::CloudTrail => "cloudtrail.amazonaws.com",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_found_by_name_and_stands_in_the_model() {
        for operation in Operation::ALL {
            assert_eq!(Operation::named(operation.name()), Some(operation));
            if let Some(model) = operation.service().model() {
                assert!(model.input_of(operation.name()).is_some(), "{operation}");
                assert!(model.output_of(operation.name()).is_some(), "{operation}");
                assert_eq!(Service::of_target(&model.target_prefix), Some(operation.service()));
            }
        }
        assert_eq!(Service::of_target("CloudTrail_20131101"), Some(Service::CloudTrail));
        assert_eq!(Operation::named("DetectFaces"), None);
        assert_eq!(Service::of_target("DynamoDB_20120810"), None);
    }
}
