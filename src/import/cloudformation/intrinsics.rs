//! Intrinsics, as far as a template and its parameters say what they come to. What only
//! AWS knows is named, never guessed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::tree::{Key, Node, Value};
use crate::diagnostic::Span;
use crate::import::Whereabouts;

/// Something that the template alone does not say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unresolved {
    pub(super) span: Span,
    /// What it is, as the rest of a sentence: "is `Fn::GetAtt` of `Stream.Arn`".
    pub(super) what: String,
    pub(super) help: Help,
}

/// What to do about what is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Help {
    /// Say the account.
    Account,
    /// Say the region.
    Region,
    /// Say the parameter.
    Parameter,
    /// Mend the template.
    Template,
    /// Nobody but AWS knows.
    Service,
}

/// A value, without intrinsics at its top; `None` is `AWS::NoValue`.
pub(super) type Resolved<'a> = Result<Option<Cow<'a, Node>>, Unresolved>;

/// What a template is resolved with.
pub(super) struct Resolver<'a> {
    template: &'a Node,
    known: &'a Whereabouts,
    parameters: &'a BTreeMap<String, String>,
}

/// Intrinsics that take other intrinsics as conditions may go this deep.
const DEEPEST: usize = 64;

impl<'a> Resolver<'a> {
    pub(super) fn new(
        template: &'a Node,
        known: &'a Whereabouts,
        parameters: &'a BTreeMap<String, String>,
    ) -> Resolver<'a> {
        Resolver { template, known, parameters }
    }

    /// A value without an intrinsic at its top.
    pub(super) fn value<'n>(&self, node: &'n Node) -> Resolved<'n> {
        self.at(node, 0)
    }

    /// A text, whatever it takes; `None` is `AWS::NoValue`.
    pub(super) fn text(&self, node: &Node) -> Result<Option<String>, Unresolved> {
        self.text_at(node, 0)
    }

    /// Whether a condition of the template holds.
    pub(super) fn condition(&self, name: &Node) -> Result<bool, Unresolved> {
        self.named_condition(name, 0)
    }

    fn at<'n>(&self, node: &'n Node, depth: usize) -> Resolved<'n> {
        let Some((key, inner)) = intrinsic(node) else { return Ok(Some(Cow::Borrowed(node))) };
        if depth > DEEPEST {
            return Err(unclear(node, "is nested beyond reason"));
        }
        let depth = depth + 1;
        match key.text.as_str() {
            "Ref" => self.reference(node, inner),
            "Fn::Sub" => {
                let text = self.substitute(node, inner, depth)?;
                Ok(Some(Cow::Owned(node.with_text(text))))
            }
            "Fn::Join" => {
                let text = self.join(node, inner, depth)?;
                Ok(Some(Cow::Owned(node.with_text(text))))
            }
            "Fn::Select" => self.select(node, inner, depth),
            "Fn::Split" => self.split(node, inner, depth),
            "Fn::FindInMap" => self.find_in_map(node, inner, depth),
            "Fn::If" => self.choose(node, inner, depth),
            name => {
                let of = said(inner).map(|said| format!(" of `{said}`")).unwrap_or_default();
                let what = format!("is `{name}`{of}, which only AWS knows");
                Err(Unresolved { span: node.span, what, help: Help::Service })
            }
        }
    }

    fn text_at(&self, node: &Node, depth: usize) -> Result<Option<String>, Unresolved> {
        let Some(value) = self.at(node, depth)? else { return Ok(None) };
        let text = value.text().ok_or_else(|| unclear(node, "is no text"))?;
        if text.contains("{{resolve:") {
            let what = format!("is the dynamic reference `{text}`, which only AWS knows");
            return Err(Unresolved { span: node.span, what, help: Help::Service });
        }
        Ok(Some(text.to_owned()))
    }

    fn needed(&self, node: &Node, depth: usize) -> Result<String, Unresolved> {
        self.text_at(node, depth)?
            .ok_or_else(|| unclear(node, "is `AWS::NoValue`, and has to be a text"))
    }

    fn reference<'n>(&self, node: &'n Node, inner: &Node) -> Resolved<'n> {
        let name = inner.text().ok_or_else(|| unclear(node, "is a `Ref` of no name"))?;
        if name == "AWS::NoValue" {
            return Ok(None);
        }
        let text = self.named(node, name)?;
        let value = match self.is_list(name) {
            true => {
                let items = text.split(',').map(|item| node.with_text(item.trim().to_owned()));
                Node { span: node.span, value: Value::List(items.collect()) }
            }
            false => node.with_text(text),
        };
        Ok(Some(Cow::Owned(value)))
    }

    /// What a name stands for: a pseudo parameter or one of the template's.
    fn named(&self, node: &Node, name: &str) -> Result<String, Unresolved> {
        let unknown = |what: String, help| Unresolved { span: node.span, what, help };
        let region = || {
            self.known.region.clone().ok_or_else(|| {
                unknown(format!("takes `{name}`, and the region is not known"), Help::Region)
            })
        };
        match name {
            "AWS::Region" => return region(),
            "AWS::AccountId" => {
                return self.known.account_id.clone().ok_or_else(|| {
                    unknown(format!("takes `{name}`, and the account is not known"), Help::Account)
                });
            }
            "AWS::Partition" => {
                let region = region()?;
                let partition = match region.split('-').collect::<Vec<_>>().as_slice() {
                    ["cn", ..] => "aws-cn",
                    ["us", "gov", ..] => "aws-us-gov",
                    _ => "aws",
                };
                return Ok(partition.to_owned());
            }
            _ => {}
        }
        if let Some(told) = self.parameters.get(name) {
            return Ok(told.clone());
        }
        let Some(parameter) = self.parameter(name) else {
            let what = match name.starts_with("AWS::") {
                true => format!("takes `{name}`, which only AWS knows"),
                false => format!("takes `{name}`, a resource of which only AWS knows the rest"),
            };
            return Err(unknown(what, Help::Service));
        };
        let kind = parameter.get("Type").and_then(Node::text).unwrap_or("String");
        if kind.starts_with("AWS::SSM::") {
            let what = format!("takes the parameter `{name}`, whose value is in Parameter Store");
            return Err(unknown(what, Help::Parameter));
        }
        let default = parameter.get("Default").and_then(Node::text);
        default.map(str::to_owned).ok_or_else(|| {
            unknown(format!("takes the parameter `{name}`, which has no default"), Help::Parameter)
        })
    }

    fn parameter(&self, name: &str) -> Option<&'a Node> {
        self.template.get("Parameters")?.get(name)
    }

    fn is_list(&self, name: &str) -> bool {
        let kind = self.parameter(name).and_then(|parameter| parameter.get("Type")?.text());
        kind.is_some_and(|kind| kind == "CommaDelimitedList" || kind.starts_with("List<"))
    }

    fn substitute(&self, node: &Node, inner: &Node, depth: usize) -> Result<String, Unresolved> {
        let (pattern, variables) = match (inner.text(), inner.items()) {
            (Some(pattern), _) => (pattern, None),
            (_, Some([pattern, variables])) => (
                pattern.text().ok_or_else(|| unclear(node, "is a `Fn::Sub` of no text"))?,
                Some(variables),
            ),
            _ => {
                return Err(unclear(node, "is a `Fn::Sub` of neither a text nor a text and a map"));
            }
        };
        let mut text = String::new();
        let mut rest = pattern;
        while let Some((before, after)) = rest.split_once("${") {
            text.push_str(before);
            let Some((name, after)) = after.split_once('}') else {
                return Err(unclear(node, "is a `Fn::Sub` with a `${` that is not closed"));
            };
            rest = after;
            // `${!x}` is written for `${x}`.
            if let Some(literal) = name.strip_prefix('!') {
                text.push_str(&format!("${{{literal}}}"));
                continue;
            }
            let name = name.trim();
            let variable = variables.and_then(|variables| variables.get(name));
            text.push_str(&match variable {
                Some(variable) => self.needed(variable, depth)?,
                None if name.contains('.') => {
                    let what = format!("takes `{name}`, which only AWS knows");
                    return Err(Unresolved { span: node.span, what, help: Help::Service });
                }
                None => self.named(node, name)?,
            });
        }
        text.push_str(rest);
        Ok(text)
    }

    fn join(&self, node: &Node, inner: &Node, depth: usize) -> Result<String, Unresolved> {
        let Some([delimiter, list]) = inner.items() else {
            return Err(unclear(node, "is a `Fn::Join` of something else than a text and a list"));
        };
        let delimiter = self.needed(delimiter, depth)?;
        Ok(self.texts(list, depth)?.join(&delimiter))
    }

    /// A list of texts, without those that are not to be there.
    fn texts(&self, node: &Node, depth: usize) -> Result<Vec<String>, Unresolved> {
        let list = self.at(node, depth)?;
        let items = list.as_deref().and_then(Node::items);
        let items = items.ok_or_else(|| unclear(node, "is no list"))?;
        let texts = items.iter().map(|item| self.text_at(item, depth));
        Ok(texts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn select<'n>(&self, node: &'n Node, inner: &Node, depth: usize) -> Resolved<'n> {
        let Some([index, list]) = inner.items() else {
            return Err(unclear(
                node,
                "is a `Fn::Select` of something else than a number and a list",
            ));
        };
        let index = self.needed(index, depth)?.parse::<usize>();
        let texts = self.texts(list, depth)?;
        let chosen = index.ok().and_then(|index| texts.into_iter().nth(index));
        let chosen = chosen.ok_or_else(|| unclear(node, "is a `Fn::Select` beyond its list"))?;
        Ok(Some(Cow::Owned(node.with_text(chosen))))
    }

    fn split<'n>(&self, node: &'n Node, inner: &Node, depth: usize) -> Resolved<'n> {
        let Some([delimiter, text]) = inner.items() else {
            return Err(unclear(node, "is a `Fn::Split` of something else than two texts"));
        };
        let delimiter = self.needed(delimiter, depth)?;
        let text = self.needed(text, depth)?;
        let parts = text.split(&*delimiter).map(|part| node.with_text(part.to_owned()));
        Ok(Some(Cow::Owned(Node { span: node.span, value: Value::List(parts.collect()) })))
    }

    fn find_in_map<'n>(&self, node: &'n Node, inner: &Node, depth: usize) -> Resolved<'n> {
        let Some([map, first, second]) = inner.items() else {
            return Err(unclear(node, "is a `Fn::FindInMap` of something else than three names"));
        };
        let names = [map, first, second].map(|name| self.needed(name, depth));
        let mut found = self.template.get("Mappings");
        for name in names {
            let name = name?;
            found = found.and_then(|found| found.get(&name));
        }
        let found = found.ok_or_else(|| unclear(node, "is not in the template's `Mappings`"))?;
        Ok(Some(Cow::Owned(Node { span: node.span, ..found.clone() })))
    }

    fn choose<'n>(&self, node: &'n Node, inner: &'n Node, depth: usize) -> Resolved<'n> {
        let Some([condition, then, otherwise]) = inner.items() else {
            return Err(unclear(
                node,
                "is a `Fn::If` of something else than a condition and two values",
            ));
        };
        match self.named_condition(condition, depth)? {
            true => self.at(then, depth),
            false => self.at(otherwise, depth),
        }
    }

    fn named_condition(&self, name: &Node, depth: usize) -> Result<bool, Unresolved> {
        let text = name.text().ok_or_else(|| unclear(name, "names no condition"))?;
        let condition = self.template.get("Conditions").and_then(|all| all.get(text));
        let condition = condition.ok_or_else(|| {
            unclear(name, &format!("names the condition `{text}`, which is not there"))
        })?;
        // Its place is where it is asked for.
        self.holds(condition, depth + 1).map_err(|unresolved| Unresolved {
            span: name.span,
            what: format!("depends on the condition `{text}`, which {}", unresolved.what),
            ..unresolved
        })
    }

    fn holds(&self, node: &Node, depth: usize) -> Result<bool, Unresolved> {
        if depth > DEEPEST {
            return Err(unclear(node, "is nested beyond reason"));
        }
        let Some((key, inner)) = intrinsic(node) else {
            return Err(unclear(node, "is no condition"));
        };
        let each =
            || inner.items().unwrap_or_default().iter().map(|item| self.holds(item, depth + 1));
        match key.text.as_str() {
            "Condition" => self.named_condition(inner, depth),
            "Fn::Equals" => match inner.items() {
                Some([one, other]) => Ok(self.needed(one, depth)? == self.needed(other, depth)?),
                _ => Err(unclear(node, "is a `Fn::Equals` of something else than two values")),
            },
            "Fn::Not" => match inner.items() {
                Some([one]) => Ok(!self.holds(one, depth + 1)?),
                _ => Err(unclear(node, "is a `Fn::Not` of something else than one condition")),
            },
            "Fn::And" => Ok(each().collect::<Result<Vec<_>, _>>()?.into_iter().all(|holds| holds)),
            "Fn::Or" => Ok(each().collect::<Result<Vec<_>, _>>()?.into_iter().any(|holds| holds)),
            name => Err(unclear(node, &format!("is `{name}`, which is no condition"))),
        }
    }
}

/// The intrinsic that a node is, and what it is of.
pub(super) fn intrinsic(node: &Node) -> Option<(&Key, &Node)> {
    match node.entries() {
        [(key, inner)]
            if matches!(&*key.text, "Ref" | "Condition") || key.text.starts_with("Fn::") =>
        {
            Some((key, inner))
        }
        _ => None,
    }
}

/// What an intrinsic is of, where that is short.
fn said(node: &Node) -> Option<String> {
    let texts: Option<Vec<&str>> =
        node.items().and_then(|items| items.iter().map(Node::text).collect());
    node.text().map(str::to_owned).or_else(|| texts.map(|texts| texts.join(".")))
}

fn unclear(node: &Node, what: &str) -> Unresolved {
    Unresolved { span: node.span, what: what.to_owned(), help: Help::Template }
}
