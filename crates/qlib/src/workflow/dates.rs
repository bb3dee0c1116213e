//! Dates and spans of dates.

use backstaff_panel::Session;
use backstaff_study::config::{
    Problem,
    document::{Node, Tree},
};

use super::instance::Place;

/// A span of dates, both inclusive; an end that is absent is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first date.
    pub from: Option<Session>,
    /// The last date.
    pub to: Option<Session>,
}

impl Span {
    /// Whether a date lies in the span.
    pub fn contains(&self, session: Session) -> bool {
        self.from.is_none_or(|from| from <= session) && self.to.is_none_or(|to| session <= to)
    }
}

/// A date as Qlib's files write it: `2015-01-01`, perhaps with a time of the day, or `20150101`; `None` where it is null.
pub(super) fn date(place: &Place<'_>) -> Result<Option<Session>, Problem> {
    let text = match &place.node.value {
        Tree::Null => return Ok(None),
        _ => place.node.as_text().ok_or_else(|| place.problem("must be a date, as in `2015-01-01`"))?,
    };
    if matches!(text, "None" | "null" | "") {
        return Ok(None);
    }
    let day = text.split([' ', 'T']).next().unwrap_or(text);
    let dashed = match day.len() {
        8 if day.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..])
        }
        _ => day.replace('/', "-"),
    };
    dashed.parse().map(Some).map_err(|error| place.problem(format!("{text:?} is no date: {error}")))
}

/// The date under a key.
pub(super) fn date_of(place: &Place<'_>, key: &str) -> Result<Option<Session>, Problem> {
    place.get(key).map_or(Ok(None), |place| date(&place))
}

/// `[from, to]`.
pub(super) fn span(place: &Place<'_>) -> Result<Span, Problem> {
    let Tree::List(items) = &place.node.value else {
        return Err(place.problem("must be two dates, as in `[2015-01-01, 2016-12-31]`"));
    };
    let [from, to] = items.as_slice() else {
        return Err(place.problem("must be two dates, as in `[2015-01-01, 2016-12-31]`"));
    };
    let at = |node: &Node, n: usize| date(&Place { key: format!("{}[{n}]", place.key), node: &node.clone() });
    let span = Span { from: at(from, 0)?, to: at(to, 1)? };
    match (span.from, span.to) {
        (Some(from), Some(to)) if from > to => {
            Err(place.problem(format!("ends on {to}, before it begins on {from}")))
        }
        _ => Ok(span),
    }
}
