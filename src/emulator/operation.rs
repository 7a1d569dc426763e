//! The operations that the emulator answers, and what is fixed about each.

use std::fmt::{self, Display};

use serde::Serialize;

use super::model::ServiceModel;

/// The services of which the emulator plays a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// Amazon Rekognition.
    Rekognition,
    /// The Resource Groups Tagging API.
    Tagging,
    /// The Security Token Service.
    Sts,
    /// CloudTrail, which tells who changed what.
    CloudTrail,
}

#[derive(PartialEq)]
enum Effect {
    Reads,
    Writes,
}

macro_rules! operations {
    ($($operation:ident: $service:ident, $effect:ident, $rate:expr;)+) => {
        /// An operation that the emulator answers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Operation {
            $(
                #[doc = concat!("`", stringify!($operation), "`")]
                $operation,
            )+
        }

        impl Operation {
            /// Every operation that is played.
            pub const ALL: &[Operation] = &[$(Operation::$operation,)+];

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $(Operation::$operation => stringify!($operation),)+ }
            }

            /// Whose operation it is.
            pub fn service(self) -> Service {
                match self { $(Operation::$operation => Service::$service,)+ }
            }

            /// Whether a success changes anything.
            pub fn writes(self) -> bool {
                Effect::Writes == match self { $(Operation::$operation => Effect::$effect,)+ }
            }

            /// Requests per second that an account may make by default.
            pub fn default_rate(self) -> Option<f64> {
                match self { $(Operation::$operation => $rate,)+ }
            }
        }
    };
}

// The rates are the service quotas that AWS publishes. Fifteen for GetResources is what others have observed;
// GetCallerIdentity is in practice unlimited.
operations! {
    CreateStreamProcessor: Rekognition, Writes, Some(20.0);
    DescribeStreamProcessor: Rekognition, Reads, Some(20.0);
    ListStreamProcessors: Rekognition, Reads, Some(5.0);
    UpdateStreamProcessor: Rekognition, Writes, Some(20.0);
    StartStreamProcessor: Rekognition, Writes, Some(20.0);
    StopStreamProcessor: Rekognition, Writes, Some(1.0);
    DeleteStreamProcessor: Rekognition, Writes, Some(20.0);
    TagResource: Rekognition, Writes, Some(10.0);
    UntagResource: Rekognition, Writes, Some(10.0);
    ListTagsForResource: Rekognition, Reads, Some(10.0);
    GetResources: Tagging, Reads, Some(15.0);
    GetCallerIdentity: Sts, Reads, None;
    LookupEvents: CloudTrail, Reads, Some(2.0);
}

impl Operation {
    /// The operation with this name on the wire.
    pub fn named(name: &str) -> Option<Operation> {
        Operation::ALL.iter().copied().find(|operation| operation.name() == name)
    }
}

impl Operation {
    /// Whether a request of it names a stream processor.
    pub(crate) fn names_processor(self) -> bool {
        self.service() == Service::Rekognition && self != Operation::ListStreamProcessors
    }

    /// Whether it answers a page at a time.
    pub(crate) fn has_pages(self) -> bool {
        use Operation::{GetResources, ListStreamProcessors, LookupEvents};
        matches!(self, ListStreamProcessors | GetResources | LookupEvents)
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
        for &operation in Operation::ALL {
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
