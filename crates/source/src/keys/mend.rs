//! The rule that would make more names of two tables meet, where their spelling shows one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::name_rule::NameRule;

/// Rules for the names of two tables by which more of them would meet.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Mend {
    /// The rule for the names of the table.
    pub table: NameRule,
    /// The rule for the names of the prices.
    pub prices: NameRule,
    /// How many more names of the table would meet.
    pub gain: usize,
}

/// The most beginnings or ends that a proposed rule takes off: more of them are no habit of a vendor.
const AFFIXES: usize = 8;
/// Of the names that lack a partner, the least share that must gain one by taking parts of names off. Few may meet by
/// chance.
const LEAST_SHARE: f64 = 0.2;
/// The letters that part a name, each of which stands for the same.
const SEPARATORS: [char; 5] = ['.', '-', '/', '_', ' '];

/// A way in which two spellings may differ.
#[derive(Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each is a difference by itself")]
struct Way {
    upper_case: bool,
    zeros: bool,
    separators: bool,
    strip_table: bool,
    strip_prices: bool,
}

/// All ways, the simplest first.
fn ways() -> impl Iterator<Item = Way> {
    let strips = [(false, false), (true, false), (false, true), (true, true)];
    strips.into_iter().flat_map(|(strip_table, strip_prices)| {
        let folds = [(false, false, true), (false, true, false), (true, false, false), (false, false, false)];
        let folds = folds.into_iter().chain([(true, true, false), (true, false, true)]);
        folds.map(move |(upper_case, zeros, separators)| Way {
            upper_case,
            zeros,
            separators,
            strip_table,
            strip_prices,
        })
    })
}

/// A name in three parts, of which the first and the last may be those of a vendor.
#[derive(Clone, Copy)]
struct Parts<'a> {
    prefix: &'a str,
    core: &'a str,
    suffix: &'a str,
}

impl Parts<'_> {
    fn is_whole(self) -> bool {
        self.prefix.is_empty() && self.suffix.is_empty()
    }
}

/// A name of the table and one of the prices that a way finds to be the same.
struct Hit<'a> {
    table: Parts<'a>,
    prices: Parts<'a>,
}

/// The rules that make most names of a table meet those of the prices; `None` if no way makes more of them meet.
pub(super) fn mend(prices: &BTreeSet<&str>, table: &BTreeSet<&str>) -> Option<Mend> {
    if table.is_subset(prices) {
        return None;
    }
    let mut best = None::<Mend>;
    for way in ways() {
        let Some(mend) = way.mend(prices, table) else { continue };
        if best.as_ref().is_none_or(|best| best.gain < mend.gain) {
            best = Some(mend);
        }
    }
    best
}

impl Way {
    /// The rules of this way, if more names meet by them.
    fn mend(self, prices: &BTreeSet<&str>, table: &BTreeSet<&str>) -> Option<Mend> {
        let hits = self.hits(prices, table);
        if hits.is_empty() {
            return None;
        }
        let mut own = self.rule(&hits, table, |hit| hit.table, self.strip_table)?;
        let of_prices = self.rule(&hits, prices, |hit| hit.prices, self.strip_prices)?;
        if self.separators {
            own.replace = replaced(&hits)?;
        }
        let gain = gain((prices, &of_prices), (table, &own))?;
        let n_alone = prices.iter().filter(|name| !table.contains(*name)).count();
        let strips = self.strip_table || self.strip_prices;
        if gain == 0 || strips && (gain as f64) < LEAST_SHARE * n_alone as f64 {
            return None;
        }
        Some(Mend { table: own, prices: of_prices, gain })
    }

    /// The names of the table without a partner that have one by this way.
    fn hits<'a>(self, prices: &BTreeSet<&'a str>, table: &BTreeSet<&'a str>) -> Vec<Hit<'a>> {
        let mut known = HashMap::<String, Vec<Parts<'a>>>::new();
        for &name in prices {
            let is_alone = !table.contains(name);
            for parts in parts(name, self.strip_prices && is_alone) {
                known.entry(self.folded(parts.core)).or_default().push(parts);
            }
        }
        let alone = table.iter().filter(|name| !prices.contains(*name));
        let hit = |&name: &&'a str| {
            parts(name, self.strip_table).into_iter().find_map(|own| {
                let others = known.get(&self.folded(own.core))?.iter();
                // What has a partner already needs none whose name is longer than its own.
                let mut others = others.filter(|other| own.is_whole() || !table.contains(other.core));
                others.next().map(|&prices| Hit { table: own, prices })
            })
        };
        alone.filter_map(hit).collect()
    }

    /// The spelling of a name that this way compares.
    fn folded(self, name: &str) -> String {
        let name = if self.upper_case { name.to_uppercase() } else { name.to_owned() };
        if self.zeros && is_number(&name) {
            return name.trim_start_matches('0').to_owned();
        }
        if self.separators { name.replace(SEPARATORS, "-") } else { name }
    }

    /// The rule for one of the two tables; `None` if it would have to take off too many different parts.
    fn rule<'a>(
        self,
        hits: &[Hit<'a>],
        names: &BTreeSet<&str>,
        side: impl Fn(&Hit<'a>) -> Parts<'a>,
        strips: bool,
    ) -> Option<NameRule> {
        let affixes = |part: fn(Parts<'a>) -> &'a str| {
            let found = hits.iter().map(|hit| part(side(hit))).filter(|part| !part.is_empty());
            found.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
        };
        let mut rule = NameRule::default();
        if strips {
            rule.strip_prefix = affixes(|parts| parts.prefix);
            rule.strip_suffix = affixes(|parts| parts.suffix);
            let n = rule.strip_prefix.len().max(rule.strip_suffix.len());
            if n == 0 || n > AFFIXES {
                return None;
            }
        }
        rule.upper_case = self.upper_case && names.iter().any(|name| name.chars().any(char::is_lowercase));
        if self.zeros {
            let cores = hits.iter().flat_map(|hit| [hit.table.core, hit.prices.core]);
            let width = cores.filter(|core| is_number(core)).map(str::len).max()?;
            let is_short = |hit: &Hit<'a>| is_number(side(hit).core) && side(hit).core.len() < width;
            rule.pad = hits.iter().any(is_short).then(|| u8::try_from(width).ok()).flatten();
        }
        Some(rule)
    }
}

/// Whether a name is a number of digits alone.
fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// The separators of the table's names, and those of the prices in the same places; `None` if one stands for several.
fn replaced(hits: &[Hit<'_>]) -> Option<BTreeMap<String, String>> {
    let mut replaced = BTreeMap::new();
    for hit in hits {
        for (own, other) in hit.table.core.chars().zip(hit.prices.core.chars()) {
            if SEPARATORS.contains(&own) && own != other {
                let known = replaced.insert(own.to_string(), other.to_string());
                if known.is_some_and(|known| known != other.to_string()) {
                    return None;
                }
            }
        }
    }
    Some(replaced)
}

/// How many names more of a table meet by two rules. `None` if a rule makes one name of several, other than by zeros.
fn gain(prices: (&BTreeSet<&str>, &NameRule), table: (&BTreeSet<&str>, &NameRule)) -> Option<usize> {
    let rewritten = |(names, rule): (&BTreeSet<&str>, &NameRule)| {
        let unpadded = NameRule { pad: None, ..rule.clone() };
        let distinct = names.iter().map(|name| unpadded.apply(name)).collect::<BTreeSet<_>>().len();
        let names = names.iter().map(|name| rule.apply(name).into_owned()).collect::<Vec<_>>();
        (distinct == names.len()).then_some(names)
    };
    let of_prices = rewritten(prices)?.into_iter().collect::<BTreeSet<_>>();
    let meet = rewritten(table)?.iter().filter(|name| of_prices.contains(*name)).count();
    let met = table.0.iter().filter(|name| prices.0.contains(*name)).count();
    Some(meet.saturating_sub(met))
}

/// The ways to part a name: whole, and, if parts may be taken off, without what looks like a vendor's mark.
fn parts(name: &str, strips: bool) -> Vec<Parts<'_>> {
    let whole = Parts { prefix: "", core: name, suffix: "" };
    if !strips {
        return vec![whole];
    }
    let mut all = Vec::new();
    for start in starts(name) {
        for end in ends(name) {
            if start < end {
                all.push(Parts { prefix: &name[..start], core: &name[start..end], suffix: &name[end..] });
            }
        }
    }
    // The longest name first: as little as possible is taken off.
    all.sort_by_key(|parts| std::cmp::Reverse(parts.core.len()));
    all
}

/// The places at which a name may begin: at its first letter, behind each sign, at a number behind letters.
fn starts(name: &str) -> BTreeSet<usize> {
    let mut starts = BTreeSet::from([0]);
    let signs = name.char_indices().filter(|(_, letter)| !letter.is_alphanumeric());
    starts.extend(signs.map(|(at, letter)| at + letter.len_utf8()));
    let letters = name.find(|letter: char| !letter.is_alphabetic()).unwrap_or(0);
    if name.as_bytes().get(letters).is_some_and(u8::is_ascii_digit) {
        starts.insert(letters);
    }
    starts
}

/// The places at which a name may end: at its end, before each sign, behind a number before letters.
fn ends(name: &str) -> BTreeSet<usize> {
    let mut ends = BTreeSet::from([name.len()]);
    ends.extend(name.char_indices().filter(|(_, letter)| !letter.is_alphanumeric()).map(|(at, _)| at));
    let last = name.rfind(|letter: char| !letter.is_alphabetic());
    ends.extend(last.filter(|&at| name.as_bytes()[at].is_ascii_digit()).map(|at| at + 1));
    ends
}
