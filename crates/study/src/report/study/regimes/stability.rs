//! The section about stability: whether states keep their meaning from fit to fit.

use backstaff_report::{Chart, Column, Date, Details, Format, Line, Lines, Section, Stroke, Table, cells};

use crate::{
    flow::results::{FollowedInstrument, FollowedRegimes},
    report::series,
};

pub(super) fn section(regimes: &FollowedRegimes) -> Section {
    let mut section = Section::new("stability", "Stability").intro(
        "A state that means something keeps its mean and its spread from fit to fit, lasts longer than a few sessions, and \
         is not renamed at every turn.",
    );
    section = section.block(table(regimes));
    for (number, instrument) in regimes.instruments.iter().enumerate() {
        let (deviations, means) = (chart(instrument, true), chart(instrument, false));
        section = if number == 0 {
            section.block(deviations).block(means)
        } else {
            let title = format!("States of {} over its fits", instrument.name);
            section.block(Details::new(title).block(deviations).block(means))
        };
    }
    section
}

fn table(regimes: &FollowedRegimes) -> Table {
    let mut table = Table::new("Fits and what became of the states")
        .column(Column::text("Instrument"))
        .column(Column::integer("Fits"))
        .column(Column::percent("Converged", 0))
        .column(Column::percent("Sound", 0).note("no state is empty or clings to values that hardly differ"))
        .column(Column::number("Iterations", 0).note("mean"))
        .column(Column::percent("Renamed", 0).note("states that have another name than at the fit before"))
        .column(
            Column::percent("Deviations move", 0)
                .note("median change of a state's deviation from fit to fit"),
        )
        .column(Column::integer("Changes").note("sessions with another regime than the one before"))
        .column(Column::number("Sessions a regime", 1).note("mean length of a run of one regime"));
    for instrument in &regimes.instruments {
        let fits = &instrument.history.fits;
        let n = fits.len().max(1) as f64;
        let share = |count: usize| count as f64 / n;
        let pairs =
            || fits.windows(2).flat_map(|pair| (0..pair[1].labels.len()).map(move |state| (pair, state)));
        let renamed =
            pairs().filter(|(pair, state)| pair[0].labels[*state] != pair[1].labels[*state]).count();
        let moves =
            pairs().map(|(pair, state)| (pair[1].deviations[state] / pair[0].deviations[state] - 1.0).abs());
        let runs = instrument.runs();
        let lengths = runs.iter().map(|run| run.len() as f64).collect::<Vec<_>>();
        let iterations = fits.iter().map(|fit| fit.iterations as f64).sum::<f64>() / n;
        table = table.row(cells![
            instrument.name.as_str(),
            fits.len(),
            share(fits.iter().filter(|fit| fit.converged).count()),
            share(fits.iter().filter(|fit| fit.is_sound).count()),
            iterations,
            renamed as f64 / pairs().count().max(1) as f64,
            backstaff_statistics::median(&moves.collect::<Vec<_>>()),
            runs.len().saturating_sub(1),
            series::mean(&lengths),
        ]);
    }
    table
}

fn chart(instrument: &FollowedInstrument, deviations: bool) -> Chart {
    let fits = &instrument.history.fits;
    let date = |text: &str| text.parse().map_or(Date(0), crate::words::date);
    let mut lines = Lines::by_date(fits.iter().map(|fit| date(&fit.session)), Format::Percent(2));
    for state in 0..fits.first().map_or(0, |fit| fit.labels.len()) {
        let values = fits.iter().map(|fit| if deviations { fit.deviations[state] } else { fit.means[state] });
        lines = lines.line(Line::new(format!("state {state}"), values.collect()).stroke(Stroke::Step));
    }
    let what = if deviations { "standard deviation" } else { "mean" };
    Chart::new(format!("{}: {what} of each state, fit by fit", instrument.name), lines)
        .note("Of what is observed first, a bar.")
        .height(200)
}
