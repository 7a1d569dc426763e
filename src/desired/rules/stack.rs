//! `[stack]`: whose fleet, in which account and region.

use super::arns::is_account;
use super::facts::StackFacts;
use super::tags::is_tag_text;
use crate::config::{Node, list};
use crate::diagnostic::{Code, Diagnostic, Span};

/// Checks `[stack]`. `nowhere` is where a `[stack]` that is missing should be.
pub(in super::super) fn stack<'a>(
    stack: Option<&'a Node>,
    nowhere: Span,
    diagnostics: &mut Vec<Diagnostic>,
) -> StackFacts<'a> {
    let Some(node) = stack else {
        diagnostics.push(
            Diagnostic::new(Code::MissingStackKey, "`rekon.toml` has no `[stack]`")
                .label(nowhere, "no `[stack]` in this file")
                .help(format!("write:\n[stack]\n{NAME}\n{ACCOUNT}\n{REGION}")),
        );
        return StackFacts::default();
    };
    let Some(table) = node.table() else { return StackFacts::default() };
    let needed = [("name", NAME), ("account_id", ACCOUNT), ("region", REGION)];
    let missing = needed.into_iter().filter(|(key, _)| table.get(key).is_none());
    let (keys, lines): (Vec<&str>, Vec<&str>) = missing.unzip();
    if !keys.is_empty() {
        diagnostics.push(
            Diagnostic::new(Code::MissingStackKey, format!("`[stack]` lacks {}", list(&keys)))
                .label(node.span, "something is missing here")
                .help(format!("write:\n{}", lines.join("\n"))),
        );
    }
    let mut check = |key, valid: fn(&str) -> bool, code, message: &str, help: &str| {
        let node = table.get(key)?;
        let text = node.text()?;
        if valid(text) {
            return Some((text, node.span));
        }
        diagnostics.push(Diagnostic::new(code, message).label(node.span, "not valid").help(help));
        None
    };
    StackFacts {
        name: check(
            "name",
            is_name,
            Code::InvalidStackName,
            "this cannot be a stack's name",
            "it becomes a tag's value: 1 to 256 letters, digits, spaces and `_.:/=+-@`",
        ),
        account_id: check(
            "account_id",
            is_account,
            Code::InvalidAccountId,
            "this is no account id",
            "an account id is twelve digits, such as `111122223333`",
        ),
        region: check(
            "region",
            is_region,
            Code::InvalidRegion,
            "this is no region",
            "a region looks like `us-east-1`",
        ),
    }
}

const NAME: &str = "name = \"NAME\"";
const ACCOUNT: &str = "account_id = \"111122223333\"";
const REGION: &str = "region = \"us-east-1\"";

fn is_name(text: &str) -> bool {
    (1..=256).contains(&text.chars().count()) && is_tag_text(text)
}

/// Words of letters, at least two, and a number: `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else { return false };
    let is_word =
        |word: &&str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    words.len() >= 2
        && words[0].len() >= 2
        && words.iter().all(is_word)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_told_from_other_texts() {
        for good in ["us-east-1", "us-gov-west-1", "ap-northeast-1", "us-iso-east-1"] {
            assert!(is_region(good), "{good}");
        }
        for bad in
            ["", "us-east", "us-east-1a", "US-EAST-1", "us_east_1", "us--1", "us-east-", "-1"]
        {
            assert!(!is_region(bad), "{bad}");
        }
    }
}
