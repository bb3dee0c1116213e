//! The dates of stamps that stand in UTC: in the zone that is stated, or a question if they look like midnights of an
//! exchange.

use std::{collections::BTreeMap, path::PathBuf};

use backstaff_panel::{Session, Weekday};
use jiff::tz::TimeZone;

use crate::{
    date_text::Stamp,
    error::SourceError,
    format::decoded::Block,
    request::zone::{Zone, local},
};

/// The zones of exchanges, each once for those that share their offset; those whose midnight comes on another date of
/// UTC.
const EXCHANGES: [&str; 9] = [
    "Asia/Seoul",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Asia/Jakarta",
    "Australia/Sydney",
    "Europe/London",
    "Europe/Paris",
    "Europe/Athens",
    "Europe/Moscow",
];

/// The share of stamps, in hundredths, that have to be alike.
const NEARLY_ALL: usize = 98;

/// Make local dates of all stamps where a zone is stated. Where none is, refuse or remark on dates that look as if they
/// were midnights of an exchange told in UTC. `files` are the paths that blocks refer to.
///
/// # Errors
///
/// If dates would be one day early, or stamps say their own zone beside a stated one.
pub(crate) fn settle(
    blocks: &mut [Block],
    files: &[PathBuf],
    zone: Option<&Zone>,
) -> Result<Option<String>, SourceError> {
    let remark = match zone {
        Some(zone) => {
            let rules = zone.rules();
            for block in &mut *blocks {
                if block.own_zone {
                    return Err(SourceError::OwnZone {
                        path: files[block.file].clone(),
                        zone: zone.name().to_owned(),
                    });
                }
                if !block.seconds.is_empty() {
                    convert(block, &rules);
                }
            }
            None
        }
        None => question(blocks, files)?,
    };
    Ok(remark)
}

/// Forget times of day that are the same in all rows of a block: one time for all says nothing about bars.
pub(crate) fn forget_single_times(blocks: &mut [Block]) {
    for block in blocks {
        if block.seconds.iter().all(|&second| second == block.seconds[0]) {
            block.seconds.clear();
        }
    }
}

/// Make local stamps of those of a block. Neighbours often have the same.
fn convert(block: &mut Block, rules: &TimeZone) {
    let mut last = None::<(Stamp, Stamp)>;
    for (day, second) in block.days.iter_mut().zip(&mut block.seconds) {
        let stamp = Stamp { day: *day, second: *second };
        let here = match last {
            Some((known, here)) if known == stamp => here,
            _ => local(rules, stamp).unwrap_or(stamp),
        };
        last = Some((stamp, here));
        (*day, *second) = (here.day, here.second);
    }
}

/// The times of day and the weekdays of all stamps.
struct Looks {
    n_rows: usize,
    weekdays: [usize; 7],
    /// The number of stamps at each time of day.
    times: BTreeMap<u32, usize>,
}

/// Times of day beyond which stamps are no midnights.
const TIMES: usize = 8;

impl Looks {
    /// `None` if there are too many times of day, or none but midnight.
    fn of(blocks: &[Block]) -> Option<Self> {
        if blocks.iter().all(|block| block.own_zone || block.seconds.iter().all(|&second| second == 0)) {
            return None;
        }
        let mut looks = Self { n_rows: 0, weekdays: [0; 7], times: BTreeMap::new() };
        for block in blocks.iter().filter(|block| !block.own_zone) {
            for (row, &day) in block.days.iter().enumerate() {
                *looks.times.entry(block.seconds.get(row).copied().unwrap_or(0)).or_default() += 1;
                looks.weekdays[(day + 3).rem_euclid(7) as usize] += 1;
            }
            looks.n_rows += block.days.len();
            if looks.times.len() > TIMES {
                return None;
            }
        }
        Some(looks)
    }
}

/// The zone of an exchange in which nearly all stamps are midnights of another date than the one in UTC.
fn midnights(blocks: &[Block], looks: &Looks) -> Option<&'static str> {
    let is_midnight = |rules: &TimeZone, day: i32, second: u32| {
        local(rules, Stamp { day, second }).is_some_and(|here| here.second == 0)
    };
    let fits = |name: &&str| {
        let Ok(rules) = TimeZone::get(name) else { return false };
        let of_block = |block: &Block| {
            let rows = block.days.iter().enumerate();
            rows.filter(|(row, day)| {
                is_midnight(&rules, **day, block.seconds.get(*row).copied().unwrap_or(0))
            })
            .count()
        };
        let n = blocks.iter().filter(|block| !block.own_zone).map(of_block).sum::<usize>();
        n * 100 >= looks.n_rows * NEARLY_ALL
    };
    EXCHANGES.into_iter().find(|name| fits(name))
}

/// Refuse dates that are one day early, and ask where nothing but the time of day tells.
fn question(blocks: &[Block], files: &[PathBuf]) -> Result<Option<String>, SourceError> {
    let Some(looks) = Looks::of(blocks) else { return Ok(None) };
    let share =
        |day: Weekday| looks.weekdays[day.to_monday_zero_offset() as usize] * 100 / looks.n_rows.max(1);
    let has = |day: Weekday| looks.weekdays[day.to_monday_zero_offset() as usize] > 0;
    // London is early in summer alone: it then has two times of day.
    let has_fridays = share(Weekday::Friday) > 0 && looks.times.len() < 2;
    let is_early = has(Weekday::Sunday) && share(Weekday::Saturday) == 0 && !has_fridays;
    let is_daily = share(Weekday::Saturday) + share(Weekday::Sunday) >= 22;
    if !is_early && !is_daily {
        return Ok(None);
    }
    let Some(zone) = midnights(blocks, &looks) else { return Ok(None) };
    let first = blocks.iter().find(|block| !block.own_zone && !block.days.is_empty());
    let (path, example) = first.map_or_else(
        || (PathBuf::new(), String::new()),
        |block| {
            let second = block.seconds.first().copied().unwrap_or(0);
            let day = Session::from_number(block.days[0]);
            let (hour, minute) = (second / 3_600, second / 60 % 60);
            (files[block.file].clone(), format!("{day} {hour:02}:{minute:02}"))
        },
    );
    if is_early {
        return Err(SourceError::EarlyDates { path, example, zone });
    }
    Ok(Some(format!(
        "{} has stamps such as {example}, which is midnight of {zone} told in UTC; their dates are taken as they are \
         written, which is one day before those of that zone: write `zone: {zone}` if these are meant, or `zone: UTC`",
        path.display()
    )))
}
