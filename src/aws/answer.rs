//! What came back: kept as it came, and told in a few words where it makes no
//! sense.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use http_body::{Body, Frame};
use serde::de::DeserializeOwned;

use super::classify::unreadable;
use super::error::one_line;
use super::{Error, Operation};

/// So much of a strange answer is shown.
const SHOWN_CHARS: usize = 60;
/// So much of it is looked at for that.
const LOOKED_AT_BYTES: usize = 1024;

/// An answer that arrived whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    content_type: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    /// `None`: its body did not arrive.
    pub(super) fn of(response: &HttpResponse) -> Option<Answer> {
        Some(Answer::with(response, response.body().bytes()?.to_vec()))
    }

    /// One whose body is this.
    pub(super) fn with(response: &HttpResponse, body: Vec<u8>) -> Answer {
        Answer {
            status: response.status().as_u16(),
            request_id: request_id(response).map(str::to_owned),
            content_type: response.headers().get("content-type").map(str::to_owned),
            body,
        }
    }

    /// The protocol takes no body for an empty object.
    pub(super) fn read<T: DeserializeOwned>(&self, operation: Operation) -> Result<T, Error> {
        let body = if self.body.is_empty() { b"{}" } else { self.body.as_slice() };
        serde_json::from_slice(body).map_err(|_| unreadable(operation, self))
    }

    /// Status, type and first words: what to know it by that is not the service.
    pub(super) fn told(&self) -> String {
        let Answer { status, request_id: _, content_type, body } = self;
        let kind = content_type.as_deref().unwrap_or("of no type");
        let looked_at = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT_BYTES)]);
        let text = one_line(&looked_at);
        let mut words: String = text.chars().take(SHOWN_CHARS).collect();
        if words.len() < text.len() {
            words.push('…');
        }
        let kind: String = kind.chars().take(SHOWN_CHARS).collect();
        match words.as_str() {
            "" => format!("HTTP {status}, {kind}, without a word"),
            words => format!("HTTP {status}, {kind}: {words:?}"),
        }
    }
}

/// A body that is kept as it comes, while whoever reads it gets an empty object at
/// its end: the SDK would make much more of it, in memory too, than is of use.
#[derive(Debug)]
pub(super) struct Kept<B> {
    body: B,
    kept: Arc<Mutex<Vec<u8>>>,
    ended: bool,
}

impl<B> Kept<B> {
    pub(super) fn new(body: B, kept: Arc<Mutex<Vec<u8>>>) -> Kept<B> {
        Kept { body, kept, ended: false }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Kept<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        while let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context)) {
            // What is no data is a trailer, of which the protocol has none.
            if let Ok(data) = frame?.into_data() {
                self.kept.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&data);
            }
        }
        self.ended = true;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"{}")))))
    }
}

/// The service's id of the request that it answers.
pub(super) fn request_id(answer: &HttpResponse) -> Option<&str> {
    let header = |name| answer.headers().get(name);
    header("x-amzn-requestid").or_else(|| header("x-amz-request-id"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strange_answer_is_told_in_a_few_words_that_no_terminal_obeys() {
        let told = |content_type: Option<&str>, body: &[u8]| {
            let content_type = content_type.map(str::to_owned);
            Answer { status: 503, request_id: None, content_type, body: body.to_vec() }.told()
        };
        assert_eq!(told(None, b""), "HTTP 503, of no type, without a word");
        assert_eq!(
            told(Some("text/html"), b"<html>\n\x1b[2J\xff\"Sign in\"\xe2\x80\xae</html>"),
            "HTTP 503, text/html: \"<html> [2J\u{fffd}\\\"Sign in\\\"\\u{202e}</html>\""
        );
        let long = told(Some(&"x".repeat(1000)), "é".repeat(5000).as_bytes());
        assert_eq!(long.chars().count(), "HTTP 503, : \"…\"".len() - 2 + 2 * SHOWN_CHARS);
    }
}
