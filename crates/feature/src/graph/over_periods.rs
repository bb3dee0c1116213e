//! An expression over published facts, period by period, as they were known on a day.

use std::{borrow::Cow, ops::Range, sync::Arc};

use backstaff_panel::{Fact, Frequency, Period, Session};

use super::{
    Node, NodeKind,
    known::{Known, Series, union},
    needed,
    publications::{News, Validity, news},
};
use crate::{
    LookBack,
    operator::{Bound, Work},
};

/// An expression over the periods of facts, and which of its values is meant.
///
/// Whenever something is published about an instrument, the facts' periods as known then are the rows of the
/// expression: quarters or years from the first to the last one known, with a missing value where nothing is, or the
/// days of observations. The expression's value at its last row (or at a fixed period) holds until the next publication.
///
/// Publications that only add rows behind the others, as most do, are computed together: a value depends on its own row
/// and earlier ones, which they leave as they are.
pub(crate) struct OverPeriods {
    /// In an order in which operands come first; the last one is the result.
    steps: Vec<Step>,
    frequency: Frequency,
    /// How many facts there are.
    n_facts: usize,
    /// How many earlier periods the result reads; `None`: all of them.
    look_back: Option<i32>,
    /// The period whose value is meant; `None`: the last one.
    period: Option<Period>,
    validity: Validity,
}

enum Step {
    /// A fact, by its place among the facts.
    Fact(usize),
    Constant(f64),
    Call(Arc<Bound>, Vec<usize>),
}

impl OverPeriods {
    /// The part of a graph that ends at `root` and begins at `facts` and constants.
    ///
    /// # Panics
    ///
    /// If the part begins at a column of the panel or at another fact.
    pub(crate) fn new(
        nodes: &[Node],
        root: usize,
        facts: &[usize],
        frequency: Frequency,
        period: Option<Period>,
        validity: Validity,
    ) -> Self {
        let mut places = vec![usize::MAX; root + 1];
        let mut steps = Vec::new();
        for n in needed(root, |n| &nodes[n].inputs) {
            places[n] = steps.len();
            steps.push(match &nodes[n].kind {
                NodeKind::Constant(value) => Step::Constant(*value),
                NodeKind::Call(bound) => {
                    Step::Call(bound.clone(), nodes[n].inputs.iter().map(|&input| places[input]).collect())
                }
                NodeKind::Fact(_) | NodeKind::Field(_) | NodeKind::Categories(_) => {
                    let fact = facts.iter().position(|&fact| fact == n);
                    Step::Fact(fact.expect("every column of the part is one of the facts"))
                }
            });
        }
        let look_back = match nodes[root].look_back {
            LookBack::Sessions(periods) => i32::try_from(periods).ok(),
            LookBack::Recursive => None,
        };
        Self { steps, frequency, n_facts: facts.len(), look_back, period, validity }
    }

    /// Compute one instrument: its facts in the order of publication, and the sessions of its rows.
    pub(crate) fn run(&self, facts: &[&[Fact]], sessions: &[Session], out: &mut [f64]) {
        debug_assert_eq!(facts.len(), self.n_facts, "all facts are given");
        out.fill(self.validity.absent);
        let mut known = Known::nothing(facts.len(), self.frequency);
        // News whose values are not computed yet, with the row that each of them means.
        let mut waiting = Vec::<(News<'_>, Option<i32>)>::new();
        let mut is_even = true;
        for news in news(facts, sessions) {
            let mut facts = news.facts.iter().copied().flatten();
            let adds_only = self.period.is_none() && is_even && facts.all(|fact| known.is_behind(fact));
            if !adds_only {
                self.settle(&mut waiting, &known, sessions, out);
            }
            for (n, facts) in news.facts.iter().enumerate() {
                for fact in *facts {
                    known.learn(n, fact);
                }
            }
            let row = match self.period {
                None => Some(known.rows().end - 1),
                Some(period) => known.row(period.number()),
            };
            is_even = known.is_even();
            if !is_even {
                self.settle(&mut waiting, &known, sessions, out);
            }
            waiting.push((news, row));
        }
        self.settle(&mut waiting, &known, sessions, out);
    }

    /// Compute what waits, of which all but the first adds rows only.
    fn settle(
        &self,
        waiting: &mut Vec<(News<'_>, Option<i32>)>,
        known: &Known,
        sessions: &[Session],
        out: &mut [f64],
    ) {
        let all = known.rows();
        let row = |row: Option<i32>| row.filter(|row| all.contains(row));
        let rows = || waiting.iter().filter_map(|(_, wanted)| row(*wanted));
        let values = match rows().min().zip(rows().max()) {
            Some((first, last)) => self.values(known, first..last + 1),
            None => Series::default(),
        };
        for (news, wanted) in waiting.drain(..) {
            let value = row(wanted).and_then(|row| values.at(row)).unwrap_or(self.validity.absent);
            self.validity.fill(news.rows.clone(), news.known, value, sessions, out);
        }
    }

    /// The values of the expression in some rows if this is known; rows that it has none in are left out.
    fn values(&self, known: &Known, rows: Range<i32>) -> Series<'static> {
        // What is earlier changes no value that is meant; what is later neither.
        let start = known.rows().start;
        let from = self.look_back.map_or(start, |periods| rows.start.saturating_sub(periods).max(start));
        let wanted = from..rows.end;
        let sessions = known.sessions(&wanted);
        let mut values = Vec::<Series<'_>>::with_capacity(self.steps.len());
        for step in &self.steps {
            let series = match step {
                Step::Fact(fact) => known.between(*fact, &wanted),
                // A constant is there wherever it is needed.
                Step::Constant(value) => Series::new(0, vec![*value]),
                Step::Call(bound, from) => self.call(bound, from, &values, &wanted, &sessions),
            };
            values.push(series);
        }
        match (self.steps.last(), values.pop()) {
            (Some(Step::Constant(value)), _) => Series::new(rows.start, vec![*value; rows.len()]),
            (_, result) => result.map_or_else(Series::default, Series::into_owned),
        }
    }

    /// An operator over the rows at hand; a window over the rows from the first to the last one of its operands, so that
    /// it does not move on before they do.
    fn call(
        &self,
        bound: &Bound,
        from: &[usize],
        values: &[Series<'_>],
        wanted: &Range<i32>,
        sessions: &[Session],
    ) -> Series<'static> {
        let is_constant = |step: usize| matches!(self.steps[step], Step::Constant(_));
        let of_one_row = matches!(bound.work, Work::Rows(_)) || from.iter().all(|&step| is_constant(step));
        let rows = if of_one_row {
            wanted.clone()
        } else {
            let series = from.iter().filter(|&&step| !is_constant(step));
            series.map(|&step| values[step].rows()).fold(0..0, union)
        };
        if rows.is_empty() {
            return Series::default();
        }
        let operands = from.iter().map(|&step| match self.steps[step] {
            Step::Constant(value) => Cow::Owned(vec![value; rows.len()]),
            _ => values[step].over(&rows),
        });
        let operands = operands.collect::<Vec<_>>();
        let operands = operands.iter().map(|operand| &**operand).collect::<Vec<_>>();
        let skipped = (rows.start - wanted.start) as usize;
        let sessions = &sessions[skipped..skipped + rows.len()];
        let mut out = vec![0.0; rows.len()];
        match &bound.work {
            Work::Rows(work) => work(&operands, &mut out),
            Work::Instrument(work) => work(&operands, sessions, &mut [bound.request(&mut out)]),
            Work::Recursive(work) => {
                work.run(&mut work.start(), &operands, sessions, &mut [bound.request(&mut out)]);
            }
            Work::Session(_) | Work::Facts { .. } => unreachable!("only time series stand over periods"),
        }
        Series::new(rows.start, out)
    }
}
