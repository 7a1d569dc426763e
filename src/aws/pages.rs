//! Reading a listing to its end, page by page.

use std::collections::BTreeSet;
use std::future::Future;

use super::{Class, Error, Operation};

/// How often a listing is begun anew because its page token expired.
const RESTARTS: u32 = 5;

/// One page and where the next one is.
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// What the items take, in bytes.
    pub(super) size: usize,
    pub(super) next: Option<String>,
}

/// What a listing may come to.
///
/// The service has at most 10,000 stream processors in an account and region.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    pub(super) items: usize,
    pub(super) pages: usize,
    pub(super) megabytes: usize,
}

impl Bounds {
    /// The bound that a listing of these many pages, items and bytes exceeds.
    fn exceeded(self, pages: usize, items: usize, size: usize) -> Option<String> {
        let Bounds { items: most, pages: most_pages, megabytes } = self;
        if items > most {
            Some(format!("{most} entries, and 10000 stream processors are the service's limit"))
        } else if size >> 20 >= megabytes {
            Some(format!("{megabytes} MB"))
        } else if pages >= most_pages {
            Some(format!("{most_pages} pages"))
        } else {
            None
        }
    }
}

/// Reads all pages. A token that is refused starts the listing again, since
/// the pages read so far cannot be continued.
pub(super) async fn all_pages<T, F>(
    operation: Operation,
    bounds: Bounds,
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
        let mut size = 0;
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
            let next = page.next.filter(|token| !token.is_empty());
            size += page.size + next.as_ref().map_or(0, String::len);
            // A last page is no reason to go on.
            let pages = if next.is_some() { seen.len() + 1 } else { 0 };
            if let Some(bound) = bounds.exceeded(pages, items.len(), size) {
                let message = format!("the listing goes on after {bound}");
                return Err(Error::new(operation, Class::TooLarge, message));
            }
            let Some(next) = next else { return Ok(items) };
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

    const BOUNDS: Bounds = Bounds { items: 10, pages: 4, megabytes: 1 };

    fn page(items: &[u8], next: Option<&str>) -> Result<Page<u8>, Error> {
        Ok(Page { items: items.to_vec(), size: items.len(), next: next.map(str::to_owned) })
    }

    #[tokio::test]
    async fn an_expired_token_starts_the_listing_again() {
        let expiries = AtomicU32::new(0);
        let listed = all_pages(LIST, BOUNDS, |token| {
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
        let listed = all_pages(LIST, BOUNDS, |_| async { page(&[1], Some("a")) });
        assert_eq!(listed.await.unwrap_err().class(), Class::PageToken);
    }

    #[tokio::test]
    async fn a_token_that_is_always_expired_ends() {
        let listed = all_pages::<u8, _>(LIST, BOUNDS, |token| async move {
            match token {
                None => page(&[1], Some("a")),
                Some(_) => Err(Error::new(LIST, Class::PageToken, "expired")),
            }
        });
        assert!(listed.await.is_err());
    }

    #[tokio::test]
    async fn a_listing_ends_at_the_first_of_its_bounds_and_says_which() {
        for (items, size, read, bound) in [
            (3, 1, 4, "10 entries, and 10000 stream processors are the service's limit"),
            (1, 400_000, 3, "1 MB"),
            (1, 1, 4, "4 pages"),
        ] {
            let pages = AtomicU32::new(0);
            let listed = all_pages(LIST, BOUNDS, |_| {
                let next = Some(pages.fetch_add(1, Ordering::Relaxed).to_string());
                async move { Ok(Page { items: vec![0_u8; items], size, next }) }
            });
            let error = listed.await.unwrap_err();
            assert_eq!(error.message(), format!("the listing goes on after {bound}"));
            assert_eq!(pages.load(Ordering::Relaxed), read, "{bound}");
            assert_eq!(error.class(), Class::TooLarge);
        }
        // As many pages as there may be, and all of the items.
        let pages = AtomicU32::new(0);
        let listed = all_pages(LIST, BOUNDS, |_| {
            let read = pages.fetch_add(1, Ordering::Relaxed) + 1;
            let next = (read < 4).then(|| read.to_string());
            async move { Ok(Page { items: vec![0_u8; 2], size: 2, next }) }
        });
        assert_eq!(listed.await.unwrap().len(), 8);
    }
}
