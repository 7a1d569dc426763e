//! The real program against real sockets that are not the service's.

use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::time::{Instant, timeout};

use super::stranger::{ACCOUNT, REGION};
use crate::support::{Run, rekon};

/// What to do with whoever connects.
#[derive(Clone, Copy)]
enum Manner {
    /// Says this once it was spoken to, and closes.
    Say(&'static str),
    /// Says nothing, ever.
    Listen,
}

/// What a captive portal says to everything.
const PORTAL: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\
                      connection: close\r\n\r\n<html>Sign in</html>";

/// Serves on a free port for as long as the runtime lives. Gives the port and the
/// first words of everybody who came.
async fn listener(manner: Manner) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard: Arc<Mutex<Vec<String>>> = Arc::default();
    let hearing = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, manner, hearing.clone()));
        }
    });
    (port, heard)
}

async fn serve(mut stream: TcpStream, manner: Manner, heard: Arc<Mutex<Vec<String>>>) {
    let mut words = vec![0; 8192];
    let read = stream.read(&mut words).await.unwrap_or(0);
    heard.lock().unwrap().push(String::from_utf8_lossy(&words[..read]).into_owned());
    match manner {
        Manner::Say(answer) => {
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Manner::Listen => std::future::pending().await,
    }
}

/// A project of one stack, and its path.
pub fn project() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let text =
        format!("[stack]\nname = \"peer\"\naccount_id = \"{ACCOUNT}\"\nregion = \"{REGION}\"\n");
    std::fs::write(folder.path().join("rekon.toml"), text).unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    (folder, path)
}

/// Plans, with credentials of nobody and these variables, and says how long that
/// took.
pub async fn plan(environment: &[(&str, &str)]) -> (Run, Duration) {
    let (_folder, dir) = project();
    let mut command = rekon(&["plan", &dir]);
    command.env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
    command.envs(environment.iter().copied()).stdin(Stdio::null());
    let began = Instant::now();
    let mut command = Command::from(command);
    command.kill_on_drop(true);
    // Every run ends by itself long before.
    let output = timeout(Duration::from_secs(120), command.output()).await;
    (output.expect("the run ends").unwrap().into(), began.elapsed())
}

/// Plans against an endpoint, and expects it to be found out in time.
async fn found_out(environment: &[(&str, &str)], expected: &[&str]) -> Run {
    let (run, took) = plan(environment).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    for words in expected {
        assert!(run.stderr.contains(words), "{words:?} is not in {}", run.stderr);
    }
    assert!(took < Duration::from_secs(30), "{took:?}");
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_captive_portal_is_named_with_what_it_said() {
    let (port, heard) = listener(Manner::Say(PORTAL)).await;
    let endpoint = format!("http://127.0.0.1:{port}");
    let expected = ["HTTP 200, text/html: \"<html>Sign in</html>\"", &format!("(at {endpoint})")];
    found_out(&[("AWS_ENDPOINT_URL", &endpoint)], &expected).await;
    let heard = heard.lock().unwrap();
    let named = format!("app/rekon-{}", env!("CARGO_PKG_VERSION"));
    assert!(!heard.is_empty() && heard.iter().all(|it| it.contains(&named)), "{heard:?}");
}

/// A portal behind TLS, whose certificate only the authority beside this file vouches
/// for. Both are good for a hundred years. It serves as long as the tests run.
fn tls_listener() -> u16 {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key.pem")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config =
        ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth().with_single_cert(vec![certificate], key);
    let config = Arc::new(config.unwrap());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(config.clone()).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            // Whoever speaks no TLS, or does not trust it, is told so and left.
            if stream.read(&mut [0; 8192]).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(PORTAL.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn http_to_a_port_that_speaks_tls_is_found_out() {
    let endpoint = format!("http://127.0.0.1:{}", tls_listener());
    let expected = ["the connection broke", &format!("(at {endpoint})")];
    found_out(&[("AWS_ENDPOINT_URL", &endpoint)], &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_of_certificates_says_whom_to_trust() {
    let endpoint = format!("https://127.0.0.1:{}", tls_listener());
    let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/peer/tls/authority.pem");
    let environment = [("AWS_ENDPOINT_URL", endpoint.as_str()), ("AWS_CA_BUNDLE", bundle)];
    found_out(&environment, &["HTTP 200, text/html: \"<html>Sign in</html>\""]).await;
    let expected = ["invalid peer certificate", "Check the endpoint's certificate"];
    found_out(&environment[..1], &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn https_to_a_port_that_speaks_http_is_found_out() {
    let (port, _) = listener(Manner::Say("HTTP/1.1 400 Bad Request\r\n\r\n")).await;
    let endpoint = format!("https://127.0.0.1:{port}");
    found_out(&[("AWS_ENDPOINT_URL", &endpoint)], &[&format!("(at {endpoint})")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_is_named_without_its_password() {
    let refusal = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
    let (port, heard) = listener(Manner::Say(refusal)).await;
    let proxy = format!("http://me:hunter2@127.0.0.1:{port}");
    let shown = format!(
        "(at https://sts.us-east-1.amazonaws.com, through the proxy http://127.0.0.1:{port})"
    );
    let run = found_out(&[("HTTPS_PROXY", &proxy)], &[&shown]).await;
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    let heard = heard.lock().unwrap();
    assert!(heard.iter().all(|request| request.starts_with("CONNECT sts.")), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_that_never_answers_is_given_up_and_told_of_meanwhile() {
    let (port, _) = listener(Manner::Listen).await;
    let endpoint = format!("http://127.0.0.1:{port}");
    let expected = [
        "no answer within 6 s",
        &format!("(at {endpoint})"),
        "Reading: waiting for the service; GetCallerIdentity gets no proper answer (no answer \
         within 6 s); trying again",
    ];
    found_out(&[("AWS_ENDPOINT_URL", &endpoint)], &expected).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_nobody_listens_on_is_told_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let expected = ["Connection refused", &format!("(at {endpoint})")];
    found_out(&[("AWS_ENDPOINT_URL", &endpoint)], &expected).await;
}
