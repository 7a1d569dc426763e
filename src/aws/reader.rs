//! Everything that reads.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::Client;
use super::pages::{Page, all_pages};
use super::retry::{Caller, Failure, Next, Notice, Sent};
use super::{Class, Error, Operation};
use crate::model::Tags;
use crate::plan::CallTally;

/// Reads the service. Cloning is cheap; all clones share one pace.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(super) client: Arc<Client>,
    pub(super) observer: Observer,
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
        Reader { client: self.client.clone(), observer }
    }

    /// How many requests readers and writers of this connection sent so far.
    pub fn tally(&self) -> CallTally {
        self.client.retry.tally()
    }

    /// The region that is spoken to.
    pub fn region(&self) -> &str {
        &self.client.region
    }

    /// The endpoint, where it is not AWS's own.
    pub fn endpoint(&self) -> Option<&str> {
        self.client.endpoint.as_deref()
    }

    /// The name of every stream processor of the account and region, as the
    /// service spells it; not judged.
    pub async fn list(&self) -> Result<Vec<String>, Error> {
        const OPERATION: Operation = Operation::ListStreamProcessors;
        let pages = all_pages(OPERATION, |token| async move {
            let request = token.map_or_else(|| json!({}), |token| json!({"NextToken": token}));
            let page: Listing = self.call(OPERATION, None, &request).await?;
            let items = page.stream_processors.unwrap_or_default();
            let items = items.into_iter().map(|item| item.name).collect();
            Ok(Page { items, next: page.next_token })
        });
        pages.await
    }

    /// One stream processor as the wire's JSON, with all that the service says;
    /// `None`: there is none.
    pub async fn describe(&self, name: &str) -> Result<Option<Value>, Error> {
        const OPERATION: Operation = Operation::DescribeStreamProcessor;
        found(self.call(OPERATION, Some(name), &json!({"Name": name})).await.map(Value::Object))
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
            let items = page.resource_tag_mapping_list.unwrap_or_default().into_iter();
            let items = items.map(|Resource { arn, tags }| {
                let tags = tags.unwrap_or_default().into_iter();
                (arn, tags.map(|Tag { key, value }| (key, value)).collect())
            });
            Ok(Page { items: items.collect(), next: page.pagination_token })
        });
        Ok(pages.await?.into_iter().collect())
    }

    /// Whose credentials are in use.
    pub async fn caller_identity(&self) -> Result<Identity, Error> {
        self.call(Operation::GetCallerIdentity, None, &json!({})).await
    }

    /// Asks until there is an answer or asking again is not worth it.
    async fn call<T: DeserializeOwned>(
        &self,
        operation: Operation,
        processor: Option<&str>,
        request: &Value,
    ) -> Result<T, Error> {
        let attempt = async || {
            let answer = self.client.call(operation, request).await;
            answer.map_err(|error| error.about(processor))
        };
        let mut reading = Reading { operation, observer: &self.observer };
        match self.client.retry.send(operation, &mut reading, attempt).await {
            Sent::Answered(answer) => Ok(answer),
            Sent::Ended(error) => Err(error),
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
        self.notice(Notice::Retrying { operation: self.operation, wait });
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
    Listing { stream_processors: Option<Vec<Listed>>, next_token: Option<String>, }
    Listed { name: String, }
    TagList { tags: Option<Tags>, }
    Resources {
        resource_tag_mapping_list: Option<Vec<Resource>>,
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
