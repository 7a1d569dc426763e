//! Asking about many stream processors at once: descriptions and tags side by side,
//! since each has a pace of its own.

use std::collections::VecDeque;

use serde_json::Value;
use tokio::task::JoinSet;

use crate::aws::{Error, Reader};
use crate::model::Tags;

/// How many requests may be under way at once. The pace decides how many go out
/// each second; this only bounds what slow answers can pile up.
const CONCURRENCY: usize = 100;

/// What is asked about one processor.
#[derive(Clone, Debug)]
pub(super) enum Question {
    Description { name: String },
    Tags { name: String, arn: String },
}

/// What came of it. `None`: there is no such processor.
#[derive(Debug)]
pub(super) enum Answer {
    Description { name: String, answer: Result<Option<Value>, Error> },
    Tags { name: String, answer: Result<Option<Tags>, Error> },
}

impl Question {
    fn is_about_tags(question: &Question) -> bool {
        matches!(question, Question::Tags { .. })
    }

    async fn ask(self, reader: Reader) -> Answer {
        match self {
            Question::Description { name } => {
                let answer = reader.describe(&name).await;
                Answer::Description { name, answer }
            }
            Question::Tags { name, arn } => {
                let answer = reader.tags(&name, &arn).await;
                Answer::Tags { name, answer }
            }
        }
    }
}

/// Asks, many at once, and hands over the answers as they come. An answer may raise
/// a further question.
pub(super) async fn ask(
    reader: &Reader,
    questions: impl IntoIterator<Item = Question>,
    mut answered: impl FnMut(Answer) -> Option<Question>,
) {
    let ask = |reader, question: Question| question.ask(reader);
    each(reader, questions, Question::is_about_tags, ask, |_, answer| answered(answer)).await;
}

/// Asks something about each item, many at once, and hands over the answers as they
/// come, each of which may add an item. Items are of two kinds, and neither keeps the
/// other from being asked at its own pace.
pub(crate) async fn each<K, T, F>(
    reader: &Reader,
    items: impl IntoIterator<Item = K>,
    is_second: impl Fn(&K) -> bool,
    ask: impl Fn(Reader, K) -> F,
    mut answered: impl FnMut(K, T) -> Option<K>,
) where
    K: Clone + Send + 'static,
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (mut items, mut added) = (items.into_iter(), VecDeque::new());
    let mut asking = JoinSet::new();
    let mut seconds = 0;
    loop {
        while asking.len() < CONCURRENCY {
            let next = match 2 * seconds <= asking.len() {
                true => added.pop_front().or_else(|| items.next()),
                false => items.next().or_else(|| added.pop_front()),
            };
            let Some(item) = next else { break };
            seconds += usize::from(is_second(&item));
            let answer = ask(reader.clone(), item.clone());
            asking.spawn(async move { (item, answer.await) });
        }
        match asking.join_next().await {
            Some(Ok((item, answer))) => {
                seconds -= usize::from(is_second(&item));
                added.extend(answered(item, answer));
            }
            Some(Err(error)) => std::panic::resume_unwind(error.into_panic()),
            None => return,
        }
    }
}
