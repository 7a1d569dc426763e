//! The SDK's clients, made to speak the wire's JSON.
//!
//! The SDK finds the endpoint, signs and reads error types. Its shapes are passed
//! by: what is newer than they are would be dropped from a request, and be
//! invisible in an answer.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeDeserializationInterceptorContextMut,
    BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use http_body_util::Limited;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::answer::{Answer, Kept};
use super::classify::classify;
use super::environment::Proxies;
use super::log::Log;
use super::retry::{Attempt, Retry};
use super::{Class, Error, Operation};
use crate::plan;

/// What readers and writers of a connection share.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) rekognition: aws_sdk_rekognition::Client,
    pub(super) tagging: aws_sdk_resourcegroupstagging::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) cloudtrail: aws_sdk_cloudtrail::Client,
    pub(super) retry: Retry,
    pub(super) region: String,
    /// The endpoint, where it is not AWS's own.
    pub(super) endpoint: Option<String>,
    /// The proxies of the environment; `None`: nothing leaves the process.
    pub(super) proxies: Option<Proxies>,
    /// Takes a line of each request.
    pub(super) log: Option<Log>,
}

impl Client {
    /// Sends this JSON once, as it is, and reads the answer's. Nothing is sent to the
    /// services but by this.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        operation: Operation,
        processor: Option<&str>,
        request: &Value,
        Attempt { number, limit }: Attempt,
    ) -> Result<T, Error> {
        let exchange = Exchange::new(operation, request);
        let logged = self.log.as_ref().map(|log| log.begin(operation, processor, number));
        let answer = match tokio::time::timeout(limit, self.exchange(&exchange)).await {
            Ok(answer) => answer,
            Err(_) => {
                let message = format!("no answer within {} s", limit.as_secs());
                Err(Error::new(operation, Class::Unavailable, message))
            }
        };
        let peer = || self.proxies.as_ref()?.peer(exchange.uri.get()?);
        let answer = answer.map_err(|error| match error.is_from_service() {
            true => error.about(processor),
            false => error.at(peer()).about(processor),
        });
        if let Some(logged) = logged {
            logged.end(exchange.answer.get(), answer.as_ref().err());
        }
        answer
    }

    async fn exchange<T: DeserializeOwned>(&self, exchange: &Exchange) -> Result<T, Error> {
        macro_rules! send {
            ($client:ident . $operation:ident) => {{
                let customized = self.$client.$operation().customize();
                let sent = customized.interceptor(exchange.clone()).send().await;
                sent.map(drop).map_err(|error| classify(exchange.operation, &error))
            }};
        }
        let sent = match exchange.operation {
            Operation::ListStreamProcessors => send!(rekognition.list_stream_processors),
            Operation::DescribeStreamProcessor => send!(rekognition.describe_stream_processor),
            Operation::ListTagsForResource => send!(rekognition.list_tags_for_resource),
            Operation::GetResources => send!(tagging.get_resources),
            Operation::LookupEvents => send!(cloudtrail.lookup_events),
            Operation::GetCallerIdentity => return self.caller_identity(exchange).await,
            Operation::Write(operation) => match operation {
                plan::Operation::CreateStreamProcessor => {
                    send!(rekognition.create_stream_processor)
                }
                plan::Operation::UpdateStreamProcessor => {
                    send!(rekognition.update_stream_processor)
                }
                plan::Operation::StartStreamProcessor => send!(rekognition.start_stream_processor),
                plan::Operation::StopStreamProcessor => send!(rekognition.stop_stream_processor),
                plan::Operation::DeleteStreamProcessor => {
                    send!(rekognition.delete_stream_processor)
                }
                plan::Operation::TagResource => send!(rekognition.tag_resource),
                plan::Operation::UntagResource => send!(rekognition.untag_resource),
            },
        };
        // What the SDK thinks of a success says less than the success itself.
        match exchange.answer.get() {
            Some(answer) => answer.read(exchange.operation),
            None => Err(sent.expect_err("a success is kept")),
        }
    }

    /// The one answer that is XML, as the JSON that it would be.
    async fn caller_identity<T: DeserializeOwned>(&self, exchange: &Exchange) -> Result<T, Error> {
        const OPERATION: Operation = Operation::GetCallerIdentity;
        let customized = self.sts.get_caller_identity().customize();
        let sent = customized.interceptor(exchange.clone()).send().await;
        let identity = sent.map_err(|error| classify(OPERATION, &error))?;
        let json = json!({"Account": identity.account, "Arn": identity.arn});
        serde_json::from_value(json).map_err(|_| {
            let told = exchange.answer.get().map_or_else(String::new, Answer::told);
            let message = format!("the answer names no account: {told}");
            Error::new(OPERATION, Class::NotTheService, message)
        })
    }
}

/// Puts a request's JSON in the place of what the SDK would send, keeps the
/// answer as it came, and lets no more of it in than there may be.
#[derive(Clone, Debug)]
struct Exchange {
    operation: Operation,
    /// `None`: the request is no JSON, and goes as the SDK makes it.
    request: Option<String>,
    /// Where it goes.
    uri: Arc<OnceLock<http::Uri>>,
    /// What came of the body of a success.
    kept: Arc<Mutex<Vec<u8>>>,
    /// The success, once it is whole.
    answer: Arc<OnceLock<Answer>>,
}

impl Exchange {
    fn new(operation: Operation, request: &Value) -> Exchange {
        let is_json = operation != Operation::GetCallerIdentity;
        Exchange {
            operation,
            request: is_json.then(|| request.to_string()),
            uri: Arc::default(),
            kept: Arc::default(),
            answer: Arc::default(),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Vec<u8>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Intercept for Exchange {
    fn name(&self) -> &'static str {
        "Exchange"
    }

    /// Before signing, which is over the body.
    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        if let Ok(uri) = request.uri().parse() {
            self.uri.get_or_init(|| uri);
        }
        if let Some(json) = &self.request {
            request.headers_mut().insert("content-length", json.len().to_string());
            *request.body_mut() = SdkBody::from(json.as_str());
        }
        Ok(())
    }

    /// Reading stops at the limit, not behind it.
    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response_mut();
        let is_kept = self.request.is_some() && response.status().is_success();
        let whole = std::mem::replace(response.body_mut(), SdkBody::taken());
        let limited = Limited::new(whole, self.operation.limits().answer);
        *response.body_mut() = match is_kept {
            true => SdkBody::from_body_1_x(Kept::new(limited, self.kept.clone())),
            false => SdkBody::from_body_1_x(limited),
        };
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        if response.status().is_success()
            && let Some(answer) = Answer::of(response)
        {
            self.answer.get_or_init(|| match self.request {
                Some(_) => Answer::with(response, std::mem::take(&mut self.kept())),
                None => answer,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
