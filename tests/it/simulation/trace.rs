//! What a run leaves behind on the disk: it names all that was taken away, and
//! restoring brings it back exactly.

use std::collections::BTreeMap;
use std::path::Path;

use rekon::apply::{self, RecoveryRoot, Restoration, Run};
use rekon::live;
use rekon::plan::{self, Fate, Plan, RefusalCode};
use serde_json::Value;

use super::checker::{Ended, Essence, Lost};
use super::scene::Scene;
use super::wire::{Exchange, Who};
use crate::world::stage::{Project, Stage};

/// A run and what it left.
pub struct Trace<'a> {
    pub scene: &'a Scene,
    pub project: &'a Project,
    pub plan: &'a Plan,
    pub exchanges: &'a [Exchange],
    pub outcome: Option<&'a Ended>,
    pub lost: &'a [Lost],
    pub folder: &'a Path,
    /// The service once nothing goes wrong any more.
    pub calm: Stage,
}

impl Trace<'_> {
    pub async fn check(&self) -> Result<(), String> {
        let traces = apply::traces(&RecoveryRoot::Folder(self.folder.to_owned()));
        if let Some(unreadable) = traces.unreadable.first() {
            return Err(unreadable.to_string());
        }
        let all: Vec<Run> = traces.open.iter().chain(&traces.deleting).cloned().collect();
        let runs = traces.open;
        let owed = |name: &str| {
            let of = |run: &Run| [run.owed.clone(), run.deleted.clone()].concat();
            all.iter().flat_map(of).any(|owed| owed.name == name)
        };
        if let Some(lost) = self.lost.iter().find(|lost| !owed(&lost.name)) {
            return Err(format!("{} is lost, and no journal owes it: {runs:#?}", lost.name));
        }
        let ended_well = matches!(self.outcome, Some(Ok(outcome)) if outcome.removed.iter().all(|removed| removed.planned)
            && outcome.processors.iter().all(|told| told.fate == Fate::Done));
        if ended_well && !runs.is_empty() {
            return Err(format!("all is done, and something is owed: {runs:#?}"));
        }
        if runs.iter().any(|run| !run.owed.is_empty()) {
            self.restore(&runs, &[]).await?;
        }
        // What is meant to be gone is asked for by its name.
        let pruned = self.lost.iter().map(|lost| lost.name.clone());
        let pruned: Vec<String> = pruned.filter(|name| self.scene.is_pruned(name)).collect();
        if pruned.is_empty() { Ok(()) } else { self.restore(&all, &pruned).await }
    }

    /// Does what `rekon restore` does.
    async fn restore(&self, runs: &[Run], names: &[String]) -> Result<(), String> {
        let snapshot = self.calm.emulator.snapshot().to_string();
        let live = live::parse(Path::new("live.json"), &snapshot).unwrap();
        let stack = &self.project.desired().stack;
        let Restoration { desired, sources, .. } = apply::restoration(stack, runs, names, &live);
        let plan = plan::plan(&desired, &sources, &[], &live, &plan::Options::default());
        if plan.refusals.iter().any(|refusal| refusal.code == RefusalCode::StreamHeld) {
            // Somebody else's by now; the files say who should have it.
            return Ok(());
        }
        // Replacing what is there by now takes the user's word.
        if !plan.refusals.is_empty() {
            return Ok(());
        }
        let folder = tempfile::tempdir().unwrap();
        let restored = self.calm.apply(&plan, folder.path()).await;
        let restored = restored.map_err(|error| format!("restoring: {error}"))?;
        if let Some(told) = restored.processors.iter().find(|told| told.fate != Fate::Done) {
            return Err(format!("restoring: {told:?}"));
        }
        let holds = self.calm.holds();
        let asked = |name: &String| names.is_empty() != names.contains(name);
        let changes = self.plan.changes.iter().filter(|change| asked(&change.name));
        changes.filter(|change| change.result.is_some() || !names.is_empty()).try_for_each(
            |change| {
                let json = serde_json::to_value(change).unwrap();
                self.is_back(&change.name, &json, &holds)
            },
        )
    }

    /// Whether a processor that was taken away is as it was, or as it was to be but
    /// with all its tags and running if it ran.
    fn is_back(
        &self,
        name: &str,
        change: &Value,
        holds: &BTreeMap<String, Value>,
    ) -> Result<(), String> {
        let own =
            |who| self.exchanges.iter().filter(move |sent| sent.who == who && sent.name == name);
        let is_meddled_with = own(Who::Stranger).any(|sent| sent.effect().is_some());
        let mut deletes = own(Who::Run).filter(|sent| sent.operation == "DeleteStreamProcessor");
        if is_meddled_with || !deletes.any(|delete| delete.effect().is_some()) {
            return Ok(());
        }
        let was = Essence::of_plan(&change["expect"]).unwrap();
        let result = Essence::of_plan(&change["result"]).unwrap_or_else(|| was.clone());
        let Some(wire) = holds.get(name) else { return Err(format!("{name} is not restored")) };
        let now = Essence::of_wire(wire, &wire["Tags"]);
        let mut made = result.clone();
        made.tags.extend(
            was.tags
                .iter()
                .filter(|(key, _)| !result.tags.contains_key(*key))
                .map(|(key, value)| (key.clone(), value.clone())),
        );
        match now == was || now == result || now == made {
            true => Ok(()),
            false => Err(format!("{name} was {was:?}\nand is restored as {now:?}")),
        }
    }
}
