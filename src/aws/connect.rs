//! Connecting: region, credentials, endpoint, transport.

use std::sync::Arc;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_rekognition::config::{
    Credentials, IdentityCache, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::client::Client;
use super::rate_limit::RateLimit;
use super::reader::Observer;
use super::retry::Retry;
use super::{Class, Error, Operation, Reader, Writer};

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one attempt may take, from connecting to the last byte of the
/// answer: an answer that never ends must end.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(20);
/// How long the chain may look for credentials. Programs that fetch them ask
/// other services, and sometimes a human.
const CREDENTIALS_TIMEOUT: Duration = Duration::from_secs(15);

/// What to connect to, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The region, such as `us-east-1`.
    pub region: String,
    /// The profile of the AWS configuration; `None`: as the environment says.
    pub profile: Option<String>,
    /// The endpoint of every service; `None`: as the environment and the
    /// profile say, or AWS's own.
    pub endpoint_url: Option<String>,
    /// The pace of the requests.
    pub rate_limit: RateLimit,
    /// Answers every request instead of the network: the embedded service. No
    /// credentials are looked for and no environment is read then.
    pub http_client: Option<SharedHttpClient>,
}

/// Clients of the services in one region, which share one pace.
#[derive(Clone, Debug)]
pub struct Connection(Arc<Client>);

/// Makes the clients. Nothing is sent yet, so that wrong credentials and
/// unreachable endpoints show at the first call.
pub async fn connect(settings: Settings) -> Result<Connection, Error> {
    let Settings { region, profile, endpoint_url, rate_limit, http_client } = settings;
    if let Some(url) = &endpoint_url {
        check_endpoint(url)?;
    }
    let (config, random) = match http_client {
        Some(http_client) => (embedded(&region, http_client), fastrand::Rng::with_seed(0)),
        None => (environment(&region, profile, endpoint_url.clone()).await, fastrand::Rng::new()),
    };
    let endpoint = endpoint_url.or_else(|| configured_endpoint(&config));
    Ok(Connection(Arc::new(Client {
        rekognition: aws_sdk_rekognition::Client::new(&config),
        tagging: aws_sdk_resourcegroupstagging::Client::new(&config),
        sts: aws_sdk_sts::Client::new(&config),
        retry: Retry::new(rate_limit, random),
        region,
        endpoint,
    })))
}

impl Connection {
    /// What reads.
    pub fn reader(&self) -> Reader {
        Reader { client: self.0.clone(), observer: Observer::default() }
    }

    /// What writes. Only applying a plan has a use for it.
    pub fn writer(&self) -> Writer {
        Writer(self.0.clone())
    }
}

/// The configuration that the environment and the profile give.
async fn environment(
    region: &str,
    profile: Option<String>,
    endpoint_url: Option<String>,
) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .http_client(https_client())
        .identity_cache(IdentityCache::lazy().load_timeout(CREDENTIALS_TIMEOUT).build())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(profile) = profile {
        // A profile that was asked for by name comes before credentials that
        // happen to be in the environment, and one that is not there is an error.
        let config = ProviderConfig::without_region()
            .with_region(Some(Region::new(region.to_owned())))
            .with_http_client(https_client());
        let credentials = ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_name(&profile)
            .build();
        loader = loader.profile_name(profile).credentials_provider(credentials);
    }
    if let Some(url) = endpoint_url {
        loader = loader.endpoint_url(url);
    }
    loader.load().await
}

/// The configuration for the embedded service: nothing of the environment.
fn embedded(region: &str, http_client: SharedHttpClient) -> SdkConfig {
    let credentials = Credentials::new("REKONEMULATOR", "none", None, None, "rekon");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client)
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}

/// Whole attempts are timed, body included; the SDK's protection against
/// stalled streams would only add a second opinion.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build()
}

/// HTTPS by rustls with the system's root certificates, through the proxy that
/// the environment names; plain HTTP for endpoints that ask for it.
fn https_client() -> SharedHttpClient {
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut builder = Connector::builder().proxy_config(ProxyConfig::from_env());
        builder.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            builder.set_sleep_impl(components.sleep_impl());
        }
        builder.tls_provider(tls::Provider::rustls(tls::rustls_provider::CryptoMode::Ring)).build()
    })
}

/// The endpoint that the environment or the profile gives Rekognition, in the
/// order in which the SDK prefers them.
fn configured_endpoint(config: &SdkConfig) -> Option<String> {
    let ignored = std::env::var("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if ignored.is_ok_and(|flag| flag.eq_ignore_ascii_case("true")) {
        return None;
    }
    // An SDK configuration without a source of service settings is the embedded
    // service's, which reads no environment.
    config.service_config()?;
    let own = std::env::var("AWS_ENDPOINT_URL_REKOGNITION").ok().filter(|url| !url.is_empty());
    own.or_else(|| config.endpoint_url().map(str::to_owned))
}

fn check_endpoint(url: &str) -> Result<(), Error> {
    let parsed: Option<http::Uri> = url.parse().ok();
    let sound = parsed.is_some_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
    });
    if sound {
        return Ok(());
    }
    let message = format!("{url:?} is no endpoint: it must be an http:// or https:// URL");
    Err(Error::new(Operation::GetCallerIdentity, Class::NotTheService, message))
}
