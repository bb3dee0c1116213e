//! Caveats: the limits of the results, derived from the data and the results themselves.
//!
//! To add one: a function from [`Case`] to a caveat (or none where it doesn't apply) and its line in [`ALL`]; the
//! smallest to imitate is [`data::drop_rows`].

mod data;
mod portfolio;
mod published;
mod regimes;
mod test;

use backstaff_report::Caveat;

use super::{account::Accounts, verdict::Verdict};
use crate::flow::results::Results;

/// The facts that caveats are derived from.
#[derive(Clone, Copy)]
struct Case<'a> {
    results: &'a Results,
    accounts: &'a Accounts<'a>,
    verdict: &'a Verdict,
}

/// All caveats there are, by theme; a report shows the gravest first.
const ALL: [fn(Case<'_>) -> Option<Caveat>; 38] = [
    test::disagreement,
    portfolio::ruin,
    data::survivorship,
    data::suspected,
    data::undated,
    data::static_categories,
    published::stated_lags,
    data::reading,
    data::broken,
    data::excluded,
    data::drop_rows,
    data::thin_sessions,
    data::jumps,
    data::empty_features,
    data::partial_windows,
    test::short,
    test::incomplete_year,
    test::several_models,
    test::late_start,
    test::warm_up,
    test::without_split,
    test::ties,
    test::stumps,
    test::pressed,
    regimes::constant,
    regimes::several_settings,
    regimes::unconverged,
    portfolio::qlib,
    portfolio::free,
    portfolio::costs,
    portfolio::delay,
    portfolio::small_universe,
    portfolio::by_alpha,
    portfolio::exchange,
    portfolio::rules,
    portfolio::delistings,
    portfolio::impact,
    portfolio::cash,
];

/// The caveats that apply, the gravest first.
pub(super) fn of(results: &Results, accounts: &Accounts<'_>, verdict: &Verdict) -> Vec<Caveat> {
    let case = Case { results, accounts, verdict };
    let mut caveats = ALL.iter().filter_map(|caveat| caveat(case)).collect::<Vec<_>>();
    caveats.sort_by_key(|caveat| std::cmp::Reverse(caveat.severity));
    caveats
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    fn titles(made: &Made) -> Vec<String> {
        let results = made.results();
        let accounts = Accounts::of(&results);
        let verdict = Verdict::of(&results, &accounts);
        of(&results, &accounts, &verdict).into_iter().map(|caveat| caveat.title).collect()
    }

    fn text(made: &Made, title: &str) -> String {
        let results = made.results();
        let accounts = Accounts::of(&results);
        let verdict = Verdict::of(&results, &accounts);
        let found = of(&results, &accounts, &verdict).into_iter().find(|caveat| caveat.title == title);
        found.unwrap_or_else(|| panic!("no caveat {title:?}")).text
    }

    #[test]
    fn survivors_only_are_named_with_the_gap_to_the_index() {
        let survivors = Made { survivors: true, ..Made::default() };
        assert!(text(&survivors, "Survivors only").contains("less the index"));
        assert!(!titles(&Made::default()).contains(&"Survivors only".to_owned()));
    }

    #[test]
    fn ends_that_the_table_does_not_state_are_counted() {
        let made = |delisted| Made { delisted, ..Made::default() };
        let title = "Ends that nobody states";
        let told = text(&made(Some("A")), title);
        assert!(told.contains("names 0 of the 1 instrument whose rows end"), "{told}");
        for silent in [None, Some("C")] {
            assert!(!titles(&made(silent)).contains(&title.to_owned()), "{silent:?}");
        }
    }

    #[test]
    fn the_gravest_come_first() {
        let results = Made { survivors: true, ..Made::default() }.results();
        let accounts = Accounts::of(&results);
        let severities =
            of(&results, &accounts, &Verdict::of(&results, &accounts)).into_iter().map(|c| c.severity);
        assert!(severities.is_sorted_by(|a, b| a >= b));
    }

    #[test]
    fn a_gain_without_rank_ic_trips_an_alarm() {
        let odd = Made { drift: 0.002, rank_ic: -0.03, ..Made::default() };
        assert_eq!(titles(&odd)[0], "Portfolio and scores disagree");
        let plain = Made { drift: 0.002, rank_ic: 0.03, ..Made::default() };
        assert!(!titles(&plain).contains(&"Portfolio and scores disagree".to_owned()));
    }

    #[test]
    fn a_model_that_learned_next_to_nothing_is_named() {
        let text = text(&Made { best_round: 1, ..Made::default() }, "Models that learned little");
        assert!(text.contains("`trees`") && text.contains("2 of 2 fits"), "{text}");
        assert!(!titles(&Made::default()).contains(&"Models that learned little".to_owned()));
    }

    #[test]
    fn readers_of_a_category_are_found_through_other_features() {
        assert!(text(&Made::default(), "Categories without history").contains("Read by `z`, `zz`."));
    }

    #[test]
    fn what_the_data_lack_is_counted() {
        let made = Made::default();
        assert!(text(&made, "No date of entry").contains("1 of 3 instruments"));
        assert!(text(&made, "Categories without history").contains("`sector`"));
        assert!(text(&made, "Instruments left out").contains("`BAD`"));
        assert!(text(&made, "Rows dropped by hand").contains("1 row"));
        assert!(text(&made, "Features that say nothing").contains("`zz`"));
        assert!(text(&made, "Windows that begin before the data").contains("10% of those of `z`"));
        assert!(titles(&made).contains(&"Short test".to_owned()));
    }
}
