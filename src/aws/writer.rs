//! Everything that writes.

use std::sync::Arc;

use serde::de::IgnoredAny;

use super::client::Client;
use super::retry::{Caller, Sent};
use super::{Operation, Request};

/// Writes to the service. Only `apply` takes one.
#[derive(Clone, Debug)]
pub struct Writer(pub(super) Arc<Client>);

impl Writer {
    /// Makes one call. Throttling is waited out; after every other failure the
    /// caller decides, because only reading can tell whether it took effect.
    pub async fn send<C: Caller>(&self, request: &Request, caller: &mut C) -> Sent<(), C::End> {
        let operation = Operation::Write(request.operation());
        let attempt = async |attempt| {
            let processor = Some(request.processor());
            let sent = self.0.call(operation, processor, request.json(), attempt).await;
            sent.map(|_: IgnoredAny| ())
        };
        self.0.retry.send(operation, caller, attempt).await
    }
}
