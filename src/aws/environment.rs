//! What the environment and the profile say of the way to the service. What is
//! wrong there is refused: going another way than the user meant is worse than
//! going none.

use std::env;

use aws_config::SdkConfig;
use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_types::service_config::ServiceConfigKey;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::error::Peer;
use super::{Class, Error, Operation};

/// Nothing was called yet that could be named.
const OPERATION: Operation = Operation::GetCallerIdentity;

/// The proxies that the environment names.
#[derive(Debug)]
pub(super) struct Proxies(Matcher);

impl Proxies {
    pub(super) fn from_env() -> Result<Proxies, Error> {
        for names in [
            ["ALL_PROXY", "all_proxy"],
            ["HTTPS_PROXY", "https_proxy"],
            ["HTTP_PROXY", "http_proxy"],
        ] {
            // The first that is set counts, also where it is empty.
            let Some((name, url)) = names.iter().find_map(|name| Some((name, env::var_os(name)?)))
            else {
                continue;
            };
            let url = url.to_string_lossy();
            let is_proxy = |uri: &Uri| matches!(uri.scheme_str(), None | Some("http" | "https"));
            if !url.is_empty() && !url.parse().is_ok_and(|uri| is_proxy(&uri) && has_host(&uri)) {
                let shown = without_password(&url);
                let message = format!("{name}={shown:?} is no http:// or https:// proxy");
                return Err(Error::new(OPERATION, Class::NotTheService, message));
            }
        }
        Ok(Proxies(Matcher::from_env()))
    }

    /// Who is spoken to by sending there.
    pub(super) fn peer(&self, uri: &Uri) -> Option<Peer> {
        let proxy = self.0.intercept(uri);
        Some(Peer { endpoint: origin(uri)?, proxy: proxy.and_then(|proxy| origin(proxy.uri())) })
    }
}

/// Refuses an endpoint that is none, wherever it was given, and gives
/// Rekognition's where it is not AWS's own.
pub(super) fn endpoint(config: &SdkConfig) -> Result<Option<String>, Error> {
    let mut endpoints =
        ["Rekognition", "Resource Groups Tagging API", "STS", "CloudTrail"].map(|service| {
            let key = ServiceConfigKey::builder().service_id(service);
            let key = key.env("AWS_ENDPOINT_URL").profile("endpoint_url").build().ok()?;
            // Before those of the environment comes one that was asked for.
            let own = config
                .service_config()
                .filter(|_| !config.get_origin("endpoint_url").is_client_config())?;
            own.load_config(key)
        });
    let general = config.endpoint_url().map(str::to_owned);
    for url in endpoints.iter().chain([&general]).flatten() {
        check_endpoint(url)?;
    }
    Ok(endpoints[0].take().or(general))
}

fn check_endpoint(url: &str) -> Result<(), Error> {
    let uri: Option<Uri> = url.parse().ok();
    let reason = match &uri {
        Some(uri) if !matches!(uri.scheme_str(), Some("http" | "https")) || !has_host(uri) => {
            "it must be an http:// or https:// URL"
        }
        Some(uri) if uri.authority().is_some_and(|it| it.as_str().contains('@')) => {
            "requests are signed, and take no user and password"
        }
        Some(_) => return Ok(()),
        None => "it must be an http:// or https:// URL",
    };
    let message = format!("{:?} is no endpoint: {reason}", without_password(url));
    Err(Error::new(OPERATION, Class::NotTheService, message))
}

pub(super) fn has_host(uri: &Uri) -> bool {
    uri.host().is_some_and(|host| !host.is_empty())
}

/// Scheme, host and port.
pub(super) fn origin(uri: &Uri) -> Option<String> {
    let port = uri.port().map_or_else(String::new, |port| format!(":{port}"));
    Some(format!("{}://{}{port}", uri.scheme_str()?, uri.host()?))
}

/// The URL without what stands before an `@`, be it well formed or not.
fn without_password(url: &str) -> String {
    let Some((before, host)) = url.rsplit_once('@') else { return url.to_owned() };
    let scheme =
        before.split_once("://").map_or_else(String::new, |(scheme, _)| format!("{scheme}://"));
    format!("{scheme}...@{host}")
}

/// Whom to trust: the system's root certificates, or those of AWS_CA_BUNDLE
/// alone, as with the AWS CLI.
pub(super) fn trust() -> Result<TlsContext, Error> {
    let Some(path) = env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) else {
        return Ok(TlsContext::default());
    };
    let refused = |reason: String| {
        let message = format!("AWS_CA_BUNDLE={}: {reason}", path.display());
        Error::new(OPERATION, Class::Untrusted, message)
    };
    let pem = std::fs::read(&path).map_err(|error| refused(error.to_string()))?;
    // The connector takes it for granted that they can be read.
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.map_err(|error| refused(error.to_string()))?;
    if certificates.is_empty() {
        return Err(refused("there is no certificate in it".to_owned()));
    }
    for certificate in certificates {
        RootCertStore::empty().add(certificate).map_err(|error| refused(error.to_string()))?;
    }
    let store = TrustStore::empty().with_pem_certificate(pem);
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|error| refused(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(url: &str) -> String {
        check_endpoint(url).unwrap_err().message().to_owned()
    }

    #[test]
    fn an_endpoint_is_a_url_without_a_password() {
        for sound in ["http://127.0.0.1:4742", "https://[::1]:4742/", "https://a.example/path"] {
            assert_eq!(check_endpoint(sound), Ok(()), "{sound}");
        }
        for wrong in ["127.0.0.1:4742", "localhost:4742", "ftp://a", "http://", "", "not a url"] {
            let expected =
                format!("{wrong:?} is no endpoint: it must be an http:// or https:// URL");
            assert_eq!(refusal(wrong), expected);
        }
        for wrong in ["http://me:secret@a.example", "me:secret@a:1", "http://me:sec ret@a"] {
            assert!(!refusal(wrong).contains("sec"), "{}", refusal(wrong));
        }
        assert!(refusal("http://me:secret@a").contains("take no user and password"));
    }

    #[test]
    fn a_peer_is_named_without_its_password() {
        let matcher =
            Matcher::builder().https("http://me:secret@proxy:3128").no("b.example").build();
        let proxies = Proxies(matcher);
        let peer = |uri: &str| proxies.peer(&uri.parse().unwrap()).unwrap();
        let through = peer("https://a.example/path?query");
        assert_eq!(through.endpoint, "https://a.example");
        assert_eq!(through.proxy.as_deref(), Some("http://proxy:3128"));
        assert_eq!(peer("https://b.example:8443").proxy, None);
        assert_eq!(peer("http://me:secret@a.example").endpoint, "http://a.example");
    }
}
