//! The report of a study: its results, and the reasons to doubt them.
//!
//! Everything here is a function of [`Results`] alone: no clock, no files, no machine. One file a section; to add a
//! section, a file with `section(...)` and a line in [`compose`]; the smallest to imitate is `lineage.rs`.

mod account;
mod as_qlib;
mod caveats;
mod data;
mod drawn;
mod holdings;
mod importance;
mod lineage;
mod matches;
mod models;
pub mod numbers;
mod performance;
mod portfolio_line;
mod published;
mod quantiles;
pub(crate) mod regimes;
mod signal;
mod stress;
mod summary;
mod survivorship;
#[cfg(test)]
mod testing;
mod trading;
mod verdict;
mod yardstick;
mod years;

use backstaff_panel::Execution;
use backstaff_report::{Caveat, Format, Report};

use self::{account::Accounts, verdict::Verdict};
use crate::{
    config::{Config, GivenWeights, RulesSpec, ScoreStrategy, StrategySpec, TopkDropoutSpec},
    flow::results::Results,
    report::charts::TIME,
    words,
};

/// Compose the report of a study: a function of its results alone, so that equal results give equal bytes.
pub(crate) fn compose(results: &Results) -> Report {
    let accounts = Accounts::of(results);
    let verdict = Verdict::of(results, &accounts);
    let title = if results.config.about.is_empty() { &results.config.name } else { &results.config.about };
    let mut report = Report::new(first_sentence(title))
        .subtitle(subtitle(results, &accounts))
        .headline(verdict.sentence.clone());
    for banner in banners(results) {
        report = report.banner(banner);
    }
    report = report
        .section(summary::section(results, &accounts, &verdict))
        .section(performance::section(results, &accounts));
    if !results.evaluations.is_empty() {
        report = report.section(signal::section(results));
    }
    report = report
        .section(stress::section(&accounts))
        .section(trading::section(&accounts))
        .section(holdings::section(&accounts));
    if !results.config.models.is_empty() {
        report = report.section(models::section(results));
    }
    for section in regimes::sections(results, accounts.sessions_per_year()) {
        report = report.section(section);
    }
    report.section(data::section(results, &accounts)).section(lineage::section(results))
}

/// The warnings above all sections: features that know the future, and libraries with known flaws.
fn banners(results: &Results) -> Vec<Caveat> {
    let flawed = results.known_flaws.iter().map(|(library, flaws)| {
        let text = format!(
            "It repeats somebody else's definitions so that programs can be compared, not so that results can be \
             believed: {}",
            flaws.join(" ")
        );
        Caveat::warning(format!("The library {library} has known flaws"), text)
    });
    suspicion(results).into_iter().chain(flawed).collect()
}

/// The warning of columns that foresee a coming return beyond belief; `None` without any.
fn suspicion(results: &Results) -> Option<Caveat> {
    if results.suspects.is_empty() {
        return None;
    }
    let columns = results.suspects.iter();
    let columns = columns.map(|suspect| format!("`{}` ({})", suspect.column, suspect.measured()));
    let (foresees, it, values, column) = match results.suspects.len() {
        1 => ("foresees", "It has", "a value that the data file holds", "the column"),
        _ => ("foresee", "They have", "values that the data file holds", "the columns"),
    };
    let text = format!(
        "{} {foresees} a coming return better than anything that is known to work. {it} probably seen it: \
         {values} too early. Every number below that a model had a part in is flattered. Take {column} out, or find out \
         when the values were known.",
        columns.collect::<Vec<_>>().join(", ")
    );
    Some(Caveat::warning("These results are not to be believed", text))
}

fn subtitle(results: &Results, accounts: &Accounts<'_>) -> String {
    let Config { name, portfolio, .. } = &results.config;
    let strategy = match &portfolio.strategy {
        StrategySpec::Scores(ScoreStrategy::TopkDropout(TopkDropoutSpec { k, n_drop, .. })) => {
            format!("the {k} best, {n_drop} replaced at most")
        }
        StrategySpec::Scores(ScoreStrategy::TopN(top)) => match top.keep {
            Some(keep) => format!("the {} best, kept to rank {keep}", top.n),
            None => format!("the {} best", top.n),
        },
        StrategySpec::Scores(ScoreStrategy::QuantileLongShort { quantile, .. }) => {
            format!("the best {} long, the worst short", words::percent(*quantile, 0))
        }
        StrategySpec::Weights(GivenWeights::Instruments(weights)) => {
            format!("given weights of {}", words::count(weights.len(), "instrument"))
        }
        StrategySpec::Weights(GivenWeights::Expression(text)) => format!("weights {text}"),
        StrategySpec::Weights(GivenWeights::File(table)) => format!("weights of {}", table.path.display()),
        StrategySpec::Regimes(template) => match &results.regimes {
            Some(regimes) => format!("{} · {}", template.name(), regimes.setting),
            None => template.name().to_owned(),
        },
    };
    let execution = match portfolio.execution {
        Execution::Open => "next open",
        Execution::Close => "next close",
    };
    let shown = |bps: f64| words::shown(bps, Format::Text);
    let costs = match &portfolio.rules {
        None => format!("{} bp a side", shown(portfolio.costs.commission_bps + portfolio.costs.slippage_bps)),
        Some(RulesSpec::Qlib(spec)) => {
            format!(
                "Qlib's rules, {} and {} bp a side",
                shown(spec.open_cost * 1e4),
                shown(spec.close_cost * 1e4)
            )
        }
    };
    let span = accounts.all().first().and_then(|account| {
        let (first, last) = (account.sessions().first()?, account.sessions().last()?);
        Some(format!("tested {first} to {last} · "))
    });
    let profile =
        results.config.profile.as_ref().map_or(String::new(), |profile| format!(" · profile {profile}"));
    format!(
        "{name} · {} · {}{strategy} · {execution} · {costs}{profile}",
        words::count(results.panel.axis().n_instruments(), "instrument"),
        span.unwrap_or_default(),
    )
}

/// The first sentence of a text without its full stop, since a title has room for one.
fn first_sentence(text: &str) -> String {
    let text = words::sentences(text);
    let end = text.find(". ").map_or(text.len(), |at| at + 1);
    text[..end].trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{testing::Made, *};

    fn page(made: &Made) -> String {
        let report = compose(&made.results());
        report.body().unwrap().page(&backstaff_report::Section::new("run", "Run")).unwrap()
    }

    #[test]
    fn the_page_can_be_made_and_is_the_same_each_time() {
        let made = Made::default();
        assert_eq!(page(&made), page(&made));
    }

    #[test]
    fn every_section_is_there_and_none_is_empty() {
        let report = compose(&Made::default().results());
        let ids = report.sections.iter().map(|section| section.id.as_str()).collect::<Vec<_>>();
        assert_eq!(
            ids,
            [
                "summary",
                "performance",
                "signal",
                "stress",
                "trading",
                "holdings",
                "models",
                "data",
                "lineage"
            ]
        );
        assert!(report.sections.iter().all(|section| !section.blocks.is_empty()));
    }

    #[test]
    fn noise_is_no_evidence_and_has_no_banner() {
        let report = compose(&Made::default().results());
        assert!(report.headline.unwrap().starts_with("**No evidence**"));
        assert!(report.banners.is_empty());
    }

    #[test]
    fn a_suspect_has_a_banner_that_names_it() {
        let report =
            compose(&Made { suspects: true, drift: 0.01, rank_ic: 0.3, ..Made::default() }.results());
        assert!(report.headline.unwrap().starts_with("**Not credible**"));
        assert!(report.banners[0].text.contains("`vendor_score`"));
    }

    #[test]
    fn a_long_and_short_portfolio_is_judged_by_its_alpha() {
        let results = Made { long_short: true, ..Made::default() }.results();
        assert!(compose(&results).headline.unwrap().contains("Alpha of its long and short portfolio"));
        let accounts = Accounts::of(&results);
        let alpha = accounts.primary_excess().unwrap().measure("alpha_t");
        assert_eq!(Verdict::of(&results, &accounts).evidence.excess_t, alpha);
    }

    #[test]
    fn skill_that_scores_and_portfolio_share_is_evidence() {
        let report = compose(&Made { drift: 0.0006, rank_ic: 0.05, ..Made::default() }.results());
        assert!(report.headline.unwrap().starts_with("**Evidence** "));
    }

    #[test]
    fn a_result_beyond_belief_is_not_credible_whatever_its_t() {
        let report = compose(&Made { drift: 0.003, rank_ic: 0.05, ..Made::default() }.results());
        let headline = report.headline.unwrap();
        assert!(headline.starts_with("**Not credible**") && headline.contains("beyond belief"), "{headline}");
    }

    #[test]
    fn a_report_can_be_made_of_what_little_there_is() {
        let mut results = Made::default().results();
        results.backtests.clear();
        results.evaluations.clear();
        results.fits.clear();
        results.folds.clear();
        let report = compose(&results);
        assert!(report.headline.as_ref().unwrap().starts_with("**No evidence**"));
        assert!(report.body().is_ok());
        let mut results = Made::default().results();
        results.backtests.truncate(2);
        assert!(compose(&results).body().is_ok());
    }

    #[test]
    fn titles_end_with_the_first_sentence() {
        assert_eq!(first_sentence("One.  Two."), "One");
        assert_eq!(first_sentence("At 5.5 bp\na side? Yes"), "At 5.5 bp a side? Yes");
    }
}
