//! What may be typed.

pub(crate) mod bench;
pub(crate) mod init;
pub(crate) mod regime;
pub(crate) mod runs;

use std::{num::NonZeroU32, path::PathBuf};

use backstaff_study::{
    compute::FileForm,
    config::{
        CalendarRule, DateOrder, Decimal, Halts, Hours, Mapping, NameRule, Resample, TextEncoding, Written,
        Zone,
    },
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

/// The exit codes, printed below `--help`.
const AFTER_HELP: &str = "\
Examples:
  backstaff init --data prices.parquet        write a commented study for your data
  backstaff run study.yaml                    data in, report out
  backstaff prove study.yaml                  show that nothing looks ahead
  backstaff prove --data prices.parquet --feature 'ema=EMA($close,12)/$close-1'
  backstaff orders study.yaml                 what to trade in the next session
  backstaff compute --data prices.csv --feature 'mom=$close/Ref($close,20)-1' --out mom.parquet

Exit codes: 0 done; 1 could not be done; 2 wrong arguments; 3 a check found something (prove, cache verify, bench, run --strict);
4 the study or an expression is wrong; 5 the data are wrong; 6 the store can't be used; 130 interrupted, by SIGTERM too.";

/// Research and backtesting that proves it never looks ahead.
#[derive(Parser, Debug)]
#[command(name = "backstaff", version, about, after_help = AFTER_HELP, max_term_width = 110)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Args, Debug, Clone)]
pub(crate) struct Common {
    /// Print one JSON document on standard output instead of text.
    #[arg(long, global = true)]
    pub json: bool,
    /// Threads to use; all cores if absent. Results don't depend on it.
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// How many MB of computed features are held at a time, before they are stored; 1024 if absent. Results don't
    /// depend on it.
    #[arg(long, global = true, value_name = "MB", value_parser = clap::value_parser!(u32).range(1..))]
    pub memory: Option<u32>,
    /// Folder of computed artifacts; `.backstaff` beside the study if absent.
    #[arg(long, global = true, value_name = "DIR")]
    pub store: Option<PathBuf>,
    /// Folder of reports, one folder a study in it; `reports` beside the study if absent.
    #[arg(long, global = true, value_name = "DIR")]
    pub reports: Option<PathBuf>,
    /// Lay the overrides of this name over the study: dev, test, prod, research, or one of the study's own.
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Write a trace of the stages that Chrome's tracing page and Perfetto open.
    #[arg(long, global = true, value_name = "FILE")]
    pub trace: Option<PathBuf>,
}

impl Common {
    /// Threads to use.
    pub(crate) fn n_threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.map_or_else(cores, usize::from)
    }

    /// The memory for computed features, in bytes.
    pub(crate) fn memory(&self) -> Option<usize> {
        self.memory.map(|mb| mb as usize * (1 << 20))
    }
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Look at data, and write a commented study for them that runs.
    #[command(after_help = "\
The study is tried on the data before it is written. Models learn where the data suffice for them; else a rule decides
what is held, and it is said why.

Examples:
  backstaff init --data prices.parquet
  backstaff init --data bloomberg.csv --mapping px_last=close,px_open=open --date-order day_first
  backstaff init --data SPY.csv --rule trend --out trend.yaml
  backstaff init --data market.db --preset krx")]
    Init(Box<init::Init>),
    /// Run a study from data to report; what is already computed is found.
    #[command(after_help = "Examples:\n  backstaff run examples/us_equities.yaml\n  \
                            backstaff run study.yaml --profile dev --json\n  \
                            backstaff run study.yaml --open\n  \
                            backstaff run study.yaml --strict && backstaff orders study.yaml")]
    Run(Run),
    /// Run the bundled example.
    Demo,
    /// Compute features of a data file into a Parquet or CSV file; prices are used as in the file.
    #[command(
        after_help = "Examples:\n  backstaff compute --data prices.parquet --library technical --out features.parquet\n  \
                            backstaff compute --data csv/ --feature 'z=CsZScore($close/Mean($close,20))' --out z.parquet"
    )]
    Compute(Compute),
    /// What libraries of features hold, what an entry means, how an operator is called.
    Features(Features),
    /// Judge one feature without a model: coverage, information, decay, quantiles, turnover, years.
    #[command(after_help = "\
Returns run from the next session's open; prices are adjusted as a study does. Nothing is fitted.

Examples:
  backstaff factor '-CsRank($close / Ref($close, 5) - 1)' --data prices.parquet --out page.html
  backstaff factor mom_20d --library technical --data prices.parquet --universe '$volume > 0'
  backstaff factor 'Std($return, 20)' --data prices.parquet --by sector --attributes sectors.csv --json")]
    Factor(Factor),
    /// Read the data again and bring the features of a study up to date: only what new data can reach is computed.
    #[command(after_help = "Examples:\n  backstaff update study.yaml\n  backstaff update study.yaml --json")]
    Update(StudyPath),
    /// Write the features of a study as Parquet: one long file, or a folder of one file an instrument.
    #[command(after_help = "Examples:\n  backstaff precompute study.yaml --out indicators.parquet\n  \
                            backstaff precompute study.yaml --out indicators/\n\nA study that says `features: {precomputed: indicators.parquet}` reads \
                            what is in there as long as data and definitions are the same, and says what it does.")]
    Precompute(Precompute),
    /// Target weights and orders for the session after the newest one.
    #[command(after_help = "\
Without an account the orders are those of the study's simulated one. A stated account gets the orders of a rebalancing
at the newest close, in whole shares as quoted.

Examples:
  backstaff orders study.yaml
  backstaff orders study.yaml --holdings my.csv --cash 25000 --lot 1 --out orders.csv
  backstaff update study.yaml && backstaff orders study.yaml --max-age 3 --json")]
    Orders(Orders),
    /// Write the report of a study again, computing only what is missing for it, and print where it is.
    #[command(after_help = "Example:\n  backstaff report study.yaml --open")]
    Report(Report),
    /// Change everything after several dates and show that nothing before them moves.
    ///
    /// Without a study: show of single features that their values depend on nothing but their own window, and by how
    /// much those that remember all history depend on where it starts.
    #[command(after_help = "\
Of features, the future is made missing, multiplied by 1000, shuffled and cut off at several
dates; history is computed in pieces that go on from stored states, and from later starts on;
threads and instruments vary. No bit may move. Prices are used as in the file.

Examples:
  backstaff prove study.yaml
  backstaff prove --data prices.parquet --feature 'rsi=ta.RSI($close,14)'
  backstaff prove --data csv/ --library alpha158 --dates 5 --json

Exit code 3 if something moved or a column is too good to be true.")]
    Prove(Prove),
    /// The runs that are remembered: what differed in the study from the run before, and the numbers.
    #[command(after_help = "Examples:\n  backstaff runs\n  backstaff runs study.yaml --json")]
    Runs(runs::Runs),
    /// Runs beside each other: what differs in the studies, where they part, how far their results lie apart.
    #[command(
        after_help = "Examples:\n  backstaff compare study.yaml other.yaml\n  backstaff compare study@3 study@5 --open\n  \
                            backstaff compare study.yaml 3\n  backstaff compare a/results.json b/results.json --out page.html"
    )]
    Compare(runs::Compare),
    /// What the last run computed and found, and which of its artifacts are no longer in the store.
    Status(StudyPath),
    /// Why a stage was computed or found in the last run.
    #[command(after_help = "Example:\n  backstaff why study.yaml features")]
    Why(Why),
    /// Look after the store.
    Cache(CacheArguments),
    /// Market regimes: hidden Markov models of the columns of a file.
    Regime(regime::Regime),
    /// Look into a database.
    Db(Db),
    /// Measure this machine, or make a market to measure it with.
    Bench(bench::Bench),
    /// Print the JSON Schema of a kind of file: editors complete and check files by it.
    #[command(after_help = "Example:\n  backstaff schema study > study.schema.json\n\nA first line \
                            `# yaml-language-server: $schema=study.schema.json` makes an editor use it.")]
    Schema {
        /// The kind of file.
        kind: SchemaKind,
    },
    /// Print a completion script for a shell.
    #[command(after_help = "Example:\n  backstaff completions bash > /etc/bash_completion.d/backstaff")]
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Compute one shard of a stage into the store; how several processes share the work of one stage.
    #[command(hide = true)]
    Shard(Shard),
}

/// How files are read.
#[derive(Args, Debug)]
pub(crate) struct Reading {
    /// The order of day and month in dates such as 3/4/2015; found out over each column if absent.
    #[arg(long, value_name = "ORDER")]
    date_order: Option<Order>,
    /// The encoding of text files, such as cp949, shift-jis, gb18030 or latin1; UTF-8 if absent.
    #[arg(long, value_name = "NAME")]
    encoding: Option<TextEncoding>,
    /// The decimal mark of numbers in text files, `.` or `,`; found out if absent.
    #[arg(long, value_name = "MARK", value_parser = decimal)]
    decimal: Option<Decimal>,
}

/// The form of files, where no study says it.
#[derive(Args, Debug)]
pub(crate) struct Files {
    #[command(flatten)]
    pub reading: Reading,
    #[command(flatten)]
    pub joining: Joining,
    #[command(flatten)]
    pub trading: Trading,
    #[command(flatten)]
    pub bars: BarForm,
}

impl Files {
    /// The form of the files.
    pub(crate) fn form(&self) -> FileForm {
        let Self { reading, joining, trading, bars } = self;
        FileForm {
            written: reading.written(),
            mapping: bars.mapping(),
            halts: bars.halts(),
            wide: bars.wide.clone(),
            resample: bars.resample.map(|Length::Session| Resample::Session),
            hours: bars.hours,
            zone: trading.zone.clone(),
            calendar: trading.calendar.clone(),
            instrument_names: joining.instrument_names.clone().unwrap_or_default(),
            allow_unmatched: joining.allow_unmatched,
        }
    }
}

/// How files of bars are read.
#[derive(Args, Debug)]
pub(crate) struct BarForm {
    /// A column of the prices with an unusual name: the file's name and ours, as in `px_last=close`. May be repeated, or a
    /// list with commas.
    #[arg(long, value_name = "THEIRS=OURS", value_delimiter = ',', value_parser = renamed)]
    mapping: Vec<(String, String)>,
    /// How files write a session without trade: rows with a volume of 0 then have no prices.
    #[arg(long, value_name = "FORM")]
    halts: Option<HaltForm>,
    /// The quantity (close) that the columns hold where a file has one column for each instrument.
    #[arg(long, value_name = "FIELD")]
    wide: Option<String>,
    /// The length that bars of minutes or hours get: session joins those of each date.
    #[arg(long, value_name = "LENGTH")]
    resample: Option<Length>,
    /// The hours in which bars that are resampled count, such as 09:30-16:00; all if absent.
    #[arg(long, value_name = "HOURS", requires = "resample")]
    hours: Option<Hours>,
}

/// The length that bars get.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Length {
    /// A session.
    Session,
}

fn renamed(text: &str) -> Result<(String, String), String> {
    let split =
        text.rsplit_once('=').map(|(theirs, ours)| (theirs.trim().to_owned(), ours.trim().to_owned()));
    split.ok_or_else(|| "write the file's name of the column and ours, as in px_last=close".to_owned())
}

fn decimal(mark: &str) -> Result<Decimal, String> {
    match mark {
        "." => Ok(Decimal::Point),
        "," => Ok(Decimal::Comma),
        _ => Err("the decimal mark is `.` or `,`".to_owned()),
    }
}

/// A form in which a session without trade is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum HaltForm {
    /// It has no row.
    NoRow,
    /// Its row has a volume of 0.
    ZeroVolume,
}

/// How names of instruments meet between files.
#[derive(Args, Debug)]
pub(crate) struct Joining {
    /// A rule by which names of instruments are rewritten in all files, such as {pad: 6}, which makes 005930 of 5930; it
    /// has the keys that a study has for it.
    #[arg(long, value_name = "RULE")]
    instrument_names: Option<NameRule>,
    /// Go on where less than half of the instruments of two tables meet.
    #[arg(long)]
    allow_unmatched: bool,
}

impl Joining {
    /// Whether anything is said.
    pub(crate) fn is_stated(&self) -> bool {
        self.instrument_names.is_some() || self.allow_unmatched
    }
}

/// When instruments trade.
#[derive(Args, Debug)]
pub(crate) struct Trading {
    /// The calendar of the sessions: an exchange (XNYS, XKRX, ...), 24/7 or union; or one for each instrument by its name
    /// or a pattern, as in 'XNYS,BTC=24/7,*.KS=XKRX'. The dates of the data if absent.
    #[arg(long, value_name = "CALENDAR")]
    pub calendar: Option<CalendarRule>,
    /// The time zone of the exchange, such as Asia/Seoul, if the file tells its midnights in UTC; UTC takes dates as they
    /// are written.
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<Zone>,
}

/// An order of day and month.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Order {
    /// 3/4/2015 is the third of April.
    DayFirst,
    /// 3/4/2015 is the fourth of March.
    MonthFirst,
}

impl BarForm {
    /// The first argument that is there; `None` if nothing is said.
    pub(crate) fn stated(&self) -> Option<&'static str> {
        let Self { mapping, halts, wide, resample, hours } = self;
        let stated = [
            ("--mapping", !mapping.is_empty()),
            ("--halts", halts.is_some()),
            ("--wide", wide.is_some()),
            ("--resample", resample.is_some()),
            ("--hours", hours.is_some()),
        ];
        stated.into_iter().find_map(|(name, is_stated)| is_stated.then_some(name))
    }

    /// The columns with unusual names.
    fn mapping(&self) -> Mapping {
        Mapping(self.mapping.iter().cloned().collect())
    }

    /// The form in which a session without trade is written, if it is stated.
    fn halts(&self) -> Option<Halts> {
        self.halts.map(|form| match form {
            HaltForm::NoRow => Halts::NoRow,
            HaltForm::ZeroVolume => Halts::ZeroVolume,
        })
    }
}

impl Reading {
    /// The first argument that is there; `None` if nothing is said.
    pub(crate) fn stated(&self) -> Option<&'static str> {
        let Self { date_order, encoding, decimal } = self;
        let stated = [
            ("--date-order", date_order.is_some()),
            ("--encoding", encoding.is_some()),
            ("--decimal", decimal.is_some()),
        ];
        stated.into_iter().find_map(|(name, is_stated)| is_stated.then_some(name))
    }

    /// How texts are written.
    pub(crate) fn written(&self) -> Written {
        Written {
            date_order: match self.date_order {
                None => DateOrder::Detect,
                Some(Order::DayFirst) => DateOrder::DayFirst,
                Some(Order::MonthFirst) => DateOrder::MonthFirst,
            },
            encoding: self.encoding,
            decimal: self.decimal.unwrap_or_default(),
        }
    }
}

/// A price of a session at which orders are filled.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ExecutionPrice {
    /// The first price of the session.
    Open,
    /// The last price of the session.
    Close,
}

/// A kind of file that has a schema.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaKind {
    /// A study.
    Study,
}

#[derive(Args, Debug)]
pub(crate) struct Db {
    #[command(subcommand)]
    pub command: DbCommand,
}

#[derive(Subcommand, Debug)]
pub(crate) enum DbCommand {
    /// Tables, columns, counts, ranges of dates, indexes, and what is odd: how many rows, and the first of them.
    ///
    /// The file is opened read-only; a writer in WAL mode may go on beside.
    #[command(after_help = "Example:\n  backstaff db check market.db")]
    Check {
        /// An SQLite file.
        #[arg(value_name = "FILE.db")]
        file: PathBuf,
    },
    /// Measure which indexes would make the reading of statements faster, and make those that do.
    ///
    /// The first rows of each table are copied into a temporary file and read with an index and without. The database is
    /// written only with --yes, or if you say so when asked; a writer must not hold it then.
    #[command(
        after_help = "Examples:\n  backstaff db index market.db --preset krx\n  backstaff db index market.db --tables my_layout.yaml --yes"
    )]
    Index {
        /// An SQLite file.
        #[arg(value_name = "FILE.db")]
        file: PathBuf,
        /// What its tables mean: a layout that ships, `krx`.
        #[arg(long, value_name = "NAME", required_unless_present = "tables", conflicts_with = "tables")]
        preset: Option<String>,
        /// The same, by a layout file of your own.
        #[arg(long, value_name = "FILE.yaml")]
        tables: Option<PathBuf>,
        /// Make the indexes without asking.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Orders {
    #[command(flatten)]
    pub path: StudyPath,
    /// What your account holds: a CSV or Parquet table with the columns instrument and shares (as quoted, negative if
    /// short).
    #[arg(long, value_name = "FILE", requires = "cash")]
    pub holdings: Option<PathBuf>,
    /// The cash of your account.
    #[arg(long, value_name = "MONEY")]
    pub cash: Option<f64>,
    /// Orders are for multiples of so many shares; 0 allows fractions. That of the study if absent, and 1 for an account
    /// whose study says nothing.
    #[arg(long, value_name = "SHARES", value_parser = lot)]
    pub lot: Option<f64>,
    /// Refuse if the newest session of the data lies more than so many calendar days back.
    #[arg(long, value_name = "DAYS")]
    pub max_age: Option<u32>,
    /// Write the orders to this file, CSV or Parquet by its ending.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

fn lot(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(shares) if shares.is_finite() && shares >= 0.0 => Ok(shares),
        _ => Err("a lot is a number of shares: 1, 100, or 0 for fractions".to_owned()),
    }
}

#[derive(Args, Debug)]
pub(crate) struct StudyPath {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
    /// Open the report in the system's browser.
    #[arg(long)]
    pub open: bool,
    /// End with exit code 3 if the verdict is `not credible` or `not judged`, if a column foresees beyond belief, or if
    /// series look broken.
    #[arg(long)]
    pub strict: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Report {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
    /// Open the report in the system's browser.
    #[arg(long)]
    pub open: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Compute {
    /// A Parquet or CSV file, a folder of one file per instrument, or a folder in Qlib's or LEAN's layout.
    #[arg(long, value_name = "PATH")]
    pub data: PathBuf,
    #[command(flatten)]
    pub files: Files,
    /// What the tables of a database mean (an SQLite file, or a folder of Parquet files named after the tables): a
    /// layout that ships, `krx`.
    #[arg(long, value_name = "NAME", conflicts_with = "tables")]
    pub preset: Option<String>,
    /// The same, by a layout file of your own.
    #[arg(long, value_name = "FILE.yaml")]
    pub tables: Option<PathBuf>,
    /// Published values for expressions over `$$name`: a table with instrument, period, `known_at` and values, or a
    /// folder in Qlib's layout.
    #[arg(long, value_name = "PATH")]
    pub facts: Option<PathBuf>,
    /// A feature: its name and its expression. May be repeated.
    #[arg(long = "feature", value_name = "NAME=EXPR")]
    pub features: Vec<String>,
    /// A library that ships, as `features list` names them. May be repeated.
    #[arg(long = "library", value_name = "NAME")]
    pub libraries: Vec<String>,
    /// A file of features of your own.
    #[arg(long = "features", value_name = "FILE.yaml")]
    pub file: Option<PathBuf>,
    /// The file to write, Parquet or, if it ends in `.csv`, CSV: `instrument`, `date` and a column a feature.
    #[arg(long, value_name = "FILE.parquet|FILE.csv", required_unless_present = "explain")]
    pub out: Option<PathBuf>,
    /// Print the plan instead: nodes, sharing, passes over memory, look-back, bytes.
    #[arg(long)]
    pub explain: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Factor {
    /// The feature: an expression, or a name from a library or a file of features.
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub feature: String,
    /// A Parquet or CSV file, or a folder of one file per instrument.
    #[arg(long, value_name = "PATH")]
    pub data: PathBuf,
    #[command(flatten)]
    pub files: Files,
    /// A library that ships, whose names may be used: technical. May be repeated.
    #[arg(long = "library", value_name = "NAME")]
    pub libraries: Vec<String>,
    /// A file of features of your own, whose names may be used.
    #[arg(long = "features", value_name = "FILE.yaml")]
    pub file: Option<PathBuf>,
    /// Published values for expressions over `$$name`: a table with instrument, period, `known_at` and values, or a
    /// folder in Qlib's layout.
    #[arg(long, value_name = "PATH")]
    pub facts: Option<PathBuf>,
    /// The column of the change against the session's base price, in money: prices are adjusted by the splits that these
    /// base prices tell.
    #[arg(long, value_name = "COLUMN")]
    pub change: Option<String>,
    /// A category to rank within as well; `sector`, where the data have it, if absent.
    #[arg(long, value_name = "CATEGORY")]
    pub by: Option<String>,
    /// A table of one row an instrument that holds the category, told to all sessions alike.
    #[arg(long, value_name = "FILE")]
    pub attributes: Option<PathBuf>,
    /// Judge only the rows that meet a condition; whatever trades if absent.
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true)]
    pub universe: Option<String>,
    /// The price of the next session from which returns are taken: open, or close where there is no other.
    #[arg(long, value_enum, default_value_t = ExecutionPrice::Open, value_name = "PRICE")]
    pub execution: ExecutionPrice,
    /// Over how many sessions returns are taken.
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "1,5,10,21")]
    pub horizons: Vec<NonZeroU32>,
    /// Into how many parts values are cut.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=50))]
    pub quantiles: u8,
    /// Write a page with charts.
    #[arg(long, value_name = "FILE.html")]
    pub out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Features {
    #[command(subcommand)]
    pub command: FeaturesCommand,
}

#[derive(Subcommand, Debug)]
pub(crate) enum FeaturesCommand {
    /// The libraries, or the entries of one with their look-back and meaning.
    #[command(after_help = "Examples:\n  backstaff features list\n  backstaff features list alpha158\n  \
                            backstaff features list mine.yaml --json")]
    List {
        /// A library, or a file of your own; all libraries if absent.
        #[arg(value_name = "NAME")]
        name: Option<String>,
        #[command(flatten)]
        sources: FeatureSources,
    },
    /// Formula, look-back, meaning and dependencies of an entry; or what a library or an operator is.
    #[command(
        after_help = "Examples:\n  backstaff features show krx/mom_20d\n  backstaff features show Mean\n  \
                            backstaff features show my_feature --features mine.yaml --library technical"
    )]
    Show {
        /// An entry, LIBRARY/ENTRY, a library, or an operator.
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        sources: FeatureSources,
    },
}

#[derive(Args, Debug)]
pub(crate) struct FeatureSources {
    /// A library: the one to list, or one whose features your file uses by name. May be repeated.
    #[arg(long = "library", value_name = "NAME")]
    pub libraries: Vec<String>,
    /// A file of features of your own.
    #[arg(long = "features", value_name = "FILE.yaml")]
    pub file: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct Precompute {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
    /// A file that ends in `.parquet`, or a folder.
    #[arg(long, value_name = "PATH")]
    pub out: PathBuf,
}

#[derive(Args, Debug)]
pub(crate) struct Prove {
    /// The study's file; or give `--data` and features.
    #[arg(value_name = "STUDY.yaml", required_unless_present = "data", conflicts_with = "data")]
    pub study: Option<PathBuf>,
    /// A Parquet or CSV file, or a folder of one file per instrument, to prove features on.
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
    #[command(flatten)]
    pub files: Files,
    /// A feature: its name and its expression. May be repeated.
    #[arg(long = "feature", value_name = "NAME=EXPR", conflicts_with = "study")]
    pub features: Vec<String>,
    /// A library that ships, as `features list` names them. May be repeated.
    #[arg(long = "library", value_name = "NAME", conflicts_with = "study")]
    pub libraries: Vec<String>,
    /// A file of features of your own.
    #[arg(long = "features", value_name = "FILE.yaml", conflicts_with = "study")]
    pub file: Option<PathBuf>,
    /// How many dates to cut at.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=50))]
    pub dates: u16,
}

#[derive(Args, Debug)]
pub(crate) struct Why {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
    /// The stage, as the stage table names it; all stages if absent.
    #[arg(value_name = "STAGE")]
    pub stage: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct CacheArguments {
    #[command(subcommand)]
    pub command: CacheCommand,
}

#[derive(Subcommand, Debug)]
pub(crate) enum CacheCommand {
    /// Artifacts and bytes by stage, and what each study's runs need.
    Stats {
        /// The study's file or its folder; the current folder if absent.
        #[arg(value_name = "STUDY.yaml|FOLDER")]
        place: Option<PathBuf>,
    },
    /// Forget all but the newest runs of each study, and remove what the kept ones don't need.
    ///
    /// What was written or used within the last ten minutes stays, since a run in progress may need it. Reports are not
    /// touched.
    Gc {
        /// The study's file or its folder; the current folder if absent. All studies of the store are swept.
        #[arg(value_name = "STUDY.yaml|FOLDER")]
        place: Option<PathBuf>,
        /// Only say what would go.
        #[arg(long)]
        dry_run: bool,
        /// How many runs of each study to keep, with everything that they need.
        #[arg(long, default_value_t = 10)]
        keep_runs: usize,
    },
    /// Remove everything that can be computed again: of one study what no other needs, or all of a folder's store.
    ///
    /// Reports stay, and so does what `runs` and `compare` tell. The next run computes again what it needs.
    Clear {
        /// The study's file, or a folder for all of its studies; the current folder if absent.
        #[arg(value_name = "STUDY.yaml|FOLDER")]
        place: Option<PathBuf>,
        /// Only say what would go.
        #[arg(long)]
        dry_run: bool,
    },
    /// Check the digest of every artifact.
    Verify {
        /// The study's file or its folder; the current folder if absent.
        #[arg(value_name = "STUDY.yaml|FOLDER")]
        place: Option<PathBuf>,
        /// Remove what is damaged; the next run computes it again.
        #[arg(long)]
        remove: bool,
    },
}

#[derive(Args, Debug)]
pub(crate) struct Shard {
    /// The study's file.
    #[arg(value_name = "STUDY.yaml")]
    pub study: PathBuf,
    /// The stage.
    #[arg(value_name = "STAGE")]
    pub stage: String,
    /// The shard's number; all of them if absent.
    #[arg(value_name = "NUMBER")]
    pub number: Option<usize>,
}
