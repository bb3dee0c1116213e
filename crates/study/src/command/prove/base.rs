//! The study as it was run, and the same study computed again on changed data.

use std::{collections::BTreeMap, ops::Range, sync::Arc, time::Instant};

use backstaff_feature::{Feature, Plan};
use backstaff_learn::Threads;
use backstaff_panel::{Axis, Categories, Column, Encoding, Facts, Panel, Session, TRADED, Universe};
use backstaff_portfolio::{
    Backtest,
    regime::{RegimeInput, Regimes},
};
use backstaff_regime::Walk;
use backstaff_stage::Digest;
use indexmap::IndexMap;

use super::{
    Leak, Pass, Perturbation,
    compare::{FIT, are_same_scores, compare_columns, compare_ledgers, compare_scores, compare_walks},
    perturb,
};
use crate::{
    Study, StudyError,
    config::Role,
    flow::{Flow, columns::Columns},
    steps::{
        backtest::{Guides, Holder, RunBacktests, Told, Variant, holder_name},
        folds::{FoldFacts, MakeFolds, Training, members},
        labels::MakeLabels,
        regimes::{Follow, FollowShard, Setting, leaving, regime_of},
        scores::Scores,
        suspects::SuspectInputs,
        train::{ModelInputs, Scorer, Train, open_features},
    },
};

/// The study as it was run: everything that a pass compares with.
pub(super) struct Base<'a> {
    study: &'a Study,
    pub(crate) columns: Columns,
    pub(crate) sessions: Range<usize>,
    /// What the search for suspects reads.
    pub(crate) suspects: SuspectInputs,
    panel: Panel,
    /// The values of the columns, in the order of `columns`.
    values: Vec<Arc<Column>>,
    learned: Option<Learned>,
    scores: Vec<(String, Scores)>,
    walks: Vec<(String, Walk)>,
    portfolios: RunBacktests,
}

/// The folds and models of a study that learns, with the stages that made their samples.
struct Learned {
    folds: Vec<FoldFacts>,
    models: Vec<(String, u32, Scorer)>,
    train: Train,
    inputs: ModelInputs,
    make_folds: MakeFolds,
    make_labels: MakeLabels,
}

/// Everything that was known at a session: a pass must give the same again.
pub(super) struct Before {
    last: usize,
    session: Session,
    panel: Panel,
    columns: Vec<Column>,
    samples: Vec<(u32, Digest)>,
    scores: Vec<(String, Scores)>,
    ledgers: Vec<(String, Backtest)>,
    /// The models that could not be fitted twice with the same result.
    unsteady: Vec<Leak>,
}

/// Columns of the study that were computed again, in the order of the study's own.
struct Again<'a> {
    columns: &'a Columns,
    values: &'a [Column],
}

impl Again<'_> {
    fn of<'a>(
        &'a self,
        is_wanted: impl Fn(&Role) -> bool + 'a,
    ) -> impl Iterator<Item = (&'a Role, &'a Column)> {
        let all = self.columns.0.iter().map(|column| &column.role).zip(self.values);
        all.filter(move |(role, _)| is_wanted(role))
    }

    fn universe(&self) -> Result<Universe, StudyError> {
        let missing = || StudyError::Internal { what: "the universe was not computed".to_owned() };
        self.of(|role| *role == Role::Universe).next().map(|(_, column)| members(column)).ok_or_else(missing)
    }

    fn shared(&self, is_wanted: impl Fn(&Role) -> bool) -> Vec<(Role, Arc<Column>)> {
        self.of(is_wanted).map(|(role, column)| (role.clone(), Arc::new(column.clone()))).collect()
    }
}

impl<'a> Base<'a> {
    /// Run the study up to its scores; what is in the store is not computed again.
    pub(super) fn new(study: &'a Study, flow: &Flow<'_>) -> Result<Self, StudyError> {
        let train = Train::new(&study.config, &study.own)?;
        let handle = study.load(flow)?;
        let make_labels = study.make_labels(&handle)?;
        let resolved = study.resolve(&handle)?;
        let columns = study.columns(flow, &handle, &resolved)?;
        let follow = study.config.regimes.as_ref().map(|followed| Follow::new(followed, flow.store()));
        let own = study.config.regimes.iter().map(Setting::of).collect();
        let regimes = study.follow(flow, follow.as_ref(), &handle, &columns, own)?;
        let judged = study.judge(flow, &handle, &columns, &train, make_labels.clone(), regimes)?;
        let suspects = judged.suspect_inputs(study, &handle, &columns)?;
        let learned = match (&judged.folds, make_labels) {
            (Some(folds), Some(make_labels)) => {
                let process = study.process(folds)?;
                let inputs = ModelInputs {
                    panel: handle.clone(),
                    features: columns.features(),
                    folds: folds.clone(),
                    process,
                };
                let mut models = Vec::new();
                for seeds in judged.models.chunk_by(|a, b| (&a.0, a.1) == (&b.0, b.1)) {
                    let (name, fold, _) = &seeds[0];
                    let manifests = seeds.iter().map(|(_, _, manifest)| manifest);
                    let scorer = train.scorer(name, *fold, flow.store(), manifests, &inputs)?;
                    models.push((name.clone(), *fold, scorer));
                }
                Some(Learned {
                    folds: folds.facts().to_vec(),
                    models,
                    make_folds: MakeFolds::new(&study.config, &handle)?,
                    make_labels,
                    train,
                    inputs,
                })
            }
            _ => None,
        };
        let fields = handle.fields().iter().map(String::as_str);
        let categories = handle.categories().iter().map(String::as_str);
        let published = handle.facts().published.iter().map(|facts| facts.name.as_str());
        let panel = handle.part(0..handle.axis().n_sessions(), fields, categories, published)?;
        let values = columns.0.iter().map(|column| column.handle.column()).collect::<Result<Vec<_>, _>>()?;
        let mut base = Self {
            portfolios: RunBacktests::new(&study.config, &handle)?.0,
            scores: judged.scores,
            sessions: judged.sessions,
            suspects,
            walks: Vec::new(),
            learned,
            values,
            study,
            columns,
            panel,
        };
        let observed =
            base.columns.0.iter().zip(&base.values).filter(|(column, _)| column.role.is_observed());
        let observed = observed.map(|(_, values)| &**values).collect::<Vec<_>>();
        base.walks = base.walks(base.panel.axis(), &observed)?;
        Ok(base)
    }

    /// Collect what was known at a session: the run's own columns and scores up to it, and ledgers over them.
    ///
    /// The ledgers are run here once, on the panel cut after the session, since the run's own ledgers go on to the end.
    pub(super) fn before(&self, last: usize) -> Result<Before, StudyError> {
        let (_, kept) = self.panel.axis().between(0..last + 1);
        let panel = self.panel.between(0..last + 1);
        let session = panel.axis().calendar().session(last);
        let columns = self.values.iter().map(|column| column.select(&kept)).collect::<Vec<_>>();
        let scores =
            self.scores.iter().map(|(name, scores)| (name.clone(), scores.select(&kept))).collect::<Vec<_>>();
        let tested = |fold: &&FoldFacts| fold.test.sessions().is_some_and(|(from, _)| from <= session);
        let folds = self.learned.iter().flat_map(|learned| &learned.folds);
        let samples = folds.filter(tested).map(|fold| (fold.number, fold.samples)).collect();
        let ledgers = self.ledgers(&panel, &columns, &scores, &self.walks, last)?;
        let unsteady = self.unsteady(session)?;
        Ok(Before { last, session, panel, columns, samples, scores, ledgers, unsteady })
    }

    /// Fit the user's own models once more in the fold that is tested at a session, and hold their scores against those
    /// of the run.
    fn unsteady(&self, session: Session) -> Result<Vec<Leak>, StudyError> {
        let Some(Learned { folds, models, train, inputs, .. }) = &self.learned else { return Ok(Vec::new()) };
        let axis = self.panel.axis();
        let is_tested = |fold: &&FoldFacts| {
            fold.test.sessions().is_some_and(|(from, to)| from <= session && session <= to)
        };
        let Some(tested) = folds.iter().find(is_tested) else { return Ok(Vec::new()) };
        let seen = open_features(&inputs.features)?;
        let rows = inputs.folds.test(tested.number)?.rows;
        let mut leaks = Vec::new();
        for (name, _, first) in models.iter().filter(|(_, fold, _)| *fold == tested.number) {
            let Some(again) = train.fitted_again(name, tested.number, inputs)? else { continue };
            let old = first.predict(axis, &seen, &rows, Threads::ONE)?;
            let new = again.predict(axis, &seen, &rows, Threads::ONE)?;
            if !are_same_scores(&old, &new) {
                let n_moved = old.iter().zip(&new).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
                let from = tested.test.sessions().map_or(session, |(from, _)| from);
                leaks.push(Leak::of(FIT, name, from.to_string(), n_moved));
            }
        }
        Ok(leaks)
    }

    /// Change everything after the session, compute the study again, and compare the bits of everything up to the
    /// session.
    pub(super) fn pass(&self, before: &Before, perturbation: Perturbation) -> Result<Pass, StudyError> {
        let started = Instant::now();
        let changed = match perturbation {
            Perturbation::Truncated => self.truncated_at_the_source(before)?,
            _ => perturb(&self.panel, before.last, perturbation)?,
        };
        let end = before.last + 1;
        let mut leaks = Self::compare_data(before, &changed);
        // Said once for a session.
        if perturbation == Perturbation::ALL[0] {
            leaks.extend(before.unsteady.iter().cloned());
        }
        let computed = self.compute(&changed)?;
        let (_, kept) = changed.axis().between(0..end.min(changed.axis().n_sessions()));
        let columns = computed.iter().map(|column| column.select(&kept)).collect::<Vec<_>>();
        let axis = before.panel.axis();
        // With other rows there is nothing to compare row by row; that they are others is a leak already.
        if columns.iter().all(|column| column.len() == axis.n_rows()) {
            for ((own, old), new) in self.columns.0.iter().zip(&before.columns).zip(&columns) {
                let leak = compare_columns(axis, own.feature.name(), old, new);
                let expression = || Some(own.feature.expression().to_owned());
                leaks.extend(leak.map(|leak| Leak { expression: expression(), ..leak }));
            }
            leaks.extend(self.compare_samples(before, &changed, &computed)?);
            let scores = self.scores_again(before, &columns)?;
            leaks.extend(compare_scores(axis, &before.scores, &scores));
            let observed = Again { columns: &self.columns, values: &computed };
            let observed = observed.of(Role::is_observed).map(|(_, column)| column).collect::<Vec<_>>();
            let walks = self.walks(changed.axis(), &observed)?;
            leaks.extend(compare_walks(before.session, &self.walks, &walks));
            let panel = changed.between(0..end);
            let ledgers = self.ledgers(&panel, &columns, &scores, &walks, before.last)?;
            leaks.extend(compare_ledgers(&before.ledgers, &ledgers));
        }
        // Regimes are compared decision by decision, so each decision counts as a value.
        let decided = self.walks.iter().flat_map(|(_, walk)| walk.decisions.iter().flatten());
        let decided = decided.filter(|decision| decision.session <= before.session).count();
        Ok(Pass {
            session: before.session.to_string(),
            perturbation,
            values: before.columns.iter().map(Column::len).sum::<usize>() + decided,
            scores: before.scores.iter().map(|(_, scores)| scores.rows().len()).sum(),
            ledger_sessions: before.ledgers.iter().map(|(_, ledger)| ledger.days.len()).sum(),
            leaks,
            seconds: started.elapsed().as_secs_f64(),
        })
    }

    /// Compute all columns on other data, in the order of the study's own and in the same widths, since bits are
    /// compared.
    fn compute(&self, panel: &Panel) -> Result<Vec<Column>, StudyError> {
        let of = |is_observed: bool| {
            let own = self.columns.0.iter().filter(|column| column.role.is_observed() == is_observed);
            own.map(|column| column.feature.clone()).collect::<Vec<Feature>>()
        };
        // Columns that regimes are recognised by come last, as in the study's own order: see `Study::columns`.
        let mut computed = Plan::new(&of(false)).compute(panel, Encoding::F32, &())?;
        let observed = of(true);
        if !observed.is_empty() {
            computed.extend(Plan::new(&observed).compute(panel, Encoding::F64, &())?);
        }
        Ok(computed)
    }

    /// Read the files again as if they held nothing after the session: the only pass that goes through the reading
    /// itself.
    fn truncated_at_the_source(&self, before: &Before) -> Result<Panel, StudyError> {
        let load = self.study.load_stage()?.without_rows_after(self.panel.axis(), before.session);
        with_halts(load.read()?.panel, &before.panel)
    }

    /// Compare the data themselves up to the session: a reading could change them, as where it adjusts old prices by
    /// later splits.
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
        // Facts about instruments that are listed only later are not compared: the cut panel does not hold these
        // instruments.
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

    /// Check that the folds which are tested before the session train on the same rows, targets and weights.
    ///
    /// Models are not trained again: equal samples and features give equal models, and training takes longest.
    fn compare_samples(
        &self,
        before: &Before,
        changed: &Panel,
        columns: &[Column],
    ) -> Result<Vec<Leak>, StudyError> {
        let Some(Learned { make_folds, make_labels, .. }) = &self.learned else { return Ok(Vec::new()) };
        let again = Again { columns: &self.columns, values: columns };
        let prices = make_labels.prices_of(changed)?;
        let labels = make_labels.labels_at(&prices)?;
        let folds = make_folds.until(before.session).folds_of(&again.universe()?, &labels)?.folds;
        let training = Training::new(again.shared(Role::is_of_training), changed);
        let mut leaks = Vec::new();
        for (number, digest) in &before.samples {
            let fold = folds.iter().find(|fold| fold.number() == *number);
            let digest_of = |fold| make_folds.samples_digest(changed.axis(), &labels, fold, &training);
            let again = fold.map(digest_of).transpose()?;
            if again != Some(*digest) {
                let n_moved = fold.map_or(0, |fold| fold.train().rows().len());
                let name = format!("fold {number}");
                leaks.push(Leak::of("samples", &name, before.session.to_string(), n_moved));
            }
        }
        Ok(leaks)
    }

    /// Score the rows that were scored before, from the columns computed again and the models of the run.
    fn scores_again(&self, before: &Before, columns: &[Column]) -> Result<Vec<(String, Scores)>, StudyError> {
        let axis = before.panel.axis();
        let again = Again { columns: &self.columns, values: columns };
        let seen = self.columns.0.iter().zip(columns).filter(|(own, _)| own.role == Role::Feature);
        let seen = seen.map(|(own, column)| (own.feature.name().to_owned(), Arc::new(column.clone())));
        let seen = seen.collect::<Vec<_>>();
        // In the order of the study, as the scores that these are held against.
        let mut all = IndexMap::<String, Vec<(u32, f64)>>::new();
        for (name, scores) in &before.scores {
            let pairs = all.entry(name.clone()).or_default();
            let own = Role::Score(name.clone());
            if let Some((_, column)) = again.of(|role| *role == own).next() {
                if self.learned.is_none() {
                    let members = again.universe()?;
                    let scores = Scores::of_column(column, &members)
                        .within(axis, &(self.sessions.start..before.last + 1));
                    pairs.extend(scores.rows().iter().copied().zip(scores.values().iter().copied()));
                } else {
                    pairs.extend(scores.rows().iter().map(|&row| (row, column.get(row as usize))));
                }
                continue;
            }
            let Some(Learned { folds, models, .. }) = &self.learned else { continue };
            for (_, fold, model) in models.iter().filter(|(known, _, _)| known == name) {
                let Some(facts) = folds.iter().find(|facts| facts.number == *fold) else { continue };
                let range = test_range(axis, facts);
                let in_test = |row: &u32| range.contains(&axis.position_of(*row as usize));
                let rows = scores.rows().iter().copied().filter(in_test).collect::<Vec<_>>();
                let mut values = if model.reads_sections() {
                    let all = self.tested_rows(*fold, before.last)?;
                    let values = model.predict(axis, &seen, &all, Threads::ONE)?;
                    let known = all.into_iter().zip(values).collect::<BTreeMap<_, _>>();
                    rows.iter().map(|row| known.get(row).copied().unwrap_or(f64::NAN)).collect()
                } else {
                    model.predict(axis, &seen, &rows, Threads::ONE)?
                };
                if model.is_own() {
                    let known = scores.on(axis.n_rows());
                    let old = rows.iter().map(|&row| known[row as usize]).collect::<Vec<_>>();
                    if are_same_scores(&old, &values) {
                        values = old;
                    }
                }
                pairs.extend(rows.into_iter().zip(values).filter(|(_, value)| value.is_finite()));
            }
        }
        Ok(all.into_iter().map(|(name, pairs)| (name, Scores::new(pairs))).collect())
    }

    /// The rows of a fold's test up to a session, on the axis that ends with it.
    fn tested_rows(&self, fold: u32, last: usize) -> Result<Vec<u32>, StudyError> {
        let Some(Learned { inputs, .. }) = &self.learned else { return Ok(Vec::new()) };
        let (_, kept) = self.panel.axis().between(0..last + 1);
        let mut starts = Vec::with_capacity(kept.len());
        let mut n = 0;
        for range in &kept {
            starts.push(n);
            n += range.len();
        }
        let on_cut = |row: u32| {
            let at = kept.partition_point(|range| range.end <= row as usize);
            let range = kept.get(at).filter(|range| range.contains(&(row as usize)))?;
            Some((starts[at] + row as usize - range.start) as u32)
        };
        Ok(inputs.folds.test(fold)?.rows.into_iter().filter_map(on_cut).collect())
    }

    /// Follow the regimes of all instruments that the strategy reads, by what is observed on an axis.
    fn walks(&self, axis: &Axis, observed: &[&Column]) -> Result<Vec<(String, Walk)>, StudyError> {
        let config = &self.study.config;
        let (Some(followed), Some(template)) = (&config.regimes, config.portfolio.strategy.regimes()) else {
            return Ok(Vec::new());
        };
        let follow = Follow::without_store(followed);
        let walk = |name: &str| {
            let Some(i) = axis.find(name) else { return Ok(None) };
            let column = |column: &&Column| {
                let mut values = vec![0.0; axis.rows(i).len()];
                column.decode(axis.rows(i), &mut values);
                values
            };
            let columns = observed.iter().map(column).collect::<Vec<_>>();
            let shard = FollowShard { instrument: name.to_owned(), setting: Setting::of(followed) };
            Ok(Some((name.to_owned(), follow.walk(&shard, axis, i, &columns)?)))
        };
        let walks = template.read().into_iter().map(walk).collect::<Result<Vec<_>, StudyError>>()?;
        Ok(walks.into_iter().flatten().collect())
    }

    /// Run the ledger of each portfolio that the study asks about, and of the equal weight, up to a session.
    fn ledgers(
        &self,
        panel: &Panel,
        columns: &[Column],
        scores: &[(String, Scores)],
        walks: &[(String, Walk)],
        last: usize,
    ) -> Result<Vec<(String, Backtest)>, StudyError> {
        let again = Again { columns: &self.columns, values: columns };
        let universe = again.universe()?;
        let sessions = self.sessions.start..last + 1;
        let guides = Guides(again.shared(Role::is_of_strategy));
        let ground = self.portfolios.ground(panel.clone(), &guides)?;
        let regimes = |_: &Setting| regimes_of(panel.axis(), walks);
        let run = |(holder, scores): (Holder, Scores)| {
            let name = holder_name(&holder);
            let told = Told { universe: &universe, scores: &scores, regimes: &regimes };
            let variant = Variant::plain(holder);
            Ok((name, self.portfolios.simulate(&variant, &ground, &told, sessions.clone())?))
        };
        let models = scores.iter().map(|(name, scores)| (Holder::Model(name.clone()), scores.clone()));
        let mut all = models.collect::<Vec<_>>();
        if !matches!(self.portfolios.primary(), Holder::Model(_)) {
            all.push((self.portfolios.primary().clone(), Scores::none()));
        }
        if self.study.config.portfolio.strategy.named().is_none() {
            all.push((Holder::EqualWeight, Scores::none()));
        }
        all.into_iter().map(run).collect()
    }
}

/// The regimes of these walks as a strategy reads them, on an axis that begins where that of the walks does.
fn regimes_of(axis: &Axis, walks: &[(String, Walk)]) -> Result<Regimes, StudyError> {
    let mut inputs = vec![None; axis.n_rows()];
    for (name, walk) in walks {
        let Some(i) = axis.find(name) else { continue };
        for (own, row) in axis.rows(i).enumerate() {
            let decision = walk.decisions.get(own).and_then(Option::as_ref);
            inputs[row] = decision.map(|decision| RegimeInput {
                regime: regime_of(decision.label.kind()),
                confidence: decision.confidence,
                age: u32::try_from(decision.age).unwrap_or(u32::MAX),
                leaving: leaving(walk, own),
            });
        }
    }
    Ok(Regimes::new(axis, inputs)?)
}

fn test_range(axis: &Axis, facts: &FoldFacts) -> Range<usize> {
    facts.test.sessions().map_or(0..0, |(from, to)| axis.calendar().between(from, to))
}

/// A panel that was read up to a session, whose lives go on to the session where the whole data go on.
///
/// An instrument without a row at the session may be halted or gone. Who trades then knows no better, holds it, and sees
/// no value; the whole data tell, and hold it in the same way through rows without values. So these rows are added where
/// the panels differ in nothing but such ends, and everything about them is compared.
fn with_halts(read: Panel, whole: &Panel) -> Result<Panel, StudyError> {
    let (own, axis) = (read.axis(), whole.axis());
    let same_sessions = own.calendar().sessions() == axis.calendar().sessions();
    let goes_on = |i: usize| own.life(i).start == axis.life(i).start && own.life(i).end <= axis.life(i).end;
    let only_ends_differ = same_sessions
        && own.instruments() == axis.instruments()
        && (0..own.n_instruments()).all(goes_on)
        && own.n_rows() < axis.n_rows();
    if !only_ends_differ {
        return Ok(read);
    }
    let mut panel = Panel::new(axis.clone());
    for (name, column) in read.fields() {
        let empty = if name == TRADED { 0.0 } else { f64::NAN };
        let mut values = vec![empty; axis.n_rows()];
        for i in 0..own.n_instruments() {
            let (from, to) = (own.rows(i), axis.rows(i).start);
            for (place, row) in from.enumerate() {
                values[to + place] = column.get(row);
            }
        }
        panel.insert(name, Column::encode(&values, column.encoding()))?;
    }
    for (name, categories) in read.all_categories() {
        let mut names = categories.names().to_vec();
        let mut codes = vec![Categories::MISSING; axis.n_rows()];
        for i in 0..own.n_instruments() {
            let (from, to) = (own.rows(i), axis.rows(i));
            let (kept, added) = (to.start..to.start + from.len(), to.start + from.len()..to.end);
            codes[kept].copy_from_slice(&categories.codes()[from]);
            // What a table without history says holds for all rows alike, also for those that are added.
            for row in added {
                let Some(text) = whole.categories(name).and_then(|whole| whole.name(row)) else { continue };
                let code = names.iter().position(|known| known == text).unwrap_or(names.len());
                if code == names.len() {
                    names.push(text.to_owned());
                }
                codes[row] = code as u32;
            }
        }
        panel.insert_categories(name, Categories::new(codes, names))?;
    }
    for (name, facts) in read.all_facts() {
        panel.insert_facts(name, facts.clone())?;
    }
    Ok(panel)
}
