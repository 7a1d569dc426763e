//! The way in for everybody else: HTTP on a socket.

use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::engine::Delivery;
use super::handle::{Emulator, Reset};
use super::interrupted::{End, Interrupted};

/// The largest request body; the largest valid request is far below it.
const MAX_BODY: usize = 4 << 20;
/// How long a stop waits for answers that are under way.
const GRACE: Duration = Duration::from_secs(2);

/// Serves until `shutdown` is there; then finishes what is under way and saves the state.
///
/// Returns what kept the state from being saved, if anything did.
pub async fn serve(
    listener: TcpListener,
    emulator: Emulator,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let mut shutdown = pin!(shutdown);
    let (stop, stopping) = watch::channel(());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, emulator.clone(), stopping.clone()));
                }
                // Out of file descriptors, or the client is gone already: neither is a reason to stop serving.
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            },
            Some(_) = connections.join_next() => {}
            () = &mut shutdown => break,
        }
    }
    drop(listener);
    drop(stop);
    let finished = async { while connections.join_next().await.is_some() {} };
    // Connections that are left by then hold a client that waits for an answer that never ends.
    let _ = tokio::time::timeout(GRACE, finished).await;
    connections.shutdown().await;
    emulator.flush().await
}

/// Answers the requests of one connection.
async fn converse(stream: TcpStream, emulator: Emulator, mut stopping: watch::Receiver<()>) {
    // Answers are small and each is waited for.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let emulator = emulator.clone();
        Box::pin(async move { respond(&emulator, request).await })
    });
    // No timer, so no limit on how long an idle connection is kept: it costs nothing here, and closing it could meet
    // the next request halfway.
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let outcome = {
        let mut running =
            pin!(std::future::poll_fn(|context| connection.poll_without_shutdown(context)));
        tokio::select! {
            outcome = &mut running => Some(outcome),
            // The sender is dropped when the server stops.
            _ = stopping.changed() => None,
        }
    };
    let outcome = match outcome {
        Some(outcome) => outcome,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            std::future::poll_fn(|context| connection.poll_without_shutdown(context)).await
        }
    };
    // The errors of the service and of its bodies are all faults: a connection that is to break.
    if outcome.is_err_and(|error| error.is_user()) {
        // A close without a farewell reaches the client as "connection reset by peer".
        let _ = connection.into_parts().io.into_inner().set_zero_linger();
    }
}

type Answered = Response<BoxBody<Bytes, Reset>>;

async fn respond(emulator: &Emulator, request: Request<Incoming>) -> Result<Answered, Reset> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        let mut refused = Response::new(whole(Bytes::new()));
        *refused.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
        refused.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        return Ok(refused);
    };
    let answer = emulator.handle(Request::from_parts(head, body.to_bytes())).await?;
    Ok(answer.response.map(|body| match answer.delivery {
        Delivery::Whole | Delivery::Reset => whole(body),
        Delivery::Endless => Interrupted::new(body, End::Never).boxed(),
        Delivery::Cut => Interrupted::new(body, End::Reset).boxed(),
    }))
}

fn whole(body: Bytes) -> BoxBody<Bytes, Reset> {
    Full::new(body).map_err(|never| match never {}).boxed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::options::Options;
    use crate::emulator::state::State;
    use std::io::ErrorKind;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    struct Served {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        server: JoinHandle<std::io::Result<()>>,
    }

    async fn start(fault: &str) -> Served {
        let mut options = Options::default();
        if !fault.is_empty() {
            options.faults.scripted.push(fault.parse().unwrap());
        }
        let emulator = Emulator::new(options, State::new("111122223333", "us-east-1"));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(listener, emulator, async move {
            let _ = stopped.await;
        }));
        Served { address, stop, server }
    }

    impl Served {
        async fn send(&self, body: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let request = format!(
                "POST / HTTP/1.1\r\nhost: emulator\r\nx-amz-target: RekognitionService.ListStreamProcessors\r\n\
                 content-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            stream
        }

        async fn stop(self) {
            self.stop.send(()).unwrap();
            self.server.await.unwrap().unwrap();
        }
    }

    async fn read(mut stream: TcpStream) -> (String, Option<ErrorKind>) {
        let mut bytes = Vec::new();
        let error = stream.read_to_end(&mut bytes).await.err().map(|error| error.kind());
        (String::from_utf8(bytes).unwrap(), error)
    }

    #[tokio::test]
    async fn requests_are_answered_until_the_stop() {
        let served = start("").await;
        let mut stream = served.send("{}").await;
        let mut first = [0; 15];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        let address = served.address;
        served.stop().await;
        let (rest, error) = read(stream).await;
        assert!(rest.ends_with(r#"{"StreamProcessors":[]}"#), "{rest}");
        assert_eq!(error, None, "a connection that is kept alive is closed in peace");
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn a_reset_looks_like_one() {
        let served = start("*=reset-before").await;
        assert_eq!(
            read(served.send("{}").await).await,
            (String::new(), Some(ErrorKind::ConnectionReset))
        );
        served.stop().await;
    }

    #[tokio::test]
    async fn a_cut_answer_begins_and_breaks() {
        let served = start("*=truncate").await;
        let (begun, error) = read(served.send("{}").await).await;
        assert!(begun.is_empty() || begun.starts_with("HTTP/1.1 200 OK"), "{begun}");
        assert_eq!(error, Some(ErrorKind::ConnectionReset));
        served.stop().await;
    }

    #[tokio::test]
    async fn a_stop_does_not_wait_for_an_answer_that_never_ends() {
        let served = start("*=hang").await;
        let mut stream = served.send("{}").await;
        let mut first = [0; 15];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        tokio::time::timeout(GRACE * 2, served.stop()).await.unwrap();
    }

    #[tokio::test]
    async fn a_body_beyond_reason_is_refused() {
        let served = start("").await;
        let mut stream = served.send("").await;
        stream.shutdown().await.unwrap();
        assert!(read(stream).await.0.starts_with("HTTP/1.1 200 OK"));
        let (answer, _) = read(served.send(&" ".repeat(MAX_BODY + 1)).await).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        served.stop().await;
    }
}
