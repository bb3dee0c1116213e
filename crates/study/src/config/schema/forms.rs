//! Schemas of the values that may be written in several forms.

use std::borrow::Cow;

use backstaff_portfolio::regime::Template;
use backstaff_source::Exchange;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::config::{
    CalendarSpec, CashRate, DatedRate, DealPrice, GivenWeights, LimitSpec, ProcessorSpec, QlibSpec,
    RebalanceSpec, RulesSpec, ScoreStrategy, SeriesLag, Sides, StrategySpec, Target, TargetPart,
};

/// A list, or one thing in place of a list of one.
#[derive(Debug)]
pub(crate) struct OneOrMany<T>(std::marker::PhantomData<T>);

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

/// A path, or a mapping that says more.
#[derive(Debug)]
pub(crate) struct PathOr<T>(std::marker::PhantomData<T>);

impl<T: JsonSchema> JsonSchema for PathOr<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("PathOr{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let keys = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [{ "type": "string" }, keys] })
    }
}

impl JsonSchema for StrategySpec {
    fn schema_name() -> Cow<'static, str> {
        "Strategy".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let scores = generator.subschema_for::<ScoreStrategy>();
        let weights = generator.subschema_for::<GivenWeights>();
        let regimes = generator.subschema_for::<Template>();
        json_schema!({
            "anyOf": [
                scores,
                {
                    "type": "object",
                    "description": "Weights that need no scores.",
                    "properties": { "weights": weights },
                    "required": ["weights"],
                    "additionalProperties": false,
                },
                regimes,
            ],
        })
    }
}

/// A processor with its keys, or its name alone.
#[derive(Debug)]
pub(crate) struct NamedProcessor;

impl JsonSchema for NamedProcessor {
    fn schema_name() -> Cow<'static, str> {
        "NamedProcessor".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let keys = generator.subschema_for::<ProcessorSpec>();
        let names =
            ProcessorSpec::NAMES.iter().flat_map(|&(ours, of_qlib)| [ours, of_qlib]).collect::<Vec<_>>();
        let qlib = json_schema!({
            "type": "object",
            "description": "Qlib's spelling: `{class: Fillna, kwargs: {fields_group: feature}}`.",
            "properties": { "class": { "type": "string", "enum": names }, "kwargs": { "type": "object" } },
            "required": ["class"],
        });
        json_schema!({ "anyOf": [{ "type": "string", "enum": names }, keys, qlib] })
    }
}

impl JsonSchema for RulesSpec {
    fn schema_name() -> Cow<'static, str> {
        "Rules".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let qlib = generator.subschema_for::<QlibSpec>();
        json_schema!({
            "anyOf": [
                { "type": "string", "enum": ["qlib"] },
                {
                    "type": "object",
                    "properties": { "qlib": qlib },
                    "required": ["qlib"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl JsonSchema for LimitSpec {
    fn schema_name() -> Cow<'static, str> {
        "Limit".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let sides = generator.subschema_for::<Sides>();
        json_schema!({ "anyOf": [{ "type": "number" }, { "type": "string", "enum": ["none"] }, sides] })
    }
}

impl JsonSchema for DealPrice {
    fn schema_name() -> Cow<'static, str> {
        "DealPrice".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let sides = generator.subschema_for::<Sides>();
        json_schema!({ "anyOf": [{ "type": "string" }, sides] })
    }
}

impl JsonSchema for Target {
    fn schema_name() -> Cow<'static, str> {
        "Target".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let part = generator.subschema_for::<TargetPart>();
        json_schema!({
            "anyOf": [
                { "type": "string", "enum": Self::NAMES },
                part,
                { "type": "array", "items": part, "minItems": 1 },
            ],
        })
    }
}

impl JsonSchema for SeriesLag {
    fn schema_name() -> Cow<'static, str> {
        "SeriesLag".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let lag = json_schema!({
            "type": "string",
            "pattern": "^(same_day|next_business_day|[0-9]+ days?)$",
        });
        json_schema!({ "anyOf": [lag, { "type": "object", "additionalProperties": lag }] })
    }
}

impl JsonSchema for CalendarSpec {
    fn schema_name() -> Cow<'static, str> {
        "Calendar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = std::iter::once("union").chain(Exchange::ALL.map(Exchange::code)).collect::<Vec<_>>();
        let calendar = json_schema!({ "type": "string", "enum": names });
        json_schema!({ "anyOf": [calendar, { "type": "object", "additionalProperties": calendar }] })
    }
}

impl JsonSchema for DatedRate {
    fn schema_name() -> Cow<'static, str> {
        "DatedRate".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "number" },
                {
                    "type": "object",
                    "description": "A number from each date on; the first one holds before its date too.",
                    "patternProperties": { "^[0-9]{4}-[0-9]{2}-[0-9]{2}$": { "type": "number" } },
                    "additionalProperties": false,
                    "minProperties": 1,
                },
                { "type": "string", "description": "A table that ships: `krx`." },
            ],
        })
    }
}

impl JsonSchema for CashRate {
    fn schema_name() -> Cow<'static, str> {
        "CashRate".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let rate = generator.subschema_for::<DatedRate>();
        json_schema!({
            "anyOf": [
                rate,
                {
                    "type": "object",
                    "description": "A series of `data.series`, in per cent.",
                    "properties": { "series": { "type": "string" } },
                    "required": ["series"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl JsonSchema for RebalanceSpec {
    fn schema_name() -> Cow<'static, str> {
        "Rebalance".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [{ "type": "integer", "minimum": 1 }, { "type": "string", "enum": Self::WORDS }],
        })
    }
}
