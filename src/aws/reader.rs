//! Everything that reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::connect::Shared;
use super::gate::Patience;
use super::pages::{Page, all_pages};
use super::{Api, Class, Error, classify::classify, response};
use crate::model::{Status, Tags};

/// Reads the service. Cloning is cheap; all clones share one pace.
#[derive(Clone, Debug)]
pub struct Reader(pub(super) Arc<Shared>);

/// What a listing says of one stream processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// As the service spells it; not judged.
    pub name: String,
    pub status: Status,
}

/// Who is calling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub account_id: String,
    pub arn: String,
}

impl Reader {
    /// Every stream processor of the account and region.
    pub async fn list(&self) -> Result<Vec<Listed>, Error> {
        const API: Api = Api::ListStreamProcessors;
        let pages = all_pages(API, |token| {
            self.0.gate.read(API, Patience::Long, move || {
                let request =
                    self.0.rekognition.list_stream_processors().set_next_token(token.clone());
                async move {
                    let page = request.send().await.map_err(|error| classify(API, None, &error))?;
                    let items = page.stream_processors.unwrap_or_default();
                    let items = items.into_iter().filter_map(|item| {
                        let status = item.status.as_ref().map_or("", |status| status.as_str());
                        Some(Listed { name: item.name?, status: Status::parse(status) })
                    });
                    Ok(Page { items: items.collect(), next: page.next_token })
                }
            })
        });
        pages.await
    }

    /// One stream processor as the wire's JSON; `None`: there is none.
    pub async fn describe(&self, name: &str) -> Result<Option<Value>, Error> {
        const API: Api = Api::DescribeStreamProcessor;
        let described = self.0.gate.read(API, Patience::Long, || async {
            let request = self.0.rekognition.describe_stream_processor().name(name);
            request.send().await.map_err(|error| classify(API, Some(name), &error))
        });
        match described.await {
            Ok(output) => Ok(Some(response::described(&output))),
            Err(error) if error.class() == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A stream processor's tags, by its ARN; `None`: there is no such one.
    pub async fn tags(&self, name: &str, arn: &str) -> Result<Option<Tags>, Error> {
        const API: Api = Api::ListTagsForResource;
        let listed = self.0.gate.read(API, Patience::Long, || async {
            let request = self.0.rekognition.list_tags_for_resource().resource_arn(arn);
            request.send().await.map_err(|error| classify(API, Some(name), &error))
        });
        match listed.await {
            Ok(output) => Ok(Some(output.tags.unwrap_or_default().into_iter().collect())),
            Err(error) if error.class() == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the Resource Groups Tagging API believes of the tags of every
    /// stream processor, by ARN. It leaves out those that have none, may lag,
    /// and may still name some that were deleted.
    pub async fn tag_hints(&self) -> Result<BTreeMap<String, Tags>, Error> {
        const API: Api = Api::GetResources;
        let pages = all_pages(API, |token| {
            self.0.gate.read(API, Patience::Short, move || {
                let request = self
                    .0
                    .tagging
                    .get_resources()
                    .resource_type_filters("rekognition:streamprocessor")
                    .resources_per_page(100)
                    .set_pagination_token(token.clone());
                async move {
                    let page = request.send().await.map_err(|error| classify(API, None, &error))?;
                    let items = page.resource_tag_mapping_list.unwrap_or_default();
                    let items = items.into_iter().filter_map(|item| {
                        let tags = item.tags.unwrap_or_default();
                        let tags = tags.into_iter().map(|tag| (tag.key, tag.value));
                        Some((item.resource_arn?, tags.collect()))
                    });
                    Ok(Page { items: items.collect(), next: page.pagination_token })
                }
            })
        });
        Ok(pages.await?.into_iter().collect())
    }

    /// Whose credentials are in use.
    pub async fn caller_identity(&self) -> Result<Identity, Error> {
        const API: Api = Api::GetCallerIdentity;
        let identity = self.0.gate.read(API, Patience::Long, || async {
            let request = self.0.sts.get_caller_identity();
            request.send().await.map_err(|error| classify(API, None, &error))
        });
        let identity = identity.await?;
        match (identity.account, identity.arn) {
            (Some(account_id), Some(arn)) => Ok(Identity { account_id, arn }),
            _ => {
                let message = "the answer names no account";
                Err(Error::local(API, None, Class::NotTheService, message))
            }
        }
    }
}
