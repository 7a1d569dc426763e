//! From the SDK's errors to rekon's.

use std::error::Error as StdError;
use std::io;
use std::iter::successors;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use http_body_util::LengthLimitError;

use super::answer::{Answer, request_id};
use super::credentials::Malformed;
use super::{Class, Error, Operation};

const UNREADABLE: &str = "the answer breaks off or cannot be read";

/// Says what became of a call that the SDK reports as failed.
pub(super) fn classify<E>(operation: Operation, error: &SdkError<E, HttpResponse>) -> Error
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
{
    let whole: &(dyn StdError + 'static) = error;
    if find::<LengthLimitError>(whole).is_some() {
        return too_large(operation);
    }
    if let Some(error) = find::<CredentialsError>(whole) {
        let (class, message) = credentials(error);
        return Error::new(operation, class, message);
    }
    match error {
        SdkError::TimeoutError(_) => Error::new(operation, Class::Unavailable, "no answer in time"),
        SdkError::DispatchFailure(failure) => {
            let reason = failure.as_connector_error().map_or(whole, |error| error);
            let (class, message) = dispatch(reason);
            Error::new(operation, class, message)
        }
        // It began to arrive, so that it is the service's whatever its status.
        SdkError::ResponseError(failure) => {
            let raw = failure.raw();
            match Answer::of(raw) {
                Some(answer) => unreadable(operation, &answer),
                None => broken(operation, raw.status().as_u16(), request_id(raw)),
            }
        }
        SdkError::ServiceError(failure) => {
            let (raw, meta) = (failure.raw(), failure.err().meta());
            let (status, request_id) = (raw.status().as_u16(), request_id(raw));
            if let Some(code) = meta.code() {
                let message = meta.message().unwrap_or_default();
                // Some services spell the type as a URI or with a namespace before it.
                let code = code.rsplit(['#', '/']).next().unwrap_or(code);
                let class = match by_code(operation, code, message, status) {
                    // A gateway may speak of its own limits in much the same words.
                    Class::Throttled if matches!(status, 429 | 503) && request_id.is_none() => {
                        Class::Unavailable
                    }
                    class => class,
                };
                return Error::new(operation, class, message)
                    .coded(Some(code))
                    .answered(status, request_id);
            }
            let answer = Answer::of(raw).filter(|_| request_id.is_none());
            let message = match (meta.message(), answer) {
                (Some(message), _) => message.to_owned(),
                (None, Some(answer)) => answer.told(),
                (None, None) if raw.status().is_success() => UNREADABLE.to_owned(),
                (None, None) => format!("HTTP {status} without an explanation"),
            };
            Error::new(operation, by_status(status), message).answered(status, request_id)
        }
        _ => Error::new(operation, Class::Other, told(whole)),
    }
}

/// An answer of which nothing can be made.
pub(super) fn unreadable(operation: Operation, answer: &Answer) -> Error {
    let request_id = answer.request_id.as_deref();
    match request_id {
        Some(_) => broken(operation, answer.status, request_id),
        None => {
            let message = format!("this is no answer of the service: {}", answer.told());
            Error::new(operation, began(answer.status), message).answered(answer.status, None)
        }
    }
}

/// An answer that did not arrive whole, or of which nothing can be made.
fn broken(operation: Operation, status: u16, request_id: Option<&str>) -> Error {
    Error::new(operation, began(status), UNREADABLE).answered(status, request_id)
}

/// What an answer that began with this status means, whatever the rest was.
fn began(status: u16) -> Class {
    match by_status(status) {
        Class::NotTheService => Class::Unavailable,
        class => class,
    }
}

/// An answer that was not read to its end. What a write answers tells nothing
/// that reading would not tell better.
fn too_large(operation: Operation) -> Error {
    let class = match operation {
        Operation::Write(_) => Class::Unavailable,
        _ => Class::TooLarge,
    };
    let message = format!("the answer is larger than {} KB", operation.limits().answer >> 10);
    Error::new(operation, class, message)
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
        "InvalidPaginationToken" | "PaginationTokenExpired" | "InvalidNextToken" => {
            Class::PageToken
        }
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

/// What a request that got no answer failed of. Only where no connection was
/// made is it certain that nothing was sent.
fn dispatch(error: &(dyn StdError + 'static)) -> (Class, String) {
    let connecting =
        find::<hyper_util::client::legacy::Error>(error).is_some_and(|it| it.is_connect());
    let class = match find::<rustls::Error>(error) {
        _ if !connecting => {
            return (Class::Unavailable, format!("the connection broke: {}", told(error)));
        }
        Some(_) => Class::Untrusted,
        None => Class::Unreachable,
    };
    (class, told(error))
}

/// Why there are no credentials, in words.
pub(super) fn credentials(error: &CredentialsError) -> (Class, String) {
    let all = chain(error).map(|error| error.to_string()).collect::<Vec<_>>().join(": ");
    let all = all.to_ascii_lowercase();
    match error {
        _ if find::<Malformed>(error).is_some() => (Class::CredentialsRejected, told(error)),
        // Only the words of a provider tell that it had some once.
        _ if all.contains("expired") || all.contains("refresh") => {
            (Class::CredentialsExpired, told(error))
        }
        // The SDK lists every provider that had nothing; `help` says what to do.
        CredentialsError::CredentialsNotLoaded(_) => {
            (Class::CredentialsMissing, "no credentials were found".to_owned())
        }
        _ => {
            (Class::CredentialsMissing, format!("no credentials could be loaded: {}", told(error)))
        }
    }
}

/// An error and its causes. The cause of an I/O error is what it holds, which its
/// `source` passes over.
fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(error) => error.get_ref().map(|held| held as &(dyn StdError + 'static)),
        None => error.source(),
    })
}

/// The first error of this type in a chain.
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// The end of a chain, which says what really happened: the last two causes
/// that add something.
pub(super) fn told(error: &(dyn StdError + 'static)) -> String {
    let messages: Vec<String> = chain(error).map(ToString::to_string).collect();
    let mut kept: Vec<&str> = Vec::new();
    for message in messages.iter().rev() {
        if !message.is_empty() && !kept.iter().any(|known| message.contains(known)) {
            kept.insert(0, message);
        }
    }
    kept[kept.len().saturating_sub(2)..].join(": ")
}

#[cfg(test)]
mod tests {
    use hyper_util::client::legacy::Client;
    use hyper_util::rt::TokioExecutor;

    use super::*;

    #[test]
    fn an_untyped_answer_is_never_the_quotas() {
        for status in [429, 503, 400, 200] {
            assert_eq!(by_status(status), Class::Unavailable, "{status}");
        }
        for status in [301, 403, 404, 407] {
            assert_eq!(by_status(status), Class::NotTheService, "{status}");
        }
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
        let refused = || io::Error::other("refused");
        let chain = io::Error::other(io::Error::other(refused()));
        assert_eq!(told(&chain), "refused");
        let explained = aws_smithy_runtime_api::client::result::ConnectorError::io(
            CredentialsError::provider_error(refused()).into(),
        );
        assert!(told(&explained).ends_with(": refused"), "{}", told(&explained));
    }

    #[tokio::test]
    async fn only_the_connector_tells_that_nothing_was_sent() {
        let client = Client::builder(TokioExecutor::new()).build_http::<String>();
        // It makes no connection, because it speaks no TLS.
        let error = client.get(http::Uri::from_static("https://127.0.0.1/")).await.unwrap_err();
        assert_eq!(dispatch(&io::Error::other(error)).0, Class::Unreachable);
        for words in ["connection refused", "dns error", "tls handshake", "proxy", "identity"] {
            assert_eq!(dispatch(&io::Error::other(words)).0, Class::Unavailable, "{words}");
        }
    }
}
