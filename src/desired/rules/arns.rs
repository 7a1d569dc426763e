//! ARNs: of the right service and well formed. Where what they name is, is gathered
//! here and judged in `elsewhere`.
//!
//! The patterns are those of the API model, which the attributes are declared
//! with.

use super::elsewhere::{Resource, Resources};
use crate::config::{Node, matches, shorten};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::Attribute;

/// What an ARN has to be.
struct Need {
    /// The attribute in a sentence.
    name: &'static str,
    service: &'static str,
    shape: &'static str,
    /// What its being in another region than the stack is.
    elsewhere: Option<Code>,
}

fn need(attribute: &Attribute) -> Option<Need> {
    let (name, service, shape, elsewhere) = match attribute {
        Attribute::RoleArn => ("`role_arn`", "iam", "arn:aws:iam::ACCOUNT:role/NAME", None),
        Attribute::Input => (
            "the video stream's `arn`",
            "kinesisvideo",
            "arn:aws:kinesisvideo:REGION:ACCOUNT:stream/NAME/CREATED",
            Some(Code::WrongRegion),
        ),
        Attribute::OutputDataStream => (
            "the data stream's `arn`",
            "kinesis",
            "arn:aws:kinesis:REGION:ACCOUNT:stream/NAME",
            Some(Code::OtherRegion),
        ),
        Attribute::NotificationChannel => {
            ("`sns_topic_arn`", "sns", "arn:aws:sns:REGION:ACCOUNT:NAME", Some(Code::OtherRegion))
        }
        _ => return None,
    };
    Some(Need { name, service, shape, elsewhere })
}

/// Checks an attribute of a table, that of a processor if it is named; if it is an
/// ARN, notes where its resource is.
pub(super) fn check<'a>(
    attribute: &Attribute,
    node: &'a Node,
    processor: Option<&'a str>,
    resources: &mut Resources<'a>,
) -> Option<Diagnostic> {
    let text = node.text()?;
    let Some(need) = need(attribute) else {
        let is_key = *attribute == Attribute::KmsKeyId;
        return is_key.then(|| kms_key(node, text, processor, resources)).flatten();
    };
    let help = format!("it looks like `{}`", need.shape);
    let fault = |code, message: String, fault: String| {
        Some(Diagnostic::new(code, message).label(node.span, fault).help(help))
    };
    let Some(parts) = Parts::of(text) else {
        return fault(Code::InvalidArn, format!("`{}` is no ARN", shorten(text)), "no ARN".into());
    };
    if parts.service != need.service {
        return fault(
            Code::WrongService,
            format!("{} needs an ARN of `{}`", need.name, need.service),
            format!("this is one of `{}`", parts.service),
        );
    }
    if !matches(attribute, text) {
        return fault(Code::InvalidArn, format!("{} is malformed", need.name), parts.fault());
    }
    resources.add(parts.resource(need.elsewhere, node, processor));
    None
}

/// A KMS key may be an id, an alias or an ARN; only an ARN says where it is.
fn kms_key<'a>(
    node: &Node,
    text: &'a str,
    processor: Option<&'a str>,
    resources: &mut Resources<'a>,
) -> Option<Diagnostic> {
    text.starts_with("arn:").then_some(())?;
    let is_key = |parts: &Parts<'_>| {
        parts.service == "kms"
            && ["key/", "alias/"].iter().any(|kind| parts.resource.starts_with(kind))
    };
    let Some(parts) = Parts::of(text).filter(is_key) else {
        return Some(
            Diagnostic::new(Code::OddKmsKey, "this ARN is not one of a KMS key")
                .label(node.span, "no key")
                .help("it looks like `arn:aws:kms:REGION:ACCOUNT:key/ID` or `...:alias/NAME`"),
        );
    };
    resources.add(parts.resource(Some(Code::OtherRegion), node, processor));
    None
}

/// An ARN taken apart.
struct Parts<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Parts<'a> {
    /// What is named, and where; `elsewhere` is what being in another region is.
    fn resource(
        &self,
        elsewhere: Option<Code>,
        node: &Node,
        processor: Option<&'a str>,
    ) -> Resource<'a> {
        Resource {
            span: node.span,
            processor,
            region: elsewhere.map(|code| (self.region, code)),
            account: self.account,
        }
    }

    fn of(text: &'a str) -> Option<Parts<'a>> {
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

/// `\d{12}`
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `[a-z\d-]+`
fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_an_arn_is_named() {
        let fault = |text| Parts::of(text).unwrap().fault();
        assert!(fault("arn:aws:iam::12:role/R").contains("twelve digits"));
        assert!(fault("arn:aws:sns:us-east-1:111122223333:").contains("no resource"));
        assert!(fault("arn:aws:kinesis:US:111122223333:stream/a").contains("no region"));
        assert!(fault("arn:aws-cn:iam::111122223333:role/R").contains("partition"));
        assert!(fault("arn:aws:iam::111122223333:user/U").contains("pattern"));
    }
}
