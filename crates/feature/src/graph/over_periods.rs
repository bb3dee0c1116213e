//! An expression over published facts, period by period, as they were known on a day.

use std::{borrow::Cow, ops::Range, sync::Arc};

use backstaff_panel::{Fact, Period, Session};

use super::{LookBack, Node, NodeKind, needed};
use crate::operator::{Bound, Work};

/// An expression over the periods of facts, and which of its values is meant.
///
/// Whenever something is published about an instrument, the facts' periods as known then are the rows of the
/// expression: from the first to the last one known, with a missing value where nothing is. The expression's value at
/// its last row (or at a fixed period) holds until the next publication.
pub(crate) struct OverPeriods {
    /// In an order in which operands come first; the last one is the result.
    steps: Vec<Step>,
    /// How many facts there are.
    n_facts: usize,
    /// How many earlier periods the result reads; `None` is all.
    look_back: Option<i32>,
    /// The period whose value is meant; the last one if there is none.
    period: Option<Period>,
    /// The value before anything is known.
    absent: f64,
}

enum Step {
    /// A fact.
    Fact(usize),
    Constant(f64),
    Call(Arc<Bound>, Vec<usize>),
}

/// Values of consecutive periods.
#[derive(Clone, Default)]
struct Series<'a> {
    first: i32,
    values: Cow<'a, [f64]>,
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
        period: Option<Period>,
        absent: f64,
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
        Self { steps, n_facts: facts.len(), look_back, period, absent }
    }

    /// Compute one instrument: its facts in the order of publication, and the sessions of its rows.
    pub(crate) fn run(&self, facts: &[&[Fact]], sessions: &[Session], out: &mut [f64]) {
        debug_assert_eq!(facts.len(), self.n_facts, "all facts are given");
        let mut known = vec![Series::default(); facts.len()];
        let mut read = vec![0; facts.len()];
        let mut value = self.absent;
        let mut row = 0;
        while row < sessions.len() {
            let mut is_news = false;
            for ((facts, read), known) in facts.iter().zip(&mut read).zip(&mut known) {
                let new = facts[*read..].iter().take_while(|fact| fact.known <= sessions[row]);
                for fact in new {
                    known.learn(*fact);
                    *read += 1;
                    is_news = true;
                }
            }
            if is_news {
                value = self.value(&known);
            }
            let next =
                facts.iter().zip(&read).filter_map(|(facts, &read)| facts.get(read)).map(|fact| fact.known);
            let end =
                next.min().map_or(sessions.len(), |date| sessions.partition_point(|&other| other < date));
            out[row..end].fill(value);
            row = end;
        }
    }

    /// The value of the expression if this is known.
    fn value(&self, known: &[Series<'_>]) -> f64 {
        let all = known.iter().map(Series::periods).fold(0..0, union);
        let target = self.period.map_or(all.end - 1, Period::number);
        if !all.contains(&target) {
            return self.absent;
        }
        // What is earlier changes no value that is meant; what is later neither.
        let from = self.look_back.map_or(all.start, |periods| target.saturating_sub(periods).max(all.start));
        let wanted = from..target + 1;
        let sessions = wanted.clone().map(Session::from_number).collect::<Vec<_>>();
        let mut values = Vec::<Series<'_>>::with_capacity(self.steps.len());
        for step in &self.steps {
            let series = match step {
                Step::Fact(fact) => known[*fact].between(&wanted),
                // A constant is there wherever it is needed.
                Step::Constant(value) => Series { first: 0, values: vec![*value].into() },
                Step::Call(bound, from) => self.call(bound, from, &values, &wanted, &sessions),
            };
            values.push(series);
        }
        let result = values.last().and_then(|result| match self.steps.last() {
            Some(Step::Constant(_)) => result.values.first().copied(),
            _ => result.at(target),
        });
        result.unwrap_or(self.absent)
    }

    /// An operator over the periods from the first to the last one of its operands.
    fn call(
        &self,
        bound: &Bound,
        from: &[usize],
        values: &[Series<'_>],
        wanted: &Range<i32>,
        sessions: &[Session],
    ) -> Series<'static> {
        let is_constant = |step: usize| matches!(self.steps[step], Step::Constant(_));
        let periods = if from.iter().all(|&step| is_constant(step)) {
            wanted.clone()
        } else {
            let series = from.iter().filter(|&&step| !is_constant(step));
            series.map(|&step| values[step].periods()).fold(0..0, union)
        };
        if periods.is_empty() {
            return Series::default();
        }
        let operands = from.iter().map(|&step| match self.steps[step] {
            Step::Constant(value) => Cow::Owned(vec![value; periods.len()]),
            _ => values[step].over(&periods),
        });
        let operands = operands.collect::<Vec<_>>();
        let operands = operands.iter().map(|operand| &**operand).collect::<Vec<_>>();
        let skipped = (periods.start - wanted.start) as usize;
        let sessions = &sessions[skipped..skipped + periods.len()];
        let mut out = vec![0.0; periods.len()];
        match &bound.work {
            Work::Rows(work) => work(&operands, &mut out),
            Work::Instrument(work) => work(&operands, sessions, &mut [bound.request(&mut out)]),
            Work::Recursive(work) => {
                work.run(&mut work.start(), &operands, sessions, &mut [bound.request(&mut out)]);
            }
            Work::Session(_) | Work::Facts { .. } => unreachable!("only time series stand over periods"),
        }
        Series { first: periods.start, values: out.into() }
    }
}

impl Series<'_> {
    fn periods(&self) -> Range<i32> {
        self.first..self.first + self.values.len() as i32
    }

    fn at(&self, period: i32) -> Option<f64> {
        let place = usize::try_from(period.checked_sub(self.first)?).ok()?;
        self.values.get(place).copied()
    }

    /// The part of it in a range of periods.
    fn between(&self, wanted: &Range<i32>) -> Series<'_> {
        let own = self.periods();
        let (start, end) = (own.start.max(wanted.start), own.end.min(wanted.end));
        if start >= end {
            return Series::default();
        }
        let part = (start - own.start) as usize..(end - own.start) as usize;
        Series { first: start, values: Cow::Borrowed(&self.values[part]) }
    }

    /// Its values in these periods, missing where it has none.
    fn over(&self, periods: &Range<i32>) -> Cow<'_, [f64]> {
        if self.periods() == *periods {
            return Cow::Borrowed(&self.values);
        }
        periods.clone().map(|period| self.at(period).unwrap_or(f64::NAN)).collect()
    }

    /// Take in what is published.
    fn learn(&mut self, fact: Fact) {
        let (period, own) = (fact.period.number(), self.periods());
        let values = self.values.to_mut();
        if own.is_empty() {
            self.first = period;
            values.push(fact.value);
        } else if period < own.start {
            let gap = (own.start - period) as usize;
            values.splice(0..0, std::iter::repeat_n(f64::NAN, gap));
            values[0] = fact.value;
            self.first = period;
        } else {
            let place = (period - own.start) as usize;
            values.resize(values.len().max(place + 1), f64::NAN);
            values[place] = fact.value;
        }
    }
}

/// The periods from the first to the last of both.
fn union(a: Range<i32>, b: Range<i32>) -> Range<i32> {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b,
        (_, true) => a,
        _ => a.start.min(b.start)..a.end.max(b.end),
    }
}
