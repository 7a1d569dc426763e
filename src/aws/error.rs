//! What a call that failed says to the user, and to whoever decides what next.

use std::fmt;

use super::Operation;

/// A call that failed, in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(Box<Details>);

/// Boxed, so that a `Result` stays small.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Details {
    operation: Operation,
    processor: Option<String>,
    class: Class,
    /// The service's error type.
    code: Option<String>,
    message: String,
    status: Option<u16>,
    request_id: Option<String>,
    peer: Option<Peer>,
}

/// Who was spoken to. Passwords are left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    pub(super) endpoint: String,
    pub(super) proxy: Option<String>,
}

/// What kind of failure it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The service asks to slow down; nothing took effect.
    Throttled,
    /// The service failed, or its answer was lost on the way: a server error,
    /// a timeout, a reset, a body that ends too soon.
    Unavailable,
    /// No connection could be made, so nothing was sent.
    Unreachable,
    /// No trusted connection could be made, so nothing was sent.
    Untrusted,
    /// The caller lacks a permission.
    Denied,
    /// The service knows no such processor.
    NotFound,
    /// The resource is busy, or what was asked for is taken.
    InUse,
    /// The service refuses the request's content.
    Invalid,
    /// A limit of the account is reached.
    LimitExceeded,
    /// The page token is not valid, or not any more.
    PageToken,
    /// The SDK's chain found no credentials.
    CredentialsMissing,
    /// The credentials were valid, and are no longer.
    CredentialsExpired,
    /// The service does not accept the credentials.
    CredentialsRejected,
    /// The endpoint answers, but not as the service would.
    NotTheService,
    /// An answer, or a listing, is larger than any that the service gives.
    TooLarge,
    /// What was read is of another account, region or name.
    Elsewhere,
    /// An error that this version of rekon does not know.
    Other,
}

impl Class {
    /// Whether the same call may succeed later.
    pub fn is_retryable(self) -> bool {
        matches!(self, Class::Throttled | Class::Unavailable | Class::Unreachable)
    }

    /// Whether every other call would fail alike.
    pub fn concerns_every_call(self) -> bool {
        matches!(
            self,
            Class::Unreachable
                | Class::Untrusted
                | Class::CredentialsMissing
                | Class::CredentialsExpired
                | Class::CredentialsRejected
                | Class::NotTheService
        )
    }
}

impl Error {
    /// A failure of which nothing more is known.
    pub(super) fn new(operation: Operation, class: Class, message: impl AsRef<str>) -> Error {
        Error(Box::new(Details {
            operation,
            processor: None,
            class,
            code: None,
            message: one_line(message.as_ref()),
            status: None,
            request_id: None,
            peer: None,
        }))
    }

    /// Names who was spoken to.
    pub(super) fn at(mut self, peer: Option<Peer>) -> Error {
        self.0.peer = peer;
        self
    }

    /// Names the stream processor that the call was about.
    pub(super) fn about(mut self, processor: Option<&str>) -> Error {
        self.0.processor = processor.map(one_line);
        self
    }

    /// Adds the error type that the service gave.
    pub(super) fn coded(mut self, code: Option<&str>) -> Error {
        self.0.code = code.map(one_line);
        self
    }

    /// Adds what an HTTP answer says beside its body.
    pub(super) fn answered(mut self, status: u16, request_id: Option<&str>) -> Error {
        self.0.status = Some(status);
        self.0.request_id = request_id.map(one_line);
        self
    }

    /// What kind of failure it was.
    pub fn class(&self) -> Class {
        self.0.class
    }

    /// The operation that failed.
    pub fn operation(&self) -> Operation {
        self.0.operation
    }

    /// The service's error type, where it gave one.
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The service's own words, or the SDK's.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The HTTP status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The service's id of the request, where it gave one.
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// Whether it is certainly the service that answered: what stands in between
    /// gives neither error types nor ids.
    pub(super) fn is_from_service(&self) -> bool {
        self.0.code.is_some() || self.0.request_id.is_some()
    }

    /// Whether the call may have taken effect although it failed.
    pub fn is_ambiguous(&self) -> bool {
        self.0.class == Class::Unavailable
    }

    /// The error type and the message, without processor and request: equal for
    /// all calls that failed alike.
    pub fn reason(&self) -> String {
        let Details { code, message, .. } = &*self.0;
        match code {
            Some(code) if message.is_empty() => code.clone(),
            Some(code) => format!("{code}: {message}"),
            None => message.clone(),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let help = match self.0.class {
            Class::Throttled => {
                "Others use up the account's quota; try again later, or with a lower --rate"
            }
            Class::Unavailable if self.is_from_service() => {
                "The service is unwell; try again in a few minutes"
            }
            Class::Unavailable => {
                "The service or the way to it is unwell, or it is not the service that is spoken \
                 to: check the endpoint and any proxy in between, or try again in a few minutes"
            }
            Class::Unreachable => {
                "Check the region, the network, a proxy, and --endpoint-url or AWS_ENDPOINT_URL"
            }
            Class::Untrusted => {
                "Check the endpoint's certificate, the clock, a proxy that intercepts TLS, and \
                 that the system's root certificates are installed"
            }
            Class::Denied => {
                return Some(format!("Allow {} to the caller", self.0.operation.permission()));
            }
            Class::CredentialsMissing => {
                "Give credentials: `aws sso login`, AWS_PROFILE or --profile, AWS_ACCESS_KEY_ID \
                 and AWS_SECRET_ACCESS_KEY, or a role; --emulator needs none"
            }
            Class::CredentialsExpired => {
                "Renew the credentials, for example with `aws sso login`, and try again"
            }
            Class::CredentialsRejected => {
                "Check that the credentials are whole, still active, and that the clock is right"
            }
            Class::NotTheService => {
                "Check --endpoint-url, AWS_ENDPOINT_URL and any proxy in between"
            }
            Class::TooLarge => {
                "What is spoken to is broken, or is not the service: check --endpoint-url, \
                 AWS_ENDPOINT_URL and any proxy in between"
            }
            Class::Elsewhere => {
                "Check the credentials or --profile, the endpoint, and account_id and region in \
                 [stack]"
            }
            Class::LimitExceeded => {
                "Ask AWS for a higher quota, or delete stream processors that nobody needs"
            }
            Class::InUse => {
                "Wait until the stream processor or its stream is free, then plan again"
            }
            Class::NotFound => "It was deleted meanwhile; plan again",
            Class::Invalid => "Mend the value that the message names, then plan again",
            Class::PageToken => "The listing changed too fast to be read; try again",
            Class::Other => "Look the error up in the AWS documentation of the operation",
        };
        Some(help.to_owned())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { operation, processor, request_id, peer, .. } = &*self.0;
        write!(f, "{operation}")?;
        if let Some(processor) = processor {
            write!(f, " of {processor}")?;
        }
        write!(f, ": {}", self.reason())?;
        if let Some(request_id) = request_id {
            write!(f, " (request {request_id})")?;
        }
        match peer {
            Some(Peer { endpoint, proxy: Some(proxy) }) => {
                write!(f, " (at {endpoint}, through the proxy {proxy})")?;
            }
            Some(Peer { endpoint, proxy: None }) => write!(f, " (at {endpoint})")?,
            None => {}
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// The text without line breaks and other control characters.
pub(super) fn one_line(text: &str) -> String {
    let spaced: String =
        text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line_that_names_everything_known() {
        let message = "User: x\n is not authorized\u{1b}[31m";
        let error = Error::new(Operation::DescribeStreamProcessor, Class::Denied, message)
            .about(Some("front-door"))
            .coded(Some("AccessDeniedException"))
            .answered(400, Some("4c5a"));
        assert_eq!(
            error.to_string(),
            "DescribeStreamProcessor of front-door: AccessDeniedException: User: x is not \
             authorized [31m (request 4c5a)"
        );
        assert_eq!(
            error.help().as_deref(),
            Some("Allow rekognition:DescribeStreamProcessor to the caller")
        );
    }

    #[test]
    fn only_a_lost_answer_is_ambiguous() {
        let of = |class| Error::new(Operation::GetCallerIdentity, class, "x").is_ambiguous();
        assert!(of(Class::Unavailable));
        for class in [Class::Throttled, Class::Unreachable, Class::Denied, Class::InUse] {
            assert!(!of(class), "{class:?}");
        }
    }
}
