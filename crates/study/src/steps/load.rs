//! Load: from the study's files to a panel, stored by column and by segment of the calendar.

mod attribute_table;
mod given;
mod key;
mod own_columns;
mod single;

use std::{
    collections::BTreeSet,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use crate::{
    StudyError,
    config::{Config, Data, UniverseSpec, layout},
    steps::published::{self, Published},
    stored::{
        delistings::DelistingFacts,
        encoding::{
            MakeTable, categories_table, column_table, write_column, write_integers, write_tables,
            write_texts,
        },
        facts::LoadFacts,
        high_water::{self, HighWater, Looked},
        segment::{self, segments},
    },
};
use backstaff_panel::{Axis, Column, Encoding, Instrument, Panel, Session};
use backstaff_source::{
    Adjustment, Halts, Loaded, Mapping, Marks, Match, MemoryTable, PanelSource, Series, TableLayout, Unused,
    Written, Zone, field_name, is_database,
    quality::{self, Quality},
    source_files,
};
use backstaff_stage::{Budget, Digest, Digester, Draft, KeyHasher, Stage, Store, StoreError};

pub(crate) use self::given::source_of_scores;
use self::{
    attribute_table::AttributeTable,
    given::Given,
    key::{enter_benchmark, enter_names, enter_prices},
};
pub use self::{own_columns::OwnColumns, single::FileForm};

/// Read the study's files, check and align their rows.
#[derive(Clone, Debug)]
pub struct Load {
    prices: PanelSource,
    attributes: Option<AttributeTable>,
    member_from: Option<String>,
    at_most: Option<usize>,
    benchmark: Option<(PathBuf, String, Written, Option<Zone>)>,
    published: Published,
    given: Vec<Given>,
    columns: Vec<OwnColumns>,
    /// The layout of a database's tables as text for the key; empty if the prices are in no database.
    tables_text: String,
    high_water_mark: bool,
    /// Whether tables of which less than half meets are read all the same, since the data are cut on purpose.
    is_cut: bool,
    laps: Laps,
}

/// The seconds that each part of the last computation took; no part of the results.
#[derive(Clone, Debug, Default)]
struct Laps(Arc<Mutex<Vec<(&'static str, f64)>>>);

impl Laps {
    /// Do some work, and note the seconds that it took under a name.
    fn time<T>(&self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        self.add(&[(name, start.elapsed().as_secs_f64())]);
        result
    }

    fn add(&self, laps: &[(&'static str, f64)]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(laps);
    }
}

/// The digests of the files that a study reads.
#[derive(Debug)]
pub struct Files {
    prices: Vec<(String, Digest)>,
    attributes: Option<Digest>,
    benchmark: Option<Digest>,
    published: Vec<Digest>,
    given: Vec<Digest>,
    columns: Vec<Digest>,
    high_water: Option<Looked>,
}

impl Files {
    /// The message for the user on how a database will be read, if there is one.
    pub fn told(&self) -> Option<&str> {
        self.high_water.as_ref()?.told.as_deref()
    }
}

/// The contents of the files, aligned.
#[derive(Debug)]
pub struct LoadOutput {
    /// The panel: prices, categories, published values and membership.
    pub panel: Panel,
    /// The index that portfolios are compared with, one value for each of the panel's sessions.
    pub benchmark: Option<Series>,
    /// Facts about the files, kept in the artifact's manifest.
    pub facts: LoadFacts,
    loaded: Option<Loaded>,
}

impl LoadOutput {
    /// Prices that were read before, and what was found out about their files.
    pub(crate) fn of(panel: Panel, facts: LoadFacts) -> Self {
        Self { panel, benchmark: None, facts, loaded: None }
    }

    /// Drop the rows as they were in the files, which only the check of quality needs: the panel then owns its columns.
    pub fn give_up_source(&mut self) {
        self.loaded = None;
    }

    /// The seconds that each part of the reading took.
    pub fn seconds(&self) -> &[(&'static str, f64)] {
        self.loaded.as_ref().map_or(&[], |loaded| &loaded.seconds)
    }
}

impl Load {
    /// The files that the study's `data` and `universe` sections name, below the study's folder.
    ///
    /// # Errors
    ///
    /// If a date, a calendar or a layout is wrong, or the high-water mark is asked for without a database.
    pub fn new(data: &Data, universe: &UniverseSpec, folder: &Path) -> Result<Self, StudyError> {
        let at = |path: &Path| folder.join(path);
        let invalid = |key: &str, message: String| StudyError::Value { key: key.to_owned(), message };
        let calendar = data.calendar.rule().map_err(|error| {
            invalid("data.calendar", format!("{error}; `union` takes the dates of the data"))
        })?;
        let drop_rows = data.prices.drop_rows.iter().map(|row| {
            let session = row.date.parse::<Session>();
            let session = session.map_err(|error| invalid("data.prices.drop_rows", error.to_string()))?;
            Ok((Instrument::new(&row.instrument), session))
        });
        let drop_rows = drop_rows.collect::<Result<Vec<_>, StudyError>>()?;
        let file = data.prices.tables.as_deref().map(at);
        check_prices(data)?;
        let prices = PanelSource {
            halts: data.prices.halts,
            change: data.prices.change.as_deref().map(field_name),
            categories: data.prices.categories.iter().map(|name| field_name(name)).collect(),
            drop_instruments: data.prices.drop_instruments.iter().cloned().collect(),
            tables: layout(data.prices.preset.as_deref(), file.as_deref())?,
            format: data.prices.format,
            mapping: Mapping(data.prices.mapping.clone()),
            instrument_names: data.prices.instrument_names.clone(),
            allow_unmatched: data.prices.allow_unmatched,
            written: data.prices.written(),
            wide: data.prices.wide.clone(),
            zone: data.prices.zone.clone(),
            resample: data.prices.resample,
            hours: data.prices.hours,
            instruments: universe.instruments.clone().map(|names| names.into_iter().collect()),
            adjustment: data.prices.adjustment,
            calendar,
            on_bad_row: data.prices.on_bad_row,
            drop_rows,
            ..PanelSource::new(at(&data.prices.path))
        };
        let attributes = data.attributes.as_ref().map(|table| AttributeTable::new(table, folder));
        let benchmark = data.benchmark.as_ref();
        let benchmark = benchmark.map(|series| {
            (at(&series.path), series.instrument.clone(), series.written(), series.zone.clone())
        });
        let member_from = universe.member_from.clone();
        let (at_most, published) = (universe.at_most, Published::new(data, folder));
        let high_water_mark = data.prices.high_water_mark;
        if high_water_mark && !(prices.tables.is_some() && is_database(&prices.path)) {
            let path = prices.path.display();
            return Err(invalid(
                "data.prices.high_water_mark",
                format!("is for SQLite files with a preset or tables; {path} is none"),
            ));
        }
        let laps = Laps::default();
        let tables_text = prices.tables.as_ref().map(text_of_layout).transpose()?.unwrap_or_default();
        Ok(Self {
            prices,
            attributes,
            member_from,
            at_most,
            benchmark,
            published,
            given: Vec::new(),
            columns: Vec::new(),
            tables_text,
            high_water_mark,
            is_cut: false,
            laps,
        })
    }

    /// Take the seconds that each part took, if the panel was computed; empty at the second call.
    pub fn take_laps(&self) -> Vec<(&'static str, f64)> {
        std::mem::take(&mut self.laps.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether the prices are in a database of tables.
    pub fn reads_tables(&self) -> bool {
        self.prices.tables.is_some()
    }

    /// Read only these published quantities of a database.
    pub fn with_facts_of_tables(mut self, facts: BTreeSet<String>) -> Self {
        self.prices.facts = Some(facts);
        self
    }

    /// Read a study's own scores and weights too.
    pub(crate) fn with_given(mut self, config: &Config) -> Self {
        self.given = Given::of(config);
        self
    }

    /// The same files without the rows and publications after a session.
    pub fn without_rows_after(mut self, axis: &Axis, session: Session) -> Self {
        for (i, instrument) in axis.instruments().iter().enumerate() {
            let later = axis.sessions(i).iter().filter(|&&date| date > session);
            self.prices.drop_rows.extend(later.map(|&date| (instrument.clone(), date)));
        }
        self.published = self.published.until(session);
        self.given = self.given.into_iter().map(|given| given.until(session)).collect();
        self.is_cut = true;
        self
    }

    /// Digest the files. A large file that has not changed is not read: the store keeps a witness of its digest.
    pub fn files(&self, store: &Store) -> Result<Files, StudyError> {
        let digest = |path: &Path| digest_of(path, |path| store.digest_source(path));
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
            Ok(key.finish_digest())
        };
        let prices = || prices.iter().map(named).collect::<Result<Vec<_>, StudyError>>();
        let high_water = self.high_water(store).map(|mark| {
            mark.look(|| {
                let mut key = KeyHasher::new();
                for (_, digest) in prices()? {
                    key.digest("file", &digest);
                }
                Ok(key.finish_digest())
            })
        });
        let high_water = high_water.transpose()?;
        Ok(Files {
            prices: match &high_water {
                Some(looked) => vec![(String::new(), looked.digest)],
                None => prices()?,
            },
            high_water,
            attributes: self.attributes.as_ref().map(|table| one(&table.path)).transpose()?,
            benchmark: self.benchmark.as_ref().map(|(path, ..)| one(path)).transpose()?,
            published: self.published.digests()?,
            given: self.given.iter().map(Given::digest).collect::<Result<_, _>>()?,
            columns: self.columns.iter().map(OwnColumns::digest).collect::<Result<_, _>>()?,
        })
    }

    /// The state and rows that the store keeps of a database, if it is read above a mark.
    fn high_water(&self, store: &Store) -> Option<HighWater<'_>> {
        let layout = self.prices.tables.as_ref().filter(|_| self.high_water_mark)?;
        let mut parameters = KeyHasher::new();
        self.hash_parameters(&mut parameters);
        Some(HighWater::new(store, &self.prices.path, layout, parameters.finish()))
    }

    /// Forget the rows that the store keeps of a database, so that the next reading takes the whole file.
    pub fn forget_rows(&self, store: &Store) {
        if let Some(mark) = self.high_water(store) {
            mark.forget();
        }
    }

    /// Read the files; a database as a whole.
    pub fn read(&self) -> Result<LoadOutput, StudyError> {
        self.read_above(None)
    }

    /// Read a database above its marks, and take the rows below them from their keeper.
    fn read_above(&self, marks: Option<&Arc<Marks>>) -> Result<LoadOutput, StudyError> {
        let mut source = self.prices.clone();
        if let Some(at_most) = self.at_most {
            source.instruments = Some(first_instruments(&source, at_most, marks)?);
        }
        let loaded = source.load_above(marks)?;
        self.check_categories(&loaded)?;
        let mut panel = loaded.panel.clone();
        let mut facts = LoadFacts {
            found: loaded.found.clone(),
            excluded: loaded.excluded.iter().map(|e| (e.instrument.to_string(), e.reason.clone())).collect(),
            warnings: loaded.found.warnings.clone(),
            membership: None,
            matches: loaded.matches.clone(),
            others: loaded.others.clone(),
            static_categories: loaded.found.static_categories.clone(),
            published: Vec::new(),
            delistings: loaded.delistings.as_ref().map(|told| DelistingFacts::of(told, panel.axis())),
            quality: Quality::default(),
        };
        if marks.is_some() {
            facts.warnings.push(high_water::caveat(&self.prices.path));
        }
        if let Some(table) = &self.attributes {
            table.add(self.member_from.as_deref(), &mut panel, &mut facts)?;
        }
        self.published.read(&mut panel, &mut facts)?;
        self.given.iter().try_for_each(|given| given.add(&mut panel, &mut facts))?;
        self.columns.iter().try_for_each(|columns| columns.add(&mut panel, &mut facts))?;
        if !self.is_cut {
            facts.matches.iter().try_for_each(Match::check)?;
        }
        let doubtful = facts.matches.iter().filter(|matched| matched.is_doubtful());
        facts.warnings.extend(doubtful.map(ToString::to_string));
        let benchmark = match &self.benchmark {
            None => None,
            Some((path, instrument, written, zone)) => {
                let source = PanelSource {
                    adjustment: Adjustment::Auto,
                    written: *written,
                    zone: zone.clone(),
                    ..PanelSource::new(path)
                };
                let series = source.series(instrument)?;
                let told = series.warnings.iter().map(|told| format!("of the benchmark: {told}"));
                facts.warnings.extend(told);
                Some(series.on(panel.axis().calendar()))
            }
        };
        Ok(LoadOutput { panel, benchmark, facts, loaded: Some(loaded) })
    }

    /// Fail if the files have no column for a category that the study names.
    fn check_categories(&self, loaded: &Loaded) -> Result<(), StudyError> {
        let lacks = |name: &&String| loaded.panel.categories(name).is_none();
        let Some(name) = self.prices.categories.iter().filter(|_| !self.reads_tables()).find(lacks) else {
            return Ok(());
        };
        let texts = loaded.found.ignored.iter().filter(|ignored| ignored.why == Unused::Text);
        let texts = texts.map(|ignored| ignored.source.as_str()).collect::<Vec<_>>();
        let texts = if texts.is_empty() { "none".to_owned() } else { texts.join(", ") };
        let path = self.prices.path.display();
        let message =
            format!("{path} has no column of texts or codes called {name}; columns of texts are: {texts}");
        Err(StudyError::Value { key: "data.prices.categories".to_owned(), message })
    }
}

/// The digest of a file, or of a table in memory.
fn digest_of(path: &Path, of_file: impl FnOnce(&Path) -> io::Result<Digest>) -> Result<Digest, StudyError> {
    let mut digester = Digester::new();
    match MemoryTable::write(path, &mut digester) {
        Some(written) => Ok(written.map(|()| digester.finish())?),
        None => of_file(path).map_err(|source| StudyError::Read { path: path.to_owned(), source }),
    }
}

/// Fail if the section says what the layout of a database says already, or the same in two places.
fn check_prices(data: &Data) -> Result<(), StudyError> {
    let Data { prices, attributes, .. } = data;
    let invalid =
        |key: &str, message: String| Err(StudyError::Value { key: format!("data.prices.{key}"), message });
    let stated = [
        ("halts", prices.halts != Halts::default()),
        ("change", prices.change.is_some()),
        ("categories", !prices.categories.is_empty()),
        ("resample", prices.resample.is_some()),
    ];
    let is_database = prices.preset.is_some() || prices.tables.is_some();
    if let Some((key, _)) = stated.iter().find(|(_, is_stated)| *is_stated && is_database) {
        return invalid(
            key,
            "is for files; of a database the preset or the layout (`tables`) says it".to_owned(),
        );
    }
    if prices.hours.is_some() && prices.resample.is_none() {
        return invalid(
            "hours",
            "are those of bars that are resampled; say `resample: session` too".to_owned(),
        );
    }
    if prices.change.is_some() && !matches!(prices.adjustment, Adjustment::Auto | Adjustment::Factor) {
        let mode = prices.adjustment.name();
        return invalid(
            "change",
            format!("adjusts prices, and `adjustment: {mode}` says otherwise; say `auto`"),
        );
    }
    // Expressions write names in ASCII letters; a column of another name gets one by the mapping.
    let named = prices.categories.iter().map(|name| ("categories", name));
    let mut named = named.chain(prices.change.iter().map(|name| ("change", name)));
    if let Some((key, name)) = named.find(|(_, name)| field_name(name).is_empty()) {
        return invalid(
            key,
            format!("give the column {name:?} a name first: `mapping: {{{name}: our_name}}`"),
        );
    }
    let of_attributes = attributes.iter().flat_map(|table| &table.categories);
    if let Some(name) = of_attributes.into_iter().find(|name| prices.categories.contains(name)) {
        return invalid(
            "categories",
            format!("{name} is a category of `data.attributes` too; name one of the two"),
        );
    }
    Ok(())
}

/// The first `at_most` instruments by name; to find them, only closes are read.
fn first_instruments(
    source: &PanelSource,
    at_most: usize,
    marks: Option<&Arc<Marks>>,
) -> Result<BTreeSet<String>, StudyError> {
    let keys = PanelSource { fields: Some(BTreeSet::from(["close".to_owned()])), ..source.clone() };
    let loaded = keys.load_above(marks)?;
    Ok(loaded.panel.axis().instruments().iter().take(at_most).map(|i| i.name().to_owned()).collect())
}

impl Stage for Load {
    const NAME: &'static str = "load";
    const VERSION: u32 = 8;
    type Inputs = Files;
    type Shard = ();
    type Output = LoadOutput;
    type Error = StudyError;

    fn hash_parameters(&self, key: &mut KeyHasher) {
        let Self {
            prices,
            attributes,
            member_from,
            at_most,
            benchmark,
            published,
            given,
            columns,
            tables_text,
            high_water_mark: _, // hashed through the digest of the files
            is_cut: _,          // such data are never stored
            laps: _,
        } = self;
        enter_prices(key, prices, tables_text);
        key.list("attributes", attributes, AttributeTable::enter);
        enter_names(key, "member_from", &mut member_from.iter());
        key.list("at_most", at_most, |key, &count| {
            key.u64("", count as u64);
        });
        key.list("benchmark", benchmark, enter_benchmark);
        key.group("published", |key| published.enter(key));
        key.list("given", given, Given::enter);
        // Where there are none, keys are those that they were before there could be any.
        if !columns.is_empty() {
            key.list("columns", columns, OwnColumns::enter);
        }
    }

    fn hash_inputs(&self, (): &(), files: &Files, key: &mut KeyHasher) -> Result<(), StudyError> {
        let Files { prices, attributes, benchmark, published, given, columns, high_water: _ } = files;
        key.list("prices", prices, |key, (name, digest)| {
            key.str("file", name).digest("digest", digest);
        });
        for (label, digest) in [("attributes", attributes), ("benchmark", benchmark)] {
            key.list(label, digest, |key, digest| {
                key.digest("", digest);
            });
        }
        let own = Some(("columns", columns)).filter(|(_, columns)| !columns.is_empty());
        for (label, digests) in [("published", published), ("given", given)].into_iter().chain(own) {
            key.list(label, digests, |key, digest| {
                key.digest("", digest);
            });
        }
        Ok(())
    }

    fn shards(&self, _: &Files) -> Vec<()> {
        vec![()]
    }

    fn run(&self, (): &(), files: &Files, _: Budget) -> Result<LoadOutput, StudyError> {
        let mut output = self.read_above(files.high_water.as_ref().map(|looked| &looked.marks))?;
        self.laps.add(output.seconds());
        if let Some(loaded) = &output.loaded {
            let check = || quality::check(loaded, &quality::QualityRules::default());
            output.facts.quality = self.laps.time("check quality", check);
        }
        Ok(output)
    }

    fn write(&self, output: &LoadOutput, draft: &mut Draft) -> Result<(), StoreError> {
        self.laps.time("store the panel", || write(output, draft))
    }
}

fn write(output: &LoadOutput, draft: &mut Draft) -> Result<(), StoreError> {
    let axis = output.panel.axis();
    write_texts(draft, "instruments", axis.instruments().iter().map(Instrument::name))?;
    let lives = (0..axis.n_instruments()).map(|i| axis.life(i)).collect::<Vec<_>>();
    write_integers(draft, "life_start", lives.iter().map(|life| life.start as i64))?;
    write_integers(draft, "life_end", lives.iter().map(|life| life.end as i64))?;
    if axis.is_sparse() {
        write_integers(draft, "row_offsets", axis.offsets().iter().map(|&offset| offset as i64))?;
        let positions = (0..axis.n_instruments()).flat_map(|i| axis.positions(i));
        write_integers(draft, "positions", positions.map(|position| position as i64))?;
    }
    write_integers(draft, "sessions", axis.calendar().sessions().iter().map(|s| s.number().into()))?;
    let parts = segments(axis.calendar());
    published::write(draft, &output.panel, &parts)?;
    // After an append, the segments of earlier years are those of the panel before it: they share its files.
    draft.share_files()?;
    let rows = parts.iter().map(|part| segment::rows(axis, part)).collect::<Vec<_>>();
    let mut tables = Vec::<(String, MakeTable<'_>)>::new();
    for (part, rows) in parts.iter().zip(&rows) {
        for (name, column) in output.panel.fields() {
            let table = || column_table(column.select(rows).narrowed());
            tables.push((part.part(name), Box::new(table)));
        }
        for (name, categories) in output.panel.all_categories() {
            let table = || categories_table(&categories.select(rows));
            tables.push((part.part(name), Box::new(table)));
        }
    }
    write_tables(draft, tables)?;
    if let Some(series) = &output.benchmark {
        write_column(draft, "benchmark.open", Column::encode(&series.open, Encoding::F64))?;
        write_column(draft, "benchmark.close", Column::encode(&series.close, Encoding::F64))?;
    }
    let fields = output.panel.fields().map(|(name, _)| name).collect::<Vec<_>>();
    let categories = output.panel.all_categories().map(|(name, _)| name).collect::<Vec<_>>();
    draft.info(serde_json::json!({
        "fields": fields, "categories": categories, "rows": axis.n_rows(), "facts": output.facts,
    }));
    Ok(())
}

fn text_of_layout(layout: &TableLayout) -> Result<String, StudyError> {
    serde_json::to_string(layout)
        .map_err(|error| StudyError::Internal { what: format!("a layout of tables has no text: {error}") })
}
