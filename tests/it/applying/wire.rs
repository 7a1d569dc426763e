//! A connection that misbehaves in ways that a service does not.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    Passes,
    /// It never arrives, and no answer comes.
    IsDead,
    /// The connection breaks, and the request arrives this much later all the same.
    IsLate(Duration),
    /// The program itself breaks.
    Panics,
}

/// Decides by the operation and the request's JSON.
pub type Rule = Arc<dyn Fn(&str, &str) -> Wire + Send + Sync>;

/// Puts a rule between a client and its requests.
pub fn ruled(inner: SharedHttpClient, rule: Rule) -> SharedHttpClient {
    http_client_fn(move |settings, components| {
        use aws_smithy_runtime_api::client::http::HttpClient;
        let inner = inner.http_connector(settings, components);
        SharedHttpConnector::new(Ruled { inner, rule: rule.clone() })
    })
}

struct Ruled {
    inner: SharedHttpConnector,
    rule: Rule,
}

impl std::fmt::Debug for Ruled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ruled")
    }
}

impl HttpConnector for Ruled {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default();
        let body = request.body().bytes().unwrap_or_default();
        match (self.rule)(operation, &String::from_utf8_lossy(body)) {
            Wire::Passes => self.inner.call(request),
            Wire::IsDead => HttpConnectorFuture::new(std::future::pending()),
            Wire::IsLate(late) => {
                let inner = self.inner.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(late).await;
                    let _ = inner.call(request).await;
                });
                HttpConnectorFuture::ready(Err(ConnectorError::io("reset".into())))
            }
            Wire::Panics => panic!("{operation} meets a mistake"),
        }
    }
}
