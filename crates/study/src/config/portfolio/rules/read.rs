//! Rules that may be written in several forms.

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

use super::{DealPrice, LimitSpec, NoLimit, RulesSpec, Sides};
use crate::config::text_or_keys::{TextOrKeys, text_or_keys};

impl TextOrKeys for RulesSpec {
    const EXPECTED: &'static str = "`qlib`, or `{qlib: {...}}` with its keys";

    fn of_text<E: Error>(text: &str) -> Result<Self, E> {
        match text {
            "qlib" => Ok(Self::Qlib(Box::default())),
            other => Err(E::unknown_variant(other, &["qlib"])),
        }
    }

    fn of_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for RulesSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_or_keys(deserializer)
    }
}

impl Serialize for RulesSpec {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl TextOrKeys for DealPrice {
    const EXPECTED: &'static str = "the field of a price, as in `close`, or `{buy: ..., sell: ...}`";

    fn of_text<E: Error>(text: &str) -> Result<Self, E> {
        let name = || text.strip_prefix('$').unwrap_or(text).to_owned();
        Ok(Self(Sides { buy: name(), sell: name() }))
    }

    fn of_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Sides::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for DealPrice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text_or_keys(deserializer)
    }
}

impl Serialize for DealPrice {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(sides) = self;
        if sides.buy == sides.sell { sides.buy.serialize(serializer) } else { sides.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for LimitSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyLimit)
    }
}

struct AnyLimit;

impl<'de> Visitor<'de> for AnyLimit {
    type Value = LimitSpec;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a change as in 0.095, `none`, or an expression a side as in {buy: '$full > 0', sell: '$empty > 0'}")
    }

    fn visit_f64<E>(self, limit: f64) -> Result<LimitSpec, E> {
        Ok(LimitSpec::Change(limit))
    }

    fn visit_u64<E>(self, limit: u64) -> Result<LimitSpec, E> {
        Ok(LimitSpec::Change(limit as f64))
    }

    fn visit_i64<E>(self, limit: i64) -> Result<LimitSpec, E> {
        Ok(LimitSpec::Change(limit as f64))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<LimitSpec, E> {
        match text {
            "none" => Ok(LimitSpec::None(NoLimit::None)),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<LimitSpec, A::Error> {
        Sides::deserialize(MapAccessDeserializer::new(map)).map(LimitSpec::Sides)
    }
}
