//! `cargo xtask conformance`: which rule of the standards is proved by which test, from what the tests said while they ran.
//!
//! A test that proves a rule appends `<id>\t<test>` to a file of its own in `conformance/` of the target directory, when it ends well.
//! Here the folder is emptied, the native tests run, and what they left is joined with the tables of `tests/rules/`. So the table
//! cannot name a test that did not run, and a rule cannot be called proved by anyone but a test.

mod decided;
mod judge;
mod page;
mod source;
mod table;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use crate::sh::{Outcome, root, say, scratch, target};
use crate::stages;
use judge::{Judgement, Proof};

/// Tests there are about the standards and nothing else.
const EVERY_TEST_NAMES_A_RULE: &str = "crates/broker/tests/rules";

/// What `cargo xtask conformance` was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Asked {
    /// Do not fail on a rule without an executed test or an answer.
    pub(crate) lenient: bool,
    /// Write down which test proves which rule, for later runs to compare with.
    pub(crate) accept: bool,
}

/// Runs the native tests and judges what they proved.
pub(crate) fn run(asked: Asked) -> Outcome<()> {
    let path = scratch()?.join("conformance.log");
    let log = File::create(&path).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    say(format!("runs the native tests; what they say goes to {}", path.display()));
    forget()?;
    let tested = stages::native_tests(&log);
    let mut judgement = write()?;
    print!("{}", judgement.summary());
    if asked.accept {
        tested?;
        let path = rules().join("proofs.tsv");
        save(&path, &table::proofs(&judgement))?;
        say(format!("wrote {}", path.display()));
        for (path, text) in page::files(&rules())? {
            save(&path, &text)?;
            say(format!("wrote {}", path.display()));
        }
        judgement.misfits = decided::check(&judgement)?;
        return judgement.outcome(!asked.lenient, false);
    }
    // What did not run proves nothing: that is no news about the rules.
    tested.map_err(|what| format!("{what}, see {}", path.display()))?;
    judgement.outcome(!asked.lenient, true)
}

/// Empties the folder that the tests write to, so that nothing of an earlier run counts.
pub(crate) fn forget() -> Outcome<()> {
    let dir = told();
    if dir.exists() {
        std::fs::remove_dir_all(&dir).map_err(|e| format!("cannot empty {}: {e}", dir.display()))?;
    }
    Ok(())
}

/// Joins what the tests left with the tables and writes `conformance.md` and `conformance.tsv` into the target directory.
pub(crate) fn write() -> Outcome<Judgement> {
    let tables = table::tables(&rules())?;
    let answers = table::answers(&rules().join("answers.tsv"))?;
    let known = table::read_proofs(&rules().join("proofs.tsv"))?;
    let executed = executed(&told())?;
    let ran: BTreeSet<String> = executed.iter().map(|(id, _)| id.clone()).collect();
    let mut judgement = judge::judge(tables, &answers, &known, executed);
    judgement.nameless = source::nameless(&root().join(EVERY_TEST_NAMES_A_RULE))?;
    judgement.misfits = page::stale(&rules())?;
    judgement.misfits.extend(decided::check(&judgement)?);
    judgement.silent = source::named(&root().join("crates"))?.into_iter().filter(|(id, _)| !ran.contains(id)).collect();
    for (name, text) in [("conformance.md", table::markdown(&judgement)), ("conformance.tsv", table::tsv(&judgement))] {
        save(&target().join(name), &text)?;
    }
    Ok(judgement)
}

fn save(path: &Path, text: &str) -> Outcome<()> {
    std::fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
}

/// Where the tables are.
fn rules() -> PathBuf {
    root().join("tests/rules")
}

/// Where the tests write.
fn told() -> PathBuf {
    target().join("conformance")
}

/// What the tests that ended well said.
fn executed(dir: &Path) -> Outcome<BTreeSet<Proof>> {
    let mut all = BTreeSet::new();
    let Ok(entries) = std::fs::read_dir(dir) else { return Ok(all) };
    for entry in entries {
        let path = entry.map_err(|e| format!("cannot read {}: {e}", dir.display()))?.path();
        let text = std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        all.extend(table::pairs(&text).map_err(|what| format!("{}: {what}", path.display()))?);
    }
    Ok(all)
}
