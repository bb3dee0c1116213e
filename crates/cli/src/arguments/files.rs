//! How files are read, where no study says it.

use backstaff_study::{
    compute::FileForm,
    config::{
        CalendarRule, DateOrder, Decimal, Halts, Hours, Mapping, NameRule, Resample, TextEncoding, Written,
        Zone,
    },
};
use clap::{Args, ValueEnum};

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
