//! Settings that are a text, or a mapping that says more.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserializer,
    de::{Error, MapAccess, Visitor, value::MapAccessDeserializer},
};

/// A setting that may be written in both ways.
pub(super) trait TextOrKeys: Sized {
    /// What it is, for messages: `the path of a table, as in ...`.
    const EXPECTED: &'static str;

    /// What a text alone means.
    fn of_text<E: Error>(text: &str) -> Result<Self, E>;

    /// Read the keys.
    fn of_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// Read a setting in either way.
pub(super) fn text_or_keys<'de, T: TextOrKeys, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Either<T>(PhantomData<T>);

    impl<'de, T: TextOrKeys> Visitor<'de> for Either<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(T::EXPECTED)
        }

        fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
            T::of_text(text)
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::of_keys(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_any(Either(PhantomData))
}
