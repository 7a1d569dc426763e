//! The way in for everybody else: HTTP on a socket.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONNECTION, EXPECT, HeaderValue};
use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, SemaphorePermit, watch};
use tokio::task::JoinSet;

use super::delivery::{Delivered, Delivery, Reset};
use super::error::ServiceError;
use super::handle::Emulator;
use super::prompt::Prompt;

/// The largest request body; the largest valid request is far below it.
const MAX_BODY: usize = 4 << 20;
/// The largest body that anybody may send at any time, far above what clients send.
const SMALL_BODY: usize = 64 * 1024;
/// How many larger ones are read and answered at a time; the others wait.
const LARGE_BODIES: usize = 8;
/// How many connections are served at a time; the others wait.
const MAX_CONNECTIONS: usize = 1000;
/// The most memory for what a connection has received and not read yet, the head of a request among it.
const MAX_BUFFER: usize = 64 * 1024;
/// How much of a larger body is read and dropped, so that a client that sends before it listens gets its answer.
const MAX_DROPPED: usize = 64 << 20;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);
/// How long a connection may take over the head of its next request, which it may be idle for.
const HEAD_TIME: Duration = Duration::from_secs(75);
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
    let large = Arc::new(Semaphore::new(LARGE_BODIES));
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    let service = (emulator.clone(), large.clone());
                    connections.spawn(converse(stream, service, stopping.clone()));
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
async fn converse(
    stream: TcpStream,
    (emulator, large): (Emulator, Arc<Semaphore>),
    mut stopping: watch::Receiver<()>,
) {
    let service = service_fn(move |request| {
        let (emulator, large) = (emulator.clone(), large.clone());
        Box::pin(async move { respond(&emulator, &large, request).await })
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .max_buf_size(MAX_BUFFER)
        .header_read_timeout(HEAD_TIME)
        .serve_connection(TokioIo::new(Prompt::new(stream)), service);
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
        connection.into_parts().io.into_inner().reset();
    }
}

async fn respond(
    emulator: &Emulator,
    large: &Semaphore,
    request: Request<Incoming>,
) -> Result<Response<Delivered>, Reset> {
    let (head, mut body) = request.into_parts();
    let waits = head.headers.contains_key(EXPECT);
    let read = tokio::time::timeout(BODY_TIME, read(&mut body, waits, large)).await;
    // A large body has its place until it is answered.
    let (request, _place) = match read {
        Ok(Ok((bytes, place))) => (Request::from_parts(head, bytes), place),
        refused => {
            let error = match refused {
                Ok(Err(error)) => error,
                _ => ServiceError::new(
                    "RequestTimeoutException",
                    408,
                    format!("The request body did not arrive within {} s.", BODY_TIME.as_secs()),
                ),
            };
            let mut refused = emulator
                .refuse(&Request::from_parts(head, ()), &error)
                .map(|body| Delivered::new(body, Delivery::Whole));
            // What is left of the body cannot be told from a next request.
            refused.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            return Ok(refused);
        }
    };
    let answer = emulator.handle(request).await?;
    Ok(answer.response.map(|body| Delivered::new(body, answer.delivery)))
}

/// The whole body, and its place if it is a large one. A client that waits to be told whether to send too large a one is
/// told at once not to.
async fn read<'a>(
    body: &mut Incoming,
    waits: bool,
    large: &'a Semaphore,
) -> Result<(Bytes, Option<SemaphorePermit<'a>>), ServiceError> {
    let mut announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let (mut bytes, mut place) = (BytesMut::new(), None);
    while announced <= MAX_BODY {
        if announced > SMALL_BODY && place.is_none() {
            // The semaphore is never closed.
            place = large.acquire().await.ok();
        }
        match body.frame().await {
            None => return Ok((bytes.freeze(), place)),
            Some(Ok(frame)) => {
                let data = frame.into_data().unwrap_or_default();
                announced = announced.max(bytes.len() + data.len());
                if announced <= MAX_BODY {
                    bytes.extend_from_slice(&data);
                }
            }
            Some(Err(error)) => {
                let message = format!("The request body broke off: {error}.");
                return Err(ServiceError::new("SerializationException", 400, message));
            }
        }
    }
    let mut dropped = if waits { MAX_DROPPED } else { 0 };
    while dropped < MAX_DROPPED
        && let Some(Ok(frame)) = body.frame().await
    {
        dropped += frame.data_ref().map_or(0, Bytes::len);
    }
    let message = format!("The request body is larger than {MAX_BODY} bytes.");
    Err(ServiceError::new("RequestEntityTooLargeException", 413, message))
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

    const HEAD: &str = "POST / HTTP/1.1\r\nhost: emulator\r\n\
         x-amz-target: RekognitionService.ListStreamProcessors\r\n\
         content-type: application/x-amz-json-1.1\r\n";

    impl Served {
        async fn send(&self, body: &str) -> TcpStream {
            let mut stream = TcpStream::connect(self.address).await.unwrap();
            let request = format!("{HEAD}content-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(request.as_bytes()).await.unwrap();
            stream
        }

        async fn stop(self) {
            self.stop.send(()).unwrap();
            self.server.await.unwrap().unwrap();
        }

        /// Stops under a clock that skips every wait: the grace is as good as over.
        async fn stop_in_time(self) {
            tokio::time::pause();
            tokio::time::timeout(GRACE * 2, self.stop()).await.unwrap();
        }
    }

    async fn received(mut stream: TcpStream) -> (String, Option<ErrorKind>) {
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
        let (rest, error) = received(stream).await;
        assert!(rest.ends_with(r#"{"StreamProcessors":[]}"#), "{rest}");
        assert_eq!(error, None, "a connection that is kept alive is closed in peace");
        assert!(TcpStream::connect(address).await.is_err());
    }

    #[tokio::test]
    async fn a_reset_looks_like_one() {
        let served = start("*=reset-before").await;
        assert_eq!(
            received(served.send("{}").await).await,
            (String::new(), Some(ErrorKind::ConnectionReset))
        );
        served.stop().await;
    }

    #[tokio::test]
    async fn a_cut_answer_begins_and_breaks() {
        let served = start("*=truncate").await;
        let (begun, error) = received(served.send("{}").await).await;
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
        served.stop_in_time().await;
    }

    #[tokio::test]
    async fn a_body_beyond_reason_is_refused_in_words() {
        let served = start("").await;
        let mut stream = served.send("").await;
        stream.shutdown().await.unwrap();
        assert!(received(stream).await.0.starts_with("HTTP/1.1 200 OK"));
        let (answer, error) = received(served.send(&" ".repeat(MAX_BODY + 1)).await).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        assert!(answer.contains("larger than 4194304 bytes"), "{answer}");
        assert_eq!(error, None);
        served.stop().await;
    }

    #[tokio::test]
    async fn a_client_that_asks_first_is_told_whether_to_send() {
        let served = start("").await;
        let ask = async |length: usize| {
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            let head = format!(
                "{}expect: 100-continue\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n",
                HEAD
            );
            stream.write_all(head.as_bytes()).await.unwrap();
            stream
        };
        let (refused, _) = received(ask(MAX_BODY + 1).await).await;
        assert!(refused.starts_with("HTTP/1.1 413"), "{refused}");
        let mut stream = ask(2).await;
        let mut told = [0; 25];
        stream.read_exact(&mut told).await.unwrap();
        assert_eq!(&told, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(b"{}").await.unwrap();
        assert!(received(stream).await.0.starts_with("HTTP/1.1 200 OK"));
        served.stop().await;
    }

    #[tokio::test]
    async fn requests_may_come_in_a_row_and_in_chunks() {
        let served = start("").await;
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let chunked =
            format!("{HEAD}transfer-encoding: chunked\r\n\r\n1\r\n{{\r\n1\r\n}}\r\n0\r\n\r\n");
        let last = format!("{HEAD}connection: close\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(format!("{chunked}{chunked}{last}").as_bytes()).await.unwrap();
        let (answers, error) = received(stream).await;
        assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 3, "{answers}");
        assert_eq!(error, None);
        served.stop().await;
    }

    #[tokio::test]
    async fn a_health_check_is_answered_and_told_from_a_call() {
        let served = start("*=internal").await;
        let ask = async |request: &str| {
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            let request = format!("{request} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            received(stream).await.0
        };
        let health = ask("GET /").await;
        assert!(health.starts_with("HTTP/1.1 200 OK"), "{health}");
        assert!(health.ends_with("}"), "{health}");
        let head = ask("HEAD /").await;
        assert!(head.starts_with("HTTP/1.1 200 OK") && head.ends_with("\r\n\r\n"), "{head}");
        assert!(ask("GET /elsewhere").await.starts_with("HTTP/1.1 404"));
        assert!(ask("PUT /").await.starts_with("HTTP/1.1 400"));
        served.stop().await;
    }

    #[tokio::test]
    async fn many_connections_that_say_nothing_are_in_nobodys_way() {
        let served = start("").await;
        let mut silent = Vec::new();
        for number in 0..200 {
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            // Every second one stops in the middle of its request.
            if number % 2 == 0 {
                stream.write_all(b"POST / HTT").await.unwrap();
            }
            silent.push(stream);
        }
        let mut stream = served.send("{}").await;
        let mut first = [0; 15];
        stream.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        served.stop_in_time().await;
    }
}
