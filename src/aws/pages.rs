//! Reading a listing to its end, page by page.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};

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

// What a listing may come to: the service has at most 10,000 stream processors in an
// account and region, and gives a hundred a page or more.
const MOST_ITEMS: usize = 20_000;
const MOST_PAGES: usize = 200;
const MOST_MEGABYTES: usize = 64;

/// The bound that is exceeded by these many items and bytes, and by so many pages and
/// the one that follows.
fn exceeded(items: usize, size: usize, pages: usize) -> Option<String> {
    if items > MOST_ITEMS {
        Some(format!("{MOST_ITEMS} entries, and 10000 stream processors are the service's limit"))
    } else if size >> 20 >= MOST_MEGABYTES {
        Some(format!("{MOST_MEGABYTES} MB"))
    } else if pages >= MOST_PAGES {
        Some(format!("{MOST_PAGES} pages"))
    } else {
        None
    }
}

/// The entries of a page, at most one more than a whole listing may have: the rest is
/// passed over. An entry may take more room in memory than on the wire.
#[derive(Debug)]
pub(super) struct Entries<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entries<T>, D::Error> {
        struct First<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for First<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Entries<T>, A::Error> {
                let mut first = Vec::new();
                while first.len() <= MOST_ITEMS
                    && let Some(entry) = list.next_element()?
                {
                    first.push(entry);
                }
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Entries(first))
            }
        }

        deserializer.deserialize_seq(First(PhantomData))
    }
}

/// The entries of a listing, as far as it could be read.
#[derive(Debug)]
pub(super) struct Pages<T> {
    pub(super) items: Vec<T>,
    /// Why a later page could not be had.
    pub(super) cut: Option<Error>,
}

/// Reads all pages. A token that is refused starts the listing again, since
/// the pages read so far cannot be continued. It fails where its first page does, and
/// where it has no end.
pub(super) async fn all_pages<T, F>(
    operation: Operation,
    read: impl Fn(Option<String>) -> F,
) -> Result<Pages<T>, Error>
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
                Err(error) if token.is_some() && error.class() != Class::PageToken => {
                    return Ok(Pages { items, cut: Some(error) });
                }
                Err(error) => return Err(error),
            };
            items.extend(page.items);
            let next = page.next.filter(|token| !token.is_empty());
            size += page.size + next.as_ref().map_or(0, String::len);
            // A last page is no reason to go on.
            let pages = if next.is_some() { seen.len() + 1 } else { 0 };
            if let Some(bound) = exceeded(items.len(), size, pages) {
                let message = format!("the listing goes on after {bound}");
                return Err(Error::new(operation, Class::TooLarge, message));
            }
            let Some(next) = next else { return Ok(Pages { items, cut: None }) };
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
        Ok(Page { items: items.to_vec(), size: items.len(), next: next.map(str::to_owned) })
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
        let listed = listed.await.unwrap();
        assert_eq!((listed.items, listed.cut), (vec![1, 2], None));
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

    /// Lists pages of so many items and bytes, so many of which name another one. Says
    /// how many were read.
    async fn list(items: usize, size: usize, more: u32) -> (Result<Vec<u8>, Error>, u32) {
        let pages = AtomicU32::new(0);
        let listed = all_pages(LIST, |_| {
            let page = pages.fetch_add(1, Ordering::Relaxed);
            let next = (page < more).then(|| page.to_string());
            async move { Ok(Page { items: vec![0_u8; items], size, next }) }
        });
        (listed.await.map(|listed| listed.items), pages.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_listing_ends_at_the_first_of_its_bounds_and_says_which() {
        for (items, size, read, bound) in [
            (7_000, 1, 3, "20000 entries, and 10000 stream processors are the service's limit"),
            (1, 16 << 20, 4, "64 MB"),
            (0, 1, 200, "200 pages"),
        ] {
            let (listed, pages) = list(items, size, u32::MAX).await;
            let error = listed.unwrap_err();
            assert_eq!(error.message(), format!("the listing goes on after {bound}"));
            assert_eq!(error.class(), Class::TooLarge);
            assert_eq!(pages, read, "{bound}");
        }
        // As many pages as there may be, and as many items.
        let (listed, pages) = list(100, 100, 199).await;
        assert_eq!((listed.unwrap().len(), pages), (20_000, 200));
    }

    #[test]
    fn of_too_many_entries_no_more_are_kept_than_show_it() {
        let few: Entries<u8> = serde_json::from_str("[1, 2]").unwrap();
        assert_eq!(few.0, [1, 2]);
        let many = format!("[{}0]", "0,".repeat(1_000_000));
        let many: Entries<u8> = serde_json::from_str(&many).unwrap();
        assert_eq!(many.0.len(), MOST_ITEMS + 1);
        assert!(serde_json::from_str::<Entries<u8>>("[1, 2").is_err());
    }
}
