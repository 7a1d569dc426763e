//! The SDK's clients, made to speak the wire's JSON.
//!
//! The SDK finds endpoint and credentials, signs, keeps the time and reads error
//! types. Its shapes are passed by: what is newer than they are would be dropped
//! from a request, and be invisible in an answer.

use std::sync::{Arc, OnceLock};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::classify::{classify, request_id, unreadable};
use super::retry::Retry;
use super::{Class, Error, Operation};
use crate::plan;

/// What readers and writers of a connection share.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) rekognition: aws_sdk_rekognition::Client,
    pub(super) tagging: aws_sdk_resourcegroupstagging::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) retry: Retry,
    pub(super) region: String,
    /// The endpoint, where it is not AWS's own.
    pub(super) endpoint: Option<String>,
}

impl Client {
    /// Sends this JSON once, as it is, and reads the answer's.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        operation: Operation,
        request: &Value,
    ) -> Result<T, Error> {
        let exchange = Exchange { request: request.to_string(), answer: Arc::default() };
        macro_rules! send {
            ($client:ident . $operation:ident) => {{
                let customized = self.$client.$operation().customize();
                let sent = customized.interceptor(exchange.clone()).send().await;
                sent.map(drop).map_err(|error| classify(operation, &error))
            }};
        }
        let sent = match operation {
            Operation::ListStreamProcessors => send!(rekognition.list_stream_processors),
            Operation::DescribeStreamProcessor => send!(rekognition.describe_stream_processor),
            Operation::ListTagsForResource => send!(rekognition.list_tags_for_resource),
            Operation::GetResources => send!(tagging.get_resources),
            Operation::GetCallerIdentity => return self.caller_identity().await,
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
            Some(answer) => answer.read(operation),
            None => Err(sent.expect_err("a success is kept")),
        }
    }

    /// The one answer that is XML, as the JSON that it would be.
    async fn caller_identity<T: DeserializeOwned>(&self) -> Result<T, Error> {
        const OPERATION: Operation = Operation::GetCallerIdentity;
        let sent = self.sts.get_caller_identity().send().await;
        let identity = sent.map_err(|error| classify(OPERATION, &error))?;
        serde_json::from_value(json!({"Account": identity.account, "Arn": identity.arn}))
            .map_err(|_| Error::new(OPERATION, Class::NotTheService, "the answer names no account"))
    }
}

/// Puts a request's JSON in the place of what the SDK would send, and keeps the
/// answer as it came.
#[derive(Clone, Debug)]
struct Exchange {
    request: String,
    answer: Arc<OnceLock<Answer>>,
}

/// A success that arrived whole.
#[derive(Debug)]
struct Answer {
    status: u16,
    request_id: Option<String>,
    body: Vec<u8>,
}

impl Answer {
    /// The protocol takes no body for an empty object.
    fn read<T: DeserializeOwned>(&self, operation: Operation) -> Result<T, Error> {
        let body = if self.body.is_empty() { b"{}" } else { self.body.as_slice() };
        serde_json::from_slice(body)
            .map_err(|_| unreadable(operation, self.status, self.request_id.as_deref()))
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
        request.headers_mut().insert("content-length", self.request.len().to_string());
        *request.body_mut() = SdkBody::from(self.request.as_str());
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
            && let Some(body) = response.body().bytes()
        {
            self.answer.get_or_init(|| Answer {
                status: response.status().as_u16(),
                request_id: request_id(response).map(str::to_owned),
                body: body.to_vec(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
