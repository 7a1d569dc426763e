//! What the service answers when it does not do as asked.

use super::operation::{Operation, Service};
use super::validate::{self, Violation};

/// An error of the emulated service: a type, an HTTP status and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    pub code: String,
    pub status: u16,
    pub message: String,
}

impl ServiceError {
    pub(crate) fn new(code: &str, status: u16, message: impl Into<String>) -> ServiceError {
        ServiceError { code: code.to_owned(), status, message: message.into() }
    }

    /// An error of the given type with the status that the model of the operation's service has for it.
    pub(crate) fn of(operation: Operation, code: &str, message: impl Into<String>) -> ServiceError {
        let status = operation.service().model().map_or(400, |model| model.status_of(code));
        ServiceError::new(code, status, message)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> ServiceError {
        ServiceError::new("InvalidParameterException", 400, message)
    }

    /// The request is not what the model demands.
    ///
    /// CloudTrail has an exception for each member rather than one for all.
    pub(crate) fn invalid_request(operation: Operation, violations: &[Violation]) -> ServiceError {
        let message = validate::message(violations);
        let member = violations.first().map(Violation::member);
        match operation.service() {
            Service::CloudTrail => {
                let code = match member {
                    Some("startTime" | "endTime") => "InvalidTimeRangeException",
                    Some("maxResults") => "InvalidMaxResultsException",
                    Some("nextToken") => "InvalidNextTokenException",
                    Some("eventCategory") => "InvalidEventCategoryException",
                    _ => "InvalidLookupAttributesException",
                };
                ServiceError::new(code, 400, message)
            }
            Service::Rekognition | Service::Tagging | Service::Sts => {
                ServiceError::invalid(message)
            }
        }
    }

    pub(crate) fn in_use(message: &str) -> ServiceError {
        ServiceError::new("ResourceInUseException", 400, message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> ServiceError {
        ServiceError::new("ResourceNotFoundException", 400, message)
    }

    pub(crate) fn limit_exceeded(message: impl Into<String>) -> ServiceError {
        ServiceError::new("LimitExceededException", 400, message)
    }

    /// The service is asked to slow down; the services disagree on what that is called.
    pub(crate) fn throttled(operation: Operation) -> ServiceError {
        match operation.service() {
            Service::Rekognition => {
                ServiceError::of(operation, "ThrottlingException", "Slow down...")
            }
            Service::Tagging => ServiceError::new("ThrottledException", 400, "Rate exceeded"),
            Service::CloudTrail => ServiceError::new("ThrottlingException", 400, "Rate exceeded"),
            Service::Sts => ServiceError::new("Throttling", 400, "Rate exceeded"),
        }
    }

    /// The caller went over the operation's quota, which Rekognition tells apart from throttling.
    pub(crate) fn rate_exceeded(operation: Operation) -> ServiceError {
        match operation.service() {
            Service::Rekognition => ServiceError::of(
                operation,
                "ProvisionedThroughputExceededException",
                "Provisioned Rate exceeded.",
            ),
            Service::Tagging | Service::Sts | Service::CloudTrail => {
                ServiceError::throttled(operation)
            }
        }
    }

    /// The service failed, and it is not the caller's fault.
    pub(crate) fn internal(operation: Operation, message: impl Into<String>) -> ServiceError {
        let code = match operation.service() {
            Service::Rekognition => "InternalServerError",
            Service::Tagging => "InternalServiceException",
            Service::Sts | Service::CloudTrail => "InternalFailure",
        };
        ServiceError::new(code, 500, message)
    }

    /// The caller lacks the permission.
    pub(crate) fn denied(operation: Operation, caller: &str, resource: &str) -> ServiceError {
        let action = format!("{}:{operation}", operation.service().iam_prefix());
        let message = format!(
            "User: {caller} is not authorized to perform: {action} on resource: {resource}"
        );
        match operation.service() {
            Service::Rekognition | Service::Tagging | Service::CloudTrail => {
                ServiceError::new("AccessDeniedException", 400, message)
            }
            Service::Sts => ServiceError::new("AccessDenied", 403, message),
        }
    }

    /// A page token that was good once.
    pub(crate) fn expired_token(operation: Operation) -> ServiceError {
        match operation {
            Operation::GetResources => ServiceError::new(
                "PaginationTokenExpiredException",
                400,
                "The pagination token has expired.",
            ),
            Operation::LookupEvents => {
                ServiceError::new("InvalidNextTokenException", 400, "The token has expired.")
            }
            _ => ServiceError::bad_token("The pagination token has expired."),
        }
    }

    pub(crate) fn bad_token(message: &str) -> ServiceError {
        ServiceError::new("InvalidPaginationTokenException", 400, message)
    }
}
