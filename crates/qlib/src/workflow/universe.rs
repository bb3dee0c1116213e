//! The instruments of a workflow: a market's name, a list, or a market with filters.

use backstaff_study::config::{
    Problem,
    document::{Node, Tree},
};

use super::{
    dates::{Span, date_of},
    instance::Place,
};

/// The instruments of a workflow.
#[derive(Clone, Debug, PartialEq)]
pub struct Universe {
    /// Where they are listed.
    pub listed: Listed,
    /// What leaves some of them out, in order.
    pub filters: Vec<Filter>,
}

/// Where instruments are listed.
#[derive(Clone, Debug, PartialEq)]
pub enum Listed {
    /// In the file `instruments/NAME.txt` of the provider, with the spans in which each belongs to the market.
    Market(String),
    /// By name, for all sessions.
    Names(Vec<String>),
}

/// What leaves instruments out.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Names that a regular expression does not match at their beginning.
    Name {
        /// The regular expression.
        rule: String,
        /// The dates between which it is asked.
        span: Span,
    },
    /// Sessions in which a condition does not hold.
    Expression {
        /// The condition.
        rule: String,
        /// The dates between which it is asked; outside of them everything passes.
        span: Span,
    },
}

/// What stands under `instruments`.
pub(super) fn universe(place: &Place<'_>, filters: Option<&Place<'_>>) -> Result<Universe, Problem> {
    let mut all = Vec::new();
    let listed = match &place.node.value {
        Tree::Scalar(scalar) => Listed::Market(scalar.text.clone()),
        Tree::List(items) => Listed::Names(
            items
                .iter()
                .map(|item| {
                    item.as_text().map(str::to_owned).ok_or_else(|| place.problem("must be a list of names"))
                })
                .collect::<Result<_, _>>()?,
        ),
        Tree::Map(_) => {
            let market = place.node.get("market").and_then(Node::as_text).unwrap_or("all");
            if let Some(filters) = place.get("filter_pipe") {
                all.extend(filters.items().iter().map(filter).collect::<Result<Vec<_>, _>>()?);
            }
            Listed::Market(market.to_owned())
        }
        Tree::Null => Listed::Market("all".to_owned()),
    };
    if let Some(filters) = filters {
        all.extend(filters.items().iter().map(filter).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(Universe { listed, filters: all })
}

fn filter(place: &Place<'_>) -> Result<Filter, Problem> {
    // A filter is written as Qlib's `to_config` writes it, or as an object.
    let kwargs = place.get("kwargs").unwrap_or_else(|| place.clone());
    let kind = place.node.get("filter_type").or_else(|| place.node.get("class")).and_then(Node::as_text);
    let span = Span {
        from: date_of(&kwargs, "filter_start_time")?.or(date_of(&kwargs, "fstart_time")?),
        to: date_of(&kwargs, "filter_end_time")?.or(date_of(&kwargs, "fend_time")?),
    };
    let text = |key: &str| kwargs.node.get(key).and_then(Node::as_text).map(str::to_owned);
    match kind {
        Some("NameDFilter") => {
            let rule = text("name_rule_re").ok_or_else(|| kwargs.problem("needs `name_rule_re`"))?;
            Ok(Filter::Name { rule, span })
        }
        Some("ExpressionDFilter") => {
            let rule = text("rule_expression").ok_or_else(|| kwargs.problem("needs `rule_expression`"))?;
            // `keep` is about instruments without bars, which have no row in either case.
            Ok(Filter::Expression { rule, span })
        }
        other => Err(place.problem(format!(
            "there is no filter `{}` here (known: NameDFilter, ExpressionDFilter)",
            other.unwrap_or("without a name")
        ))),
    }
}
