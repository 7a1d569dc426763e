//! The embedded service over HTTP, watched call by call, for the real program.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rekon::emulator::Emulator;
use tokio::net::TcpListener;

use crate::support::rekon;

/// What a watcher wants to happen to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is answered.
    Answer,
    /// The caller is told that it may not, and nothing happened.
    Refuse,
}

/// Sees each request's operation before it is answered, in the order of arrival.
pub type Watcher = dyn Fn(&str) -> Verdict + Send + Sync;

/// A server on a free port, for as long as the runtime lives.
pub struct Served {
    pub emulator: Emulator,
    address: SocketAddr,
    watcher: Arc<Watcher>,
}

impl Served {
    pub async fn new(
        emulator: Emulator,
        watcher: impl Fn(&str) -> Verdict + Send + Sync + 'static,
    ) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let watcher: Arc<Watcher> = Arc::new(watcher);
        let serving = (emulator.clone(), watcher.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (emulator, watcher) = serving.clone();
                let service =
                    service_fn(move |request| respond(emulator.clone(), watcher.clone(), request));
                let connection = http1::Builder::new();
                tokio::spawn(connection.serve_connection(TokioIo::new(stream), service));
            }
        });
        Served { emulator, address, watcher }
    }

    /// The program, pointed at this server with credentials of nobody.
    pub fn rekon(&self, args: &[&str]) -> Command {
        let mut command = rekon(args);
        command
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address));
        command
    }

    /// Comes back when nobody is connected, so that nothing is under way any more.
    pub async fn left_alone(&self) {
        // The server and this handle watch in any case.
        while Arc::strong_count(&self.watcher) > 2 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// How often each operation was called.
    pub fn counts(&self) -> std::collections::BTreeMap<&'static str, usize> {
        let mut counts = std::collections::BTreeMap::new();
        for call in self.emulator.journal() {
            *counts.entry(call.operation.name()).or_default() += 1;
        }
        counts
    }
}

async fn respond(
    emulator: Emulator,
    watcher: Arc<Watcher>,
    request: Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let operation = target.map_or("GetCallerIdentity", |target| {
        target.rsplit_once('.').map_or(target, |(_, operation)| operation)
    });
    match watcher(operation) {
        Verdict::Answer => {}
        Verdict::Refuse => {
            let body = r#"{"__type":"AccessDeniedException","message":"not in this test"}"#;
            return Ok(http::Response::builder().status(400).body(body.into())?);
        }
    }
    let answer = emulator.handle(Request::from_parts(head, body)).await?;
    Ok(answer.response.map(Full::new))
}

/// Writes a project's files into a folder.
pub fn write_files(folder: &std::path::Path, files: &[(String, String)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}
