//! Files as vendors write them: their layouts are recognised, and their fields mean what the vendor means by them.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

#[expect(dead_code, reason = "each test file uses a part")]
mod support;

use std::fmt::Write as _;

use backstaff_panel::Session;
use backstaff_source::{Loaded, Mapping, PanelSource, inspect};
use support::{Folder, same, values};

/// The first session of the samples.
const FIRST: &str = "2024-01-01";

/// So many sessions from Monday to Friday, from the first one of the samples.
fn weekdays(n: usize) -> Vec<Session> {
    let first = FIRST.parse::<Session>().unwrap().number();
    let days = (0..).map(|day| Session::from_number(first + day)).filter(|day| {
        let monday_zero = (day.number() + 3).rem_euclid(7);
        monday_zero < 5
    });
    days.take(n).collect()
}

/// A file of a header and a line for each session, made by `line` of its number and date.
fn written(header: &str, n: usize, line: impl Fn(usize, Session) -> String) -> String {
    let mut text = header.to_owned();
    for (t, day) in weekdays(n).into_iter().enumerate() {
        let _ = write!(text, "\n{}", line(t, day));
    }
    text
}

fn load(name: &str, text: &str) -> Loaded {
    let folder = Folder::new();
    PanelSource::new(folder.file(name, text)).load().unwrap()
}

/// The name of the layout that was recognised.
fn layout(loaded: &Loaded) -> &str {
    loaded.found.layouts.first().map_or("none", |layout| layout.name.as_str())
}

fn names(loaded: &Loaded) -> Vec<&str> {
    loaded.panel.axis().instruments().iter().map(backstaff_panel::Instrument::name).collect()
}

/// Whether the sessions are the weekdays from the first one of the samples.
fn has_weekdays(loaded: &Loaded, n: usize) -> bool {
    loaded.panel.axis().calendar().sessions() == weekdays(n)
}

/// A close of 10, 11, 12, ...
fn close(t: usize) -> f64 {
    10.0 + t as f64
}

#[test]
fn stooq_writes_brackets_and_a_short_volume() {
    let header = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>";
    let text = written(header, 5, |t, day| {
        let c = close(t);
        format!(
            "AAPL.US,D,{},000000,{c},{},{},{c},{},0",
            day.to_string().replace('-', ""),
            c + 1.0,
            c - 1.0,
            100 * t + 100
        )
    });
    // A folder of the archive holds text files.
    let folder = Folder::new();
    folder.file("daily/aapl.us.txt", &text);
    folder.file("daily/readme.txt", "Data of one vendor\n");
    let loaded = PanelSource::new(folder.path().join("daily")).load().unwrap();
    assert_eq!((layout(&loaded), names(&loaded)), ("Stooq's", vec!["AAPL.US"]));
    assert!(has_weekdays(&loaded, 5));
    assert_eq!(values(&loaded, "volume"), [100.0, 200.0, 300.0, 400.0, 500.0]);
    assert_eq!(values(&loaded, "close"), [10.0, 11.0, 12.0, 13.0, 14.0]);
    assert!(loaded.panel.field("time").is_none() && loaded.panel.field("per").is_none());
}

/// The closes of a share that is split two for one at the session 3, and pays 0.5 at session 2: as quoted, and the adjusted
/// ones as a vendor writes them on the last day.
const QUOTED: [f64; 5] = [20.0, 22.0, 22.0, 11.0, 12.0];
const ADJUSTED: [f64; 5] = [9.75, 10.725, 11.0, 11.0, 12.0];

/// What every reader of the sample has to find: closes and volumes anchored at the first session.
fn assert_adjusted(loaded: &Loaded) {
    let expected = ADJUSTED.map(|close| close / ADJUSTED[0] * QUOTED[0]);
    let found = values(loaded, "close");
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
    assert_eq!(values(loaded, "raw_close"), QUOTED);
    // After the split, shares are worth half: 200 of them are 100 of the first session's.
    assert_eq!(values(loaded, "volume"), [100.0, 100.0, 100.0, 100.0, 100.0]);
    assert_eq!(values(loaded, "raw_volume"), [100.0, 100.0, 100.0, 200.0, 200.0]);
    assert!(
        loaded.found.warnings.iter().all(|warning| !warning.contains("volume")),
        "{:?}",
        loaded.found.warnings
    );
    for superfluous in ["adj_open", "adj_volume", "adj_close"] {
        assert!(loaded.panel.field(superfluous).is_none(), "{superfluous} knows the future");
    }
}

fn split(t: usize) -> f64 {
    if t == 3 { 2.0 } else { 1.0 }
}

fn dividend(t: usize) -> f64 {
    if t == 2 { 0.5 } else { 0.0 }
}

fn volume(t: usize) -> usize {
    if t < 3 { 100 } else { 200 }
}

#[test]
fn quandls_wiki_has_dividends_splits_and_adjusted_bars() {
    let header = "ticker,date,open,high,low,close,volume,ex-dividend,split_ratio,adj_open,adj_high,adj_low,adj_close,adj_volume";
    let text = written(header, 5, |t, day| {
        let (c, a) = (QUOTED[t], ADJUSTED[t]);
        format!("A,{day},{c},{c},{c},{c},{},{},{},{a},{a},{a},{a},200", volume(t), dividend(t), split(t))
    });
    let loaded = load("wiki.csv", &text);
    assert_eq!((layout(&loaded), names(&loaded)), ("Quandl's (WIKI)", vec!["A"]));
    assert_adjusted(&loaded);
    assert_eq!(values(&loaded, "dividend"), [0.0, 0.0, 0.5, 0.0, 0.0]);
}

#[test]
fn alpha_vantage_writes_the_newest_session_first() {
    let header = "timestamp,open,high,low,close,adjusted_close,volume,dividend_amount,split_coefficient";
    let text = written("", 5, |t, day| {
        let (c, a) = (QUOTED[t], ADJUSTED[t]);
        format!("{day},{c},{c},{c},{c},{a},{},{},{:.4}", volume(t), dividend(t), split(t))
    });
    let newest_first = text.lines().rev().collect::<Vec<_>>().join("\n");
    let loaded = load("IBM.csv", &format!("{header}\n{newest_first}"));
    assert_eq!((layout(&loaded), names(&loaded)), ("Alpha Vantage's", vec!["IBM"]));
    assert_adjusted(&loaded);
}

#[test]
fn tiingos_split_factor_is_that_of_the_day() {
    let header =
        "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor";
    let text = written(header, 5, |t, day| {
        let (c, a) = (QUOTED[t], ADJUSTED[t]);
        format!(
            "{day}T00:00:00.000Z,{c},{c},{c},{c},{},{a},{a},{a},{a},200,{},{}",
            volume(t),
            dividend(t),
            split(t)
        )
    });
    let loaded = load("A.csv", &text);
    assert_eq!(layout(&loaded), "Tiingo's");
    assert_adjusted(&loaded);
}

#[test]
fn splits_that_closes_do_not_show_are_adjusted_for_already() {
    let text = written("date,symbol,close,volume,split_ratio", 5, |t, day| {
        format!("{day},A,{},100,{}", ADJUSTED[t], split(t))
    });
    let loaded = load("a.csv", &text);
    assert_eq!(values(&loaded, "close"), ADJUSTED);
    assert!(loaded.found.warnings.iter().any(|text| text.contains("split_ratio is not used")));
}

#[test]
fn crsp_signs_midpoints_and_has_dividends_and_delistings_in_returns() {
    let header = "PERMNO,date,TICKER,PRC,VOL,RET,SHROUT,CFACPR,CFACSHR,BIDLO,ASKHI,OPENPRC,DLRET";
    let rows = [
        // The first return is of no price; then one without trade, a dividend, a split, and a delisting at −30 %.
        "20,100,C,1000,2,2,19,21,20,",
        "-22,0,0.1,1000,2,2,-21,-23,,",
        "22,100,0.05,1000,2,2,21,23,22,",
        "11,200,0,2000,1,1,10,12,11,",
        "12,200,B,2000,1,1,11,13,11,",
        ",,,,,,,,,-0.3",
    ];
    let mut text = written(header, 6, |t, day| {
        let cells = rows[t].split(',').collect::<Vec<_>>();
        format!("10001,{},OLD,{}", day.to_string().replace('-', ""), cells.join(","))
    });
    // A second instrument lives on, under the ticker that the first one had.
    for (t, day) in weekdays(8).into_iter().enumerate() {
        let _ = write!(text, "\n10002,{},OLD,{},50,,10,1,1,,,,", day.to_string().replace('-', ""), close(t));
    }
    let loaded = load("crsp.csv", &text);
    assert_eq!((layout(&loaded), names(&loaded)), ("CRSP's", vec!["10001", "10002"]));
    let of_first = |name: &str| values(&loaded, name)[..6].to_vec();
    // 20, +10 %, +5 %, 0 %, the move of the price where the return is unknown, −30 %.
    let level = [20.0, 22.0, 23.1, 23.1, 23.1 * 12.0 / 11.0, 23.1 * 12.0 / 11.0 * 0.7];
    let found = of_first("close");
    assert!(found.iter().zip(level).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
    assert_eq!(of_first("raw_close")[..5], [20.0, 22.0, 22.0, 11.0, 12.0]);
    assert!((of_first("raw_close")[5] - 8.4).abs() < 1e-12);
    assert_eq!(of_first("traded"), [1.0, 0.0, 1.0, 1.0, 1.0, 1.0]);
    assert_eq!(of_first("raw_low")[..2], [19.0, 21.0]);
    assert!(same(&of_first("volume")[..5], &[100.0, 0.0, 100.0, 100.0, 100.0]));
    assert_eq!(of_first("shares")[..4], [1e6, 1e6, 1e6, 2e6]);
    assert!(loaded.found.adjustment.why.contains("returns of each session and of delistings"));
    assert!(loaded.found.warnings.iter().any(|text| text.contains("1 delisting with a return")));
}

#[test]
fn crsp_without_returns_is_adjusted_by_its_factors() {
    let text = written("PERMNO,date,PRC,VOL,CFACPR,CFACSHR", 5, |t, day| {
        let factor = if t < 3 { 2 } else { 1 };
        format!("10001,{day},{},{},{factor},{factor}", QUOTED[t], volume(t))
    });
    let loaded = load("crsp.csv", &text);
    assert_eq!(values(&loaded, "close"), [20.0, 22.0, 22.0, 22.0, 24.0]);
    assert_eq!(values(&loaded, "volume"), [100.0; 5]);
    assert!(loaded.found.adjustment.why.contains("column factor"), "{}", loaded.found.adjustment.why);
}

#[test]
fn polygon_tells_midnight_of_new_york_in_nanoseconds_of_utc() {
    let header = "ticker,volume,open,close,high,low,window_start,transactions";
    let text = written(header, 5, |t, day| {
        let midnight = (i64::from(day.number()) * 86_400 + 5 * 3_600) * 1_000_000_000;
        format!("AAPL,{},{c},{c},{c},{c},{midnight},42", 100 + t, c = close(t))
    });
    let loaded = load("2024.csv", &text);
    assert_eq!((layout(&loaded), names(&loaded)), ("Polygon's flat files", vec!["AAPL"]));
    assert!(has_weekdays(&loaded, 5));
    assert_eq!(values(&loaded, "close"), [10.0, 11.0, 12.0, 13.0, 14.0]);
    assert_eq!(values(&loaded, "transactions")[0], 42.0);
    // Stamps that were written anew with their zone say their date themselves.
    let text =
        written(header, 5, |t, day| format!("AAPL,1,{c},{c},{c},{c},{day}T00:00:00-05:00,42", c = close(t)));
    assert!(has_weekdays(&load("2024.csv", &text), 5));
}

/// The lines of klines, with stamps of so many parts of a second.
fn klines(n: usize, per_second: i64) -> String {
    let first = i64::from(FIRST.parse::<Session>().unwrap().number());
    let line = |t: usize| {
        let open = (first + t as i64) * 86_400 * per_second;
        let c = close(t);
        let end = open + 86_400 * per_second - 1;
        format!("{open},{c},{c},{c},{c},{},{end},1000,{},5,500,0\n", 7 + t, 30 + t)
    };
    (0..n).map(line).collect()
}

#[test]
fn binance_writes_klines_with_a_header_and_without_one() {
    let header = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,\
                  taker_buy_quote_volume,ignore\n";
    for text in [header.to_owned() + &klines(9, 1_000), klines(9, 1_000), klines(9, 1_000_000)] {
        let folder = Folder::new();
        folder.file("k/BTCUSDT-1d-2024-01.csv", &text);
        let loaded = PanelSource::new(folder.path().join("k")).load().unwrap();
        assert_eq!((layout(&loaded), names(&loaded)), ("Binance's klines", vec!["BTCUSDT"]));
        assert_eq!((loaded.found.first.to_string().as_str(), loaded.found.calendar.sessions), (FIRST, 9));
        assert_eq!(values(&loaded, "close")[8], 18.0);
        assert_eq!((values(&loaded, "volume")[0], values(&loaded, "trades")[0]), (7.0, 30.0));
        assert!(loaded.panel.field("close_time").is_none() && loaded.panel.field("ignore").is_none());
    }
}

#[test]
fn a_row_of_a_file_without_a_header_is_named_by_its_line() {
    let folder = Folder::new();
    let text = klines(3, 1_000).replace(",11,", ",-11,");
    let error =
        PanelSource::new(folder.file("BTCUSDT-1d-2024-01.csv", &text)).load().unwrap_err().to_string();
    assert!(error.contains("row 2)"), "{error}");
}

#[test]
fn ccxt_writes_milliseconds() {
    let text =
        klines(4, 1_000).lines().fold("timestamp,open,high,low,close,volume".to_owned(), |text, line| {
            format!("{text}\n{}", line.split(',').take(6).collect::<Vec<_>>().join(","))
        });
    let loaded = load("BTC-USDT.csv", &text);
    assert_eq!((loaded.found.first.to_string().as_str(), names(&loaded)), (FIRST, vec!["BTC-USDT"]));
    assert_eq!(values(&loaded, "volume"), [7.0, 8.0, 9.0, 10.0]);
}

#[test]
fn bloomberg_has_two_spellings() {
    for header in [
        "Date,Ticker,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME",
        "Dates,Security,Open Price,High Price,Low Price,Last Price,Volume",
    ] {
        let text = written(header, 5, |t, day| {
            let c = close(t);
            format!("{day},IBM US Equity,{c},{c},{c},{c},{}", 100 + t)
        });
        let loaded = load("bb.csv", &text);
        assert_eq!((layout(&loaded), names(&loaded)), ("Bloomberg's", vec!["IBM US Equity"]));
        for price in ["open", "high", "low", "close"] {
            assert_eq!(values(&loaded, price), [10.0, 11.0, 12.0, 13.0, 14.0], "{price}");
        }
        assert_eq!(values(&loaded, "volume")[4], 104.0);
    }
}

#[test]
fn nasdaq_writes_dollars_and_the_month_first() {
    // No date of the file has a day above 12.
    let text = "Date,Close/Last,Volume,Open,High,Low\n01/05/2024,$1181.18,62303300,$181.99,$182.76,$180.17\n\
                01/04/2024,$181.91,71983570,$182.15,$183.0872,$180.88\n";
    let loaded = load("AAPL.csv", text);
    assert_eq!(layout(&loaded), "Nasdaq's");
    assert_eq!(
        (loaded.found.first.to_string(), values(&loaded, "close")),
        ("2024-01-04".to_owned(), vec![181.91, 1181.18])
    );
    assert_eq!(values(&loaded, "high")[0], 183.0872);
}

#[test]
fn investing_com_calls_the_close_a_price() {
    let text = "\"Date\",\"Price\",\"Open\",\"High\",\"Low\",\"Vol.\",\"Change %\"\n\
                \"01/15/2024\",\"1,185.92\",\"1,182.16\",\"1,186.74\",\"1,182.00\",\"40.44M\",\"0.18%\"\n\
                \"01/12/2024\",\"1,183.63\",\"1,181.99\",\"1,184.00\",\"1,180.93\",\"68.18K\",\"-0.53%\"\n";
    let loaded = load("AAPL Historical Data.csv", text);
    assert_eq!(layout(&loaded), "Investing.com's");
    assert_eq!(values(&loaded, "close"), [1183.63, 1185.92]);
    assert_eq!(values(&loaded, "volume"), [68_180.0, 40_440_000.0]);
    assert_eq!(loaded.found.first.to_string(), "2024-01-12");
}

#[test]
fn yahoos_volumes_are_adjusted_by_splits_already() {
    let text = written("Date,Open,High,Low,Close,Adj Close,Volume", 5, |t, day| {
        let c = close(t);
        format!("{day},{c},{c},{c},{c},{},100", if t < 3 { c * 0.9 } else { c })
    });
    let loaded = load("SPY.csv", &text);
    assert_eq!(layout(&loaded), "Yahoo's");
    assert!(loaded.found.warnings.is_empty(), "{:?}", loaded.found.warnings);
    // Without a quoted close the adjusted bar is the bar.
    let text = written("Date,Adj Open,Adj High,Adj Low,Adj Close,Adj Volume", 5, |t, day| {
        let c = close(t);
        format!("{day},{c},{c},{c},{c},100")
    });
    let loaded = load("SPY.csv", &text);
    assert_eq!((values(&loaded, "open")[1], values(&loaded, "volume")[1]), (11.0, 100.0));
}

#[test]
fn asian_names_are_known() {
    for (header, name) in [
        ("일자,종목코드,종목명,시가,고가,저가,종가,대비,거래량,거래대금", "Korean"),
        ("日期,股票代码,名称,开盘,最高,最低,收盘,涨跌额,成交量,成交额", "Chinese"),
        ("日付,銘柄コード,銘柄名,始値,高値,安値,終値,前日比,出来高,売買代金", "Japanese"),
    ] {
        let text = written(header, 5, |t, day| {
            let (c, change) = (close(t), i32::from(t > 0));
            format!(
                "{},005930,가나,{c},{},{},{c},{change},{},9",
                day.to_string().replace('-', "/"),
                c + 1.0,
                c - 1.0,
                100 + t
            )
        });
        let loaded = load("k.csv", &text);
        assert_eq!((layout(&loaded), names(&loaded)), (name, vec!["005930"]));
        assert_eq!(values(&loaded, "high"), [11.0, 12.0, 13.0, 14.0, 15.0]);
        assert_eq!((values(&loaded, "volume")[4], values(&loaded, "amount")[0]), (104.0, 9.0));
        assert_eq!(values(&loaded, "change"), [0.0, 1.0, 1.0, 1.0, 1.0]);
    }
    let text = written("날짜,종가,수정종가,거래량", 5, |t, day| {
        format!("{day},{},{},5", close(t), close(t) / 2.0)
    });
    let loaded = load("005930.csv", &text);
    assert_eq!(values(&loaded, "raw_close"), [10.0, 11.0, 12.0, 13.0, 14.0]);
    assert!(loaded.found.adjustment.why.contains("adj_close"));
}

#[test]
fn the_mapping_comes_before_a_vendors_names() {
    let folder = Folder::new();
    let text =
        written("date,ticker,px_last,px_mid", 5, |t, day| format!("{day},A,{},{}", close(t), close(t) + 1.0));
    let mapping = Mapping([("px_mid".to_owned(), "close".to_owned())].into());
    let path = folder.file("a.csv", &text);
    let loaded = PanelSource { mapping: mapping.clone(), ..PanelSource::new(&path) }.load().unwrap();
    assert_eq!(values(&loaded, "close")[0], 11.0);
    assert_eq!(values(&loaded, "px_last")[0], 10.0);
    assert_eq!(
        inspect(&PanelSource { mapping, ..PanelSource::new(&path) }, None).unwrap().found.layouts[0].name,
        "Bloomberg's"
    );
}
