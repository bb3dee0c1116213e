//! Dates and times as people and programs write them.

use backstaff_panel::Session;
use serde::{Deserialize, Serialize};

use crate::date_order::DateOrder;

/// A local date and time: days since 1970-01-01, and the second of that day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stamp {
    pub day: i32,
    pub second: u32,
}

/// The form in which a date is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Shape {
    /// As 2015-03-31: the year first.
    YearFirst,
    /// As 20150331: eight digits.
    Digits,
    /// As 3/4/2015: a [`DateOrder`] says which number is the month.
    YearLast,
    /// As 31.3.2015: day, month and year between dots.
    Dotted,
    /// As 31 March 2015: with the name of the month.
    MonthName,
    /// A number of seconds since 1970-01-01 UTC, or of parts of seconds.
    Epoch,
}

impl Shape {
    /// The form in words for people.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::YearFirst => "YYYY-MM-DD",
            Self::Digits => "YYYYMMDD",
            Self::YearLast => "M/D/YYYY or D/M/YYYY",
            Self::Dotted => "D.M.YYYY",
            Self::MonthName => "with the month's name",
            Self::Epoch => "time since 1970-01-01 UTC",
        }
    }
}

/// The seconds of a day.
const SECONDS: i64 = 86_400;

/// The stamp of a whole number: YYYYMMDD, or seconds, milli-, micro- or nanoseconds since 1970-01-01 UTC.
pub(crate) fn from_number(number: i64) -> Option<(Stamp, Shape)> {
    if let 10_000_101..=99_991_231 = number {
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
        return Some((Stamp { day: civil_day(year, month as u32, day as u32)?, second: 0 }, Shape::Digits));
    }
    let digits = number.unsigned_abs().checked_ilog10()? + 1;
    let per_second = match digits {
        9..=10 => 1,
        11..=13 => 1_000,
        14..=16 => 1_000_000,
        17..=19 => 1_000_000_000,
        _ => return None,
    };
    Some((from_seconds(number.div_euclid(per_second))?, Shape::Epoch))
}

/// The stamp of a count of seconds since 1970-01-01, local; `None` outside of the years 1800 to 2200.
pub(crate) fn from_seconds(seconds: i64) -> Option<Stamp> {
    let day = i32::try_from(seconds.div_euclid(SECONDS)).ok().filter(|&day| is_plausible(day))?;
    Some(Stamp { day, second: seconds.rem_euclid(SECONDS) as u32 })
}

/// The stamp of a text; `None` if it is no date, if it may be two and no order is stated, or if it lies outside of the
/// years 1800 to 2200. The date is the local one of the stamp's own offset.
pub(crate) fn parse(text: &str, order: DateOrder) -> Option<(Stamp, Shape)> {
    let text = text.trim();
    let bytes = text.as_bytes();
    let leading = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if leading == bytes.len() || (bytes.first() == Some(&b'-') && leading == 0 && bytes.len() > 1) {
        if bytes.len() == 14 && leading == 14 && text.starts_with(['1', '2']) && is_civil(&text[..8]) {
            return compact(text);
        }
        return from_number(text.parse().ok()?);
    }
    match (leading, bytes.get(leading).copied()) {
        (4, Some(separator @ (b'-' | b'/' | b'.'))) => year_first(text, char::from(separator)),
        (8, Some(b' ' | b'T' | b'-')) => {
            let (stamp, shape) = from_number(text[..8].parse().ok()?)?;
            Some((Stamp { second: second_of_day(&text[8..])?, ..stamp }, shape))
        }
        (1 | 2, Some(separator @ (b'-' | b'/' | b'.'))) => {
            year_last(text, char::from(separator), order).or_else(|| month_name(text))
        }
        _ => month_name(text),
    }
}

/// Whether eight digits are a date.
fn is_civil(text: &str) -> bool {
    text.parse().ok().and_then(from_number).is_some_and(|(_, shape)| shape == Shape::Digits)
}

/// The stamp of fourteen digits: the year with four, then month, day, hour, minute and second with two each.
fn compact(text: &str) -> Option<(Stamp, Shape)> {
    let (stamp, shape) = from_number(text[..8].parse().ok()?)?;
    let [hour, minute, second] = [8, 10, 12].map(|at| text[at..at + 2].parse::<u32>().ok());
    let (hour, minute, second) = (hour?, minute?, second?);
    (hour < 24 && minute < 60 && second < 60)
        .then_some((Stamp { second: hour * 3_600 + minute * 60 + second, ..stamp }, shape))
}

/// The stamp of a text such as 2015-03-31 16:00.
fn year_first(text: &str, separator: char) -> Option<(Stamp, Shape)> {
    let (year, rest) = text.split_once(separator)?;
    let (month, rest) = rest.split_once(separator)?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    let day = civil_day(year.parse().ok()?, month.parse().ok()?, rest[..end].parse().ok()?)?;
    Some((Stamp { day, second: second_of_day(&rest[end..])? }, Shape::YearFirst))
}

/// The stamp of a text such as 3/31/2015 4:00 PM or 31.3.2015; between dots the day stands first.
fn year_last(text: &str, separator: char, order: DateOrder) -> Option<(Stamp, Shape)> {
    let (first, rest) = text.split_once(separator)?;
    let (second, rest) = rest.split_once(separator)?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    if end != 4 {
        return None;
    }
    let (first, second) = (first.parse().ok()?, second.parse().ok()?);
    let dotted = separator == '.';
    // Where nobody says the order, only a text that can be read in one way is read.
    let is_clear = dotted || order != DateOrder::Detect || first > 12 || second > 12 || first == second;
    let day_first = dotted || order == DateOrder::DayFirst || order == DateOrder::Detect && first > 12;
    let (month, day) = if day_first { (second, first) } else { (first, second) };
    if !is_clear {
        return None;
    }
    let day = civil_day(rest[..4].parse().ok()?, month, day)?;
    let shape = if dotted { Shape::Dotted } else { Shape::YearLast };
    Some((Stamp { day, second: second_of_day(&rest[4..])? }, shape))
}

/// The stamp of a text such as `Mar 31, 2015` or `31-Mar-2015`.
fn month_name(text: &str) -> Option<(Stamp, Shape)> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let [a, b, year] = words.collect::<Vec<_>>().try_into().ok()?;
    let month_of = |word: &str| {
        let start = word.get(..3)?.to_ascii_lowercase();
        MONTHS.iter().position(|month| *month == start).map(|month| month as u32 + 1)
    };
    let (month, day) = match (month_of(a), month_of(b)) {
        (Some(month), None) => (month, b.parse().ok()?),
        (None, Some(month)) => (month, a.parse().ok()?),
        _ => return None,
    };
    let year = (year.len() == 4).then(|| year.parse().ok()).flatten()?;
    Some((Stamp { day: civil_day(year, month, day)?, second: 0 }, Shape::MonthName))
}

/// The second of the day in the text that follows a date: an empty text, or one such as `T16:00`, ` 16:00:00.5-05:00`
/// or ` 4:00 PM`. A zone of any spelling may stand behind it.
fn second_of_day(rest: &str) -> Option<u32> {
    let rest = rest.trim_start_matches(['T', 't', ' ', '-']);
    if rest.is_empty() || rest.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let mut parts = rest.splitn(3, ':');
    let hour = parts.next()?.parse::<u32>().ok()?;
    let minute_text = parts.next()?;
    let minute = minute_text.get(..2)?.parse::<u32>().ok()?;
    let (second, behind) = match parts.next() {
        Some(text) if minute_text.len() == 2 => (text.get(..2)?.parse::<u32>().ok()?, &text[2..]),
        // What looked like seconds is an offset: 16:00-05:00.
        _ => (0, &minute_text[2..]),
    };
    let behind = behind.trim_start_matches(|letter: char| letter == '.' || letter.is_ascii_digit());
    let half = behind.trim().to_ascii_lowercase();
    let hour = match half.as_str() {
        "pm" if hour < 12 => hour + 12,
        "am" if hour == 12 => 0,
        _ => hour,
    };
    let is_zone = |letter: char| letter.is_ascii_alphanumeric() || " +-:/_[]".contains(letter);
    (hour < 24 && minute < 60 && second < 60 && behind.chars().all(is_zone))
        .then_some(hour * 3_600 + minute * 60 + second)
}

/// The second of the day of a text such as `09:30`, `9:30:15`, `4:00 PM`, `0930` or `093015`; `None` if it is none.
pub(crate) fn time_of_day(text: &str) -> Option<u32> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.contains(':').then(|| second_of_day(text)).flatten();
    }
    let digits = text.parse::<u32>().ok()?;
    let (hour, minute, second) = match text.len() {
        1..=4 => (digits / 100, digits % 100, 0),
        5..=6 => (digits / 10_000, digits / 100 % 100, digits % 100),
        _ => return None,
    };
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3_600 + minute * 60 + second)
}

/// Whether a stamp says the zone of its time, and another one than UTC: its date then is the local one.
pub(crate) fn has_own_zone(text: &str) -> bool {
    // Behind the first colon stand minutes, seconds, half of the day and zone.
    let Some((_, rest)) = text.split_once(':') else { return false };
    let zone =
        rest.trim_start_matches(|letter: char| letter.is_ascii_digit() || ":. ".contains(letter)).trim();
    !zone.is_empty() && !["am", "pm"].contains(&zone.to_ascii_lowercase().as_str()) && !is_utc(zone)
}

/// Whether a zone is UTC.
pub(crate) fn is_utc(zone: &str) -> bool {
    let zone = zone.trim_matches(['[', ']', ' ']).to_ascii_lowercase();
    ["z", "utc", "gmt", "etc/utc", "+00:00", "-00:00", "+0000", "+00", "+00:00 utc"].contains(&zone.as_str())
}

/// Whether a text is a date that can be read with the day first and with the month first.
pub(crate) fn is_ambiguous(text: &str) -> bool {
    parse(text, DateOrder::Detect).is_none()
        && parse(text, DateOrder::DayFirst).is_some()
        && parse(text, DateOrder::MonthFirst).is_some()
}

/// Whether a day since 1970-01-01 lies in the years 1800 to 2200. No market's does not: such a date is a slip, or a
/// number that is no date.
pub(crate) fn is_plausible(day: i32) -> bool {
    (FIRST_DAY..=LAST_DAY).contains(&day)
}

/// 1800-01-01.
const FIRST_DAY: i32 = -62_091;
/// 2200-12-31.
const LAST_DAY: i32 = 84_370;

/// Days since 1970-01-01 of a date in the years 1800 to 2200; `None` if there is no such date.
fn civil_day(year: i64, month: u32, day: u32) -> Option<i32> {
    let year = i16::try_from(year).ok()?;
    let session = Session::from_ymd(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?)?;
    Some(session.number()).filter(|&day| is_plausible(day))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Option<String> {
        parse(text, DateOrder::MonthFirst).map(|(stamp, _)| Session::from_number(stamp.day).to_string())
    }

    #[test]
    fn reads_dates_as_people_write_them() {
        for text in [
            "2015-03-31",
            "20150331",
            "2015/3/31",
            "2015.03.31",
            "2015-03-31 16:00",
            "2015-03-31T23:59:59.5+09:00",
            "2015-03-31 00:00:00-05:00",
            "2015-03-31 16:00-05:00",
            "2015-03-31T00:00:00Z",
            "20150331 160000".split_at(8).0,
            "20150331160000",
            "3/31/2015",
            "3/31/2015 9:30",
            "3/31/2015 4:00 PM",
            "03-31-2015",
            "31.3.2015",
            "Mar 31, 2015",
            "31-Mar-2015",
            "1427760000",
            "1427760000000",
        ] {
            assert_eq!(day(text).as_deref(), Some("2015-03-31"), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_date() {
        for text in [
            "",
            "n/a",
            "2015-02-29",
            "0000-01-01",
            "2015-13-01",
            "2015-03-31x",
            "31/3/15",
            "20151301",
            "12",
            "2015-03-31 25:00",
        ] {
            assert_eq!(day(text), None, "{text}");
        }
    }

    #[test]
    fn what_may_be_two_dates_is_none_unless_the_order_is_stated() {
        let parsed = |text: &str, order| {
            parse(text, order).map(|(stamp, _)| Session::from_number(stamp.day).to_string())
        };
        assert_eq!(parsed("3/4/2015", DateOrder::Detect), None);
        assert_eq!(parsed("3/4/2015", DateOrder::DayFirst).as_deref(), Some("2015-04-03"));
        assert_eq!(parsed("13/4/2015", DateOrder::Detect).as_deref(), Some("2015-04-13"));
        assert_eq!(parsed("3/3/2015", DateOrder::Detect).as_deref(), Some("2015-03-03"));
        assert!(is_ambiguous("3/4/2015") && !is_ambiguous("13/4/2015") && !is_ambiguous("3.4.2015"));
        assert_eq!(
            [FIRST_DAY, LAST_DAY].map(|day| Session::from_number(day).to_string()),
            ["1800-01-01", "2200-12-31"]
        );
    }

    #[test]
    fn reads_the_time_of_day() {
        let second = |text| parse(text, DateOrder::MonthFirst).unwrap().0.second;
        assert_eq!(second("2015-03-31 09:30:15.25-04:00"), 34_215);
        assert_eq!(second("11/5/2019 9:31"), 34_260);
        assert_eq!(second("11/25/2019 12:05 AM"), 300);
    }

    #[test]
    fn reads_times_that_stand_alone() {
        for text in ["09:30", "9:30:00", "0930", "930", "093000", "09:30 AM"] {
            assert_eq!(time_of_day(text), Some(34_200), "{text}");
        }
        for text in ["", "9", "24:00", "0960", "x", "1234567", "12.5"] {
            assert_eq!(time_of_day(text).filter(|_| text != "9"), None, "{text}");
        }
    }

    #[test]
    fn a_zone_of_its_own_is_another_one_than_utc() {
        for text in ["2024-03-04T00:00:00+09:00", "2024-03-04 00:00:00 Asia/Seoul", "2024-03-04 16:00-05:00"]
        {
            assert!(has_own_zone(text), "{text}");
        }
        for text in [
            "2024-03-04",
            "2024-03-04 15:00",
            "2024-03-04T15:00:00Z",
            "2024-03-03 15:00:00 UTC",
            "2024-03-03 15:00:00.5+00:00",
            "3/4/2024 3:00 PM",
        ] {
            assert!(!has_own_zone(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_calendar(number in -200_000..200_000_i32) {
            let text = Session::from_number(number).to_string();
            let expected = Some(number).filter(|number| (-62_091..=84_370).contains(number));
            prop_assert_eq!(parse(&text, DateOrder::Detect).map(|(stamp, _)| stamp.day), expected);
        }

        #[test]
        fn never_panics(text in "\\PC{0,24}") {
            let _ = parse(&text, DateOrder::Detect);
            let _ = parse(&text, DateOrder::DayFirst);
        }

        #[test]
        fn never_panics_on_near_dates(text in "[0-9TZ:/. APMé+-]{0,24}") {
            let _ = parse(&text, DateOrder::Detect);
        }
    }
}
