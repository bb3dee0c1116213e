//! Expressions over the periods of published facts.
//!
//! What stands in `P(...)` is resolved like any expression, but its leaves are facts, and its windows count periods. It
//! becomes one node without inputs that holds the computation and the names of the facts: what the panel's sessions
//! have is no part of it.

use std::sync::Arc;

use backstaff_panel::{Frequency, Period};

use super::{
    Context, Resolver,
    rows::TooLong,
    spelled,
    spelling::{MAX_CANONICAL, Spelling},
};
use crate::{
    FeatureError, LookBack, ValueType,
    expression::{Call, Fault, TextSpan, did_you_mean},
    graph::{Latest, Node, NodeKind, OverPeriods, Validity, needed},
    operator::{Bound, Meant, Work},
};

/// The value over periods that a call asks for.
pub(super) struct Wanted<'a> {
    pub(super) meant: Meant,
    /// After how many calendar days without a publication it is missing.
    pub(super) stale: Option<u32>,
    pub(super) call: &'a Call,
    /// The places of the call's expression and of its period.
    pub(super) places: [TextSpan; 2],
}

impl Wanted<'_> {
    /// The period that is written, if one is.
    fn period(&self, frequency: Frequency) -> Result<Option<Period>, Fault> {
        let Meant::At(code) = self.meant else { return Ok(None) };
        let form = match frequency {
            Frequency::Quarterly => "quarters are written YYYYQQ: 202003 is the third of 2020",
            Frequency::Annual => "years are written YYYY: 2020",
            Frequency::Dated => "days are written YYYYMMDD: 20200316",
        };
        let period = frequency.period(code);
        let fault = || Fault::new(self.places[1], format!("there is no period {code} here")).help(form);
        period.ok_or_else(fault).map(Some)
    }

    fn no_fact(&self) -> Fault {
        let message = format!("`{}` takes a single fact, not an expression", self.call.name);
        Fault::new(self.places[0], message).help(
            "call it for each fact: `PLatest($$income_q) / PLatest($$equity_q)`; windows stand in `P(...)`",
        )
    }
}

impl Resolver<'_> {
    pub(super) fn fact(
        &mut self,
        context: &Context<'_>,
        name: &str,
        span: TextSpan,
    ) -> Result<usize, FeatureError> {
        if !context.periods {
            let fault = Fault::new(span, format!("`$${name}` has periods, not sessions"));
            let help = format!("point-in-time facts need `P(...)`, as in `P($${name})`");
            return Err(context.error(fault.help(help)));
        }
        if self.schema.facts.contains(name) {
            return Ok(self.leaf(NodeKind::Fact(name.into()), ValueType::Number, spelled("$$", name)));
        }
        let known = self.schema.facts.iter().map(String::as_str);
        let fault = Fault::new(span, format!("there is no fact `$${name}`"))
            .maybe_help(did_you_mean("$$", name, known).or_else(|| Some(self.fact_list())))
            .lacks_column();
        Err(context.error(fault))
    }

    fn fact_list(&self) -> String {
        let names = self.schema.facts.iter().take(12).map(|name| format!("$${name}")).collect::<Vec<_>>();
        match names.len() {
            0 => "the data have no facts with publication days".to_owned(),
            n => {
                let more = if self.schema.facts.len() > n { ", ..." } else { "" };
                format!("the facts are {}{more}", names.join(", "))
            }
        }
    }

    /// The node that computes `root` over the periods known in each session.
    pub(super) fn over_periods(
        &mut self,
        context: &Context<'_>,
        spelling: &Spelling,
        root: usize,
        wanted: &Wanted<'_>,
        span: TextSpan,
    ) -> Result<usize, FeatureError> {
        let nodes = self.graph.nodes();
        let part = needed(root, |n| &nodes[n].inputs);
        let facts = part.iter().filter_map(|&n| match &nodes[n].kind {
            NodeKind::Fact(name) => Some((n, name.clone())),
            _ => None,
        });
        let (facts, names): (Vec<usize>, Vec<Arc<str>>) = facts.unzip();
        let frequency = frequency(&names).map_err(|message| {
            let help =
                "facts stand in it as `$$name_q` (quarters), `$$name_a` (years) or `$$name_d` (observations)";
            context.error(Fault::new(span, message).help(help))
        })?;
        let of_quarters = |&n: &usize| matches!(&nodes[n].kind, NodeKind::Call(bound) if bound.of_quarters);
        if frequency != Frequency::Quarterly && part.iter().any(of_quarters) {
            let message = format!("`Quarter` and `TTM` need quarters, and `$${}` is {frequency}", names[0]);
            return Err(context.error(Fault::new(span, message)));
        }
        let period = wanted.period(frequency).map_err(|fault| context.error(fault))?;
        if wanted.meant == Meant::LastPublished && !matches!(nodes[root].kind, NodeKind::Fact(_)) {
            return Err(context.error(wanted.no_fact()));
        }
        let canonical = spelling.canonical(&[&nodes[root].canonical]);
        if canonical.len() > MAX_CANONICAL {
            return Err(context.error(TooLong::fault(span)));
        }
        let is_condition = nodes[root].value_type == ValueType::Boolean;
        let absent = if is_condition { 0.0 } else { f64::NAN };
        let stale = wanted.stale.and_then(|days| i32::try_from(days).ok());
        let validity = Validity { absent, stale };
        let bound = if wanted.meant == Meant::LastPublished {
            let latest = Latest(validity);
            Bound::facts(names, move |facts, sessions, out| latest.run(facts[0], sessions, out)).newest()
        } else {
            let computation = OverPeriods::new(nodes, root, &facts, frequency, period, validity);
            Bound::facts(names, move |facts, sessions, out| computation.run(facts, sessions, out))
        };
        let bound = if is_condition { bound.boolean() } else { bound };
        Ok(self.graph.add(Node {
            inputs: Vec::new(),
            value_type: bound.output,
            look_back: LookBack::Sessions(0),
            look_ahead: 0,
            canonical: canonical.into(),
            kind: NodeKind::Call(Arc::new(bound)),
        }))
    }

    /// Refuse a name among periods that stands for something with sessions.
    pub(super) fn check_name_in_periods(
        &self,
        context: &Context<'_>,
        name: &str,
        node: usize,
        span: TextSpan,
    ) -> Result<(), FeatureError> {
        let nodes = self.graph.nodes();
        let has_sessions = |n: usize| match &nodes[n].kind {
            NodeKind::Field(_) | NodeKind::Categories(_) => true,
            NodeKind::Call(bound) => matches!(bound.work, Work::Session(_) | Work::Facts { .. }),
            NodeKind::Constant(_) | NodeKind::Fact(_) => false,
        };
        if context.periods && needed(node, |n| &nodes[n].inputs).into_iter().any(has_sessions) {
            return Err(context.error(no_sessions(&format!("`{name}` has sessions"), span)));
        }
        Ok(())
    }
}

impl Context<'_> {
    /// Whether a call may stand among periods.
    pub(super) fn check_in_periods(
        &self,
        call: &Call,
        span: TextSpan,
        bound: &Bound,
    ) -> Result<(), FeatureError> {
        if !self.periods {
            if bound.of_quarters {
                let fault =
                    Fault::new(span, format!("`{}` is about fiscal quarters, not sessions", call.name));
                let help = format!("it stands in `P(...)`, as in `P({}($$sales_q))`", call.name);
                return Err(self.error(fault.help(help)));
            }
            return Ok(());
        }
        if matches!(bound.work, Work::Session(_)) {
            return Err(self.error(no_sessions(&format!("`{}` compares instruments", call.name), span)));
        }
        if bound.look_ahead > 0 {
            let fault = Fault::new(span, format!("`{}` reads periods that are not known yet", call.name));
            return Err(self.error(fault.help("what is known ends with the newest period, also in a label")));
        }
        Ok(())
    }

    /// The context of an operator's expression over periods; a fault if the operator is among periods itself.
    pub(super) fn over_periods(&self, call: &Call) -> Result<Self, FeatureError> {
        if !self.periods {
            return Ok(Self { rows: None, periods: true, ..*self });
        }
        let fault =
            Fault::new(call.name_span, format!("`{}` stands in another operator over periods", call.name));
        Err(self.error(fault.help("leave one of them out")))
    }
}

/// Refuse what has sessions among periods.
pub(super) fn no_sessions(message: &str, span: TextSpan) -> Fault {
    Fault::new(span, format!("{message}, but what stands in `P` has periods"))
        .help("put it outside: `P(Sum($$eps_q, 4)) / $close`")
}

/// How long the periods of all these facts are.
fn frequency(names: &[Arc<str>]) -> Result<Frequency, String> {
    let frequency = |name: &Arc<str>| {
        Frequency::of_name(name).ok_or(format!("`$${name}` ends with none of `_q`, `_a` and `_d`"))
    };
    let Some(first) = names.first() else {
        return Err("there is no fact with a publication day in this call".to_owned());
    };
    let expected = frequency(first)?;
    for name in &names[1..] {
        let found = frequency(name)?;
        if found != expected {
            return Err(format!("`$${first}` is {expected} and `$${name}` is {found}: their periods differ"));
        }
    }
    Ok(expected)
}
