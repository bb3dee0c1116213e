//! A made-up report with every kind of block, as large as a real one.

use backstaff_panel::{Session, testing::weekdays_from};
use backstaff_report::{
    Band, BarSeries, Bars, Block, Caveat, Chart, Colour, Column, Date, Emphasis, Fact, Format, Heat,
    Histogram, Line, Lines, Palette, Report, Rule, Scale, Section, Stroke, Table, cells,
};

const N: usize = 754;
const FIRST: i32 = 16_437;
const NAMES: [&str; 5] = ["LightGBM", "Ridge", "Momentum 12-1", "Equal weight", "SPY"];

/// Text that would break a page that does not escape it.
pub(crate) const NASTY: &str =
    r#"</script><script>alert("x")</script> & 'quoted' <!-- run --> 삼성전자 ${1} {{ x }}"#;

/// Drift and volatility of made-up returns, one walk a seed.
fn returns(seed: u64, drift: f64, volatility: f64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / (1_u64 << 31) as f64
    };
    (0..N).map(|_| drift + volatility * ((0..12).map(|_| uniform()).sum::<f64>() - 6.0)).collect()
}

fn growth(returns: &[f64]) -> Vec<f64> {
    returns
        .iter()
        .scan(1.0, |value, r| {
            *value *= 1.0 + r;
            Some(*value)
        })
        .collect()
}

fn drawdown(values: &[f64]) -> Vec<f64> {
    values
        .iter()
        .scan(0.0_f64, |top, &value| {
            *top = top.max(value);
            Some(value / *top - 1.0)
        })
        .collect()
}

/// Weekdays from 2015 on.
fn dates() -> Vec<Date> {
    weekdays_from(Session::from_number(FIRST)).take(N).map(|day| Date(day.number())).collect()
}

pub(crate) fn report() -> Report {
    Report::new("LightGBM on 40 technical features, US equities")
        .subtitle("505 instruments, 2015-01-02 to 2017-12-29, top 50 with 5 dropped, next open, 10 bp a side")
        .headline(
            "After costs LightGBM earned **16.9 %** a year against 15.2 % of the equal weight of the same universe; \
             the difference is within two standard errors, so the test gives **no evidence** of skill.",
        )
        .banner(Caveat::warning(
            "The universe knows the future",
            "Names without `date_added` stay in from the first session; that adds about 2.1 % a year to every row.",
        ))
        .section(summary())
        .section(performance())
        .section(months())
        .section(signal())
        .section(model())
        .section(orders())
}

fn summary() -> Section {
    let mut table = Table::new("Strategies after costs")
        .column(Column::text("Strategy"))
        .column(Column::percent("CAGR", 1).note("Compound annual growth: (last / first)^(1 / years) − 1"))
        .column(Column::percent("Volatility", 1))
        .column(
            Column::number("Sharpe", 2)
                .note("Mean over standard deviation of excess returns, annualised")
                .heat(Heat::Diverging),
        )
        .column(Column::percent("Max. drawdown", 1))
        .column(Column::number("Turnover a year", 1))
        .column(Column::percent("Cost a year", 2))
        .column(Column::number("t of excess", 2))
        .sortable();
    for (place, name) in NAMES.iter().enumerate() {
        let shift = place as f64;
        let emphasis = if place == 0 { Emphasis::Strong } else { Emphasis::None };
        let turnover = (place < 3).then_some(11.2 - 3.0 * shift);
        table = table.row_with(
            emphasis,
            cells![
                *name,
                0.169 - 0.011 * shift,
                0.141 - 0.004 * shift,
                1.14 - 0.31 * shift,
                -0.118 - 0.01 * shift,
                turnover,
                turnover.map(|t| t * 0.002),
                if place < 3 { 1.3 - shift } else { f64::NAN }
            ],
        );
    }
    Section::new("summary", "Summary")
        .intro("Walk-forward test over three yearly folds; every number is net of costs unless it says otherwise.")
        .block(vec![
            Fact::new("CAGR", 0.169, Format::Percent(1)).note("equal weight 15.2 %"),
            Fact::new("Sharpe ratio", 1.14, Format::Number(2)).note("± 0.58"),
            Fact::new("Max. drawdown", -0.118, Format::Percent(1)).note("2015-07-20 to 2016-07-08"),
            Fact::new("Rank IC", 0.0213, Format::Number(4)).note("Newey–West t 1.9"),
            Fact::new("Turnover a year", 11.2, Format::Number(1)).note("costs 2.2 % a year"),
            Fact::new("Test ends", Date(17_529), Format::Text),
        ])
        .block(table)
        .block(vec![
            Caveat::warning("Survivorship", "The panel holds today's members. The gauge: equal weight − SPY is 2.1 % a year with the mask, 4.4 % without."),
            Caveat::caution("Sectors are static", "The table has no history; sector z-scores before 2018 use today's sectors."),
            Caveat::note("Halts", "37 sessions without trade in 11 instruments; orders there were not filled."),
        ])
}

fn performance() -> Section {
    let all: Vec<Vec<f64>> =
        (0..5).map(|k| growth(&returns(k + 1, 0.0006 - 0.00004 * k as f64, 0.0088))).collect();
    let mut equity = Lines::by_date(dates(), Format::Number(3)).scale(Scale::Log).group("time");
    let mut under = Lines::by_date(dates(), Format::Percent(1)).group("time");
    for (name, values) in NAMES.iter().zip(&all) {
        let is_benchmark = *name == "Equal weight";
        let colour = if is_benchmark { Colour::Neutral } else { Colour::ByName };
        let stroke = if is_benchmark { Stroke::DashDotted } else { Stroke::Solid };
        equity = equity.line(Line::new(*name, values.clone()).colour(colour).stroke(stroke));
    }
    for place in [0, 3] {
        let colour = if place == 3 { Colour::Neutral } else { Colour::ByName };
        under =
            under.line(Line::new(NAMES[place], drawdown(&all[place])).stroke(Stroke::Area).colour(colour));
    }
    let equity = equity.band(Band {
        span: (16_664.0, 16_720.0),
        name: "China, August 2015".into(),
        colour: Colour::Neutral,
    });
    let equity =
        equity.band(Band { span: (16_977.0, 16_985.0), name: "Brexit".into(), colour: Colour::Negative });
    let exposure: Vec<f64> = returns(9, 0.97, 0.01)
        .iter()
        .enumerate()
        .map(|(t, v)| if (300..330).contains(&t) { f64::NAN } else { v.min(1.0) })
        .collect();
    let costs = Bars::new(["no cost", "cost ×1", "cost ×2", "one session late"], Format::Percent(1))
        .bars(BarSeries::new("LightGBM", vec![0.191, 0.169, 0.147, 0.158]).errors(vec![0.08; 4]))
        .bars(BarSeries::new("Ridge", vec![0.171, 0.158, 0.14, f64::NAN]).errors(vec![
            0.07,
            0.07,
            0.07,
            f64::NAN,
        ]));
    Section::new("performance", "Performance")
        .intro("Growth of one unit of money, and how far below its best each strategy stood.")
        .block(
            Chart::new("Growth of 1", equity)
                .note("Shaded: two falls of the market. Click a name to hide it, drag to zoom.")
                .height(340),
        )
        .block(Chart::new("Drawdown", under).height(200))
        .block(Block::Beside(vec![
            Chart::new(
                "Share of capital invested",
                Lines::by_date(dates(), Format::Percent(0))
                    .group("time")
                    .line(Line::new("invested", exposure).stroke(Stroke::Step)),
            )
            .height(200)
            .into(),
            Chart::new("Annual growth by cost", costs).height(200).into(),
        ]))
}

fn months() -> Section {
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Year"];
    let r = returns(1, 0.0006, 0.0088);
    let rows = (0..3).map(|year| {
        let of = |from: usize, to: usize| r[from..to].iter().fold(1.0, |v, r| v * (1.0 + r)) - 1.0;
        let mut row: Vec<f64> =
            (0..12).map(|month| of(year * 250 + month * 20, year * 250 + month * 20 + 20)).collect();
        if year == 0 {
            row[0] = f64::NAN;
        }
        row.push(of(year * 250, year * 250 + 250));
        ((2015 + year).to_string(), row)
    });
    let mut monthly =
        Table::matrix("Monthly return of LightGBM after costs", "Year", names, rows, Format::Percent(1));
    monthly.columns[13].heat = Heat::None;
    let yearly = Bars::new(["2015", "2016", "2017"], Format::Percent(1))
        .bars(BarSeries::new("LightGBM", vec![0.021, 0.214, 0.262]))
        .bars(BarSeries::new("Equal weight", vec![-0.013, 0.171, 0.212]).colour(Colour::Neutral))
        .bars(BarSeries::new("SPY", vec![0.012, 0.12, 0.217]));
    Section::new("months", "Months and years").block(monthly).block(Block::Beside(vec![
        Chart::new("Return by year", yearly).into(),
        Chart::new(
            "Excess by year",
            Bars::new(["2015", "2016", "2017"], Format::Percent(1)).bars(
                BarSeries::new("LightGBM − equal weight", vec![0.034, -0.043, 0.05]).colour(Colour::BySign),
            ),
        )
        .into(),
    ]))
}

fn signal() -> Section {
    let ic = returns(21, 0.021, 0.09);
    let mean: Vec<f64> =
        (0..N).map(|t| if t < 59 { f64::NAN } else { ic[t - 59..=t].iter().sum::<f64>() / 60.0 }).collect();
    let band = |sign: f64| mean.iter().map(|m| m + sign * 0.023).collect();
    let lines = Lines::by_date(dates(), Format::Number(3))
        .line(Line::new("rank IC", ic.clone()).stroke(Stroke::Dots).colour(Colour::Neutral))
        .line(Line::new("mean of 60 sessions", mean.clone()).ribbon(band(-1.0), band(1.0)))
        .rule(Rule::new(0.0213, "mean 0.0213"))
        .group("time");
    let quantiles = (0..5).fold(
        Lines::by_date(dates(), Format::Number(2)).palette(Palette::Ordered).group("time"),
        |lines, q| {
            lines.line(Line::new(
                format!("Q{}", q + 1),
                growth(&returns(40 + q, 0.0002 + 0.0001 * q as f64, 0.008)),
            ))
        },
    );
    let decay = Bars::new((1..=10).map(|lag| lag.to_string()), Format::Number(3)).bars(
        BarSeries::new("rank IC", (1..=10).map(|lag| 0.03 / f64::from(lag) - 0.004).collect())
            .errors(vec![0.006; 10])
            .colour(Colour::BySign),
    );
    Section::new("signal", "Signal")
        .intro("How well the prediction ranks the next five sessions.")
        .block(Chart::new("Rank IC by session", lines).note("Band: two Newey–West errors, lag 4."))
        .block(Block::Beside(vec![
            Chart::new(
                "Rank IC, sessions by value",
                Histogram::of(
                    "rank IC",
                    Format::Number(2),
                    [("LightGBM", ic), ("Ridge", returns(22, 0.012, 0.08))],
                    30,
                )
                .rule(Rule::new(0.0213, "mean")),
            )
            .into(),
            Chart::new("Rank IC by horizon in sessions", decay).into(),
        ]))
        .block(Chart::new("Growth of quintiles, staggered cohorts, no cost", quantiles))
}

fn model() -> Section {
    let features: Vec<String> = [
        "mom_12_1",
        "vol_60",
        "beta_252",
        "high_52w_distance",
        "rsi_14",
        "dollar_volume_rank",
        "bollinger_width",
        "macd_signal",
        "volume_surprise",
        "sector_z_mom_20",
        "atr_14",
        "ret_5",
    ]
    .map(String::from)
    .into();
    let gain: Vec<f64> = (0..12).map(|k| 0.19 / (1.0 + 0.35 * f64::from(k))).collect();
    let rounds: Vec<f64> = (1..=200).map(f64::from).collect();
    let curve = |level: f64, slope: f64| {
        rounds
            .iter()
            .map(|r| {
                level - slope * (1.0 - 1.0 / (1.0 + r / 30.0)) + if slope < 0.02 { 0.00003 * r } else { 0.0 }
            })
            .collect()
    };
    let training = Lines::by_number("round", rounds.clone(), Format::Integer, Format::Number(4))
        .line(Line::new("train", curve(0.99, 0.04)).stroke(Stroke::Dashed))
        .line(Line::new("validation", curve(0.992, 0.012)));
    let folds = (0..3).fold(
        Table::new("Folds")
            .column(Column::integer("Fold"))
            .column(Column::text("Train"))
            .column(Column::text("Test"))
            .column(Column::integer("Rows"))
            .column(Column::integer("Rounds"))
            .column(Column::number("Rank IC", 4)),
        |table, k| {
            let year = 2012 + k;
            table.row(cells![
                k as u64 + 1,
                format!("{year}-01-03 to {}-06-23", year + 2),
                format!("{}", year + 3),
                301_442 + 5_120 * k as u64,
                87 - 9 * k as u64,
                0.024 - 0.003 * f64::from(k)
            ])
        },
    );
    Section::new("model", "Model").block(folds).block(Block::Beside(vec![
        Chart::new(
            "Feature importance, share of gain, mean and deviation over folds",
            Bars::new(features, Format::Percent(1))
                .across()
                .bars(BarSeries::new("gain", gain.clone()).errors(gain.iter().map(|g| g * 0.2).collect())),
        )
        .into(),
        Chart::new("Loss by round of training", training).height(260).into(),
    ]))
}

fn orders() -> Section {
    let mut table = Table::new("Orders that were not filled")
        .column(Column::date("Session"))
        .column(Column::text("Instrument"))
        .column(Column::integer("Shares"))
        .column(Column::number("Value", 2).heat(Heat::Bar))
        .column(Column::text("Reason"))
        .sortable()
        .visible_rows(8);
    for (place, date) in dates().into_iter().step_by(19).enumerate() {
        let reason = ["trading halt", "no price", "volume limit"][place % 3];
        table = table.row(cells![
            date,
            format!("T{place:02}"),
            100 * (place as i64 % 7 - 3),
            1_234.5 * place as f64,
            reason
        ]);
    }
    Section::new("orders", "Orders and lineage")
        .text("A text that would break a page that does not escape it:")
        .text(NASTY)
        .block(table)
        .block(
            Table::new(NASTY)
                .column(Column::text("Name").note(NASTY))
                .row(cells![NASTY])
                .row(cells![None::<f64>]),
        )
        .block(
            Chart::new(NASTY, Lines::by_date(dates(), Format::Integer).line(Line::new(NASTY, vec![1.0; N])))
                .note(NASTY),
        )
        .block(Chart::new("Nothing", Lines::by_date([], Format::Integer).line(Line::new("none", vec![]))))
}

pub(crate) fn run() -> Section {
    let stages = Table::new("Stages")
        .column(Column::text("Stage"))
        .column(Column::text("Outcome"))
        .column(Column::seconds("Time"))
        .column(Column::integer("Rows/s"))
        .row(cells!["load", "computed", 0.412, 1_990_000])
        .row(cells!["features", "found", 0.0031, None::<u64>])
        .row(cells!["train", "computed", 74.2, 12_400])
        .row_with(Emphasis::Strong, cells!["total", "", 76.1, None::<u64>]);
    Section::new("run", "Run").intro("What differs from run to run; not part of the digest.").block(stages)
}
