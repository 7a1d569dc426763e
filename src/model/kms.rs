//! When two spellings mean the same KMS key.

/// What can be said about two KMS key identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KmsComparison {
    /// The same key or the same alias.
    Same,
    /// Certainly different.
    Different,
    /// One is an alias and the other a key: only KMS could tell.
    Unknown,
}

/// The four spellings that KMS knows, taken apart.
#[derive(PartialEq)]
struct Spelling<'a> {
    alias: bool,
    /// The key id, or the alias's name behind `alias/`.
    resource: &'a str,
    /// The ARN's part before the resource: partition, region and account.
    scope: Option<&'a str>,
}

fn spelling(text: &str) -> Spelling<'_> {
    let (scope, rest) = match text.strip_prefix("arn:").and_then(|_| text.rsplit_once(':')) {
        Some((scope, resource)) => (Some(scope), resource),
        None => (None, text),
    };
    match rest.strip_prefix("alias/") {
        Some(alias) => Spelling { alias: true, resource: alias, scope },
        None => Spelling {
            alias: false,
            resource: rest.strip_prefix("key/").filter(|_| scope.is_some()).unwrap_or(rest),
            scope,
        },
    }
}

/// Compares two KMS key identifiers as far as their spelling allows.
///
/// The service may echo a key as sent or as an ARN, so a key id equals the ARN
/// that ends in `key/<id>`, and an alias its alias ARN.
pub fn compare_kms_keys(one: &str, other: &str) -> KmsComparison {
    let (one, other) = (spelling(one), spelling(other));
    if one.alias != other.alias {
        return KmsComparison::Unknown;
    }
    let scopes_agree = one.scope.is_none() || other.scope.is_none() || one.scope == other.scope;
    if one.resource == other.resource && scopes_agree {
        KmsComparison::Same
    } else {
        KmsComparison::Different
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_id_equals_the_arn_that_ends_in_it() {
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{id}");
        assert_eq!(compare_kms_keys(id, &arn), KmsComparison::Same);
        assert_eq!(compare_kms_keys(&arn, id), KmsComparison::Same);
        let elsewhere = format!("arn:aws:kms:us-west-2:111122223333:key/{id}");
        assert_eq!(compare_kms_keys(&arn, &elsewhere), KmsComparison::Different);
        assert_eq!(compare_kms_keys("other", &arn), KmsComparison::Different);
    }

    #[test]
    fn an_alias_equals_its_arn_and_cannot_be_told_from_a_key() {
        let arn = "arn:aws:kms:us-east-1:111122223333:alias/doorbells";
        assert_eq!(compare_kms_keys("alias/doorbells", arn), KmsComparison::Same);
        assert_eq!(compare_kms_keys("alias/other", arn), KmsComparison::Different);
        let key = "arn:aws:kms:us-east-1:111122223333:key/1234";
        assert_eq!(compare_kms_keys("alias/doorbells", key), KmsComparison::Unknown);
    }
}
