//! Everything that writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::connect::Shared;
use super::gate::Patience;
use super::{Api, Error, Request};
use super::{classify::classify, request::Body};

/// Writes to the service. Only `apply` takes one.
#[derive(Clone, Debug)]
pub struct Writer(pub(super) Arc<Shared>);

/// Whether a call is sent for the first time, for the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    First,
    Again,
}

impl Writer {
    /// Sends one call. Throttling is waited out; every other failure comes back
    /// at once, because only reading can tell whether the call took effect.
    ///
    /// `None` when `hold` ended while the call was still waiting for its turn:
    /// then nothing came of it.
    pub async fn send(
        &self,
        request: &Request,
        attempt: Attempt,
        hold: impl Future<Output = ()>,
    ) -> Option<Result<(), Error>> {
        let counted = AtomicBool::new(false);
        let api = Api::Write(request.operation());
        let send = || {
            if !counted.swap(true, Ordering::Relaxed) {
                match attempt {
                    Attempt::First => self.0.gate.tally.made(),
                    Attempt::Again => self.0.gate.tally.retried(),
                }
            }
            self.send_once(api, request)
        };
        self.0.gate.pass_unless(api, Patience::Long, hold, send).await
    }

    /// How often a failure like this one may happen to one call.
    pub fn attempts(&self, error: &Error) -> u32 {
        self.0.gate.attempts(error.class())
    }

    /// How long to wait before sending a call again that failed so often.
    pub fn backoff(&self, failures: u32) -> std::time::Duration {
        self.0.gate.backoff(failures)
    }

    async fn send_once(&self, api: Api, request: &Request) -> Result<(), Error> {
        let client = &self.0.rekognition;
        let processor = Some(request.processor());
        macro_rules! send {
            ($call:expr) => {
                $call.send().await.map(drop).map_err(|error| classify(api, processor, &error))
            };
        }
        match request.body().clone() {
            Body::Create(body) => send!(
                client
                    .create_stream_processor()
                    .name(body.name)
                    .input(body.input.into())
                    .output(body.output.into())
                    .role_arn(body.role_arn)
                    .settings(body.settings.into())
                    .set_notification_channel(body.notification_channel.map(Into::into))
                    .set_kms_key_id(body.kms_key_id)
                    .set_regions_of_interest(body.regions_of_interest.map(all))
                    .set_data_sharing_preference(body.data_sharing_preference.map(Into::into))
                    .set_tags(body.tags.map(|tags| tags.into_iter().collect()))
            ),
            Body::Update(body) => send!(
                client
                    .update_stream_processor()
                    .name(body.name)
                    .set_settings_for_update(body.settings_for_update.map(Into::into))
                    .set_regions_of_interest_for_update(
                        body.regions_of_interest_for_update.map(all)
                    )
                    .set_data_sharing_preference_for_update(
                        body.data_sharing_preference_for_update.map(Into::into),
                    )
                    .set_parameters_to_delete(body.parameters_to_delete.map(all))
            ),
            Body::Start(body) => send!(
                client
                    .start_stream_processor()
                    .name(body.name)
                    .set_start_selector(body.start_selector.map(Into::into))
                    .set_stop_selector(body.stop_selector.map(Into::into))
            ),
            Body::Stop(body) => send!(client.stop_stream_processor().name(body.name)),
            Body::Delete(body) => send!(client.delete_stream_processor().name(body.name)),
            Body::Tag(body) => send!(
                client
                    .tag_resource()
                    .resource_arn(body.resource_arn)
                    .set_tags(Some(body.tags.into_iter().collect()))
            ),
            Body::Untag(body) => send!(
                client
                    .untag_resource()
                    .resource_arn(body.resource_arn)
                    .set_tag_keys(Some(body.tag_keys))
            ),
        }
    }
}

fn all<T, U: From<T>>(items: Vec<T>) -> Vec<U> {
    items.into_iter().map(Into::into).collect()
}
