//! Words for messages: "did you mean", lists, shortened texts.

use std::collections::BTreeSet;

/// The candidate that was most likely meant, if any is close enough.
///
/// Case, `-` and `_` do not count, so that the API's own `RoleArn` finds
/// `role_arn`. Beyond that a third of the letters may be wrong, and a long
/// text is taken for something else without being measured.
pub(crate) fn closest<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    const LONGEST: usize = 200;
    if text.len() > LONGEST {
        return None;
    }
    let folded = fold(text);
    let allowed = folded.chars().count().max(3) / 3;
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .filter_map(|candidate| {
            let other = fold(candidate);
            // Texts of very different lengths need no measuring.
            let distance = (folded.len().abs_diff(other.len()) <= 4 * allowed)
                .then(|| strsim::osa_distance(&folded, &other))?;
            (distance <= allowed).then_some((distance, candidate))
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// The question, if there is anything to ask.
pub(crate) fn did_you_mean(candidate: Option<&str>) -> Option<String> {
    candidate.map(|candidate| format!("did you mean `{candidate}`?"))
}

/// A list of code words for a sentence: `a`, `b` and `c`.
pub(crate) fn list<T: AsRef<str>>(words: &[T]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The processors that something concerns, if they are several: how many, and the
/// first few by name.
pub(crate) fn concerning(names: &BTreeSet<&str>) -> String {
    match names.len() {
        0 | 1 => String::new(),
        count => {
            let names: Vec<&str> = names.iter().copied().collect();
            format!(" ({count} processors: {})", first_of(&names))
        }
    }
}

/// The first few names, and how many more there are.
pub(crate) fn first_of(names: &[&str]) -> String {
    const MOST: usize = 4;
    let Some((shown, more @ [_, ..])) = names.split_at_checked(MOST) else { return list(names) };
    let shown: Vec<String> = shown.iter().map(|name| format!("`{name}`")).collect();
    format!("{} and {} more", shown.join(", "), more.len())
}

/// A name as a header has it.
pub(crate) fn quoted(name: &str) -> String {
    let bare = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if bare { name.to_owned() } else { format!("{name:?}") }
}

/// A text short enough for a message.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn fold(text: &str) -> String {
    text.chars()
        .filter(|letter| !matches!(letter, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_apis_spelling_and_small_slips_are_recognised() {
        let keys = ["role_arn", "output", "tags", "kms_key_id"];
        assert_eq!(closest("RoleArn", keys), Some("role_arn"));
        assert_eq!(closest("role_anr", keys), Some("role_arn"));
        assert_eq!(closest("tag", keys), Some("tags"));
        assert_eq!(closest("bucket", keys), None);
        assert_eq!(closest("", keys), None);
    }
}
