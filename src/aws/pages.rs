//! Reading a listing to its end, page by page.

use std::collections::BTreeSet;
use std::future::Future;

use super::{Class, Error, Operation};

/// How often a listing is begun anew because its page token expired.
const RESTARTS: u32 = 5;

/// One page and where the next one is.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    pub(super) next: Option<String>,
}

/// Reads all pages. A token that is refused starts the listing again, since
/// the pages read so far cannot be continued.
pub(super) async fn all_pages<T, F>(
    operation: Operation,
    read: impl Fn(Option<String>) -> F,
) -> Result<Vec<T>, Error>
where
    F: Future<Output = Result<Page<T>, Error>>,
{
    let mut restarts = 0;
    'listing: loop {
        let mut items = Vec::new();
        let mut token = None;
        let mut seen = BTreeSet::new();
        loop {
            let page = match read(token.clone()).await {
                Ok(page) => page,
                Err(error)
                    if error.class() == Class::PageToken
                        && token.is_some()
                        && restarts < RESTARTS =>
                {
                    restarts += 1;
                    continue 'listing;
                }
                Err(error) => return Err(error),
            };
            items.extend(page.items);
            let Some(next) = page.next.filter(|token| !token.is_empty()) else {
                return Ok(items);
            };
            if !seen.insert(next.clone()) {
                let message = "the listing does not end: a page token came back a second time";
                return Err(Error::new(operation, Class::PageToken, message));
            }
            token = Some(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    const LIST: Operation = Operation::ListStreamProcessors;

    fn page(items: &[u8], next: Option<&str>) -> Result<Page<u8>, Error> {
        Ok(Page { items: items.to_vec(), next: next.map(str::to_owned) })
    }

    #[tokio::test]
    async fn an_expired_token_starts_the_listing_again() {
        let expiries = AtomicU32::new(0);
        let listed = all_pages(LIST, |token| {
            let answer = match token.as_deref() {
                None => page(&[1], Some("a")),
                Some(_) if expiries.fetch_add(1, Ordering::Relaxed) < 2 => {
                    Err(Error::new(LIST, Class::PageToken, "expired"))
                }
                Some(_) => page(&[2], None),
            };
            async { answer }
        });
        assert_eq!(listed.await, Ok(vec![1, 2]));
    }

    #[tokio::test]
    async fn a_listing_that_goes_in_circles_ends() {
        let listed = all_pages(LIST, |_| async { page(&[1], Some("a")) });
        assert_eq!(listed.await.unwrap_err().class(), Class::PageToken);
    }

    #[tokio::test]
    async fn a_token_that_is_always_expired_ends() {
        let listed = all_pages::<u8, _>(LIST, |token| async move {
            match token {
                None => page(&[1], Some("a")),
                Some(_) => Err(Error::new(LIST, Class::PageToken, "expired")),
            }
        });
        assert!(listed.await.is_err());
    }
}
