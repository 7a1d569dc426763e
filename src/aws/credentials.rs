//! Credentials: looked for once before anything is sent, and checked in form.
//!
//! A key with a line end, as copied from a file, must not reach the SDK, which
//! cannot put it into a header.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use aws_sdk_rekognition::config::{Credentials, SharedCredentialsProvider};

use super::classify::credentials;
use super::{Class, Error, Operation};

/// How long the chain may look for credentials. Programs that fetch them ask
/// other services, and sometimes a human.
pub(super) const TIMEOUT: Duration = Duration::from_secs(15);

/// Looks for credentials, and gives the provider that has them.
pub(super) async fn load(
    provider: Option<SharedCredentialsProvider>,
) -> Result<SharedCredentialsProvider, Error> {
    const OPERATION: Operation = Operation::GetCallerIdentity;
    let Some(provider) = provider else {
        let message = "no credentials were found";
        return Err(Error::new(OPERATION, Class::CredentialsMissing, message));
    };
    let loaded = tokio::time::timeout(TIMEOUT, provide(&provider)).await;
    let loaded = loaded.unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(TIMEOUT)));
    let first = loaded.map_err(|error| {
        let (class, message) = credentials(&error);
        Error::new(OPERATION, class, message)
    })?;
    Ok(SharedCredentialsProvider::new(Checked { provider, first: Mutex::new(Some(first)) }))
}

/// Gives only credentials that can be sent.
#[derive(Debug)]
struct Checked {
    provider: SharedCredentialsProvider,
    /// Those that were loaded already: nobody is asked twice.
    first: Mutex<Option<Credentials>>,
}

impl ProvideCredentials for Checked {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        match self.first.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(first) => future::ProvideCredentials::ready(Ok(first)),
            None => future::ProvideCredentials::new(provide(&self.provider)),
        }
    }
}

async fn provide(provider: &SharedCredentialsProvider) -> provider::Result {
    let credentials = provider.provide_credentials().await?;
    let parts = [
        ("access key ID", Some(credentials.access_key_id())),
        ("secret access key", Some(credentials.secret_access_key())),
        ("session token", credentials.session_token()),
    ];
    for (what, text) in parts {
        let text = text.unwrap_or("none");
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(CredentialsError::invalid_configuration(Malformed { what }));
        }
    }
    Ok(credentials)
}

/// A part of credentials that cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {what} is empty, or has a space, a line end or another character that none has")]
pub(super) struct Malformed {
    what: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn loaded(key: &str, secret: &str, token: Option<&str>) -> Result<(), Error> {
        let credentials = Credentials::new(key, secret, token.map(str::to_owned), None, "test");
        load(Some(SharedCredentialsProvider::new(credentials))).await.map(drop)
    }

    #[tokio::test]
    async fn credentials_that_cannot_be_sent_are_refused_and_not_shown() {
        assert_eq!(loaded("AKID", "se/cr+et=", None).await, Ok(()));
        assert_eq!(loaded("AKID", "secret", Some("token==")).await, Ok(()));
        for (key, secret, token, what) in [
            ("AKID\n", "secret", None, "access key ID"),
            ("", "secret", None, "access key ID"),
            ("AKID", "sec\r\nret", None, "secret access key"),
            ("AKID", "secret", Some("tök"), "session token"),
        ] {
            let error = loaded(key, secret, token).await.unwrap_err();
            assert_eq!(error.class(), Class::CredentialsRejected);
            let said = error.to_string();
            assert!(said.contains(&format!("the {what} is empty, or has")), "{said}");
            assert!(!said.contains("ret") || what.contains("secret"), "{said}");
        }
    }

    #[tokio::test]
    async fn those_that_were_loaded_are_the_first_that_are_given() {
        let credentials = Credentials::new("AKID", "secret", None, None, "test");
        let provider = load(Some(SharedCredentialsProvider::new(credentials.clone()))).await;
        let provider = provider.unwrap();
        for _ in 0..2 {
            assert_eq!(provider.provide_credentials().await.unwrap(), credentials);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_never_ends_is_not_waited_for() {
        #[derive(Debug)]
        struct Never;
        impl ProvideCredentials for Never {
            fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
            where
                Self: 'a,
            {
                future::ProvideCredentials::new(std::future::pending())
            }
        }
        let began = tokio::time::Instant::now();
        let error = load(Some(SharedCredentialsProvider::new(Never))).await.unwrap_err();
        assert_eq!(error.class(), Class::CredentialsMissing);
        assert_eq!(began.elapsed(), TIMEOUT);
    }
}
