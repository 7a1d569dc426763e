//! Connecting: region, credentials, endpoint, transport.

use std::sync::Arc;
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_sdk_rekognition::config::{
    Credentials, IdentityCache, SharedCredentialsProvider, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::tls::{self, TlsContext};
use aws_smithy_http_client::{Builder, Connector, proxy::ProxyConfig};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpClient};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::client::Client;
use super::environment::{self, Proxies};
use super::log::Log;
use super::rate_limit::RateLimit;
use super::reader::Observer;
use super::retry::Retry;
use super::{Error, Reader, Writer, credentials, profile};

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

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
    /// Takes a line of each request.
    pub log: Option<Log>,
}

/// Clients of the services in one region, which share one pace.
#[derive(Clone, Debug)]
pub struct Connection(Arc<Client>);

/// Makes the clients, once what the environment says is found to be sound and
/// there are credentials. Nothing is sent to the services yet, so that what is
/// unreachable shows at the first call.
pub async fn connect(settings: Settings) -> Result<Connection, Error> {
    let Settings { region, profile, endpoint_url, rate_limit, http_client, log } = settings;
    let (config, proxies, random) = match http_client {
        Some(http_client) => {
            (embedded(&region, endpoint_url, http_client), None, fastrand::Rng::with_seed(0))
        }
        None => {
            let proxies = Proxies::from_env()?;
            let config = environment(&region, profile.clone(), endpoint_url).await?;
            (config, Some(proxies), fastrand::Rng::new())
        }
    };
    let endpoint = environment::endpoint(&config)?;
    let provider = credentials::load(config.credentials_provider()).await;
    let provider =
        provider.map_err(|error| profile::missing(profile.as_deref()).unwrap_or(error))?;
    let config = config.into_builder().credentials_provider(provider).build();
    Ok(Connection(Arc::new(Client {
        rekognition: aws_sdk_rekognition::Client::new(&config),
        tagging: aws_sdk_resourcegroupstagging::Client::new(&config),
        sts: aws_sdk_sts::Client::new(&config),
        cloudtrail: aws_sdk_cloudtrail::Client::new(&config),
        retry: Retry::new(rate_limit, random),
        region,
        endpoint,
        proxies,
        log,
    })))
}

impl Connection {
    /// What reads.
    pub fn reader(&self) -> Reader {
        Reader { client: self.0.clone(), observer: Observer::default(), account_id: None }
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
) -> Result<SdkConfig, Error> {
    let http_client = https_client(environment::trust()?);
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .http_client(http_client.clone())
        .identity_cache(IdentityCache::lazy().load_timeout(credentials::TIMEOUT).build())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(name) = app_name() {
        loader = loader.app_name(name);
    }
    if let Some(profile) = profile {
        // A profile that was asked for by name comes before credentials that
        // happen to be in the environment, and one that is not there is an error.
        let config = ProviderConfig::without_region()
            .with_region(Some(Region::new(region.to_owned())))
            .with_http_client(http_client);
        let credentials = ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_name(&profile)
            .build();
        loader = loader.profile_name(profile).credentials_provider(credentials);
    }
    if let Some(url) = endpoint_url {
        loader = loader.endpoint_url(url);
    }
    Ok(loader.load().await)
}

/// What requests say of who makes them.
fn app_name() -> Option<AppName> {
    AppName::new(concat!("rekon-", env!("CARGO_PKG_VERSION"))).ok()
}

/// The configuration for the embedded service: nothing of the environment.
fn embedded(
    region: &str,
    endpoint_url: Option<String>,
    http_client: SharedHttpClient,
) -> SdkConfig {
    let credentials = Credentials::new("REKONEMULATOR", "none", None, None, "rekon");
    let mut builder = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http_client)
        .identity_cache(IdentityCache::no_cache())
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    builder.set_endpoint_url(endpoint_url);
    builder.set_app_name(app_name());
    builder.build()
}

/// Each call times its own attempts, body included; the SDK's protection against
/// stalled streams would only add a second opinion.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).build()
}

/// What makes the connections of the SDK's clients.
fn https_client(trust: TlsContext) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        connector(trust.clone(), settings.cloned(), components)
    })
}

/// HTTPS by rustls, through the proxy that the environment names; plain HTTP for
/// URLs that ask for it.
pub(super) fn connector(
    trust: TlsContext,
    settings: Option<HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
) -> Connector {
    let mut builder = Connector::builder().proxy_config(ProxyConfig::from_env());
    builder.set_connector_settings(settings);
    if let Some(components) = components {
        builder.set_sleep_impl(components.sleep_impl());
    }
    let provider = tls::Provider::rustls(tls::rustls_provider::CryptoMode::Ring);
    builder.tls_provider(provider).tls_context(trust).build()
}
