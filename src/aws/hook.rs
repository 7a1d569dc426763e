//! A URL of the user's that is posted to, by the way that leads to the services: their
//! TLS, proxies and trust.
//!
//! Whoever knows such a URL may post there, so that no more of it than the host is ever
//! told.

use std::fmt;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use http::Uri;
use tokio::time::{sleep, timeout};

use super::classify::told;
use super::connect::connector;
use super::environment::{self, Proxies, has_host, origin};

/// How long one attempt may take, and how long is waited between two.
#[derive(Clone, Copy, Debug)]
struct Patience {
    attempt: Duration,
    waits: [Duration; 2],
}

const PATIENCE: Patience = Patience {
    attempt: Duration::from_secs(5),
    waits: [Duration::from_secs(1), Duration::from_secs(3)],
};

/// Somebody to be told.
pub struct Hook {
    url: Uri,
    connector: Connector,
    patience: Patience,
}

/// Why nobody can be told there. It holds nothing secret.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct HookError(String);

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hook({self})")
    }
}

/// The host alone.
impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/...", origin(&self.url).unwrap_or_default())
    }
}

impl Hook {
    /// Takes a URL as it was given, and what the environment says of the way there.
    pub fn new(url: &str) -> Result<Hook, HookError> {
        let is_sound =
            |url: &Uri| matches!(url.scheme_str(), Some("http" | "https")) && has_host(url);
        let parsed = url.parse::<Uri>().ok().filter(is_sound);
        let url = parsed.ok_or_else(|| HookError("it is no http:// or https:// URL".to_owned()))?;
        if url.authority().is_some_and(|it| it.as_str().contains('@')) {
            return Err(HookError(
                "it holds a user or password, which is not supported".to_owned(),
            ));
        }
        let refused = |error: super::Error| HookError(error.message().to_owned());
        Proxies::from_env().map_err(refused)?;
        let connector = connector(environment::trust().map_err(refused)?, None, None);
        Ok(Hook { url, connector, patience: PATIENCE })
    }

    /// Posts JSON. What was not taken is sent again as long as that may help, and not for
    /// long. Of the answer only the status counts, and no redirection is followed.
    pub async fn post(&self, json: &str) -> Result<(), HookError> {
        let mut waits = self.patience.waits.iter();
        loop {
            let (error, may_pass) = match timeout(self.patience.attempt, self.send(json)).await {
                Ok(Ok(200..=299)) => return Ok(()),
                Ok(Ok(status)) => {
                    (format!("it answers {status}"), matches!(status, 429 | 500..=599))
                }
                Ok(Err(error)) => (error, true),
                Err(_) => (format!("no answer within {} s", self.patience.attempt.as_secs()), true),
            };
            match waits.next().filter(|_| may_pass) {
                Some(wait) => sleep(*wait).await,
                None => return Err(HookError(error)),
            }
        }
    }

    /// Sends it once, and gives the status of the answer.
    async fn send(&self, json: &str) -> Result<u16, String> {
        let request = http::Request::post(self.url.clone())
            .header("content-type", "application/json")
            .header("content-length", json.len())
            .header("user-agent", concat!("rekon/", env!("CARGO_PKG_VERSION")))
            .body(SdkBody::from(json))
            .map_err(|error| error.to_string())?;
        let request = HttpRequest::try_from(request).map_err(|error| error.to_string())?;
        let answer = self.connector.call(request).await;
        answer.map(|answer| answer.status().as_u16()).map_err(|error| told(&error))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::task::JoinHandle;

    use super::*;

    /// Answers each that connects with the next of these; nothing is an answer that never
    /// comes. Gives the URL, what was heard when all of them were said, and whoever waits.
    async fn listener(
        answers: Vec<&'static str>,
    ) -> (String, JoinHandle<(Vec<String>, Vec<TcpStream>)>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/services/SECRET?key=SECRET", listener.local_addr().unwrap());
        let heard = tokio::spawn(async move {
            let mut heard = Vec::new();
            let mut silent = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut bytes = vec![0; 8192];
                let mut length = 0;
                while !bytes[..length].ends_with(b"{}") {
                    length += stream.read(&mut bytes[length..]).await.unwrap();
                }
                heard.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
                if answer.is_empty() {
                    silent.push(stream);
                } else if answer != "close" {
                    let head = format!(
                        "HTTP/1.1 {answer}\r\ncontent-length: 9\r\nconnection: close\r\n\r\n"
                    );
                    stream.write_all(head.as_bytes()).await.unwrap();
                }
            }
            (heard, silent)
        });
        (url, heard)
    }

    async fn post(answers: Vec<&'static str>) -> (Result<(), String>, Vec<String>) {
        let (url, heard) = listener(answers).await;
        let quick =
            Patience { attempt: Duration::from_secs(1), waits: [Duration::from_millis(1); 2] };
        let hook = Hook { patience: quick, ..Hook::new(&url).unwrap() };
        assert!(!format!("{hook} {hook:?}").contains("SECRET"), "{hook:?}");
        let posted = hook.post("{}").await.map_err(|error| error.to_string());
        assert!(!format!("{posted:?}").contains("SECRET"), "{posted:?}");
        (posted, heard.await.unwrap().0)
    }

    #[tokio::test]
    async fn it_posts_json_and_takes_the_status_for_the_answer() {
        let (posted, heard) = post(vec!["204 No Content"]).await;
        assert_eq!(posted, Ok(()));
        let head = heard[0].to_ascii_lowercase();
        assert!(head.starts_with("post /services/secret?key=secret http/1.1\r\n"), "{head}");
        for line in
            ["content-type: application/json\r\n", "content-length: 2\r\n", "user-agent: rekon/"]
        {
            assert!(head.contains(line), "{head}");
        }
    }

    #[tokio::test]
    async fn what_may_pass_is_tried_again_and_not_for_ever() {
        let (posted, _) = post(vec!["500 Oops", "close", "200 OK"]).await;
        assert_eq!(posted, Ok(()));
        let (posted, heard) = post(vec!["503 Oops", "429 Slow", "502 Oops"]).await;
        assert_eq!((posted.unwrap_err().as_str(), heard.len()), ("it answers 502", 3));
        let (posted, heard) = post(vec!["", "", ""]).await;
        assert_eq!((posted.unwrap_err().as_str(), heard.len()), ("no answer within 1 s", 3));
    }

    #[tokio::test]
    async fn what_will_not_pass_is_told_at_once_and_nobody_is_followed() {
        for (answer, said) in [
            ("404 Not Found", "it answers 404"),
            ("302 Found\r\nlocation: http://127.0.0.1:1/", "it answers 302"),
        ] {
            let (posted, heard) = post(vec![answer]).await;
            assert_eq!((posted.unwrap_err().as_str(), heard.len()), (said, 1));
        }
    }

    #[test]
    fn what_is_no_url_is_refused_without_a_word_of_it() {
        for url in
            ["", "SECRET", "ftp://SECRET", "http://", "https://me:SECRET@a/", "http://SECRET a/"]
        {
            let error = Hook::new(url).unwrap_err().to_string();
            assert!(!error.contains("SECRET"), "{error}");
        }
    }
}
