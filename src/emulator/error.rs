//! What the service answers when it does not do as asked.

use super::operation::{Operation, Service};
use super::validate::Violations;

/// An error of the emulated service: a type, an HTTP status and a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceError {
    /// The error's type, such as `ResourceInUseException`.
    pub code: String,
    /// The status of the HTTP answer.
    pub status: u16,
    /// The service's own words.
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
    pub(crate) fn invalid_request(operation: Operation, violations: &Violations) -> ServiceError {
        let message = violations.to_string();
        if operation.service() != Service::CloudTrail {
            return ServiceError::invalid(message);
        }
        let code = match violations.member() {
            "startTime" | "endTime" => "InvalidTimeRangeException",
            "maxResults" => "InvalidMaxResultsException",
            "nextToken" => "InvalidNextTokenException",
            "eventCategory" => "InvalidEventCategoryException",
            _ => "InvalidLookupAttributesException",
        };
        ServiceError::new(code, 400, message)
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
        let (code, message) = match operation.service() {
            Service::Rekognition => ("ThrottlingException", "Slow down..."),
            Service::CloudTrail => ("ThrottlingException", "Rate exceeded"),
            Service::Tagging => ("ThrottledException", "Rate exceeded"),
            Service::Sts => ("Throttling", "Rate exceeded"),
        };
        ServiceError::of(operation, code, message)
    }

    /// The caller went over the operation's quota, which Rekognition tells apart from throttling.
    pub(crate) fn rate_exceeded(operation: Operation) -> ServiceError {
        if operation.service() != Service::Rekognition {
            return ServiceError::throttled(operation);
        }
        let code = "ProvisionedThroughputExceededException";
        ServiceError::of(operation, code, "Provisioned Rate exceeded.")
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
        let service = operation.service().iam_prefix();
        let message = format!(
            "User: {caller} is not authorized to perform: {service}:{operation} on resource: {resource}"
        );
        let (code, status) = match operation.service() {
            Service::Sts => ("AccessDenied", 403),
            _ => ("AccessDeniedException", 400),
        };
        ServiceError::new(code, status, message)
    }

    /// A page token that was good once.
    pub(crate) fn expired_token(operation: Operation) -> ServiceError {
        let code = match operation.service() {
            Service::Tagging => "PaginationTokenExpiredException",
            Service::CloudTrail => "InvalidNextTokenException",
            Service::Rekognition | Service::Sts => "InvalidPaginationTokenException",
        };
        ServiceError::of(operation, code, "The page token has expired.")
    }
}
