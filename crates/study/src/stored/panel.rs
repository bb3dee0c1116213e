//! A loaded panel as its artifact: digests at once, columns when somebody needs them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::{Arc, Mutex},
};

use backstaff_feature::Schema;
use backstaff_panel::{
    Axis, Calendar, Categories, Column, Fact, Facts, Frequency, Instrument, Panel, Period, Session,
};
use backstaff_stage::{Digest, KeyHasher, Manifest, Store, Table};
use rayon::prelude::*;

use crate::{
    StudyError,
    stored::facts::LoadFacts,
    stored::{
        encoding::{StoredColumn, read_categories, read_column, read_facts, read_integers, read_texts},
        segment::{Segment, axis_digest, join, segments},
    },
};

/// The name of the field that is 1 from an instrument's date of entry on and 0 before it.
pub(crate) const MEMBER: &str = "member";

/// The index that portfolios are compared with: one value for each of the panel's sessions, NaN where missing.
#[derive(Clone, Debug, Default)]
pub struct Benchmark {
    /// The opening prices of the index.
    pub open: Vec<f64>,
    /// The closing prices of the index.
    pub close: Vec<f64>,
}

/// The handle of a loaded panel: its axis and digests, and its columns once they were read.
#[derive(Debug)]
pub struct PanelHandle {
    store: Store,
    manifest: Manifest,
    axis: Arc<Axis>,
    segments: Vec<Segment>,
    axis_digests: Vec<Digest>,
    fields: BTreeSet<String>,
    categories: BTreeSet<String>,
    facts: LoadFacts,
    in_memory: Mutex<BTreeMap<String, Arc<Column>>>,
    published: Mutex<BTreeMap<String, Arc<Facts>>>,
}

impl PanelHandle {
    /// Open the artifact of `load`; only the axis and the facts are read from the store.
    pub fn open(store: &Store, manifest: Manifest) -> Result<Self, StudyError> {
        let numbers = read_integers(store, &manifest, "sessions")?;
        let calendar = Calendar::new(numbers.iter().map(|&n| Session::from_number(n as i32)).collect());
        let names = read_texts(store, &manifest, "instruments")?;
        let starts = read_integers(store, &manifest, "life_start")?;
        let ends = read_integers(store, &manifest, "life_end")?;
        let lives = names.iter().zip(starts.iter().zip(&ends));
        let lives = lives.map(|(name, (&start, &end))| (Instrument::new(name), start as usize..end as usize));
        let axis = Arc::new(if manifest.part("positions").is_some() {
            let list = |name| read_integers(store, &manifest, name);
            let offsets = list("row_offsets")?.into_iter().map(|offset| offset as usize).collect();
            let positions = list("positions")?.into_iter().map(|position| position as u32).collect();
            Axis::sparse(calendar, lives.collect(), offsets, positions)
        } else {
            Axis::new(calendar, lives.collect())
        });
        let segments = segments(axis.calendar());
        let axis_digests = segments.iter().map(|segment| axis_digest(&axis, segment)).collect();
        let list = |name: &str| -> BTreeSet<String> {
            let names = manifest.info[name].as_array().into_iter().flatten();
            names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
        };
        let facts = read_facts(&manifest, "facts")?;
        Ok(Self {
            fields: list("fields"),
            categories: list("categories"),
            store: store.clone(),
            manifest,
            axis,
            segments,
            axis_digests,
            facts,
            in_memory: Mutex::default(),
            published: Mutex::default(),
        })
    }

    /// The store that holds the panel's artifact.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The axis: the instrument and the session of each row.
    pub fn axis(&self) -> &Arc<Axis> {
        &self.axis
    }

    /// The segments that every column is cut into.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The digest of a segment's rows: its sessions, and the lives of instruments within it.
    pub fn axis_digest(&self, segment: usize) -> &Digest {
        &self.axis_digests[segment]
    }

    /// The names of the panel's numeric fields.
    pub fn fields(&self) -> &BTreeSet<String> {
        &self.fields
    }

    /// The names of the panel's categories.
    pub fn categories(&self) -> &BTreeSet<String> {
        &self.categories
    }

    /// The names that expressions may use: fields, categories, published quantities and instruments.
    pub fn schema(&self) -> Schema {
        let instruments = self.axis.instruments().iter().map(|instrument| instrument.name().to_owned());
        Schema {
            fields: self.fields.clone(),
            categories: self.categories.clone(),
            facts: self.facts.published.iter().map(|facts| facts.name.clone()).collect(),
            instruments: Some(instruments.collect()),
        }
    }

    /// Facts about the files that the panel was read from.
    pub fn facts(&self) -> &LoadFacts {
        &self.facts
    }

    /// The manifest of the panel's artifact.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The digest of a field's or a category's values in a segment.
    ///
    /// # Panics
    ///
    /// If the panel has no such column: names are checked when expressions are resolved.
    pub fn digest(&self, name: &str, segment: usize) -> Digest {
        let part = self.segments[segment].part(name);
        self.manifest.part(&part).map_or_else(|| panic!("the panel has no {part}"), |part| part.digest)
    }

    /// Enter a segment into a key: the digest of its rows, those of the named fields and categories in it, and what
    /// `more` adds.
    ///
    /// # Panics
    ///
    /// If the panel has no such column.
    pub fn hash_segment<'a>(
        &self,
        key: &mut KeyHasher,
        number: usize,
        names: impl IntoIterator<Item = &'a str>,
        more: impl FnOnce(&mut KeyHasher),
    ) {
        key.group(&self.segments[number].label, |key| {
            key.digest("axis", self.axis_digest(number));
            for name in names {
                key.digest(name, &self.digest(name, number));
            }
            more(key);
        });
    }

    /// The digest of a quantity's values that became known after the segment before and by the end of this one.
    ///
    /// # Panics
    ///
    /// If nothing is published under this name: names are checked when expressions are resolved.
    pub fn published_digest(&self, name: &str, segment: usize) -> Digest {
        let part = published_part(&self.segments[segment], name);
        self.manifest.part(&part).map_or_else(|| panic!("the panel has no {part}"), |part| part.digest)
    }

    /// All values of a quantity that were published by the last session; read once.
    ///
    /// # Errors
    ///
    /// If nothing is published under this name, or a part can't be read.
    pub fn published(&self, name: &str) -> Result<Arc<Facts>, StudyError> {
        let lock = || self.published.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(facts) = lock().get(name) {
            return Ok(facts.clone());
        }
        let missing = || StudyError::Internal { what: format!("nothing is published under {name}") };
        let told = self.facts.published.iter().find(|facts| facts.name == name).ok_or_else(missing)?;
        let frequency = Frequency::of_name(name).ok_or_else(missing)?;
        let mut all = Vec::new();
        for segment in &self.segments {
            let table = Table::read(&self.store.open_part(&self.manifest, &published_part(segment, name))?)?;
            let columns = table.i64s("known")?.iter().zip(table.i64s("period")?).zip(table.f64s("value")?);
            let facts = columns.map(|((&known, &period), &value)| Fact {
                known: Session::from_number(known as i32),
                period: Period::from_number(period as i32),
                value,
            });
            all.extend(table.strs("instrument")?.into_iter().map(Instrument::new).zip(facts));
        }
        let facts = Arc::new(if told.of_market {
            Facts::market(frequency, all.into_iter().map(|(_, fact)| fact))
        } else {
            Facts::new(frequency, all)
        });
        lock().insert(name.to_owned(), facts.clone());
        Ok(facts)
    }

    /// Add the published values of these quantities to a panel that was cut from this one.
    pub fn publish<'a>(
        &self,
        panel: &mut Panel,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<(), StudyError> {
        for name in names {
            panel.insert_facts(name, self.published(name)?)?;
        }
        Ok(())
    }

    /// A field's values on all rows, NaN where missing; read once, then kept in memory.
    pub fn column(&self, name: &str) -> Result<Arc<Column>, StudyError> {
        let lock = || self.in_memory.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(column) = lock().get(name) {
            return Ok(column.clone());
        }
        let column = Arc::new(self.column_of(name, &self.segments, &self.axis)?);
        lock().insert(name.to_owned(), column.clone());
        Ok(column)
    }

    /// A field's values in neighbouring segments, on an axis of just these.
    fn column_of(&self, name: &str, segments: &[Segment], axis: &Axis) -> Result<Column, StudyError> {
        let read = |segment: &Segment| {
            let column = StoredColumn::open(&self.store, &self.manifest, &segment.part(name))?;
            Ok((moved(segment, segments[0].positions.start), column))
        };
        let parts = segments.par_iter().map(read).collect::<Result<Vec<_>, StudyError>>()?;
        let parts = parts.iter().map(|(segment, part)| (segment.clone(), part.values())).collect::<Vec<_>>();
        Ok(join(axis, &parts))
    }

    /// The categories in neighbouring segments, on an axis of just these.
    fn categories_of(&self, name: &str, segments: &[Segment], axis: &Axis) -> Result<Categories, StudyError> {
        let mut names = Vec::<String>::new();
        let mut codes = vec![Categories::MISSING; axis.n_rows()];
        for segment in segments {
            let part = read_categories(&self.store, &self.manifest, &segment.part(name))?;
            let global = part.names().iter().map(|name| {
                names.iter().position(|known| known == name).unwrap_or_else(|| {
                    names.push(name.clone());
                    names.len() - 1
                }) as u32
            });
            let global = global.collect::<Vec<_>>();
            let own = moved(segment, segments[0].positions.start);
            let rows = crate::stored::segment::rows(axis, &own).into_iter().flatten();
            for (row, &code) in rows.zip(part.codes()) {
                codes[row] = global.get(code as usize).copied().unwrap_or(Categories::MISSING);
            }
        }
        Ok(Categories::new(codes, names))
    }

    /// The panel of these positions of the calendar, with these fields, categories and published values. Only the
    /// segments that hold the positions are read.
    ///
    /// # Panics
    ///
    /// If there are no positions.
    pub fn part<'a>(
        &self,
        positions: Range<usize>,
        fields: impl IntoIterator<Item = &'a str>,
        categories: impl IntoIterator<Item = &'a str>,
        published: impl IntoIterator<Item = &'a str>,
    ) -> Result<Panel, StudyError> {
        if positions == (0..self.axis.n_sessions()) {
            let mut panel = self.panel(fields, categories)?;
            self.publish(&mut panel, published)?;
            return Ok(panel);
        }
        let touched = |segment: &&Segment| {
            segment.positions.start < positions.end && positions.start < segment.positions.end
        };
        let segments = self.segments.iter().filter(touched).cloned().collect::<Vec<_>>();
        let (start, end) = (segments[0].positions.start, segments[segments.len() - 1].positions.end);
        let axis = Arc::new(self.axis.between(start..end).0);
        let mut panel = Panel::new(axis.clone());
        for name in fields {
            panel.insert(name, self.column_of(name, &segments, &axis)?)?;
        }
        for name in categories {
            panel.insert_categories(name, self.categories_of(name, &segments, &axis)?)?;
        }
        self.publish(&mut panel, published)?;
        Ok(panel.between(positions.start - start..positions.end - start))
    }

    /// The panel of all sessions with these fields and categories.
    pub fn panel<'a>(
        &self,
        fields: impl IntoIterator<Item = &'a str>,
        categories: impl IntoIterator<Item = &'a str>,
    ) -> Result<Panel, StudyError> {
        let mut panel = Panel::new(self.axis.clone());
        let names = fields.into_iter().collect::<Vec<_>>();
        let columns = names.par_iter().map(|name| self.column(name)).collect::<Result<Vec<_>, _>>()?;
        for (name, column) in names.iter().zip(columns) {
            panel.insert(name, column)?;
        }
        for name in categories {
            panel.insert_categories(name, self.categories_of(name, &self.segments, &self.axis)?)?;
        }
        Ok(panel)
    }

    /// The benchmark's prices, one for each of the panel's sessions; `None` if the study has no benchmark.
    pub fn benchmark(&self) -> Result<Option<Benchmark>, StudyError> {
        if self.manifest.part("benchmark.close").is_none() {
            return Ok(None);
        }
        let read = |name: &str| read_column(&self.store, &self.manifest, name);
        Ok(Some(Benchmark {
            open: read("benchmark.open")?.to_f64(),
            close: read("benchmark.close")?.to_f64(),
        }))
    }
}

/// The same segment with its positions counted from `start` on, as on an axis that begins there.
fn moved(segment: &Segment, start: usize) -> Segment {
    let Range { start: first, end } = segment.positions;
    Segment { label: segment.label.clone(), positions: first - start..end - start }
}

/// The name of the part with a quantity's values that became known after the segment before and by the end of this one.
pub(crate) fn published_part(segment: &Segment, name: &str) -> String {
    segment.part(&format!("$${name}"))
}
