//! The section about performance: growth, drawdowns, years and months.

use backstaff_portfolio::measure::{CalendarPeriod, Definition, all};
use backstaff_report::{
    Align, Bars, Block, Cell, Chart, Column, Details, Format, Heat, Lines, Rule, Scale, Section, Stroke,
    Table, cells,
};

use super::{
    TIME,
    account::{Account, Accounts, Benchmark},
    as_qlib, drawn,
    years::{self, YearFacts},
};
use crate::{flow::results::Results, steps::backtest::Holder, words};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// The number of drawdowns that the table lists.
const DRAWDOWNS: usize = 8;

pub(super) fn section(results: &Results, accounts: &Accounts<'_>) -> Section {
    let benchmark = accounts.benchmark_kind();
    let why = match benchmark {
        Benchmark::EqualWeight => "it has the same instruments and the same survivors",
        Benchmark::Constant => "it has the same share of everything, so what is left is timing",
        Benchmark::EqualOfNamed => "it has the same instruments",
    };
    let mut section = Section::new("performance", "Performance").intro(format!(
        "Growth of one unit of money, and how far below its best each portfolio stood. {}, under the same costs, is the \
         first benchmark: {why}.",
        words::capitalised(benchmark.words())
    ));
    section = section.block(growth(accounts));
    let (Some(primary), benchmark) = (accounts.primary(), accounts.benchmark()) else { return section };
    if let Some(benchmark) = benchmark {
        section = section.block(relative(accounts, primary, benchmark));
    }
    section = section
        .block(underwater(accounts, primary))
        .block(Block::Beside(vec![drawdowns(primary).into(), yearly_chart(accounts).into()]))
        .block(yearly(accounts));
    let evaluation = results.primary_evaluation();
    let years = YearFacts::of(primary, benchmark, evaluation);
    section = section.block(years::table(primary, accounts.benchmark_kind().name(), &years));
    for chart in years::rolling_charts(accounts, primary, benchmark) {
        section = section.block(chart);
    }
    section = section.block(monthly(
        &format!("Return of {} by month, after costs", primary.name()),
        &primary
            .period_returns(CalendarPeriod::Month)
            .iter()
            .map(|p| (p.year, p.month, p.value))
            .collect::<Vec<_>>(),
        &primary.period_returns(CalendarPeriod::Year).iter().map(|p| (p.year, p.value)).collect::<Vec<_>>(),
    ));
    if let Some(benchmark) = benchmark {
        section = section.block(monthly_excess(primary, benchmark, accounts.benchmark_kind().name()));
    }
    section = section.block(measures(accounts));
    if let Some(table) = as_qlib::table(results, accounts) {
        section = section.block(table);
    }
    section.block(definitions(accounts))
}

fn growth(accounts: &Accounts<'_>) -> Chart {
    let compared = accounts.compared();
    let dates = compared.first().map(|account| account.dates()).unwrap_or_default();
    let mut lines = Lines::by_date(dates.clone(), Format::Number(2)).scale(Scale::Log).group(TIME);
    for account in compared.into_iter().chain(accounts.primary_at(0, 0)) {
        if account.sessions().len() != dates.len() || *account.holder() == Holder::EqualWeightUnmasked {
            continue;
        }
        lines = lines.line(drawn::line(accounts, account, account.growth()));
    }
    Chart::new("Growth of 1", lines)
        .note(format!(
            "Equity over initial cash, logarithmic. Dashed: without costs. Grey: the {}. Click a name to hide it, drag to \
             zoom.",
            accounts.benchmark_kind().name()
        ))
        .height(360)
}

fn relative(accounts: &Accounts<'_>, primary: &Account<'_>, benchmark: &Account<'_>) -> Chart {
    let ratio = |own: &Account<'_>, other: &Account<'_>| {
        own.growth().iter().zip(other.growth()).map(|(own, other)| own / other).collect::<Vec<_>>()
    };
    let mut lines = Lines::by_date(primary.dates(), Format::Number(3))
        .group(TIME)
        .rule(Rule::new(1.0, accounts.benchmark_kind().name()))
        .line(drawn::line(accounts, primary, ratio(primary, benchmark)));
    let gross = accounts.primary_at(0, 0).zip(accounts.benchmark_gross());
    if let Some((own, other)) = gross.filter(|(own, other)| own.sessions() == other.sessions())
        && own.sessions() == primary.sessions()
    {
        lines = lines.line(drawn::line(accounts, own, ratio(own, other)));
    }
    Chart::new(format!("{} relative to the {}", primary.name(), accounts.benchmark_kind().name()), lines)
        .note("Growth of the portfolio over that of the benchmark, both after costs, and both without.")
        .height(220)
}

fn underwater(accounts: &Accounts<'_>, primary: &Account<'_>) -> Chart {
    let mut lines = Lines::by_date(primary.dates(), Format::Percent(1)).group(TIME);
    let others = [accounts.benchmark(), accounts.index()];
    lines = lines.line(drawn::line(accounts, primary, primary.underwater()).stroke(Stroke::Area));
    for other in others.into_iter().flatten().filter(|other| other.sessions() == primary.sessions()) {
        lines = lines.line(drawn::line(accounts, other, other.underwater()));
    }
    Chart::new("Drawdown", lines).note("Equity over its highest value so far, less one.").height(220)
}

fn drawdowns(account: &Account<'_>) -> Table {
    let mut table = Table::new(format!("The deepest drawdowns of {}", account.name()))
        .column(Column::percent("Depth", 1).heat(Heat::Bar).note("lowest equity / the high before it − 1"))
        .column(Column::date("High"))
        .column(Column::date("Low"))
        .column(Column::date("Recovered"))
        .column(Column::integer("Sessions").note("from the high until it was reached again, or to the end"));
    for drawdown in account.drawdowns().into_iter().take(DRAWDOWNS) {
        table = table.row(cells![
            drawdown.depth,
            words::date(drawdown.peak),
            words::date(drawdown.trough),
            drawdown.recovery.map(words::date),
            drawdown.n_sessions,
        ]);
    }
    table
}

fn yearly_chart(accounts: &Accounts<'_>) -> Chart {
    let compared = yearly_accounts(accounts);
    let years = compared.first().map(|account| years::names(account)).unwrap_or_default();
    let mut bars = Bars::new(years.iter().map(|year| year.1.clone()), Format::Percent(1));
    for account in compared {
        bars = bars.bars(drawn::bars(accounts, account, by_year(account, &years)));
    }
    Chart::new("Return by year, after costs", bars)
}

fn yearly_accounts<'a, 'b>(accounts: &'b Accounts<'a>) -> Vec<&'b Account<'a>> {
    let all = [accounts.primary(), accounts.benchmark(), accounts.index()];
    all.into_iter().flatten().collect()
}

fn by_year(account: &Account<'_>, years: &[(i16, String)]) -> Vec<f64> {
    let returns = account.period_returns(CalendarPeriod::Year);
    let find = |year: i16| returns.iter().find(|period| period.year == year).map_or(f64::NAN, |p| p.value);
    years.iter().map(|&(year, _)| find(year)).collect()
}

fn yearly(accounts: &Accounts<'_>) -> Table {
    let compared = accounts.compared();
    let years = compared.first().map(|account| years::names(account)).unwrap_or_default();
    let mut table = Table::new("Return by year of all portfolios, after costs").column(Column::text("Year"));
    let columns = compared.iter().map(|account| by_year(account, &years)).collect::<Vec<_>>();
    for account in &compared {
        table = table.column(Column::percent(account.name(), 1).heat(Heat::Diverging));
    }
    let benchmark = accounts.benchmark().map(|account| by_year(account, &years));
    if let Some(primary) = accounts.primary().filter(|_| benchmark.is_some()) {
        let name = format!("{} − {}", primary.name(), accounts.benchmark_kind().name());
        table = table.column(Column::percent(name, 1).heat(Heat::Diverging));
    }
    for (t, (_, year)) in years.iter().enumerate() {
        let mut row = vec![Cell::from(year)];
        row.extend(columns.iter().map(|column| Cell::from(column[t])));
        if let Some((own, other)) = columns.first().zip(benchmark.as_ref())
            && accounts.primary().is_some()
        {
            row.push(Cell::from(own[t] - other[t]));
        }
        table = table.row(row);
    }
    table
}

type Months<'a> = &'a [(i16, Option<i8>, f64)];

fn monthly(caption: &str, months: Months<'_>, years: &[(i16, f64)]) -> Table {
    let rows = years.iter().map(|&(year, whole)| {
        let mut row = vec![f64::NAN; MONTHS.len()];
        for &(_, month, value) in months.iter().filter(|month| month.0 == year) {
            if let Some(cell) = month.and_then(|month| row.get_mut(month as usize - 1)) {
                *cell = value;
            }
        }
        row.push(whole);
        (year.to_string(), row)
    });
    let names = MONTHS.into_iter().chain(["Year"]);
    let mut table = Table::matrix(caption, "Year", names, rows, Format::Percent(1));
    if let Some(year) = table.columns.last_mut() {
        year.heat = Heat::None;
    }
    table
}

fn monthly_excess(primary: &Account<'_>, benchmark: &Account<'_>, name: &str) -> Details {
    let excess = |period: CalendarPeriod| {
        let other = benchmark.period_returns(period);
        let own = primary.period_returns(period).into_iter();
        own.filter_map(move |own| {
            let same = other.iter().find(|other| (other.year, other.month) == (own.year, own.month))?;
            Some((own.year, own.month, own.value - same.value))
        })
        .collect::<Vec<_>>()
    };
    let years =
        excess(CalendarPeriod::Year).iter().map(|&(year, _, value)| (year, value)).collect::<Vec<_>>();
    let caption = format!("Return of {} less that of the {name} by month, after costs", primary.name());
    Details::new(format!("The same less the {name}")).block(monthly(
        &caption,
        &excess(CalendarPeriod::Month),
        &years,
    ))
}

/// The measures of all portfolios; each row has a unit of its own.
fn measures(accounts: &Accounts<'_>) -> Table {
    let compared = accounts.compared();
    let mut table = Table::new("All measures, after costs").column(Column::text("Measure")).visible_rows(24);
    for account in &compared {
        table = table.column(Column::text(account.name()).align(Align::Right));
    }
    for definition in all() {
        let values = compared.iter().map(|account| value(accounts, account, definition)).collect::<Vec<_>>();
        if values.iter().all(|value| value.is_nan()) {
            continue;
        }
        let format = format(definition);
        let shown = values.into_iter().map(|value| match value {
            v if v.is_nan() => Cell::Missing,
            v => Cell::Text(words::shown(v, format)),
        });
        table = table.row(std::iter::once(Cell::from(definition.title)).chain(shown));
    }
    table
}

fn value(accounts: &Accounts<'_>, account: &Account<'_>, definition: &Definition) -> f64 {
    let excess = accounts.excess(account);
    let beside = excess.as_ref().and_then(|e| e.measures.iter().find(|m| m.name == definition.name));
    match beside {
        // The benchmark less itself is 0 throughout, which says nothing.
        Some(_) if accounts.is_benchmark(account) => f64::NAN,
        Some(measure) => measure.value,
        None => account.measure(definition.name),
    }
}

fn format(definition: &Definition) -> Format {
    use backstaff_portfolio::measure::Unit;
    match definition.unit {
        Unit::Fraction | Unit::FractionPerYear => Format::Percent(2),
        Unit::Ratio => Format::Number(2),
        Unit::Probability => Format::Number(3),
        Unit::TimesPerYear | Unit::BasisPoints => Format::Number(1),
        Unit::Sessions | Unit::Count | Unit::Money => Format::Integer,
    }
}

fn definitions(accounts: &Accounts<'_>) -> Details {
    let mut table = Table::new("Definitions")
        .column(Column::text("Measure"))
        .column(Column::text("Name in files"))
        .column(Column::text("Formula"))
        .column(Column::text("Source"))
        .visible_rows(24);
    for definition in all() {
        table = table.row(cells![definition.title, definition.name, definition.formula, definition.source]);
    }
    let text = format!(
        "r is the return of a session after costs, b that of the benchmark ({}), cash what cash earned; sessions a year \
         are counted, not assumed.",
        accounts.benchmark_kind().words()
    );
    Details::new("How these numbers are computed").block(Block::Text(vec![text])).block(table)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn turnover_is_so_many_times_a_year_in_every_table() {
        let results = Made::default().results();
        let accounts = Accounts::of(&results);
        let turnover = words::number(accounts.primary().unwrap().measure("turnover_annual"), 1);
        let table = measures(&accounts);
        let row = table.rows.iter().find(|row| row.cells[0] == Cell::from("Turnover a year, one-sided"));
        assert_eq!(row.unwrap().cells[1], Cell::from(turnover));
    }

    #[test]
    fn a_portfolio_without_a_benchmark_has_no_return_of_one() {
        let mut results = Made::default().results();
        results.backtests.retain(|backtest| backtest.variant.holder != Holder::EqualWeight);
        let accounts = Accounts::of(&results);
        let told = measures(&accounts).rows.into_iter().map(|row| row.cells[0].clone()).collect::<Vec<_>>();
        assert!(!told.contains(&Cell::from("Benchmark's return a year")), "{told:?}");
    }
}
