//! A connection that says at once what it has received.
//!
//! Many clients, boto3 among them, send the head and the body of a request apart and let the kernel hold the second back
//! until the first is acknowledged, which the kernel of the other side puts off for 40 ms. A test suite that makes
//! thousands of calls would spend most of its time there.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// How long a client may take to accept the next bytes of an answer.
const PATIENCE: Duration = Duration::from_secs(75);

/// A TCP connection that delays nothing in either direction, as far as the platform lets it, and that breaks when the
/// other side accepts nothing any more.
#[derive(Debug)]
pub(crate) struct Prompt {
    stream: TcpStream,
    /// Whether something has come since anything was sent, which would have acknowledged it by the way.
    unacknowledged: bool,
    /// When patience is over, while something waits to be accepted.
    over: Option<Pin<Box<Sleep>>>,
}

impl Prompt {
    pub(crate) fn new(stream: TcpStream) -> Prompt {
        // Answers are small and each is waited for. A connection that is gone already shows when it is read.
        let _ = stream.set_nodelay(true);
        Prompt { stream, unacknowledged: false, over: None }
    }

    /// Breaks the connection without a farewell, which reaches the other side as "connection reset by peer".
    pub(crate) fn reset(self) {
        let _ = self.stream.set_zero_linger();
    }
}

impl AsyncRead for Prompt {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.unacknowledged = true;
        } else if std::mem::take(&mut self.unacknowledged) {
            // There is nothing to answer yet. The kernel forgets this whenever something is sent, so it is said each time.
            #[cfg(target_os = "linux")]
            let _ = self.stream.set_quickack(true);
        }
        read
    }
}

impl AsyncWrite for Prompt {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, buffer);
        if written.is_ready() {
            (self.unacknowledged, self.over) = (false, None);
            return written;
        }
        let over = self.over.get_or_insert_with(|| Box::pin(tokio::time::sleep(PATIENCE)));
        over.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn a_client_that_accepts_nothing_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let mut stream = Prompt::new(listener.accept().await.unwrap().0);
        tokio::time::pause();
        let endless = async { while stream.write_all(&[0; 1 << 16]).await.is_ok() {} };
        tokio::time::timeout(PATIENCE * 2, endless).await.unwrap();
        drop(client);
    }

    #[tokio::test]
    async fn what_has_come_is_acknowledged_at_once_however_often_was_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let mut stream = Prompt::new(listener.accept().await.unwrap().0);
            // After an answer the kernel keeps acknowledgements back, to let them ride on the next one.
            while stream.read_exact(&mut [0]).await.is_ok() {
                // It may be half a request, and the rest is waited for.
                let rest = tokio::time::timeout(Duration::ZERO, stream.read(&mut [0])).await;
                assert!(rest.is_err());
                assert!(stream.stream.quickack().unwrap());
                stream.write_all(b"!").await.unwrap();
            }
        });
        let mut client = TcpStream::connect(address).await.unwrap();
        for _ in 0..20 {
            client.write_all(b"?").await.unwrap();
            client.read_exact(&mut [0]).await.unwrap();
        }
        drop(client);
        server.await.unwrap();
    }
}
