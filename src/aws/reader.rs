//! Everything that reads.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::arn::Arn;
use super::client::Client;
use super::pages::{Entries, Page, Pages, all_pages};
use super::retry::{Caller, Failure, Next, Notice, Sent};
use super::{Class, Error, Operation};
use crate::model::Tags;
use crate::plan::CallTally;

/// Reads the service. Cloning is cheap; all clones share one pace.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) client: Arc<Client>,
    pub(super) observer: Observer,
    /// The account that everything must be of; `None`: any.
    pub(super) account_id: Option<Arc<str>>,
}

/// Who is told, at once, of what happens to calls before they end.
#[derive(Clone, Default)]
pub struct Observer(Option<Arc<dyn Fn(Notice) + Send + Sync>>);

impl Observer {
    /// Hands notices to a function.
    pub fn new(told: impl Fn(Notice) + Send + Sync + 'static) -> Observer {
        Observer(Some(Arc::new(told)))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}

/// What the account and region list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// The names, as the service spells them; not judged.
    pub names: Vec<String>,
    /// How many entries have no name.
    pub nameless: usize,
    /// Why not all of it could be read.
    pub cut: Option<String>,
}

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all(deserialize = "PascalCase"))]
pub struct Identity {
    /// The account that the credentials are of: twelve digits.
    #[serde(rename(deserialize = "Account"))]
    pub account_id: String,
    /// The ARN of the user or role.
    pub arn: String,
}

impl Reader {
    /// The same reader, of whose calls somebody else is told.
    pub fn observed_by(&self, observer: Observer) -> Reader {
        Reader { observer, ..self.clone() }
    }

    /// The same reader, to which a stream processor of another account is an
    /// error. One of another region or name always is.
    pub fn of_account(&self, account_id: &str) -> Reader {
        Reader { account_id: Some(account_id.into()), ..self.clone() }
    }

    /// How many requests readers and writers of this connection sent so far.
    pub fn tally(&self) -> CallTally {
        self.client.retry.tally()
    }

    /// The same, each attempt counted, by operation.
    pub fn sent(&self) -> BTreeMap<Operation, u64> {
        self.client.retry.sent()
    }

    /// The region that is spoken to.
    pub fn region(&self) -> &str {
        &self.client.region
    }

    /// The endpoint, where it is not AWS's own.
    pub fn endpoint(&self) -> Option<&str> {
        self.client.endpoint.as_deref()
    }

    /// Every stream processor of the account and region.
    pub async fn list(&self) -> Result<Listing, Error> {
        const OPERATION: Operation = Operation::ListStreamProcessors;
        let pages = all_pages(OPERATION, |token| async move {
            let request = token.map_or_else(|| json!({}), |token| json!({"NextToken": token}));
            let page: ListPage = self.call(OPERATION, None, &request).await?;
            let items = page.stream_processors.map_or_else(Vec::new, |entries| entries.0);
            let items: Vec<_> = items.into_iter().map(|item| item.name).collect();
            let size = items.iter().flatten().map(String::len).sum();
            Ok(Page { items, size, next: page.next_token })
        });
        let Pages { items, cut } = pages.await?;
        let entries = items.len();
        let names: Vec<String> = items.into_iter().flatten().collect();
        let cut = cut.map(|error| format!("a page of {}: {}", OPERATION.as_str(), error.reason()));
        Ok(Listing { nameless: entries - names.len(), names, cut })
    }

    /// One stream processor as the wire's JSON, with all that the service says;
    /// `None`: there is none.
    pub async fn describe(&self, name: &str) -> Result<Option<Value>, Error> {
        const OPERATION: Operation = Operation::DescribeStreamProcessor;
        let described = self.call(OPERATION, Some(name), &json!({"Name": name})).await;
        let Some(wire) = found(described.map(Value::Object))? else { return Ok(None) };
        match wire.get("StreamProcessorArn").and_then(Value::as_str) {
            Some(arn) if !self.is_arn_of(name, arn) => {
                let account = self.account_id.as_deref().unwrap_or("any");
                let message = format!(
                    "its ARN is {arn}, and not that of {name} in {} of account {account}",
                    self.region()
                );
                Err(Error::new(OPERATION, Class::Elsewhere, message).about(Some(name)))
            }
            _ => Ok(Some(wire)),
        }
    }

    /// Whether an ARN is that of this stream processor, where this reader reads.
    fn is_arn_of(&self, name: &str, arn: &str) -> bool {
        Arn::parse(arn).is_some_and(|arn| {
            arn.stream_processor() == Some(name)
                && arn.region == self.region()
                && self.account_id.as_deref().is_none_or(|account| arn.account == account)
        })
    }

    /// A stream processor's tags, by its ARN; `None`: there is no such one.
    pub async fn tags(&self, name: &str, arn: &str) -> Result<Option<Tags>, Error> {
        const OPERATION: Operation = Operation::ListTagsForResource;
        let listed = self.call(OPERATION, Some(name), &json!({"ResourceArn": arn})).await;
        found(listed.map(|listed: TagList| listed.tags.unwrap_or_default()))
    }

    /// What the Resource Groups Tagging API believes of the tags of every
    /// stream processor, by ARN. It leaves out those that have none, may lag,
    /// and may still name some that were deleted.
    pub async fn tag_hints(&self) -> Result<BTreeMap<String, Tags>, Error> {
        const OPERATION: Operation = Operation::GetResources;
        let pages = all_pages(OPERATION, |token| async move {
            let mut request = json!({
                "ResourceTypeFilters": ["rekognition:streamprocessor"],
                "ResourcesPerPage": 100,
            });
            if let Some(token) = token {
                request["PaginationToken"] = json!(token);
            }
            let page: Resources = self.call(OPERATION, None, &request).await?;
            let items = page.resource_tag_mapping_list.map_or_else(Vec::new, |entries| entries.0);
            let mut size = 0;
            let items = items.into_iter().map(|Resource { arn, tags }| {
                size += arn.len();
                let tags = tags.unwrap_or_default().into_iter().map(|Tag { key, value }| {
                    size += key.len() + value.len();
                    (key, value)
                });
                (arn, tags.collect())
            });
            Ok(Page { items: items.collect(), size, next: page.pagination_token })
        });
        // What is left out would be taken for untagged.
        match pages.await? {
            Pages { items, cut: None } => Ok(items.into_iter().collect()),
            Pages { cut: Some(error), .. } => Err(error),
        }
    }

    /// Whose credentials are in use.
    pub async fn caller_identity(&self) -> Result<Identity, Error> {
        const OPERATION: Operation = Operation::GetCallerIdentity;
        let identity: Identity = self.call(OPERATION, None, &json!({})).await?;
        let Identity { account_id, arn } = &identity;
        if Arn::parse(arn).is_some_and(|arn| arn.account == account_id) {
            return Ok(identity);
        }
        let message = format!("the caller is {arn}, and of account {account_id}: one is wrong");
        Err(Error::new(OPERATION, Class::NotTheService, message))
    }

    /// Asks until there is an answer or asking again is not worth it.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        operation: Operation,
        processor: Option<&str>,
        request: &Value,
    ) -> Result<T, Error> {
        let attempt = |attempt| self.client.call(operation, processor, request, attempt);
        let mut reading = Reading { operation, observer: &self.observer };
        match self.client.retry.send(operation, &mut reading, attempt).await {
            Sent::Answered(answer) => Ok(answer),
            Sent::Ended(error) => Err(error.about(processor)),
            Sent::Held => unreachable!("nobody holds a read back"),
        }
    }
}

/// A read, which may be made again whatever came of it.
struct Reading<'a> {
    operation: Operation,
    observer: &'a Observer,
}

impl Caller for Reading<'_> {
    type End = Error;

    async fn decide(&mut self, Failure { error, retry_after }: Failure) -> Next<Error> {
        let Some(wait) = retry_after else { return Next::End(error) };
        let why = error.reason();
        self.notice(Notice::Retrying { operation: self.operation, wait, why });
        Next::Again(wait)
    }

    fn notice(&self, notice: Notice) {
        if let Some(told) = &self.observer.0 {
            told(notice);
        }
    }
}

/// Takes an answer that there is no such resource for one.
fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(error) if error.class() == Class::NotFound => Ok(None),
        answer => answer.map(Some),
    }
}

/// What is read of answers. Whatever else they say is let be.
macro_rules! answers {
    ($($name:ident { $($field:ident: $type:ty,)* })*) => {
        $(
            #[derive(Deserialize)]
            #[serde(rename_all = "PascalCase")]
            struct $name {
                $($field: $type,)*
            }
        )*
    };
}

answers! {
    ListPage { stream_processors: Option<Entries<Listed>>, next_token: Option<String>, }
    Listed { name: Option<String>, }
    TagList { tags: Option<Tags>, }
    Resources {
        resource_tag_mapping_list: Option<Entries<Resource>>,
        pagination_token: Option<String>,
    }
    Tag { key: String, value: String, }
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "ResourceARN")]
    arn: String,
    #[serde(rename = "Tags")]
    tags: Option<Vec<Tag>>,
}
