//! The operations that rekon calls, each with its quota.

use std::fmt;
use std::time::Duration;

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
    /// Of CloudTrail.
    LookupEvents,
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
            Operation::LookupEvents => "LookupEvents",
            Operation::Write(operation) => operation.as_str(),
        }
    }

    /// The permission that the operation takes.
    pub fn permission(self) -> String {
        let service = match self.service() {
            Service::Tagging => "tag",
            Service::Identity => "sts",
            Service::Trail => "cloudtrail",
            Service::Rekognition => "rekognition",
        };
        format!("{service}:{self}")
    }

    pub(super) fn service(self) -> Service {
        match self {
            Operation::GetResources => Service::Tagging,
            Operation::GetCallerIdentity => Service::Identity,
            Operation::LookupEvents => Service::Trail,
            _ => Service::Rekognition,
        }
    }

    /// The default quota in requests per second, for an account and region.
    ///
    /// Rekognition's are from its page of quotas. GetResources publishes none
    /// for this rate; about 15 is what it bears. LookupEvents' is from CloudTrail's
    /// page. GetCallerIdentity is called once.
    pub fn default_quota(self) -> f64 {
        match self {
            Operation::ListStreamProcessors => 5.0,
            Operation::DescribeStreamProcessor => 20.0,
            Operation::ListTagsForResource => 10.0,
            Operation::GetResources => 15.0,
            Operation::GetCallerIdentity => 10.0,
            Operation::LookupEvents => 2.0,
            Operation::Write(operation) => operation.default_quota(),
        }
    }
}

/// The services, each with its own endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Service {
    Rekognition,
    /// The Resource Groups Tagging API.
    Tagging,
    /// The Security Token Service.
    Identity,
    /// CloudTrail.
    Trail,
}

/// How long a call may take, and how much may come of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// One attempt, from connecting to the last byte of the answer: an answer that
    /// never ends must end.
    pub(super) attempt: Duration,
    /// How long after the first failed attempt another one may begin.
    pub(super) trouble: Duration,
    /// How long the operation may be throttled without any other answer.
    pub(super) throttling: Duration,
    /// Bytes of an answer.
    pub(super) answer: usize,
}

impl Operation {
    /// What is borne of the service before the call fails.
    pub(super) fn limits(self) -> Limits {
        const MEGABYTE: usize = 1 << 20;
        // With the last attempt's own time, and the one attempt of the next read,
        // less than two minutes.
        let reading = Limits {
            attempt: Duration::from_secs(20),
            trouble: Duration::from_secs(75),
            throttling: Duration::from_mins(15),
            answer: MEGABYTE,
        };
        match self {
            Operation::ListStreamProcessors => Limits { answer: 16 * MEGABYTE, ..reading },
            // A description takes some kilobytes, and there may be 10,000 of them.
            Operation::DescribeStreamProcessor => Limits { answer: MEGABYTE / 8, ..reading },
            // A run can do without hints of tags: they may cost ten seconds.
            Operation::GetResources => Limits {
                attempt: Duration::from_secs(5),
                trouble: Duration::from_secs(5),
                throttling: Duration::from_secs(10),
                answer: 16 * MEGABYTE,
            },
            // Nor is it for want of a name that a look for drift should wait for long.
            Operation::LookupEvents => Limits {
                attempt: Duration::from_secs(10),
                trouble: Duration::from_secs(10),
                throttling: Duration::from_secs(20),
                answer: 16 * MEGABYTE,
            },
            // The service takes tens of seconds to answer some deletes, and what became
            // of an attempt is read before the next one.
            Operation::Write(_) => Limits {
                attempt: Duration::from_secs(70),
                trouble: Duration::from_mins(10),
                ..reading
            },
            _ => reading,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
