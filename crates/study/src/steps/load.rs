//! Load: the study's files to a panel, stored by field and calendar year.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use backstaff_feature::Schema;
use backstaff_panel::{Axis, Column, Encoding, Instrument, Panel, Session};
use backstaff_source::{
    Adjustment, CalendarRule, Exchange, Loaded, Mapping, OnBadInstrument, PanelSource, Series, TableLayout,
    read_attributes, source_files,
};
use backstaff_stage::{Budget, Digest, Draft, KeyHasher, Stage, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    artifact::{write_categories, write_column, write_integers, write_texts},
    compute::layout,
    config::{Adjust, Data, OnBad, UniverseSpec},
    panel_handle::MEMBER,
    segment::{self, segments},
    steps::published::{self, Published, PublishedFacts},
};

/// Read the files, check and align them.
#[derive(Clone, Debug)]
pub struct Load {
    prices: PanelSource,
    attributes: Option<AttributeTable>,
    member_from: Option<String>,
    at_most: Option<usize>,
    benchmark: Option<(PathBuf, String)>,
    published: Published,
}

#[derive(Clone, Debug)]
struct AttributeTable {
    path: PathBuf,
    key: Option<String>,
    categories: Vec<String>,
}

/// The bytes that a study reads.
#[derive(Clone, Debug)]
pub struct Files {
    prices: Vec<(String, Digest)>,
    attributes: Option<Digest>,
    benchmark: Option<Digest>,
    published: Vec<Digest>,
}

/// What the files held.
#[derive(Debug)]
pub struct LoadOutput {
    /// Prices, categories, membership.
    pub panel: Panel,
    /// The index to compare with, on the panel's sessions.
    pub benchmark: Option<Series>,
    /// Facts about the reading, kept in the manifest.
    pub facts: LoadFacts,
    loaded: Option<Loaded>,
}

impl LoadOutput {
    /// How long each part of the reading took.
    pub fn seconds(&self) -> &[(&'static str, f64)] {
        self.loaded.as_ref().map_or(&[], |loaded| &loaded.seconds)
    }
}

/// Facts about the reading.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadFacts {
    /// What was recognised in the files, as [`backstaff_source::Found`] serialises it.
    pub found: serde_json::Value,
    /// Instruments that were left out: name and reason.
    pub excluded: Vec<(String, String)>,
    /// What a reader of the results should know.
    pub warnings: Vec<String>,
    /// Rows before their instrument's date of entry, and instruments without such a date.
    pub membership: Option<(usize, Vec<String>)>,
    /// Category columns of tables without history.
    pub static_categories: Vec<String>,
    /// What was published of instruments and of the market.
    #[serde(default)]
    pub published: Vec<PublishedFacts>,
    /// What `quality` says of the files: see [`backstaff_source::quality::Quality`].
    pub quality: serde_json::Value,
}

impl Load {
    /// What the study's `data` and `universe` sections ask for.
    pub fn new(data: &Data, universe: &UniverseSpec, folder: &Path) -> Result<Self, StudyError> {
        let at = |path: &Path| folder.join(path);
        let invalid = |key: &str, message: String| StudyError::Value { key: key.to_owned(), message };
        let calendar = match data.calendar.as_str() {
            "union" => CalendarRule::default(),
            name => CalendarRule::Exchange(name.parse::<Exchange>().map_err(|error| {
                invalid("data.calendar", format!("{error}; `union` takes the dates of the data"))
            })?),
        };
        let drop_rows = data.prices.drop_rows.iter().map(|row| {
            let session = row.date.parse::<Session>();
            let session = session.map_err(|error| invalid("data.prices.drop_rows", error.to_string()))?;
            Ok((Instrument::new(&row.instrument), session))
        });
        let drop_rows = drop_rows.collect::<Result<Vec<_>, StudyError>>()?;
        let file = data.prices.tables.as_deref().map(at);
        let prices = PanelSource {
            tables: layout(data.prices.preset.as_deref(), file.as_deref())?,
            format: data.prices.format,
            mapping: Mapping(data.prices.mapping.clone()),
            date_order: data.prices.date_order,
            instruments: universe.instruments.clone().map(|names| names.into_iter().collect()),
            adjustment: match data.prices.adjustment {
                Adjust::Auto => Adjustment::Auto,
                Adjust::AsIs => Adjustment::AsIs,
                Adjust::AdjClose => Adjustment::AdjClose,
                Adjust::Factor => Adjustment::Factor,
            },
            calendar,
            on_bad_instrument: match data.prices.on_bad_instrument {
                OnBad::Stop => OnBadInstrument::Stop,
                OnBad::Exclude => OnBadInstrument::Exclude,
            },
            drop_rows,
            ..PanelSource::new(at(&data.prices.path))
        };
        let attributes = data.attributes.as_ref().map(|table| AttributeTable {
            path: at(&table.path),
            key: table.key.clone(),
            categories: table.categories.clone(),
        });
        let benchmark = data.benchmark.as_ref().map(|series| (at(&series.path), series.instrument.clone()));
        let member_from = universe.member_from.clone();
        let (at_most, published) = (universe.at_most, Published::new(data, folder));
        Ok(Self { prices, attributes, member_from, at_most, benchmark, published })
    }

    /// The files of a single computation: prices exactly as they are there.
    pub fn verbatim(path: &Path, categories: Vec<String>) -> Self {
        let prices = PanelSource { categories, ..PanelSource::verbatim(path) };
        Self {
            prices,
            attributes: None,
            member_from: None,
            at_most: None,
            benchmark: None,
            published: Published::default(),
        }
    }

    /// Whether prices stand in a database of tables.
    pub fn reads_tables(&self) -> bool {
        self.prices.tables.is_some()
    }

    /// Of a database, only these published facts.
    pub fn with_facts_of_tables(mut self, facts: BTreeSet<String>) -> Self {
        self.prices.facts = Some(facts);
        self
    }

    /// What the tables of a database mean, and which fields, categories and facts of it are wanted.
    pub fn of_tables(mut self, layout: TableLayout, wanted: &Schema) -> Self {
        self.prices.fields = Some(wanted.fields.clone());
        self.prices.categories = wanted.categories.iter().cloned().collect();
        self.prices.facts = Some(wanted.facts.clone());
        self.prices.tables = Some(layout);
        self
    }

    /// A file of prices, adjusted as a study does that says nothing of it, and today's categories from a table.
    pub fn adjusted(path: &Path, categories: Vec<String>, attributes: Option<(&Path, &str)>) -> Self {
        let attributes = attributes.map(|(path, category)| AttributeTable {
            path: path.to_owned(),
            key: None,
            categories: vec![category.to_owned()],
        });
        let prices = PanelSource { categories, ..PanelSource::new(path) };
        let published = Published::default();
        Self { prices, attributes, member_from: None, at_most: None, benchmark: None, published }
    }

    /// The same files, and a table of published values that says everything itself.
    pub fn with_facts(self, path: &Path) -> Self {
        Self { published: Published::table(path), ..self }
    }

    /// The same files, as if no row after a session were in them, and nothing had been published after it.
    pub fn without_rows_after(mut self, axis: &Axis, session: Session) -> Self {
        for (i, instrument) in axis.instruments().iter().enumerate() {
            let later = axis.sessions(i).iter().filter(|&&date| date > session);
            self.prices.drop_rows.extend(later.map(|&date| (instrument.clone(), date)));
        }
        self.published = self.published.until(session);
        self
    }

    /// Digest the files; of large ones that have not changed, the store's witness stands for their bytes.
    pub fn files(&self, store: &Store) -> Result<Files, StudyError> {
        let digest = |path: &Path| {
            store.digest_source(path).map_err(|source| StudyError::Read { path: path.to_owned(), source })
        };
        let prices = self.prices.files()?;
        let many = prices.len() > 1 && self.prices.tables.is_none();
        let named = |path: &PathBuf| {
            // A file of a folder may name its instrument; the name of a single long file says nothing.
            let stem = path.file_stem().filter(|_| many).map(|stem| stem.to_string_lossy().into_owned());
            Ok((stem.unwrap_or_default(), digest(path)?))
        };
        let one = |path: &Path| -> Result<Digest, StudyError> {
            let mut key = KeyHasher::new();
            for file in source_files(path)? {
                key.digest("file", &digest(&file)?);
            }
            Ok(Digest::from_bytes(*key.finish().as_bytes()))
        };
        Ok(Files {
            prices: prices.iter().map(named).collect::<Result<_, StudyError>>()?,
            attributes: self.attributes.as_ref().map(|table| one(&table.path)).transpose()?,
            benchmark: self.benchmark.as_ref().map(|(path, _)| one(path)).transpose()?,
            published: self.published.digests()?,
        })
    }

    /// Read everything.
    pub fn read(&self) -> Result<LoadOutput, StudyError> {
        let mut source = self.prices.clone();
        if let Some(at_most) = self.at_most {
            source.instruments = Some(first_instruments(&source, at_most)?);
        }
        let loaded = source.load()?;
        let mut panel = loaded.panel.clone();
        let mut facts = LoadFacts {
            found: serde_json::to_value(&loaded.found).unwrap_or_default(),
            excluded: loaded.excluded.iter().map(|e| (e.instrument.to_string(), e.reason.clone())).collect(),
            warnings: loaded.found.warnings.clone(),
            membership: None,
            static_categories: loaded.found.static_categories.clone(),
            published: Vec::new(),
            quality: serde_json::Value::Null,
        };
        if let Some(table) = &self.attributes {
            self.add_attributes(table, &mut panel, &mut facts)?;
        }
        self.published.read(&mut panel, &mut facts)?;
        let benchmark = match &self.benchmark {
            None => None,
            Some((path, instrument)) => {
                let source = PanelSource { adjustment: Adjustment::Auto, ..PanelSource::new(path) };
                Some(source.series(instrument)?.on(panel.axis().calendar()))
            }
        };
        Ok(LoadOutput { panel, benchmark, facts, loaded: Some(loaded) })
    }

    fn add_attributes(
        &self,
        table: &AttributeTable,
        panel: &mut Panel,
        facts: &mut LoadFacts,
    ) -> Result<(), StudyError> {
        let mut columns = table.categories.iter().map(String::as_str).collect::<Vec<_>>();
        columns.extend(self.member_from.as_deref());
        let attributes = read_attributes(&table.path, table.key.as_deref(), &columns)?;
        let axis = panel.axis().clone();
        for name in &table.categories {
            let categories = attributes.categories(name, &axis)?;
            panel.insert_categories(name, categories)?;
            facts.static_categories.push(name.clone());
        }
        if let Some(column) = &self.member_from {
            let since = attributes.since(column, &axis)?;
            let members = since.members.members().iter().map(|&member| f32::from(u8::from(member))).collect();
            panel.insert(MEMBER, Column::F32(members))?;
            facts.membership = Some((since.rows_before, since.undated));
        }
        Ok(())
    }
}

/// The first instruments by name, read from the keys alone.
fn first_instruments(source: &PanelSource, at_most: usize) -> Result<BTreeSet<String>, StudyError> {
    let keys = PanelSource { fields: Some(BTreeSet::from(["close".to_owned()])), ..source.clone() };
    let loaded = keys.load()?;
    Ok(loaded.panel.axis().instruments().iter().take(at_most).map(|i| i.name().to_owned()).collect())
}

impl Stage for Load {
    const NAME: &'static str = "load";
    const VERSION: u32 = 1;
    type Inputs = Files;
    type Shard = ();
    type Output = LoadOutput;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self { prices, attributes, member_from, at_most, benchmark, published } = self;
        let PanelSource {
            path: _,   // Its bytes are what counts.
            format: _, // It is checked, and what is read is the same.
            mapping,
            fields,
            categories,
            instruments,
            adjustment,
            calendar,
            on_bad_instrument,
            drop_rows,
            date_order,
            tables,
            facts,
        } = prices;
        let list = |key: &mut KeyHasher, label: &str, names: &mut dyn Iterator<Item = &String>| {
            key.list(label, names, |key, name| {
                key.str("", name);
            });
        };
        key.list("columns", &mapping.0, |key, (theirs, ours)| {
            key.str("theirs", theirs).str("ours", ours);
        });
        list(key, "fields", &mut fields.iter().flatten());
        list(key, "categories", &mut categories.iter());
        list(key, "facts", &mut facts.iter().flatten());
        key.list("tables", tables, |key, layout| {
            key.str("", &text(layout));
        });
        list(key, "instruments", &mut instruments.iter().flatten());
        key.bool("all_instruments", instruments.is_none());
        key.str("adjustment", &text(adjustment)).str("on_bad_instrument", &text(on_bad_instrument));
        key.str("date_order", &text(date_order));
        match calendar {
            CalendarRule::Union { thin_share, listed } => {
                key.str("calendar", "union").f64("thin_share", *thin_share).list(
                    "listed",
                    listed,
                    |key, session| {
                        key.i64("", session.number().into());
                    },
                );
            }
            CalendarRule::Exchange(exchange) => {
                key.str("calendar", exchange.code());
            }
        }
        key.list("drop_rows", drop_rows, |key, (instrument, session)| {
            key.str("instrument", instrument.name()).i64("session", session.number().into());
        });
        key.list("attributes", attributes, |key, AttributeTable { path: _, key: column, categories }| {
            key.str("key", column.as_deref().unwrap_or_default());
            list(key, "categories", &mut categories.iter());
        });
        list(key, "member_from", &mut member_from.iter());
        key.list("at_most", at_most, |key, &count| {
            key.u64("", count as u64);
        });
        key.list("benchmark", benchmark, |key, (_, instrument)| {
            key.str("", instrument);
        });
        key.group("published", |key| published.enter(key));
    }

    fn hash_inputs(&self, (): &(), files: &Files, key: &mut KeyHasher) {
        let Files { prices, attributes, benchmark, published } = files;
        key.list("prices", prices, |key, (name, digest)| {
            key.str("file", name).digest("digest", digest);
        });
        for (label, digest) in [("attributes", attributes), ("benchmark", benchmark)] {
            key.list(label, digest, |key, digest| {
                key.digest("", digest);
            });
        }
        key.list("published", published, |key, digest| {
            key.digest("", digest);
        });
    }

    fn shards(&self, _: &Files) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), _: &Files, _: Budget) -> Result<LoadOutput, StudyError> {
        let mut output = self.read()?;
        if let Some(loaded) = &output.loaded {
            let quality =
                backstaff_source::quality::check(loaded, &backstaff_source::quality::QualityRules::default());
            output.facts.quality = serde_json::to_value(quality).unwrap_or_default();
        }
        Ok(output)
    }

    fn write(&self, output: &LoadOutput, draft: &mut Draft) -> Result<(), StoreError> {
        let axis = output.panel.axis();
        write_texts(draft, "instruments", axis.instruments().iter().map(Instrument::name))?;
        let lives = (0..axis.n_instruments()).map(|i| axis.life(i)).collect::<Vec<_>>();
        write_integers(draft, "life_start", lives.iter().map(|life| life.start as i64))?;
        write_integers(draft, "life_end", lives.iter().map(|life| life.end as i64))?;
        write_integers(draft, "sessions", axis.calendar().sessions().iter().map(|s| s.number().into()))?;
        let parts = segments(axis.calendar());
        published::write(draft, &output.panel, &parts)?;
        for part in parts {
            let rows = segment::rows(axis, &part);
            for (name, column) in output.panel.fields() {
                write_column(draft, &part.part(name), &column.select(&rows))?;
            }
            for (name, categories) in output.panel.all_categories() {
                write_categories(draft, &part.part(name), &categories.select(&rows))?;
            }
        }
        if let Some(series) = &output.benchmark {
            write_column(draft, "benchmark.open", &Column::encode(&series.open, Encoding::F64))?;
            write_column(draft, "benchmark.close", &Column::encode(&series.close, Encoding::F64))?;
        }
        let fields = output.panel.fields().map(|(name, _)| name).collect::<Vec<_>>();
        let categories = output.panel.all_categories().map(|(name, _)| name).collect::<Vec<_>>();
        draft.info(serde_json::json!({
            "fields": fields, "categories": categories, "rows": axis.n_rows(), "facts": output.facts,
        }));
        Ok(())
    }
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
