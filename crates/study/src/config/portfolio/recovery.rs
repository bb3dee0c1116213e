//! What a delisting brings.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use backstaff_panel::{Axis, Instrument};
use backstaff_portfolio::Recovery;
use backstaff_source::{Match, NameRule, Pair, Written, read_attributes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    stored::{delistings::DelistingFacts, panel::PanelHandle},
};

/// From this likeness on (Jaro and Winkler's), a reason is taken for a misspelt one.
const SLIP_OF_THE_PEN: f64 = 0.85;

/// What a position brings when its instrument is delisted, as a share of the last traded close.
///
/// The study's own word on an instrument goes first, then the recovery that the database tells of it, then the share for
/// the reason that the database tells, then the usual one.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecoverySpec {
    /// The share where nothing else is said.
    pub usual: f64,
    /// The shares of single instruments.
    pub instruments: BTreeMap<String, f64>,
    /// A CSV or Parquet file with an instrument and its `recovery` a row.
    pub table: Option<PathBuf>,
    /// The rule by which names of instruments in the table are rewritten, where they are spelled otherwise than in the
    /// prices.
    pub instrument_names: NameRule,
    /// Whether less than half of the instruments of the table may be in the prices.
    pub allow_unmatched: bool,
    /// The instruments of the table, by the names that the rule makes.
    #[serde(skip)]
    pub in_table: BTreeSet<String>,
    /// The shares by the reason that the database's table of delistings gives.
    pub reasons: BTreeMap<String, f64>,
}

impl Default for RecoverySpec {
    fn default() -> Self {
        Self {
            usual: 1.0,
            instruments: BTreeMap::new(),
            table: None,
            instrument_names: NameRule::default(),
            allow_unmatched: false,
            in_table: BTreeSet::new(),
            reasons: BTreeMap::new(),
        }
    }
}

impl RecoverySpec {
    /// Take in the table, if there is one; what the study says of an instrument itself goes before it.
    pub fn read_table(&mut self, folder: &Path) -> Result<(), StudyError> {
        let Some(path) = self.table.as_ref().map(|path| folder.join(path)) else { return Ok(()) };
        let table = read_attributes(&path, None, &["recovery"], Written::default())?
            .renamed(&self.instrument_names)?;
        for name in table.instruments() {
            let text = table.get(name, "recovery").unwrap_or_default();
            let share = text.trim().parse().ok().filter(|share: &f64| share.is_finite() && *share >= 0.0);
            let share = share.ok_or_else(|| StudyError::Value {
                key: "portfolio.recovery.table".to_owned(),
                message: format!(
                    "{}: the recovery of {name} is {text:?}, not a share of the last price, 0 or more",
                    path.display()
                ),
            })?;
            self.instruments.entry(name.to_owned()).or_insert(share);
            self.in_table.insert(name.to_owned());
        }
        Ok(())
    }

    /// How the instruments of the table meet those of the prices' files, also where the study reads few of them: the
    /// table's own names need partners, since few instruments are ever delisted. `None` without a table.
    pub fn matched(&self, folder: &Path, panel: &PanelHandle) -> Option<Match> {
        let path = folder.join(self.table.as_ref()?);
        let listed = panel.axis().instruments().iter().map(Instrument::name);
        let listed = listed.chain(panel.facts().others.iter().map(String::as_str));
        let named = self.in_table.iter().map(String::as_str);
        let matched = Match::of(Pair::Recoveries, ("portfolio.recovery", &path), listed, named);
        Some(matched.allowed(self.allow_unmatched))
    }

    /// The instruments that the study itself names, beside those of its table.
    pub fn stated_names(&self) -> impl Iterator<Item = &String> {
        self.instruments.keys().filter(|name| !self.in_table.contains(*name))
    }

    /// The first share that is none.
    pub(super) fn wrong_share(&self) -> Option<f64> {
        let shares = self.instruments.values().chain(self.reasons.values()).chain([&self.usual]);
        shares.copied().find(|share| !(share.is_finite() && *share >= 0.0))
    }

    /// The reasons that no delisting has, or not yet, so that nothing hangs on them.
    ///
    /// Refused is one that is written almost like a reason that there is, and any where the data tell no reasons at all.
    pub fn idle_reasons(&self, told: Option<&DelistingFacts>) -> Result<Vec<&str>, StudyError> {
        let none = DelistingFacts::default();
        let known = &told.unwrap_or(&none).reasons;
        let idle = self.reasons.keys().map(String::as_str).filter(|reason| !known.contains(*reason));
        let idle = idle.collect::<Vec<_>>();
        let wrong = |message| {
            let key = "portfolio.recovery.reasons".to_owned();
            Err(StudyError::Value { key, message })
        };
        for &reason in &idle {
            if known.is_empty() {
                return wrong(format!(
                    "the data tell no reasons of delistings, so none is {reason:?}; a database's layout names their table \
                     and column as `delistings`"
                ));
            }
            let likeness = |known: &String| backstaff_words::similarity(known, reason);
            if let Some(near) = known.iter().find(|known| likeness(known) >= SLIP_OF_THE_PEN) {
                return wrong(format!("no delisting has the reason {reason:?}; did you mean {near:?}?"));
            }
        }
        Ok(idle)
    }

    /// What the study or its data say of an instrument, if they do.
    pub fn stated(&self, name: &str, told: Option<&DelistingFacts>) -> Option<f64> {
        let told = told.and_then(|told| told.instruments.get(name));
        let by_reason = || self.reasons.get(told?.reason.as_ref()?).copied();
        self.instruments.get(name).copied().or_else(|| told?.recovery).or_else(by_reason)
    }

    /// What delistings bring on a panel, whose artifact says what the data tell of them.
    pub fn on(&self, panel: &PanelHandle) -> Recovery {
        self.in_force(panel.axis(), panel.facts().delistings.as_ref())
    }

    /// What it comes to for the instruments that end before their panel does; of all others nothing is recovered, so
    /// that nothing is said of them, and keys that hold this change with what is in force alone.
    pub fn in_force(&self, axis: &Axis, told: Option<&DelistingFacts>) -> Recovery {
        let share = |name: &str| self.stated(name, told).unwrap_or(self.usual);
        let ended = (0..axis.n_instruments()).filter(|&i| axis.life(i).end < axis.n_sessions());
        let shares = ended.map(|i| &axis.instruments()[i]).map(|one| (one.clone(), share(one.name())));
        let usual = Recovery::default().usual;
        Recovery { usual, stated: shares.filter(|(_, share)| *share != usual).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stored::delistings::Delisted;
    use backstaff_panel::testing::weekdays;

    /// All but the last end early.
    fn axis() -> Axis {
        let lives = ["A", "B", "C", "D", "E"].map(|name| (name.into(), 0..3)).into_iter();
        Axis::new(weekdays(4), lives.chain([("F".into(), 0..4)]).collect())
    }

    fn told() -> DelistingFacts {
        let delisted = |name: &str, reason: Option<&str>, recovery| {
            let reason = reason.map(str::to_owned);
            (name.to_owned(), Delisted { date: "2010-01-07".to_owned(), reason, recovery })
        };
        DelistingFacts {
            instruments: BTreeMap::from([
                delisted("A", Some("insolvent"), Some(0.1)),
                delisted("B", Some("insolvent"), Some(0.2)),
                delisted("C", Some("insolvent"), None),
                delisted("D", None, None),
                delisted("F", Some("insolvent"), Some(0.0)),
            ]),
            reasons: ["insolvent", "merger"].map(str::to_owned).into(),
        }
    }

    fn spec(text: &str) -> RecoverySpec {
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn the_studys_word_goes_before_the_datas_and_a_recovery_before_a_reason() {
        let spec = spec("{usual: 0.5, instruments: {A: 0.9}, reasons: {insolvent: 0.0}}");
        let in_force = spec.in_force(&axis(), Some(&told()));
        let shares = ["A", "B", "C", "D", "E", "F"].map(|name| in_force.of(&name.into()));
        assert_eq!(shares, [0.9, 0.2, 0.0, 0.5, 0.5, 1.0]);
        let untold = spec.in_force(&axis(), None);
        assert_eq!(["A", "B", "E"].map(|name| untold.of(&name.into())), [0.9, 0.5, 0.5]);
    }

    #[test]
    fn what_has_no_effect_is_not_in_force() {
        let plain = spec("{}").in_force(&axis(), None);
        for same in ["{instruments: {A: 1, F: 0.3, Z: 0}}", "{reasons: {merger: 0.7}}"] {
            assert_eq!(spec(same).in_force(&axis(), Some(&DelistingFacts::default())), plain, "{same}");
        }
        let by_reason = spec("{reasons: {insolvent: 0.3}}").in_force(&axis(), Some(&told()));
        let one_by_one = spec("{instruments: {A: 0.1, B: 0.2, C: 0.3}}").in_force(&axis(), None);
        assert_eq!(by_reason, one_by_one);
        // Where each end is stated, the usual one is nobody's.
        let all = |usual: &str| {
            spec(&format!("{{usual: {usual}, instruments: {{A: 0, B: 0, C: 0, D: 0, E: 0}}}}"))
                .in_force(&axis(), Some(&told()))
        };
        assert_eq!(all("0.4"), all("0.6"));
    }

    #[test]
    fn a_reason_that_no_delisting_has_is_told_and_a_misspelt_one_refused() {
        let idle = |text: &str| {
            let spec = spec(text);
            let told = told();
            spec.idle_reasons(Some(&told)).unwrap().into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(idle("{reasons: {merger: 0.7}}").is_empty());
        assert_eq!(idle("{reasons: {merger: 0.7, fraud: 0}}"), ["fraud"]);
        let error = |told: Option<&DelistingFacts>| {
            spec("{reasons: {insolvnt: 0}}").idle_reasons(told).unwrap_err().to_string()
        };
        assert_eq!(
            error(Some(&told())),
            "portfolio.recovery.reasons: no delisting has the reason \"insolvnt\"; did you mean \"insolvent\"?"
        );
        assert!(error(None).contains("the data tell no reasons"), "{}", error(None));
        assert!(spec("{usual: 0.5}").idle_reasons(None).is_ok());
    }

    #[test]
    fn a_table_of_recoveries_is_taken_in_behind_what_the_study_says() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            std::fs::write(folder.path().join("gone.csv"), text).unwrap();
            let mut spec = spec("{usual: 0.5, instruments: {A: 0.9}, table: gone.csv}");
            spec.read_table(folder.path()).map(|()| spec)
        };
        let in_force = read("symbol,recovery\nA,0.1\nB,0\n").unwrap().in_force(&axis(), Some(&told()));
        assert_eq!(["A", "B", "C"].map(|name| in_force.of(&name.into())), [0.9, 0.0, 0.5]);
        let error = read("symbol,recovery\nB,half\n").unwrap_err().to_string();
        assert!(error.contains("the recovery of B is \"half\""), "{error}");
        assert!(read("symbol,recovry\nB,0\n").unwrap_err().to_string().contains("recovry"));
    }
}
