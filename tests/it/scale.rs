//! A full account: 10,000 processors. Run it with
//! `cargo test --test it scale -- --ignored`.

use rekon::emulator::Options;

use crate::read_verbs::fleet;
use crate::world::stage::{Project, Stage, paused};

#[test]
#[ignore = "a debug build takes a while for 10,000 processors"]
fn ten_thousand_processors_are_planned_and_differ_in_nothing() {
    const COUNT: usize = 10_000;
    let (snapshot, toml) = fleet(COUNT);
    paused(async {
        let stage = Stage::new(&snapshot, Options::default()).await;
        let project = Project::new(&[("rekon.toml".to_owned(), toml)]).unwrap();
        let plan = stage.plan(&project).await.unwrap();
        assert!(plan.complete && plan.changes.is_empty());
        assert_eq!(plan.summary.unchanged, COUNT);
        assert_eq!(stage.emulator.journal().len(), COUNT + 10 + COUNT.div_ceil(3).div_ceil(100));
    });
}
