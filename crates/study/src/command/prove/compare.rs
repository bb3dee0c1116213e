//! Computing again from changed data, and comparing bit by bit.

use std::{collections::BTreeMap, fmt, ops::Range, sync::Arc, time::Instant};

use backstaff_feature::{Feature, Plan};
use backstaff_learn::{Threads, model::Ensemble};
use backstaff_panel::{Axis, Column, Encoding, Facts, Panel, Session};
use backstaff_portfolio::Backtest;
use backstaff_stage::Digest;
use serde::Serialize;

use super::{Pass, Perturbation, perturb};
use crate::{
    Study, StudyError,
    flow::{Flow, study::Columns},
    steps::{
        backtest::{Guides, Holder, RunBacktests, Variant, holder_name},
        folds::{FoldFacts, MakeFolds, Training, members},
        labels::MakeLabels,
        scores::Scores,
        train::{Train, as_features, read_ensemble},
    },
    stored::panel::PanelHandle,
};

/// Something before a session that moved when only later data changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leak {
    /// What kind of thing: `data`, `column`, `samples`, `scores`, `regimes`, `orders`, `ledger`.
    pub kind: &'static str,
    /// Which one.
    pub name: String,
    /// The expression behind a column.
    pub expression: Option<String>,
    /// The first instrument that moved.
    pub instrument: Option<String>,
    /// The first session that moved: YYYY-MM-DD.
    pub session: String,
    /// How many values moved.
    pub n_moved: usize,
}

impl Leak {
    /// A leak of no particular instrument.
    pub(crate) fn of(kind: &'static str, name: &str, session: String, n_moved: usize) -> Self {
        Self { kind, name: name.to_owned(), expression: None, instrument: None, session, n_moved }
    }
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} looks ahead: {} values moved, the first on {}",
            self.kind, self.name, self.n_moved, self.session
        )?;
        if let Some(instrument) = &self.instrument {
            write!(f, " ({instrument})")?;
        }
        match &self.expression {
            Some(expression) => write!(f, "\n    {expression}"),
            None => Ok(()),
        }
    }
}

/// Where two columns over the same axis differ: the earliest session, and how many values.
pub fn compare_columns(axis: &Axis, name: &str, a: &Column, b: &Column) -> Option<Leak> {
    if a.same_bits(b) {
        return None;
    }
    let differ = |row: &usize| a.get(*row).to_bits() != b.get(*row).to_bits();
    let moved = (0..axis.n_rows()).filter(differ).collect::<Vec<_>>();
    let first = moved.iter().copied().min_by_key(|&row| axis.position_of(row))?;
    Some(Leak {
        kind: "column",
        name: name.to_owned(),
        expression: None,
        instrument: Some(axis.instruments()[axis.instrument_of(first)].to_string()),
        session: axis.calendar().session(axis.position_of(first)).to_string(),
        n_moved: moved.len(),
    })
}

/// The study as it was run.
pub struct Base<'a> {
    study: &'a Study,
    pub(crate) handle: Arc<PanelHandle>,
    pub(crate) columns: Columns,
    pub(crate) sessions: Range<usize>,
    panel: Panel,
    features: Vec<(Feature, Arc<Column>)>,
    folds: Vec<FoldFacts>,
    models: Vec<(String, u32, Ensemble)>,
    scores: Vec<(String, Scores)>,
    make_folds: MakeFolds,
    make_labels: MakeLabels,
    portfolios: RunBacktests,
}

/// What was known at a session.
pub struct Before {
    last: usize,
    session: Session,
    panel: Panel,
    columns: Vec<Column>,
    samples: Vec<(u32, Digest)>,
    scores: Vec<(String, Scores)>,
    ledgers: Vec<(String, Backtest)>,
}

impl<'a> Base<'a> {
    /// Run the study up to its scores.
    pub fn new(study: &'a Study, flow: &Flow<'_>) -> Result<Self, StudyError> {
        let train = Train::new(&study.config.models)?;
        let handle = study.load(flow)?;
        let make_labels = MakeLabels::new(&study.config, &handle)?;
        let resolved = study.resolve(&handle)?;
        let columns = study.columns(flow, &handle, &resolved)?;
        let learned = study.learn(flow, &handle, &columns, &train, make_labels.clone())?;
        let mut models = Vec::new();
        let averages = train.averages();
        for seeds in learned.models.chunk_by(|a, b| (&a.0, a.1) == (&b.0, b.1)) {
            let (name, fold, _) = &seeds[0];
            let average = averages.get(name).copied().unwrap_or_default();
            let manifests = seeds.iter().map(|(_, _, manifest)| manifest);
            models.push((name.clone(), *fold, read_ensemble(flow.store(), manifests, average)?));
        }
        let fields = handle.fields().iter().map(String::as_str);
        let categories = handle.categories().iter().map(String::as_str);
        let published = handle.facts().published.iter().map(|facts| facts.name.as_str());
        let panel = handle.part(0..handle.axis().n_sessions(), fields, categories, published)?;
        let handles = columns.all();
        let values = handles.iter().map(|handle| handle.column()).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            features: columns.features.iter().cloned().zip(values).collect(),
            make_folds: MakeFolds::new(&study.config, &handle)?,
            portfolios: RunBacktests::new(&study.config, &handle),
            folds: learned.folds.facts().to_vec(),
            scores: learned.scores,
            sessions: learned.sessions,
            study,
            handle,
            columns,
            panel,
            models,
            make_labels,
        })
    }

    /// What was known at a session: the run's own columns and scores up to it, and the ledgers over them.
    pub fn before(&self, last: usize) -> Result<Before, StudyError> {
        let (_, kept) = self.panel.axis().between(0..last + 1);
        let panel = self.panel.between(0..last + 1);
        let session = panel.axis().calendar().session(last);
        let columns = self.features.iter().map(|(_, column)| column.select(&kept)).collect::<Vec<_>>();
        let scores =
            self.scores.iter().map(|(name, scores)| (name.clone(), scores.select(&kept))).collect::<Vec<_>>();
        let tested = |fold: &&FoldFacts| fold.test.sessions().is_some_and(|(from, _)| from <= session);
        let samples = self.folds.iter().filter(tested).map(|fold| (fold.number, fold.samples)).collect();
        let ledgers = self.ledgers(&panel, &columns, &scores, last)?;
        Ok(Before { last, session, panel, columns, samples, scores, ledgers })
    }

    /// Change everything after the session, compute again, compare.
    pub fn pass(&self, before: &Before, perturbation: Perturbation) -> Result<Pass, StudyError> {
        let started = Instant::now();
        let changed = match perturbation {
            Perturbation::Truncated => self.truncated_at_the_source(before)?,
            _ => perturb(&self.panel, before.last, perturbation)?,
        };
        let end = before.last + 1;
        let mut leaks = Self::compare_data(before, &changed);
        let features = self.features.iter().map(|(feature, _)| feature.clone()).collect::<Vec<_>>();
        let computed = Plan::new(&features).compute(&changed, Encoding::F32, &())?;
        let (_, kept) = changed.axis().between(0..end.min(changed.axis().n_sessions()));
        let columns = computed.iter().map(|column| column.select(&kept)).collect::<Vec<_>>();
        let axis = before.panel.axis();
        let same_rows = columns.iter().all(|column| column.len() == axis.n_rows());
        if same_rows {
            for ((feature, old), new) in features.iter().zip(&before.columns).zip(&columns) {
                let leak = compare_columns(axis, feature.name(), old, new);
                leaks.extend(
                    leak.map(|leak| Leak { expression: Some(feature.expression().to_owned()), ..leak }),
                );
            }
            leaks.extend(self.compare_samples(before, &changed, &computed)?);
            let scores = self.scores_again(before, &columns)?;
            leaks.extend(compare_scores(axis, &before.scores, &scores));
            let panel = changed.between(0..end);
            let ledgers = self.ledgers(&panel, &columns, &scores, before.last)?;
            leaks.extend(compare_ledgers(&before.ledgers, &ledgers));
        }
        Ok(Pass {
            session: before.session.to_string(),
            perturbation,
            values: before.columns.iter().map(Column::len).sum(),
            scores: before.scores.iter().map(|(_, scores)| scores.rows().len()).sum(),
            ledger_sessions: before.ledgers.iter().map(|(_, ledger)| ledger.days.len()).sum(),
            leaks,
            seconds: started.elapsed().as_secs_f64(),
        })
    }

    /// Read the files again as if nothing after the session were in them.
    fn truncated_at_the_source(&self, before: &Before) -> Result<Panel, StudyError> {
        let load = self.study.load_stage()?.without_rows_after(self.panel.axis(), before.session);
        Ok(load.read()?.panel)
    }

    fn compare_data(before: &Before, changed: &Panel) -> Vec<Leak> {
        let cut = changed.between(0..(before.last + 1).min(changed.axis().n_sessions()));
        let session = before.session.to_string();
        if cut.axis() != before.panel.axis() {
            return vec![Leak::of("data", "rows and sessions", session, 0)];
        }
        let moved = before.panel.fields().filter_map(|(name, old)| {
            let leak = match cut.field(name) {
                Some(new) => compare_columns(cut.axis(), name, old, new)?,
                None => Leak::of("data", name, session.clone(), old.len()),
            };
            Some(Leak { kind: "data", ..leak })
        });
        // What was published of instruments that are listed only later is no data of theirs yet.
        let of_listed = |facts: &Facts| {
            let listed = facts.all().filter_map(|(about, _)| about);
            let listed = listed.filter(|about| cut.axis().find(about.name()).is_some());
            facts.renamed(listed.map(|about| (about.clone(), about.clone())).collect::<Vec<_>>())
        };
        let published = before.panel.all_facts().filter_map(|(name, old)| {
            let n_moved = match cut.facts(name) {
                Some(new) => of_listed(old).n_different(&of_listed(new)),
                None => old.all().map(|(_, facts)| facts.len()).sum(),
            };
            (n_moved > 0).then(|| Leak::of("data", name, session.clone(), n_moved))
        });
        moved.chain(published).collect()
    }

    /// The folds that are tested before the session must train on the same rows and targets.
    fn compare_samples(
        &self,
        before: &Before,
        changed: &Panel,
        columns: &[Column],
    ) -> Result<Vec<Leak>, StudyError> {
        let universe = members(&columns[self.universe_at()]);
        let prices = self.make_labels.prices_of(changed)?;
        let labels = self.make_labels.labels_at(&prices)?;
        let folds = self.make_folds.until(before.session).folds_of(&universe, &labels)?.folds;
        let training = self.training(changed, columns);
        let mut leaks = Vec::new();
        for (number, digest) in &before.samples {
            let fold = folds.iter().find(|fold| fold.number() == *number);
            let digest_of = |fold| self.make_folds.samples_digest(changed.axis(), &labels, fold, &training);
            let again = fold.map(digest_of).transpose()?;
            if again != Some(*digest) {
                let n_moved = fold.map_or(0, |fold| fold.train().rows().len());
                let name = format!("fold {number}");
                leaks.push(Leak::of("samples", &name, before.session.to_string(), n_moved));
            }
        }
        Ok(leaks)
    }

    /// What targets and weights read; their columns come behind the universes.
    fn training(&self, panel: &Panel, columns: &[Column]) -> Training {
        let first = self.universe_at() + 1 + usize::from(self.columns.unmasked.is_some());
        let uses = self.columns.training.iter().map(|(of, _)| *of);
        Training::new(uses.zip(columns[first..].iter().map(|column| Arc::new(column.clone()))), panel)
    }

    fn universe_at(&self) -> usize {
        self.columns.selected.len() + self.columns.expressions.len()
    }

    /// Score the rows that were scored before, from the columns computed again.
    fn scores_again(&self, before: &Before, columns: &[Column]) -> Result<Vec<(String, Scores)>, StudyError> {
        let axis = before.panel.axis();
        let names = self.features.iter().map(|(feature, _)| feature.name().to_owned());
        let selected = names.zip(columns.iter().map(|column| Arc::new(column.clone())));
        let selected = selected.take(self.columns.selected.len()).collect::<Vec<_>>();
        let mut again = BTreeMap::<String, Vec<(u32, f64)>>::new();
        for (name, scores) in &before.scores {
            let pairs = again.entry(name.clone()).or_default();
            if let Some(at) = self.columns.expressions.keys().position(|known| known == name) {
                let column = &columns[self.columns.selected.len() + at];
                pairs.extend(scores.rows().iter().map(|&row| (row, column.get(row as usize))));
                continue;
            }
            for (_, fold, model) in self.models.iter().filter(|(known, _, _)| known == name) {
                let Some(facts) = self.folds.iter().find(|facts| facts.number == *fold) else { continue };
                let range = test_range(axis, facts);
                let rows = scores
                    .rows()
                    .iter()
                    .copied()
                    .filter(|&row| range.contains(&axis.position_of(row as usize)));
                let rows = rows.collect::<Vec<_>>();
                let session_of = |row: u32| axis.position_of(row as usize) as u32;
                let values = model.predict(&as_features(&selected)?, &rows, session_of, Threads::ONE)?;
                pairs.extend(rows.into_iter().zip(values));
            }
        }
        Ok(again.into_iter().map(|(name, pairs)| (name, Scores::new(pairs))).collect())
    }

    /// The ledger of each model and of the equal weight, up to a session.
    fn ledgers(
        &self,
        panel: &Panel,
        columns: &[Column],
        scores: &[(String, Scores)],
        last: usize,
    ) -> Result<Vec<(String, Backtest)>, StudyError> {
        let universe = members(&columns[self.universe_at()]);
        let sessions = self.sessions.start..last + 1;
        let at = columns.len() - self.columns.guides.len();
        let roles = self.columns.guides.iter().map(|(role, _)| *role);
        let guides = Guides(roles.zip(columns[at..].iter().cloned().map(Arc::new)).collect());
        let ground = self.portfolios.ground(panel.clone(), &guides)?;
        let models = scores.iter().map(|(name, scores)| (Holder::Model(name.clone()), scores.clone()));
        let all = models.chain([(Holder::EqualWeight, Scores::none())]);
        all.map(|(holder, scores)| {
            let name = holder_name(&holder);
            let variant = Variant::plain(holder);
            Ok((name, self.portfolios.simulate(&variant, &ground, &universe, &scores, sessions.clone())?))
        })
        .collect()
    }
}

fn test_range(axis: &Axis, facts: &FoldFacts) -> Range<usize> {
    facts.test.sessions().map_or(0..0, |(from, to)| axis.calendar().between(from, to))
}

/// A row that is scored in one of the two only differs as well.
fn compare_scores(axis: &Axis, old: &[(String, Scores)], new: &[(String, Scores)]) -> Vec<Leak> {
    let column = |scores: &Scores| Column::F64(scores.on(axis.n_rows()));
    let moved = old.iter().zip(new).filter_map(|((name, old), (_, new))| {
        let leak = compare_columns(axis, name, &column(old), &column(new))?;
        Some(Leak { kind: "scores", ..leak })
    });
    moved.collect()
}

/// Every number of every session: cash, positions, fills, decisions.
fn compare_ledgers(old: &[(String, Backtest)], new: &[(String, Backtest)]) -> Vec<Leak> {
    let mut leaks = Vec::new();
    for ((name, old), (_, new)) in old.iter().zip(new) {
        // `{:?}` of a float is its shortest exact form, so equal texts are equal bits (but for the sign of NaN).
        let moved = old.days.iter().zip(&new.days).filter(|(a, b)| format!("{a:?}") != format!("{b:?}"));
        let moved = moved.map(|(day, _)| day.session).collect::<Vec<_>>();
        let positions = format!("{:?}", old.positions) != format!("{:?}", new.positions);
        let decisions = format!("{:?}", old.decisions) != format!("{:?}", new.decisions);
        if !moved.is_empty() || positions || decisions || old.days.len() != new.days.len() {
            let session = moved.first().map(ToString::to_string).unwrap_or_default();
            leaks.push(Leak::of("ledger", name, session, moved.len()));
        }
    }
    leaks
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstaff_panel::{Calendar, testing::weekdays};

    fn axis() -> Axis {
        let calendar: Calendar = weekdays(4);
        Axis::new(calendar, vec![("A".into(), 0..4), ("B".into(), 0..4)])
    }

    #[test]
    fn a_score_that_moved_came_or_went_is_a_leak() {
        let axis = axis();
        let named = |pairs: &[(u32, f64)]| vec![("trees".to_owned(), Scores::new(pairs.to_vec()))];
        let old = named(&[(1, 0.5), (6, 0.25)]);
        assert_eq!(compare_scores(&axis, &old, &old), []);
        for new in [named(&[(1, 0.5), (6, 0.5)]), named(&[(1, 0.5)]), named(&[(1, 0.5), (6, 0.25), (7, 0.0)])]
        {
            let leaks = compare_scores(&axis, &old, &new);
            assert_eq!((leaks.len(), leaks[0].kind, leaks[0].n_moved), (1, "scores", 1));
            assert_eq!(leaks[0].instrument.as_deref(), Some("B"));
        }
    }
}
