//! ARNs: of the right service, well formed, and of the stack's own account and
//! region.
//!
//! The patterns are those of the API model, matched against the whole value:
//! `KinesisVideoArn`, `KinesisDataArn`, `SNSTopicArn` and `RoleArn`. That the
//! video stream must be in the stack's region follows from how it is read; that
//! another region or account will not do for the rest is likely, not certain.

use super::Facts;
use crate::config::{At, Attributes, shorten};
use crate::diagnostic::{Code, Diagnostic};

/// What an ARN has to be.
struct Need {
    attribute: &'static str,
    service: &'static str,
    shape: &'static str,
    matches: fn(&str) -> bool,
    /// What its being in another region than the stack is.
    elsewhere: Option<Code>,
}

const ROLE: Need = Need {
    attribute: "role_arn",
    service: "iam",
    shape: "arn:aws:iam::ACCOUNT:role/NAME",
    matches: is_role_arn,
    elsewhere: None,
};

const VIDEO: Need = Need {
    attribute: "the video stream's `arn`",
    service: "kinesisvideo",
    shape: "arn:aws:kinesisvideo:REGION:ACCOUNT:stream/NAME/CREATED",
    matches: |text| is_kinesis_arn(text, "kinesisvideo"),
    elsewhere: Some(Code::WrongRegion),
};

const DATA: Need = Need {
    attribute: "the data stream's `arn`",
    service: "kinesis",
    shape: "arn:aws:kinesis:REGION:ACCOUNT:stream/NAME",
    matches: |text| is_kinesis_arn(text, "kinesis"),
    elsewhere: Some(Code::OtherRegion),
};

const TOPIC: Need = Need {
    attribute: "sns_topic_arn",
    service: "sns",
    shape: "arn:aws:sns:REGION:ACCOUNT:NAME",
    matches: is_topic_arn,
    elsewhere: Some(Code::OtherRegion),
};

/// Checks every ARN of a table.
pub(super) fn check(attributes: &Attributes, facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut arn = |need: &Need, at: Option<&At<String>>| {
        if let Some((at, text)) = at.and_then(|at| Some((at, at.get()?))) {
            diagnostics.extend(judge(need, at, text, facts));
        }
    };
    arn(&ROLE, attributes.role_arn.at());
    let stream = attributes.input.get().and_then(|input| input.kinesis_video_stream.get());
    arn(&VIDEO, stream.and_then(|stream| stream.arn.at()));
    let stream = attributes.output.get().and_then(|output| output.kinesis_data_stream.get());
    arn(&DATA, stream.and_then(|stream| stream.arn.at()));
    arn(&TOPIC, attributes.notification_channel.get().and_then(|it| it.sns_topic_arn.at()));
    if let Some((at, text)) = attributes.kms_key_id.at().and_then(|at| Some((at, at.get()?))) {
        kms_key(at, text, facts, diagnostics);
    }
}

fn judge(need: &Need, at: &At<String>, text: &str, facts: &Facts<'_>) -> Option<Diagnostic> {
    let help = format!("it looks like `{}`", need.shape);
    let Some(parts) = Parts::of(text) else {
        return Some(
            Diagnostic::new(Code::InvalidArn, format!("`{}` is no ARN", shorten(text)))
                .label(at.span, "no ARN")
                .help(help),
        );
    };
    if parts.service != need.service {
        return Some(
            Diagnostic::new(
                Code::WrongService,
                format!("{} needs an ARN of `{}`", need.name(), need.service),
            )
            .label(at.span, format!("this is one of `{}`", parts.service))
            .help(help),
        );
    }
    if !(need.matches)(text) {
        return Some(
            Diagnostic::new(Code::InvalidArn, format!("{} is malformed", need.name()))
                .label(at.span, parts.fault())
                .help(help),
        );
    }
    elsewhere(need.elsewhere, &parts, at, facts)
}

/// Complains about an ARN of another region or account than the stack's.
fn elsewhere(
    region: Option<Code>,
    parts: &Parts<'_>,
    at: &At<String>,
    facts: &Facts<'_>,
) -> Option<Diagnostic> {
    if let (Some(code), Some((stack, span))) = (region, facts.stack.region)
        && parts.region != stack
    {
        return Some(
            Diagnostic::new(code, format!("this ARN is of another region than `{stack}`"))
                .label(at.span, format!("in `{}`", parts.region))
                .label(span, "the stack's region")
                .help("a stack is one region: use a resource of its own"),
        );
    }
    let (stack, span) = facts.stack.account_id?;
    (parts.account != stack).then(|| {
        Diagnostic::new(Code::OtherAccount, format!("this ARN is of another account than {stack}"))
            .label(at.span, format!("of account {}", parts.account))
            .label(span, "the stack's account")
            .help("check that it is meant, and that the role may use it from here")
    })
}

/// A KMS key may be an id, an alias or an ARN; only an ARN says where it is.
fn kms_key(at: &At<String>, text: &str, facts: &Facts<'_>, diagnostics: &mut Vec<Diagnostic>) {
    if !text.starts_with("arn:") {
        return;
    }
    let parts = Parts::of(text);
    let is_key = |parts: &Parts<'_>| {
        parts.service == "kms"
            && ["key/", "alias/"].iter().any(|kind| parts.resource.starts_with(kind))
    };
    match parts.filter(is_key) {
        Some(parts) => {
            diagnostics.extend(elsewhere(Some(Code::OtherRegion), &parts, at, facts));
        }
        None => diagnostics.push(
            Diagnostic::new(Code::OddKmsKey, "this ARN is not one of a KMS key")
                .label(at.span, "no key")
                .help("it looks like `arn:aws:kms:REGION:ACCOUNT:key/ID` or `...:alias/NAME`"),
        ),
    }
}

/// An ARN taken apart.
struct Parts<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl Parts<'_> {
    fn of(text: &str) -> Option<Parts<'_>> {
        let mut parts = text.splitn(6, ':');
        (parts.next()? == "arn").then_some(())?;
        let mut next = || parts.next();
        Some(Parts {
            partition: next()?,
            service: next()?,
            region: next()?,
            account: next()?,
            resource: next()?,
        })
    }

    /// What is the matter with an ARN that breaks its pattern.
    fn fault(&self) -> String {
        if !is_account(self.account) {
            return format!("an account is twelve digits, and this has `{}`", self.account);
        }
        if self.resource.is_empty() {
            return "it names no resource".to_owned();
        }
        if self.service != "iam" && !is_word(self.region) {
            return format!("`{}` is no region", self.region);
        }
        if !is_word(self.partition)
            || matches!(self.service, "iam" | "sns") && self.partition != "aws"
        {
            return format!("the partition `{}` is not taken here", self.partition);
        }
        "it breaks the service's pattern".to_owned()
    }
}

impl Need {
    /// The attribute in a sentence.
    fn name(&self) -> String {
        if self.attribute.contains(' ') {
            self.attribute.to_owned()
        } else {
            format!("`{}`", self.attribute)
        }
    }
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `[a-z\d-]+`
fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// `.+`, which stops at the end of a line.
fn is_line(text: &str) -> bool {
    !text.is_empty() && !text.contains('\n')
}

/// `arn:([a-z\d-]+):SERVICE:([a-z\d-]+):\d{12}:.+`
fn is_kinesis_arn(text: &str, service: &str) -> bool {
    Parts::of(text).is_some_and(|parts| {
        is_word(parts.partition)
            && parts.service == service
            && is_word(parts.region)
            && is_account(parts.account)
            && is_line(parts.resource)
    })
}

/// `arn:aws:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`
fn is_role_arn(text: &str) -> bool {
    Parts::of(text).is_some_and(|parts| {
        let name = parts.resource.strip_prefix("role");
        parts.partition == "aws"
            && parts.service == "iam"
            && parts.region.is_empty()
            && is_account(parts.account)
            && name.is_some_and(|name| {
                let allowed =
                    |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&byte);
                !name.is_empty() && name.bytes().all(allowed)
            })
    })
}

/// `arn:aws:sns:.*:\w{12}:.+`
fn is_topic_arn(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("arn:aws:sns:").filter(|rest| is_line(rest)) else {
        return false;
    };
    let parts: Vec<&str> = rest.split(':').collect();
    let is_owner = |part: &str| {
        part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    // Something, even if empty, before the account, and a character behind it.
    (1..parts.len()).any(|at| {
        let behind = &parts[at + 1..];
        is_owner(parts[at]) && (behind.len() > 1 || behind.iter().any(|part| !part.is_empty()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hand-written checks are the API model's patterns.
    #[test]
    fn the_checks_agree_with_the_api_models_patterns() {
        type Check = fn(&str) -> bool;
        let patterns: [(&str, Check); 4] = [
            (r"(?:arn:aws:iam::[0-9]{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+)", is_role_arn),
            (r"(^arn:([a-z0-9-]+):kinesisvideo:([a-z0-9-]+):[0-9]{12}:.+$)", VIDEO.matches),
            (r"(^arn:([a-z0-9-]+):kinesis:([a-z0-9-]+):[0-9]{12}:.+$)", DATA.matches),
            (r"(^arn:aws:sns:.*:[0-9A-Za-z_]{12}:.+$)", is_topic_arn),
        ];
        let pieces = [
            "arn",
            "aws",
            "aws-cn",
            "AWS",
            "iam",
            "kinesis",
            "kinesisvideo",
            "sns",
            "",
            "us-east-1",
            "111122223333",
            "11112222333",
            "abcdefghij_1",
            "stream/a/1",
            "role/R",
            "roleR",
            "role/",
            "role",
            "a:b",
            "a\nb",
            "t",
            "role/a b",
        ];
        for (pattern, check) in patterns {
            let regex = fancy_regex::Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap();
            for partition in ["aws", "aws-cn", "AWS", ""] {
                for service in ["iam", "kinesis", "kinesisvideo", "sns"] {
                    for region in pieces {
                        for account in pieces {
                            for resource in pieces {
                                let arn = format!(
                                    "arn:{partition}:{service}:{region}:{account}:{resource}"
                                );
                                let expected = regex.is_match(&arn).unwrap();
                                assert_eq!(check(&arn), expected, "{arn:?} by {pattern}");
                            }
                        }
                    }
                }
            }
        }
    }
}
