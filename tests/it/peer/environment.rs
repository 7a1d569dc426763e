//! What the environment says of the way to the service, and says wrong.

use std::time::Duration;

use super::sockets::plan;

/// Nobody listens there: what is let through fails of something else.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Plans, and expects a refusal before anything is sent.
async fn refused(variable: &str, value: &str, words: &str) {
    let (run, took) = plan(&[("AWS_ENDPOINT_URL", NOWHERE), (variable, value)]).await;
    assert_eq!(run.code, 1, "{}", run.stderr);
    assert!(run.stderr.contains(words), "{variable}={value}: {}", run.stderr);
    assert!(!run.stderr.contains("hunter2"), "{}", run.stderr);
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn an_endpoint_that_is_none_is_refused_wherever_it_stands() {
    for variable in [
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_REKOGNITION",
        "AWS_ENDPOINT_URL_STS",
        "AWS_ENDPOINT_URL_CLOUDTRAIL",
        "AWS_ENDPOINT_URL_RESOURCE_GROUPS_TAGGING_API",
    ] {
        refused(variable, "127.0.0.1:4742", "\"127.0.0.1:4742\" is no endpoint").await;
    }
    let secret = "http://me:hunter2@127.0.0.1:4742";
    refused("AWS_ENDPOINT_URL", secret, "take no user and password").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    for text in [
        "[default]\nendpoint_url = a:1\n",
        "[default]\nservices = mine\n[services mine]\nsts =\n  endpoint_url = a:1\n",
    ] {
        std::fs::write(&path, text).unwrap();
        let file = path.to_str().unwrap();
        let (run, _) = plan(&[("AWS_CONFIG_FILE", file), ("HTTPS_PROXY", NOWHERE)]).await;
        assert!(run.stderr.contains("\"a:1\" is no endpoint"), "{text}: {}", run.stderr);
    }
}

#[tokio::test]
async fn a_proxy_that_is_none_is_refused_and_not_passed_by() {
    let socks = "socks5://127.0.0.1:1080";
    for variable in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY"] {
        let words = format!("{variable}={socks:?} is no http:// or https:// proxy");
        refused(variable, socks, &words).await;
    }
    refused("HTTPS_PROXY", "http://me:hunter2@", "HTTPS_PROXY=").await;
    refused("HTTPS_PROXY", "http//me:hunter2@proxy:1", "HTTPS_PROXY=\"...@proxy:1\"").await;
}

#[tokio::test]
async fn credentials_that_cannot_be_sent_are_refused_and_not_shown() {
    for (variable, value, what) in [
        ("AWS_ACCESS_KEY_ID", "hunter2\nhunter2", "access key ID"),
        ("AWS_SECRET_ACCESS_KEY", "hunter2 hunter2", "secret access key"),
        ("AWS_SESSION_TOKEN", "hunter2\r\nhunter2", "session token"),
    ] {
        refused(variable, value, &format!("the {what} is empty, or has a space")).await;
    }
}

#[tokio::test]
async fn a_bundle_of_certificates_that_is_none_is_refused() {
    refused("AWS_CA_BUNDLE", "/nonexistent/bundle.pem", "AWS_CA_BUNDLE=/nonexistent").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.pem");
    let garbage = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for text in ["", "no certificate", garbage] {
        std::fs::write(&path, text).unwrap();
        refused("AWS_CA_BUNDLE", path.to_str().unwrap(), "AWS_CA_BUNDLE=").await;
    }
}
