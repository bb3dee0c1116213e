//! What the model predicts.

use std::fmt;

use backstaff_learn::label::{Basis, MarketReturn, TargetForm};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};

use super::Problem;

/// The return over a horizon, from the execution price of the next session, in the form in which models see it.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The number of sessions between entry and exit.
    #[serde(deserialize_with = "horizon")]
    pub horizon: u32,
    /// The form in which models see the return: a name, a mapping, or a list of mappings with a `share` each. Measures
    /// always use the plain return.
    #[serde(default)]
    #[schemars(extend("default" = "rank"))]
    pub target: Target,
}

/// Read a horizon, and say what it is where it is something else.
fn horizon<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    struct Sessions;

    impl<'de> Visitor<'de> for Sessions {
        type Value = u32;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a whole number of sessions, as in `horizon: 5`")
        }

        fn visit_u64<E: Error>(self, horizon: u64) -> Result<u32, E> {
            u32::try_from(horizon)
                .map_err(|_| E::custom(format!("{horizon} sessions are more than any data have")))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<u32, A::Error> {
            Err(A::Error::custom(
                "is a list, but a study has one horizon, as in `horizon: 5`; write a study for each and put them beside \
                 each other with `backstaff compare`",
            ))
        }
    }

    deserializer.deserialize_any(Sessions)
}

/// How a label is shown to the model: the sum of some parts, usually one.
///
/// In a study it is a name (`rank`), a mapping (`{of: residual, beta: rolling_beta, as: rank}`), or a list of mappings
/// with a `share` each.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Target(pub Vec<TargetPart>);

/// A part of a target.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetPart {
    /// The factor of the part in the sum.
    #[serde(default = "whole")]
    pub share: f64,
    /// The number that the part starts from.
    #[serde(default)]
    pub of: Basis,
    /// The return of the market in an excess or a residual; the mean if absent.
    #[serde(default)]
    pub market: Option<MarketReturn>,
    /// The beta of a residual: an expression, evaluated at the session's close.
    #[serde(default)]
    pub beta: Option<String>,
    /// A category, such as `sector`, whose mean is taken off.
    #[serde(default)]
    pub neutral: Option<String>,
    /// A category within which ranks and z-scores are taken, instead of the whole session.
    #[serde(default)]
    pub within: Option<String>,
    /// The form that the model sees.
    #[serde(rename = "as")]
    pub form: TargetForm,
    /// Returns beyond ± this are cut to it before anything else. Measures and portfolios never see it.
    #[serde(default)]
    pub clip: Option<f64>,
    /// Targets beyond ± this are cut to it after everything else.
    #[serde(default)]
    pub limit: Option<f64>,
    /// The rows that a row is compared with.
    #[serde(default)]
    pub among: Among,
}

fn whole() -> f64 {
    1.0
}

/// With whom a row is compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Among {
    /// The rows of the universe.
    #[default]
    Universe,
    /// All rows of the session that have a label.
    Present,
}

impl Among {
    /// The name in study files and keys.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Universe => "universe",
            Self::Present => "present",
        }
    }
}

fn named(name: &str) -> Option<TargetPart> {
    let (of, form) = match name {
        "rank" => (Basis::Return, TargetForm::Rank),
        "raw" => (Basis::Return, TargetForm::Value),
        "excess" => (Basis::Excess, TargetForm::Value),
        "zscore" => (Basis::Return, TargetForm::ZScore),
        "percent_rank" => (Basis::Return, TargetForm::PercentRank),
        "log" => (Basis::Return, TargetForm::Log),
        _ => return None,
    };
    Some(TargetPart::new(of, form))
}

impl TargetPart {
    /// The whole of something in some form.
    pub fn new(of: Basis, form: TargetForm) -> Self {
        Self {
            share: whole(),
            of,
            market: None,
            beta: None,
            neutral: None,
            within: None,
            form,
            clip: None,
            limit: None,
            among: Among::Universe,
        }
    }

    fn check(&self) -> Result<(), String> {
        if !self.share.is_finite() || self.share == 0.0 {
            return Err(format!("share is {}; it must be a number other than 0", self.share));
        }
        for (name, value) in [("clip", self.clip), ("limit", self.limit)] {
            if value.is_some_and(|value| !value.is_finite() || value <= 0.0) {
                return Err(format!("{name} must be a positive number"));
            }
        }
        match (self.of, &self.beta) {
            (Basis::Residual, None) => {
                return Err("a residual needs beta, an expression or the name of a feature".to_owned());
            }
            (Basis::Return | Basis::Excess, Some(_)) => return Err("beta is for `of: residual`".to_owned()),
            _ => {}
        }
        if self.of == Basis::Return && self.market.is_some() {
            return Err("market is for `of: excess` and `of: residual`".to_owned());
        }
        let compares = matches!(self.form, TargetForm::Rank | TargetForm::PercentRank | TargetForm::ZScore);
        if self.within.is_some() && !compares {
            return Err("within is for ranks and z-scores; neutral takes off a category's mean".to_owned());
        }
        Ok(())
    }
}

impl Target {
    /// The targets that have a name.
    pub(crate) const NAMES: [&str; 6] = ["rank", "raw", "excess", "zscore", "percent_rank", "log"];
}

impl Default for Target {
    fn default() -> Self {
        Self(vec![TargetPart::new(Basis::Return, TargetForm::Rank)])
    }
}

impl Label {
    /// What is wrong with it.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.horizon == 0 {
            problems.push(Problem::of("label.horizon", "must be 1 or more sessions"));
        }
        if self.target.0.is_empty() {
            problems.push(Problem::of("label.target", "the list is empty; name at least one part"));
        }
        for part in &self.target.0 {
            problems.extend(part.check().err().map(|message| Problem::of("label.target", message)));
        }
        problems
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Forms;

        impl<'de> Visitor<'de> for Forms {
            type Value = Target;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a target, a mapping, or a list of mappings")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Target, E> {
                let part = named(name).ok_or_else(|| E::unknown_variant(name, &Target::NAMES))?;
                Ok(Target(vec![part]))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Target, A::Error> {
                Ok(Target(vec![TargetPart::deserialize(MapAccessDeserializer::new(map))?]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Target, A::Error> {
                Ok(Target(Vec::deserialize(SeqAccessDeserializer::new(seq))?))
            }
        }

        deserializer.deserialize_any(Forms)
    }
}
