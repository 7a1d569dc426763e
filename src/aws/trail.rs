//! What CloudTrail says of calls that changed something.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::arn::Arn;
use super::pages::Entries;
use super::reader::Reader;
use super::{Error, Operation};
use crate::plan;

/// The source of events of the service.
const SOURCE: &str = "rekognition.amazonaws.com";
/// What the requests of rekon say of themselves, among other things.
const REKON: &str = "app/rekon-";

/// One call that was made and took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrailEvent {
    /// When.
    pub at: Timestamp,
    /// Of which stream processor.
    pub processor: String,
    /// The ARN of who called, or what else tells.
    pub principal: Option<String>,
    /// The address that the call came from, or the AWS service.
    pub source_ip: Option<String>,
    /// Whether the call says that it was made by rekon.
    pub by_rekon: bool,
}

/// A page of such calls, the newest first.
#[derive(Clone, Debug, Default)]
pub struct TrailPage {
    /// Those that are of a stream processor where this reader reads.
    pub events: Vec<TrailEvent>,
    /// How far back the page reaches, whatever its events are of.
    pub oldest: Option<Timestamp>,
    /// Where the next page is.
    pub next: Option<String>,
}

impl Reader {
    /// The calls of an operation that CloudTrail knows of, a page of them. It remembers 90
    /// days, and is some minutes behind.
    pub async fn trail(
        &self,
        operation: plan::Operation,
        token: Option<&str>,
    ) -> Result<TrailPage, Error> {
        let name = json!({"AttributeKey": "EventName", "AttributeValue": operation.as_str()});
        let mut request = json!({"LookupAttributes": [name], "MaxResults": 50});
        if let Some(token) = token {
            request["NextToken"] = json!(token);
        }
        let page: Page = self.call(Operation::LookupEvents, None, &request).await?;
        let records = page.events.map_or_else(Vec::new, |entries| entries.0).into_iter();
        // One record that cannot be read is none: others tell as much.
        let records = records.filter_map(|event| serde_json::from_str(&event.record?).ok());
        let records: Vec<Record> = records.collect();
        let oldest = records.iter().map(|record| record.event_time).min();
        let events = records.into_iter().filter_map(|record| self.event(record)).collect();
        Ok(TrailPage { events, oldest, next: page.next_token.filter(|token| !token.is_empty()) })
    }

    fn event(&self, record: Record) -> Option<TrailEvent> {
        if record.event_source != SOURCE || record.error_code.is_some() {
            return None;
        }
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let parameters = &record.request_parameters;
        let by_arn = || {
            let arn = Arn::parse(parameters["resourceArn"].as_str()?)?;
            let is_here = arn.region == self.region()
                && self.account_id.as_deref().is_none_or(|account| arn.account == account);
            arn.stream_processor().filter(|_| is_here).map(str::to_owned)
        };
        let who = &record.user_identity;
        let told = ["arn", "invokedBy", "userName", "principalId"];
        Some(TrailEvent {
            at: record.event_time,
            processor: text(&parameters["name"]).or_else(by_arn)?,
            principal: told.iter().find_map(|name| text(&who[*name])),
            source_ip: record.source_ip_address,
            by_rekon: record.user_agent.is_some_and(|agent| agent.contains(REKON)),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    events: Option<Entries<Listed>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    /// The event as CloudTrail wrote it down, in a text.
    #[serde(rename = "CloudTrailEvent")]
    record: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    event_time: Timestamp,
    event_source: String,
    error_code: Option<String>,
    #[serde(default)]
    request_parameters: Value,
    #[serde(default)]
    user_identity: Value,
    user_agent: Option<String>,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: Option<String>,
}
