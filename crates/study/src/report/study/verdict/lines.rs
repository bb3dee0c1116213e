//! The verdict in two short lines, for whoever reads nothing else.

use super::{Evidence, Level, sentence::Asked};
use crate::{report::study::yardstick::Yardstick, words};

/// What the study shows, and the number that decides.
pub(super) fn lines(level: Level, evidence: &Evidence, asked: &Asked) -> [String; 2] {
    let first = match evidence.reasons().into_iter().next() {
        Some(reason) => format!("{}: {}", level.title(), reason.replace('`', "")),
        None => format!("{}.", asked.claim(level).replace(['*', '`'], "")),
    };
    let second = match level {
        Level::NotJudged => "No number below says anything before the data are mended.".to_owned(),
        Level::NotCredible => "No number below says anything about skill.".to_owned(),
        _ if evidence.idle.is_some() => "No return is ascribed to these scores.".to_owned(),
        _ => measured(evidence),
    };
    [first, second]
}

/// The number that decides, after costs, and how well the scores rank.
fn measured(evidence: &Evidence) -> String {
    if !evidence.excess.is_finite() {
        return "Its excess is not defined.".to_owned();
    }
    let what = match evidence.book.yardstick {
        Yardstick::Excess => "Excess".to_owned(),
        Yardstick::Alpha(_) => format!("Alpha (beta {})", words::number(evidence.book.beta, 2)),
    };
    let (from, to) = evidence.interval();
    let rank_ic = if evidence.is_scored {
        format!(
            "; rank IC {} (t {})",
            words::number(evidence.rank_ic, 4),
            words::number(evidence.rank_ic_t, 2)
        )
    } else {
        String::new()
    };
    format!(
        "{what} after costs {} a year, 95% from {} to {}, t {}{rank_ic}.",
        words::difference(evidence.excess, 1),
        words::percent(from, 1),
        words::percent(to, 1),
        words::number(evidence.excess_t, 2),
    )
}

#[cfg(test)]
mod tests {
    use super::{
        super::{sentence::Subject, testing::luck},
        *,
    };
    use crate::report::study::account::Benchmark;

    fn asked() -> Asked {
        let what = Subject { noun: "the scores of `m`".to_owned(), earn: "earn" };
        Asked { what, benchmark: Benchmark::EqualWeight }
    }

    #[test]
    fn two_lines_say_what_and_how_much() {
        let [first, second] = lines(Level::None, &luck(), &asked());
        assert_eq!(first, "No evidence that the scores of m earn more than holding everything.");
        assert!(second.starts_with("Excess after costs +1.0% a year, 95% from "), "{second}");
        assert!(second.contains(", t 0.50; rank IC "), "{second}");
        assert!(first.len() < 100 && second.len() < 110, "{first}\n{second}");
    }

    #[test]
    fn the_gravest_reason_stands_first() {
        let evidence = Evidence { unsound: vec!["`A` is broken".to_owned()], ..luck() };
        let [first, second] = lines(Level::NotJudged, &evidence, &asked());
        assert_eq!(first, "Not judged: the data: A is broken");
        assert!(second.contains("before the data are mended"));
        let evidence = Evidence { idle: Some("scores tie".to_owned()), ..luck() };
        let [first, second] = lines(Level::None, &evidence, &asked());
        assert_eq!(
            (first.as_str(), second.as_str()),
            ("No evidence: scores tie", "No return is ascribed to these scores.")
        );
    }
}
