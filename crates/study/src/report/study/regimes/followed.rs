//! The regimes of each instrument over time, and its last fitted model.

use backstaff_regime::RegimeKind;
use backstaff_report::{
    Align, Band, Block, Chart, Colour, Column, Details, Format, Line, Lines, Scale, Section, Stroke, Table,
    cells,
};

use super::{TIME, dates};
use crate::{
    flow::results::{FollowedInstrument, FollowedRegimes},
    words::stay,
};

/// The most bands of a chart: more would be too thin to see.
const MOST_BANDS: usize = 400;

pub(super) fn section(regimes: &FollowedRegimes) -> Section {
    let mut section = Section::new("regimes", "Regimes").intro(
        "The likeliest regime at each close, by what was known then (filtered). Later bars never change it.",
    );
    section = section.block(latest(regimes));
    let n_bars = regimes.setting.look_back;
    for (number, instrument) in regimes.instruments.iter().enumerate() {
        let blocks = [price(instrument).into(), probabilities(instrument).into()];
        if number == 0 {
            section = blocks.into_iter().fold(section, |section, block: Block| section.block(block));
            section = section
                .block(Block::Beside(model(instrument, n_bars).into_iter().map(Block::from).collect()));
        } else {
            let mut details = Details::new(format!("Regimes of {}", instrument.name));
            details = blocks.into_iter().fold(details, |details, block: Block| details.block(block));
            section = section.block(
                details
                    .block(Block::Beside(model(instrument, n_bars).into_iter().map(Block::from).collect())),
            );
        }
    }
    section
}

fn latest(regimes: &FollowedRegimes) -> Table {
    let mut table = Table::new("At the last session")
        .column(Column::text("Instrument"))
        .column(Column::date("Session"))
        .column(Column::text("Regime"))
        .column(Column::text("State"))
        .column(Column::percent("Confidence", 0))
        .column(Column::integer("Sessions").note("for how many it has been the likeliest"))
        .column(Column::percent("Leaving", 1).note("probability of another regime in the next session"))
        .column(
            Column::percent("Expected return", 2)
                .note("of the next session, in the unit of what is observed"),
        )
        .column(Column::percent("Expected volatility", 2).note("the same"));
    for instrument in &regimes.instruments {
        let history = &instrument.history;
        let Some(row) = instrument.sessions.len().checked_sub(1) else { continue };
        table = table.row(cells![
            instrument.name.as_str(),
            crate::words::date(instrument.sessions[row]),
            history.kind_of(row).map(|kind| kind.to_string()).unwrap_or_default(),
            history.label(row).unwrap_or_default(),
            history.confidence[row],
            usize::try_from(history.age[row]).unwrap_or_default(),
            history.leaving[row],
            history.expected_return[row],
            history.expected_volatility[row],
        ]);
    }
    table
}

fn price(instrument: &FollowedInstrument) -> Chart {
    let first = instrument.history.first().unwrap_or_default();
    let mut lines = Lines::by_date(dates(&instrument.sessions[first..]), Format::Number(2))
        .scale(Scale::Log)
        .group(TIME)
        .line(Line::new(instrument.name.as_str(), instrument.close[first..].to_vec()));
    let runs = instrument.runs();
    let told = runs.iter().filter_map(|run| {
        let colour = match instrument.history.kind_of(run.start)? {
            RegimeKind::Bull => Colour::Positive,
            RegimeKind::Sideways => return None,
            RegimeKind::Bear | RegimeKind::Crisis => Colour::Negative,
        };
        Some((run, colour))
    });
    let mut told = told.collect::<Vec<_>>();
    // The longest runs are kept, and drawn in the order of time.
    told.sort_by_key(|(run, _)| std::cmp::Reverse(run.len()));
    told.truncate(MOST_BANDS);
    told.sort_by_key(|(run, _)| run.start);
    for (run, colour) in told {
        let day = |row: usize| f64::from(instrument.sessions[row].number());
        lines = lines.band(Band { span: (day(run.start), day(run.end - 1)), name: String::new(), colour });
    }
    Chart::new(format!("{}: price and filtered regimes", instrument.name), lines)
        .note("Green: Bull. Red: Bear or Crisis. White: Sideways. Logarithmic.")
        .height(280)
}

fn probabilities(instrument: &FollowedInstrument) -> Chart {
    let history = &instrument.history;
    let first = history.first().unwrap_or_default();
    // The numbers of states are no order, so their hues are not those of one; they stay the same in all charts.
    let mut lines = Lines::by_date(dates(&instrument.sessions[first..]), Format::Percent(0)).group(TIME);
    for (state, values) in history.probabilities.iter().enumerate() {
        let line = Line::new(format!("state {state}"), values[first..].to_vec());
        lines = lines.line(line.stroke(Stroke::Step));
    }
    Chart::new(format!("{}: filtered probability of each state", instrument.name), lines)
        .note(
            "A state keeps its number from fit to fit: it is matched to the nearest one of the model before.",
        )
        .height(180)
}

/// The last fitted model of an instrument, which saw `n_bars` at most: its transitions, and the facts of its states.
fn model(instrument: &FollowedInstrument, n_bars: usize) -> Vec<Table> {
    let Some(fit) = instrument.history.fits.last() else { return Vec::new() };
    let names = fit.labels.iter().enumerate().map(|(state, label)| format!("{state} {label}"));
    let names = names.collect::<Vec<_>>();
    let rows = names.iter().cloned().zip(fit.transition.iter().cloned());
    let transition = Table::matrix(
        format!("{}: transitions of the model of {}", instrument.name, fit.session),
        "From",
        names.iter().map(|name| format!("to {name}")),
        rows,
        Format::Percent(1),
    );
    let mut states =
        Table::new(format!("{}: its states", instrument.name))
            .column(Column::text("State"))
            .column(Column::percent("Mean", 3).note("of what is observed first, a bar"))
            .column(Column::percent("Deviation", 2).note("the same"))
            .column(Column::text("Lasts").align(Align::Right).note(
                "expected bars, 1 / (1 − probability of staying); never more than the bars of the fit",
            ));
    for (state, name) in names.iter().enumerate() {
        let lasts = stay(fit.durations[state], n_bars);
        states = states.row(cells![name.as_str(), fit.means[state], fit.deviations[state], lasts]);
    }
    vec![transition, states]
}
