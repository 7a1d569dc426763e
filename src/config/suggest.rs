//! "Did you mean ...?"

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
        .map(|candidate| (strsim::osa_distance(&folded, &fold(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Adds the question to nothing or to a hint that stands on its own.
pub(crate) fn did_you_mean(candidate: Option<&str>) -> Option<String> {
    candidate.map(|candidate| format!("did you mean `{candidate}`?"))
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
