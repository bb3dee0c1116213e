//! Views of rows: expressions whose windows count the rows where a condition holds.
//!
//! An expression is first resolved as if it counted sessions. Its view is then one node, whose inputs are the condition
//! and the columns, and which computes the whole expression on the rows that are kept. `Rows(x, where)` allows no
//! cross-section in `x`: it compares the rows of a session, and it would not be clear which of the windows around and
//! below it count what. Where a file says `rows:`, all of them count rows: a cross-section stays what it is, and there is
//! a view below it (for each of its inputs) and one above (of what is made of its result). A row that is skipped takes
//! part in no cross-section then, and the value of the entry is missing on it.
//!
//! Names stand for what they are defined as, in views as elsewhere: what a name stands for counts the rows of the view
//! that it is used in. If it is a view of the same rows itself, nothing changes; of other rows, it is refused.

use std::{collections::HashMap, sync::Arc};

use super::{Context, Resolver, spelling::MAX_CANONICAL};
use crate::{
    FeatureError, LookBack, ValueType,
    expression::{Call, Fault, Syntax, TextSpan},
    graph::{Earlier, Node, NodeKind, OverRows, Windowed, needed},
    operator::{Bound, ROWS, Work},
};
/// The rows that the expression at hand counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    pub(super) condition: usize,
    pub(super) by: By,
}

/// The part of a file or expression that says which rows count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum By {
    /// A call around the expression.
    Call,
    /// The definition of the feature.
    Entry,
}

/// An expression and the condition of the rows that it is computed on.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    root: usize,
    condition: usize,
}

/// The canonical text of an expression is longer than is allowed.
#[derive(Debug)]
pub(super) struct TooLong;

impl TooLong {
    pub(super) fn fault(span: TextSpan) -> Fault {
        Fault::new(span, "the expression is too long once all names are written out")
            .help("use fewer names that use names")
    }
}

impl Resolver<'_> {
    /// The node of the condition of an entry; `place` names it in messages.
    pub(super) fn condition(
        &mut self,
        place: &str,
        text: &str,
        syntax: &Syntax,
    ) -> Result<usize, FeatureError> {
        let node = self.expression(place, text, syntax)?;
        if self.graph.nodes()[node].value_type == ValueType::Boolean {
            return Ok(node);
        }
        let fault = Fault::new(syntax.span, "`rows` needs a condition, not a number");
        Err(fault.help("compare it, as in `$volume > 0`, or say `all`").within(place, text).into())
    }

    /// The node that computes `root` on the rows where `condition` holds, below and above all cross-sections.
    pub(super) fn over_rows(&mut self, root: usize, condition: usize) -> Result<usize, TooLong> {
        let inputs = |n: usize| match self.views.get(&n) {
            Some(view) if view.condition == condition => std::slice::from_ref(&view.root),
            _ => self.graph.nodes()[n].inputs.as_slice(),
        };
        let order = needed(root, inputs);
        let mut places = HashMap::<usize, usize>::new();
        for n in order {
            let place = match self.views.get(&n) {
                Some(view) if view.condition == condition => places[&view.root],
                Some(_) => n,
                None => self.with_views_below(n, condition, &places)?,
            };
            places.insert(n, place);
        }
        self.view(places[&root], condition)
    }

    /// A node whose inputs are elsewhere now; of a cross-section, views of them.
    fn with_views_below(
        &mut self,
        n: usize,
        condition: usize,
        places: &HashMap<usize, usize>,
    ) -> Result<usize, TooLong> {
        let Node { kind: NodeKind::Call(bound), inputs, .. } = &self.graph.nodes()[n] else { return Ok(n) };
        let (bound, before) = (bound.clone(), inputs.clone());
        let mut inputs = before.iter().map(|input| places[input]).collect::<Vec<_>>();
        if matches!(bound.work, Work::Session(_)) {
            for input in &mut inputs {
                if self.graph.nodes()[*input].value_type != ValueType::Category {
                    *input = self.view(*input, condition)?;
                }
            }
        }
        if inputs == before {
            return Ok(n);
        }
        let spelling = self.spellings[&n].clone();
        self.add_call(spelling, bound, inputs).ok_or(TooLong)
    }

    /// The view of a node; columns are its inputs, and so are cross-sections and other views.
    fn view(&mut self, root: usize, condition: usize) -> Result<usize, TooLong> {
        let nodes = self.graph.nodes();
        let is_column = |n: usize| match &nodes[n].kind {
            NodeKind::Constant(_) => false,
            NodeKind::Field(_) | NodeKind::Categories(_) | NodeKind::Fact(_) => true,
            NodeKind::Call(bound) => {
                matches!(bound.work, Work::Session(_) | Work::Facts { .. }) || self.views.contains_key(&n)
            }
        };
        let region = needed(root, |n| if is_column(n) { &[] } else { nodes[n].inputs.as_slice() });
        let columns = region.into_iter().filter(|&n| is_column(n)).collect::<Vec<_>>();
        // The condition is known on all rows; where the expression repeats it, it is meant over the rows that are kept.
        let inputs = [condition].into_iter().chain(columns.iter().copied()).collect::<Vec<_>>();
        let (x, rows) = (&nodes[root].canonical, &nodes[condition].canonical);
        if x.len() + rows.len() > MAX_CANONICAL {
            return Err(TooLong);
        }
        let canonical = format!("{}@{}({x},where={rows})", ROWS.name, ROWS.version).into();
        let (computation, in_rows) = OverRows::new(nodes, root, &columns);
        // So many rows can be any number of sessions; the row itself is none of them.
        let own = if in_rows == LookBack::Sessions(0) { in_rows } else { LookBack::Recursive };
        let inner = inputs.iter().map(|&input| nodes[input].look_back).max();
        let look_ahead = inputs.iter().map(|&input| nodes[input].look_ahead).max().unwrap_or(0);
        let bound = if let LookBack::Sessions(look_back @ 1..) = in_rows {
            Bound::recursive(Windowed { expression: computation, look_back })
        } else {
            let earlier = Earlier::none(columns.len());
            Bound::instrument(own, move |inputs, sessions, out| {
                computation.run(&earlier, inputs, sessions, out);
            })
        };
        let node = self.graph.add(Node {
            look_back: inner.map_or(own, |inner| own.after(inner)),
            look_ahead,
            value_type: bound.output,
            inputs,
            canonical,
            kind: NodeKind::Call(Arc::new(bound)),
        });
        self.views.entry(node).or_insert(View { root, condition });
        Ok(node)
    }

    /// The node of a name in a view, if it is `node` elsewhere.
    pub(super) fn named_in_view(
        &self,
        context: &Context<'_>,
        name: &str,
        node: usize,
        span: TextSpan,
    ) -> Result<usize, FeatureError> {
        let Some(counting) = context.rows else { return Ok(node) };
        let same = |n: usize| self.views.get(&n).filter(|view| view.condition == counting.condition);
        let nodes = self.graph.nodes();
        let order = needed(node, |n| match same(n) {
            Some(view) => std::slice::from_ref(&view.root),
            None => nodes[n].inputs.as_slice(),
        });
        let fault = |message: String, help: &str| Err(context.error(Fault::new(span, message).help(help)));
        for n in order {
            if self.views.contains_key(&n) && same(n).is_none() {
                return fault(format!("`{name}` counts the rows of another condition"), counting.by.help());
            }
            if nodes[n].look_ahead > 0 {
                return fault(format!("`{name}` looks ahead"), AHEAD);
            }
            if counting.by == By::Call && is_cross_section(&nodes[n]) {
                return fault(format!("`{name}` compares instruments, which `Rows` can't"), AROUND);
            }
        }
        Ok(same(node).map_or(node, |view| view.root))
    }
}

const AROUND: &str = "put the cross-section around it, as in `CsRank(Rows(x, $volume > 0))`; or write the expression into \
                      a file whose key `rows` holds the condition";
const AHEAD: &str = "rows ahead can be any number of sessions, which no training window could be purged by; look ahead \
                     outside of the view";

impl Context<'_> {
    /// Whether a call may stand in a view.
    pub(super) fn check_in_view(
        &self,
        call: &Call,
        span: TextSpan,
        bound: &Bound,
    ) -> Result<(), FeatureError> {
        let Some(counting) = self.rows else { return Ok(()) };
        let fault = if bound.look_ahead > 0 {
            Fault::new(span, format!("`{}` looks ahead by rows, not sessions", call.name)).help(AHEAD)
        } else if counting.by == By::Call && matches!(bound.work, Work::Session(_)) {
            let message = format!("`{}` compares instruments, which `Rows` can't", call.name);
            Fault::new(span, message).help(AROUND)
        } else {
            return Ok(());
        };
        Err(self.error(fault))
    }

    /// Why a view can't begin here, if there is one around already.
    pub(super) fn check_nesting(&self, call: &Call) -> Result<(), FeatureError> {
        if self.periods {
            let message = format!("`{}` counts sessions, but what stands in `P` has periods", call.name);
            let fault =
                Fault::new(call.name_span, message).help("put it outside: `Rows(P($$eps_q), $volume > 0)`");
            return Err(self.error(fault));
        }
        let Some(Counting { by, .. }) = self.rows else { return Ok(()) };
        let message = match by {
            By::Call => format!("`{}` stands in another one", call.name),
            By::Entry => format!("`{}` stands in an entry that counts rows already", call.name),
        };
        Err(self.error(Fault::new(call.name_span, message).help(by.help())))
    }
}

impl By {
    fn help(self) -> &'static str {
        match self {
            Self::Call => "leave one of them out, or join both conditions with `&`",
            Self::Entry => "say `rows: all` at the entry, or leave out one of them",
        }
    }
}

fn is_cross_section(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Call(bound) if matches!(bound.work, Work::Session(_)))
}
