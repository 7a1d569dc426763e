//! `[guard]`: how much a plan may do before someone has to say the number.

use super::{Refusal, RefusalCode, Summary};
use crate::desired::Guard;

/// The numbers given on the command line: `--allow-deletes 40` and the like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allowances {
    /// Processors deleted, exactly; `None`: as the guard says.
    pub deletes: Option<u64>,
    /// Processors replaced, exactly.
    pub replacements: Option<u64>,
    /// Processors updated, exactly.
    pub updates: Option<u64>,
    /// Processors created, exactly.
    pub creates: Option<u64>,
}

/// Refuses what goes over a limit, unless the exact number was allowed.
pub(super) fn check(guard: &Guard, allowed: &Allowances, summary: &Summary) -> Vec<Refusal> {
    let rules = [
        (RefusalCode::GuardDeletes, "delete", guard.max_deletes, allowed.deletes, summary.delete),
        (
            RefusalCode::GuardReplacements,
            "replace",
            guard.max_replacements,
            allowed.replacements,
            summary.replace,
        ),
        (RefusalCode::GuardUpdates, "update", guard.max_updates, allowed.updates, summary.update),
        (RefusalCode::GuardCreates, "create", guard.max_creates, allowed.creates, summary.create),
    ];
    rules
        .into_iter()
        .filter_map(|(code, verb, limit, allowed, count)| {
            let plural = code.as_str().trim_start_matches("guard-");
            let limit = limit?;
            let count = count as u64;
            if count <= limit || allowed == Some(count) {
                return None;
            }
            let processors = if count == 1 { "processor" } else { "processors" };
            let mut message = format!(
                "this plan would {verb} {count} {processors}, and guard.max_{plural} is {limit}"
            );
            if let Some(allowed) = allowed {
                message.push_str(&format!("; --allow-{plural} {allowed} is not the number"));
            }
            Some(Refusal {
                code,
                name: None,
                message,
                help: Some(format!("if that is what you want: --allow-{plural} {count}")),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(replace: usize) -> Summary {
        Summary { replace, ..Summary::default() }
    }

    #[test]
    fn the_default_refuses_every_replacement_until_its_number_is_said() {
        let guard = Guard::default();
        let allow = |replacements| Allowances { replacements, ..Allowances::default() };
        assert!(check(&guard, &allow(None), &summary(0)).is_empty());
        assert_eq!(
            check(&guard, &allow(None), &summary(2))[0].code,
            RefusalCode::GuardReplacements
        );
        assert_eq!(check(&guard, &allow(Some(3)), &summary(2)).len(), 1);
        assert!(check(&guard, &allow(Some(2)), &summary(2)).is_empty());
    }
}
