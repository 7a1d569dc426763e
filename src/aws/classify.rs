//! From the SDK's errors to rekon's.

use std::error::Error as StdError;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::{Class, Error, Operation};

const UNREADABLE: &str = "the answer breaks off or cannot be read";

/// Says what became of a call that the SDK reports as failed.
pub(super) fn classify<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Error
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
{
    let unanswered = |(class, message): (Class, String)| Error::new(operation, class, message);
    match error {
        SdkError::TimeoutError(_) => Error::new(operation, Class::Unavailable, "no answer in time"),
        SdkError::DispatchFailure(failure) => {
            let chain = failure.as_connector_error().map_or_else(Vec::new, |error| chain(error));
            unanswered(dispatch(&chain, failure.is_user() || failure.is_other()))
        }
        // It began to arrive, so that it is the service's whatever its status.
        SdkError::ResponseError(failure) => {
            let status = failure.raw().status().as_u16();
            unreadable(operation, status, request_id(failure.raw()))
        }
        SdkError::ServiceError(failure) => {
            let (raw, meta) = (failure.raw(), failure.err().meta());
            let status = raw.status().as_u16();
            let unexplained = format!("HTTP {status} without an explanation");
            let message = match (meta.code(), meta.message()) {
                (None, None) if raw.status().is_success() => UNREADABLE,
                (None, None) => &unexplained,
                (_, message) => message.unwrap_or_default(),
            };
            told_by_service(operation, meta.code(), message, status)
                .answered(status, request_id(raw))
        }
        _ => {
            let chain = chain(error);
            unanswered(credentials(&chain).unwrap_or_else(|| (Class::Other, told(&chain))))
        }
    }
}

/// An answer of which nothing can be made, or of which only a part came.
pub(super) fn unreadable(operation: Operation, status: u16, request_id: Option<&str>) -> Error {
    let class = match by_status(status) {
        Class::NotTheService => Class::Unavailable,
        class => class,
    };
    Error::new(operation, class, UNREADABLE).answered(status, request_id)
}

/// The service's id of the request that it answers.
pub(super) fn request_id(answer: &HttpResponse) -> Option<&str> {
    let header = |name| answer.headers().get(name);
    header("x-amzn-requestid").or_else(|| header("x-amz-request-id"))
}

/// A failure that the service reports.
fn told_by_service(operation: Operation, code: Option<&str>, message: &str, status: u16) -> Error {
    // Some services spell the type as a URI or with a namespace before it.
    let code = code.map(|code| code.rsplit(['#', '/']).next().unwrap_or(code));
    let class = match code {
        Some(code) => by_code(operation, code, message, status),
        None => by_status(status),
    };
    Error::new(operation, class, message).coded(code)
}

fn by_code(operation: Operation, code: &str, message: &str, status: u16) -> Class {
    // Not every service adds the word.
    match code.strip_suffix("Exception").unwrap_or(code) {
        "Throttling"
        | "Throttled"
        | "ProvisionedThroughputExceeded"
        | "TooManyRequests"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "SlowDown" => Class::Throttled,
        "AccessDenied" | "UnauthorizedOperation" | "OptInRequired" | "SubscriptionRequired" => {
            Class::Denied
        }
        "ExpiredToken" | "TokenRefreshRequired" => Class::CredentialsExpired,
        "UnrecognizedClient"
        | "InvalidClientTokenId"
        | "InvalidSignature"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "InvalidAccessKeyId"
        | "RequestExpired"
        | "RequestTimeTooSkewed" => Class::CredentialsRejected,
        "ResourceNotFound" => Class::NotFound,
        "ResourceInUse" => Class::InUse,
        "LimitExceeded" | "ServiceQuotaExceeded" => Class::LimitExceeded,
        "InvalidPaginationToken" | "PaginationTokenExpired" => Class::PageToken,
        // Only the words tell that it was the page token which is refused.
        "InvalidParameter"
            if matches!(operation, Operation::ListStreamProcessors | Operation::GetResources)
                && message.to_ascii_lowercase().contains("token") =>
        {
            Class::PageToken
        }
        "InvalidParameter" | "Validation" | "Serialization" => Class::Invalid,
        "UnknownOperation" => Class::NotTheService,
        _ if status == 400 => Class::Other,
        _ => match by_status(status) {
            Class::NotTheService => Class::Other,
            class => class,
        },
    }
}

/// What an answer without an error type means.
fn by_status(status: u16) -> Class {
    match status {
        // A success whose body does not arrive whole did take effect, and the
        // protocol answers its own errors with 400 and their type. Whoever says 429
        // or 503 without a type stands before the service, and is not its quota.
        200..=299 | 400 | 408 | 429 | 500..=599 => Class::Unavailable,
        _ => Class::NotTheService,
    }
}

/// What a request that got no answer failed of.
fn dispatch(chain: &[String], own_fault: bool) -> (Class, String) {
    if let Some(found) = credentials(chain) {
        return found;
    }
    let all = chain.join(": ").to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| all.contains(part));
    let class = if has(&["handshake eof", "handshake failed: connection"]) {
        Class::Unreachable
    } else if has(&["certificate", "handshake", "corrupt message", "unknownissuer", "tls error"]) {
        Class::Untrusted
    } else if has(&[
        "connection refused",
        "dns error",
        "lookup address",
        "no route to host",
        "network is unreachable",
        "connect timeout",
        "error trying to connect",
        "tcp connect error",
        "proxy",
    ]) {
        Class::Unreachable
    } else if own_fault && !has(&["connection", "closed", "reset", "incomplete", "eof", "canceled"])
    {
        Class::Other
    } else {
        return (Class::Unavailable, format!("the connection broke: {}", told(chain)));
    };
    (class, told(chain))
}

/// Whether the trouble is that no credentials could be had, and how to say so.
fn credentials(chain: &[String]) -> Option<(Class, String)> {
    let all = chain.join(": ").to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| all.contains(part));
    if !has(&["credential", "identity", "sso session", "token is expired"]) {
        return None;
    }
    if has(&["expired", "refresh"]) {
        return Some((Class::CredentialsExpired, told(chain)));
    }
    // The SDK lists every provider that had nothing; `help` says what to do.
    let message = if has(&["found in chain", "providers in chain"]) {
        "no credentials were found".to_owned()
    } else {
        format!("no credentials could be loaded: {}", told(chain))
    };
    Some((Class::CredentialsMissing, message))
}

/// An error and its causes, in words.
fn chain(error: &(dyn StdError + 'static)) -> Vec<String> {
    std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string).collect()
}

/// The end of a chain, which says what really happened: the last two causes
/// that add something.
fn told(chain: &[String]) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for message in chain.iter().rev() {
        if !message.is_empty() && !kept.iter().any(|known| message.contains(known)) {
            kept.insert(0, message);
        }
    }
    kept[kept.len().saturating_sub(2)..].join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dispatched(chain: &[&str]) -> Class {
        let chain: Vec<String> = chain.iter().map(|text| (*text).to_owned()).collect();
        dispatch(&chain, false).0
    }

    #[test]
    fn a_request_that_was_never_sent_is_told_from_one_that_was() {
        assert_eq!(
            dispatched(&[
                "io error",
                "client error (Connect)",
                "tcp connect error",
                "Connection refused (os error 111)"
            ]),
            Class::Unreachable
        );
        assert_eq!(
            dispatched(&[
                "io error",
                "client error (Connect)",
                "dns error",
                "failed to lookup address information"
            ]),
            Class::Unreachable
        );
        assert_eq!(
            dispatched(&[
                "io error",
                "client error (Connect)",
                "invalid peer certificate: UnknownIssuer"
            ]),
            Class::Untrusted
        );
        assert_eq!(
            dispatched(&["io error", "client error (SendRequest)", "Connection reset by peer"]),
            Class::Unavailable
        );
    }

    #[test]
    fn every_documented_error_type_has_its_class() {
        for (code, status, class) in [
            ("AccessDeniedException", 400, Class::Denied),
            ("InternalServerError", 500, Class::Unavailable),
            ("InvalidParameterException", 400, Class::Invalid),
            ("ProvisionedThroughputExceededException", 400, Class::Throttled),
            ("ThrottlingException", 500, Class::Throttled),
            ("ThrottledException", 400, Class::Throttled),
            ("ResourceInUseException", 400, Class::InUse),
            ("ResourceNotFoundException", 400, Class::NotFound),
            ("LimitExceededException", 400, Class::LimitExceeded),
            ("ServiceQuotaExceededException", 400, Class::LimitExceeded),
            ("InvalidPaginationTokenException", 400, Class::PageToken),
            ("ExpiredTokenException", 400, Class::CredentialsExpired),
            ("ServiceUnavailable", 503, Class::Unavailable),
            ("NewException", 400, Class::Other),
        ] {
            assert_eq!(by_code(Operation::GetResources, code, "", status), class, "{code}");
        }
    }

    #[test]
    fn the_end_of_a_chain_is_told_without_repetition() {
        let chain = ["dispatch failure", "io error: refused", "refused"].map(str::to_owned);
        assert_eq!(told(&chain), "dispatch failure: refused");
    }
}
