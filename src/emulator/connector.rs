//! The way in for an AWS SDK in the same process: its HTTP client, with the emulator where the network would be.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;

use super::delivery::{Delivered, Delivery};
use super::handle::Emulator;

impl Emulator {
    /// A client for the AWS SDK that reaches this emulator without a socket.
    pub fn http_client(&self) -> SharedHttpClient {
        let emulator = self.clone();
        http_client_fn(move |settings, _| {
            let (emulator, settings) = (emulator.clone(), settings.clone());
            SharedHttpConnector::new(InProcess { emulator, settings })
        })
    }
}

#[derive(Debug)]
struct InProcess {
    emulator: Emulator,
    settings: HttpConnectorSettings,
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let emulator = self.emulator.clone();
        // As with a real connection, this is the time to the beginning of the answer.
        let limit = self.settings.read_timeout().unwrap_or(Duration::MAX);
        HttpConnectorFuture::new(async move {
            let answered = tokio::time::timeout(limit, answer(&emulator, request)).await;
            answered.unwrap_or_else(|elapsed| Err(ConnectorError::timeout(elapsed.into())))
        })
    }
}

async fn answer(emulator: &Emulator, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let request = request.map(|body| Bytes::copy_from_slice(body.bytes().unwrap_or_default()));
    let answer =
        emulator.handle(request).await.map_err(|reset| ConnectorError::io(reset.into()))?;
    let response = answer.response.map(|body| match answer.delivery {
        Delivery::Whole => SdkBody::from(body),
        delivery => SdkBody::from_body_1_x(Delivered::new(body, delivery)),
    });
    HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::options::Options;
    use crate::emulator::state::State;
    use http_body_util::BodyExt;

    fn connector(fault: &str, read_timeout: Option<Duration>) -> InProcess {
        let mut options = Options::default();
        if !fault.is_empty() {
            options.faults.scripted.push(fault.parse().unwrap());
        }
        let mut settings = HttpConnectorSettings::builder();
        settings.set_read_timeout(read_timeout);
        let emulator = Emulator::new(options, State::new("111122223333", "us-east-1"));
        InProcess { emulator, settings: settings.build() }
    }

    async fn list(connector: &InProcess) -> Result<HttpResponse, ConnectorError> {
        let request = http::Request::post("https://rekognition.us-east-1.amazonaws.com/")
            .header("x-amz-target", "RekognitionService.ListStreamProcessors")
            .header("content-type", "application/x-amz-json-1.1")
            .body(SdkBody::from("{}"))
            .unwrap();
        connector.call(request.try_into().unwrap()).await
    }

    #[tokio::test]
    async fn a_request_is_answered_without_a_socket() {
        let response = list(&connector("", None)).await.unwrap();
        assert_eq!(response.status().as_u16(), 200);
        assert_eq!(response.body().bytes(), Some(&br#"{"StreamProcessors":[]}"#[..]));
    }

    #[tokio::test]
    async fn a_reset_is_an_error_of_the_connection() {
        assert!(list(&connector("*=reset-after", None)).await.unwrap_err().is_io());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_runs_into_the_read_timeout() {
        let limit = Some(Duration::from_secs(2));
        assert!(list(&connector("*=slow:5s", limit)).await.unwrap_err().is_timeout());
        assert!(list(&connector("*=slow:1s", limit)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_answer_begins_and_a_cut_one_breaks() {
        let mut endless = list(&connector("*=hang", None)).await.unwrap();
        let body = endless.take_body().collect();
        assert!(tokio::time::timeout(Duration::from_secs(600), body).await.is_err());
        let mut cut = list(&connector("*=truncate", None)).await.unwrap();
        assert!(cut.take_body().collect().await.is_err());
    }
}
