//! Keys: the names of computations.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    Digest, ParseDigestError,
    digest::digest_bytes,
    field::{Field, FieldValue},
};

/// Names what a computation is going to give: its stage, its parameters and the digests of the bytes it reads.
///
/// A key is known before the work is done; a [`Digest`] names bytes that exist.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(Digest);

impl Key {
    /// The key that consists of these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Digest::from_bytes(bytes))
    }

    /// The bytes of the key.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The first eight hexadecimal digits: for people, never for a comparison.
    pub fn short(&self) -> String {
        self.0.short()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl FromStr for Key {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// What a piece of hashed input is; part of the input, so that no type can pass for another.
#[derive(Clone, Copy)]
#[repr(u8)]
enum Tag {
    Str = 1,
    U64 = 2,
    I64 = 3,
    F64 = 4,
    Bool = 5,
    Digest = 6,
    Key = 7,
    Bytes = 8,
    Group = 9,
    List = 10,
    Item = 11,
    End = 12,
}

/// Builds a [`Key`] from labelled fields.
///
/// Every field is written as its type, the length and bytes of its label, and its value (of fixed length, or with its
/// length in front), so that two different lists of fields never give the same input. Beside the key the hasher keeps
/// the fields in a readable form ([`KeyHasher::fields`]), from which [`explain`](crate::explain) says what changed.
///
/// ```
/// use backstaff_stage::KeyHasher;
/// let mut key = KeyHasher::new();
/// key.str("objective", "regression")
///     .f64("learning_rate", 0.05)
///     .list("columns", ["close", "volume"], |key, column| {
///         key.str("name", column);
///     })
///     .list("seed", Some(7), |key, seed| {
///         key.u64("", seed);
///     });
/// assert_eq!(key.fields()[3].label, "columns[1].name");
/// assert_eq!(key.fields()[4].label, "seed[0]");
/// let mut other = KeyHasher::new();
/// other.str("objective", "regression");
/// assert_ne!(key.finish(), other.finish());
/// ```
#[derive(Debug, Clone)]
pub struct KeyHasher {
    hasher: blake3::Hasher,
    fields: Vec<Field>,
    prefix: String,
}

impl Default for KeyHasher {
    fn default() -> Self {
        Self::new()
    }
}

impl KeyHasher {
    /// A hasher without fields.
    pub fn new() -> Self {
        let hasher = blake3::Hasher::new_derive_key("backstaff stage 2026-11 key 1");
        Self { hasher, fields: Vec::new(), prefix: String::new() }
    }

    /// Adds a text as a field.
    pub fn str(&mut self, label: &str, value: &str) -> &mut Self {
        self.sized(Tag::Str, label, value.as_bytes(), FieldValue::text(value))
    }

    /// Adds a count or another number that isn't negative.
    pub fn u64(&mut self, label: &str, value: u64) -> &mut Self {
        self.fixed(Tag::U64, label, &value.to_le_bytes(), FieldValue::plain(value))
    }

    /// Adds an integer of either sign.
    pub fn i64(&mut self, label: &str, value: i64) -> &mut Self {
        self.fixed(Tag::I64, label, &value.to_le_bytes(), FieldValue::plain(value))
    }

    /// Adds a number by its bits. Negative zero counts as zero, and all NaNs are one.
    pub fn f64(&mut self, label: &str, value: f64) -> &mut Self {
        let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
        let bits = if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() };
        self.fixed(Tag::F64, label, &bits.to_le_bytes(), FieldValue::plain(value))
    }

    /// Adds a yes or no.
    pub fn bool(&mut self, label: &str, value: bool) -> &mut Self {
        self.fixed(Tag::Bool, label, &[u8::from(value)], FieldValue::plain(value))
    }

    /// Adds bytes that exist, by their digest.
    pub fn digest(&mut self, label: &str, value: &Digest) -> &mut Self {
        self.fixed(Tag::Digest, label, value.as_bytes(), FieldValue::digest(value))
    }

    /// Adds the key of another computation. Prefer the digest of what it gave: equal bytes then stop a change.
    pub fn key(&mut self, label: &str, value: &Key) -> &mut Self {
        self.fixed(Tag::Key, label, value.as_bytes(), FieldValue::digest(&value.0))
    }

    /// Adds bytes by themselves; for more than some hundred bytes prefer [`KeyHasher::digest`].
    pub fn bytes(&mut self, label: &str, value: &[u8]) -> &mut Self {
        self.sized(Tag::Bytes, label, value, FieldValue::digest(&digest_bytes(value)))
    }

    /// Adds fields that belong together; their labels read `label.field`.
    pub fn group(&mut self, label: &str, fields: impl FnOnce(&mut Self)) -> &mut Self {
        self.head(Tag::Group, label);
        let outer = self.enter(label);
        fields(self);
        self.leave(&outer)
    }

    /// Adds fields that belong together and have to be read first.
    ///
    /// # Errors
    ///
    /// That of `fields`; the hasher then holds part of the group and gives no key of use.
    pub fn try_group<E>(
        &mut self,
        label: &str,
        fields: impl FnOnce(&mut Self) -> Result<(), E>,
    ) -> Result<&mut Self, E> {
        let mut read = Ok(());
        self.group(label, |key| read = fields(key));
        read.map(|()| self)
    }

    /// Adds a list of any length, each item with the fields that `item` gives it; their labels read
    /// `label[0].field`, or `label[0]` where the field's own label is empty. An `Option` is a list of one or none.
    pub fn list<T>(
        &mut self,
        label: &str,
        items: impl IntoIterator<Item = T>,
        mut item: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.head(Tag::List, label);
        let outer = self.prefix.clone();
        for (i, value) in items.into_iter().enumerate() {
            self.hasher.update(&[Tag::Item as u8]);
            self.enter(&format!("{label}[{i}]"));
            item(self, value);
            self.prefix.clone_from(&outer);
        }
        self.leave(&outer)
    }

    /// The key of the fields so far.
    pub fn finish(&self) -> Key {
        Key::from_bytes(*self.hasher.finalize().as_bytes())
    }

    /// The digest of the fields so far, for content that several fields describe.
    pub fn finish_digest(&self) -> Digest {
        Digest::from_bytes(*self.finish().as_bytes())
    }

    /// The fields so far, readable.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    fn fixed(&mut self, tag: Tag, label: &str, value: &[u8], readable: FieldValue) -> &mut Self {
        self.head(tag, label);
        self.hasher.update(value);
        self.keep(label, readable)
    }

    fn sized(&mut self, tag: Tag, label: &str, value: &[u8], readable: FieldValue) -> &mut Self {
        self.head(tag, label);
        self.hasher.update(&(value.len() as u64).to_le_bytes()).update(value);
        self.keep(label, readable)
    }

    fn head(&mut self, tag: Tag, label: &str) {
        self.hasher.update(&[tag as u8]).update(&(label.len() as u64).to_le_bytes()).update(label.as_bytes());
    }

    fn keep(&mut self, label: &str, value: FieldValue) -> &mut Self {
        self.fields.push(Field { label: self.path(label), value });
        self
    }

    /// Steps into a group and gives the prefix to return to.
    fn enter(&mut self, label: &str) -> String {
        let inner = self.path(label);
        std::mem::replace(&mut self.prefix, inner)
    }

    fn leave(&mut self, outer: &str) -> &mut Self {
        self.hasher.update(&[Tag::End as u8]);
        outer.clone_into(&mut self.prefix);
        self
    }

    fn path(&self, label: &str) -> String {
        match (self.prefix.as_str(), label) {
            ("", label) => label.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, label) => format!("{prefix}.{label}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// A value of any type that a key can hold.
    #[derive(Debug, Clone, PartialEq)]
    enum Any {
        Str(String),
        U64(u64),
        I64(i64),
        F64(u64),
        Bool(bool),
        Digest([u8; 32]),
        Key([u8; 32]),
        Bytes(Vec<u8>),
        Group(Vec<(String, Any)>),
        List(Vec<(String, Any)>),
    }

    fn add(key: &mut KeyHasher, label: &str, value: &Any) {
        match value {
            Any::Str(value) => key.str(label, value),
            Any::U64(value) => key.u64(label, *value),
            Any::I64(value) => key.i64(label, *value),
            Any::F64(bits) => key.f64(label, f64::from_bits(*bits)),
            Any::Bool(value) => key.bool(label, *value),
            Any::Digest(value) => key.digest(label, &Digest::from_bytes(*value)),
            Any::Key(value) => key.key(label, &Key::from_bytes(*value)),
            Any::Bytes(value) => key.bytes(label, value),
            Any::Group(fields) => {
                key.group(label, |key| fields.iter().for_each(|(label, value)| add(key, label, value)))
            }
            Any::List(items) => key.list(label, items, |key, (label, value)| add(key, label, value)),
        };
    }

    fn key_of(fields: &[(String, Any)]) -> Key {
        let mut key = KeyHasher::new();
        for (label, value) in fields {
            add(&mut key, label, value);
        }
        key.finish()
    }

    fn any_fields() -> impl Strategy<Value = Vec<(String, Any)>> {
        // Few short values, so that neighbours that could run into each other are drawn often.
        let leaf = prop_oneof![
            "[ab]{0,2}".prop_map(Any::Str),
            (0..3_u64).prop_map(Any::U64),
            (-1..2_i64).prop_map(Any::I64),
            prop_oneof![Just(0.0_f64), Just(1.0), Just(f64::INFINITY)].prop_map(|x| Any::F64(x.to_bits())),
            any::<bool>().prop_map(Any::Bool),
            (0..2_u8).prop_map(|x| Any::Digest([x; 32])),
            (0..2_u8).prop_map(|x| Any::Key([x; 32])),
            prop::collection::vec(0..13_u8, 0..3).prop_map(Any::Bytes),
        ];
        let value = leaf.prop_recursive(3, 12, 3, |inner| {
            let fields = prop::collection::vec(("[ab]{0,2}", inner), 0..3);
            prop_oneof![fields.clone().prop_map(Any::Group), fields.prop_map(Any::List)]
        });
        prop::collection::vec(("[ab]{0,2}", value), 0..4)
    }

    proptest! {
        #[test]
        fn keys_are_equal_exactly_if_the_fields_are(lists in prop::collection::vec(any_fields(), 2..24)) {
            let mut seen: HashMap<Key, Vec<(String, Any)>> = HashMap::new();
            for fields in lists {
                let key = key_of(&fields);
                if let Some(former) = seen.insert(key, fields.clone()) {
                    prop_assert_eq!(former, fields);
                }
            }
        }

        #[test]
        fn any_change_of_any_field_changes_the_key(fields in any_fields(), at in any::<prop::sample::Index>(), to in any_fields()) {
            prop_assume!(!fields.is_empty() && !to.is_empty());
            let at = at.index(fields.len());
            let mut changed = fields.clone();
            changed[at] = to[0].clone();
            prop_assert_eq!(key_of(&fields) == key_of(&changed), fields == changed);
            let mut shorter = fields.clone();
            shorter.remove(at);
            prop_assert_ne!(key_of(&fields), key_of(&shorter));
            changed.clone_from(&fields);
            changed[at].0.push('c');
            prop_assert_ne!(key_of(&fields), key_of(&changed));
        }
    }

    #[test]
    fn zeros_are_one_and_nans_are_one() {
        let key = |value: f64| KeyHasher::new().f64("x", value).finish();
        assert_eq!(key(0.0), key(-0.0));
        assert_eq!(key(f64::NAN), key(-f64::NAN));
        assert_eq!(key(f64::NAN), key(f64::from_bits(0x7ff0_0000_0000_0001)));
        assert_ne!(key(f64::INFINITY), key(f64::NEG_INFINITY));
        assert_ne!(key(0.1), key(f64::from_bits(0.1_f64.to_bits() + 1)));
    }

    #[test]
    fn keys_stay_what_they_are() {
        // Changing how fields are hashed orphans every store: that must be decided, not slip in.
        let mut key = KeyHasher::new();
        key.str("name", "mean").u64("length", 20).group("input", |key| {
            key.f64("scale", 0.5).bool("adjusted", true);
        });
        assert_eq!(
            key.finish().to_string(),
            "d35d1ab42c1c018fc8814dca4e302099ac2c4ef988ae2e9f5b3cd4728633801d"
        );
    }

    #[test]
    fn labels_show_the_path() {
        let mut key = KeyHasher::new();
        key.group("model", |key| {
            key.u64("leaves", 31).list("rates", [0.5, 0.25], |key, rate| {
                key.f64("", rate);
            });
        });
        key.u64("seed", 1);
        let labels: Vec<&str> = key.fields().iter().map(|field| field.label.as_str()).collect();
        assert_eq!(labels, ["model.leaves", "model.rates[0]", "model.rates[1]", "seed"]);
    }
}
