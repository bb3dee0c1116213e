//! What the terminal says, in Qlib's words for Qlib's numbers.

use std::fmt::Write as _;

use backstaff_portfolio::measure::qlib::RiskAnalysis;

use super::measures;
use crate::run::Ran;

/// The results of a run as text.
pub fn text(ran: &Ran) -> String {
    let mut text = String::new();
    if let Some((_, found)) = &ran.analysis {
        for (name, value) in &found.metrics {
            let _ = writeln!(text, "{name:<22} {value:>12.6}");
        }
    }
    if let Some(outcome) = &ran.portfolio {
        let [bench, without, with] = &outcome.risks;
        table(&mut text, "benchmark return(1day)", bench);
        table(&mut text, "the excess return without cost(1day)", without);
        table(&mut text, "the excess return with cost(1day)", with);
        let means = &outcome.means;
        let _ = writeln!(text, "\nThe following are analysis results of indicators(1day).");
        for (name, value) in [("ffr", means.ffr), ("pa", means.pa), ("pos", means.pos)] {
            let _ = writeln!(text, "{name:<18} {value:>12.6}");
        }
    }
    if let Some(passes) = &ran.passes {
        let _ = writeln!(text, "\nOver all passes:");
        for (name, value) in passes {
            let _ = writeln!(text, "{name:<70} {value:>12.6}");
        }
    }
    for caution in &ran.cautions {
        let _ = writeln!(text, "\ncaution: {}: {}", caution.key, caution.message);
    }
    text
}

fn table(text: &mut String, of: &str, risk: &RiskAnalysis) {
    let _ = writeln!(text, "\nThe following are analysis results of {of}.");
    for (name, value) in measures(risk) {
        let _ = writeln!(text, "{name:<18} {value:>12.6}");
    }
}
