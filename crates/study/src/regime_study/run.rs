//! A regime study from its file to its report: the steps in order.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use backstaff_feature::Feature;
use backstaff_panel::{Encoding, Panel, Session};
use backstaff_portfolio::Rates;
use backstaff_report::Section;
use backstaff_stage::{Budget, Store, runner::with_repair};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    allocate::{Allocate, AllocateInputs, AllocateShard, Allocation, Book, Known, read_allocation},
    config::{Cash, RegimeConfig},
    follow::{Follow, FollowInputs, FollowShard, Setting, Work, unknown_instrument},
    history::History,
    results::{CONSTANT, EQUAL, FollowedInstrument, RegimeResults, book_name},
};
use crate::{
    Options, StudyError,
    command::output::{Cells, write_bytes, write_table},
    config::{UniverseSpec, operators},
    flow::{
        Flow, Watch,
        progress::{Observer, StageRecord, peak_anonymous_bytes},
        study::on_threads,
    },
    report::regimes as report,
    steps::{Load, features::Features},
    stored::{column::ColumnHandle, encoding::read_facts, panel::PanelHandle},
};

/// A regime study: its configuration and where its artifacts live.
#[derive(Clone, Debug)]
pub struct RegimeStudy {
    config: RegimeConfig,
    store: PathBuf,
    budget: Budget,
}

/// What a run gave.
#[derive(Clone, Debug, Serialize)]
pub struct RegimeOutcome {
    /// The study's name.
    pub study: String,
    /// The stage table.
    pub stages: Vec<StageRecord>,
    /// What is to be believed, in a sentence.
    pub verdict: String,
    /// The measures of all books.
    pub measures: Value,
    /// The regimes at the last session.
    pub latest: Value,
    /// What the cache of models did, and what took how long.
    pub work: Work,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// The files that were written, by what they hold.
    pub artifacts: Value,
    /// Wall time.
    pub seconds: f64,
    /// The largest anonymous memory, in bytes.
    pub peak_bytes: u64,
    /// The run's number in the store.
    pub run: u64,
    /// A Chrome trace.
    #[serde(skip)]
    pub trace: Value,
}

impl RegimeOutcome {
    /// The report's page.
    pub fn report(&self) -> PathBuf {
        PathBuf::from(self.artifacts["report"].as_str().unwrap_or_default())
    }
}

/// Stage, shard and key of artifacts.
type Lineage = Vec<(String, String, String)>;

/// What was run: the study's books, the strategy at other costs, the strategy under other settings.
struct Books {
    plain: Vec<Allocation>,
    stressed: Vec<(f64, Allocation)>,
    spread: Vec<(Setting, Allocation)>,
}

impl RegimeStudy {
    /// Whether the study in a file is of this kind.
    pub fn is_one(path: &Path) -> bool {
        fs::read_to_string(path).is_ok_and(|text| RegimeConfig::is_one(&text))
    }

    /// Read a study's file. Profiles are not for these studies.
    pub fn open(path: &Path, options: &Options) -> Result<Self, StudyError> {
        if options.profile.is_some() {
            let message = "regime studies have no profiles: they take seconds as they are".to_owned();
            return Err(StudyError::Value { key: "--profile".to_owned(), message });
        }
        let config = RegimeConfig::load(path)?;
        Ok(Self { store: options.store_of(&config.folder), budget: options.budget(), config })
    }

    pub(super) fn config(&self) -> &RegimeConfig {
        &self.config
    }

    pub(super) fn store_path(&self) -> &Path {
        &self.store
    }

    pub(super) fn budget(&self) -> Budget {
        self.budget
    }

    /// Do something on as many threads as the study may use.
    pub(super) fn on_threads<T: Send>(
        &self,
        work: impl FnOnce() -> Result<T, StudyError> + Send,
    ) -> Result<T, StudyError> {
        on_threads(self.budget.threads, work)
    }

    /// The data, what is observed of them, what cash earns, and the sessions that are traded.
    pub(super) fn basis(
        &self,
        flow: &Flow<'_>,
    ) -> Result<(Panel, Vec<Feature>, Rates, Range<usize>), StudyError> {
        let handle = self.load(flow)?;
        let features = self.features(&handle)?;
        let fields = handle.fields().iter().map(String::as_str);
        let published = handle.facts().published.iter().map(|facts| facts.name.as_str());
        let panel = handle.part(0..handle.axis().n_sessions(), fields, [], published)?;
        let observed = self.observed(&handle, flow)?;
        let setting = Setting::of(&self.config.regimes);
        let follow = Follow::new(&self.config.regimes, flow.store());
        let (histories, _) = self.follow(&follow, &handle, observed, vec![setting], flow)?;
        let sessions = self.sessions(&handle, &histories, |_| true)?;
        Ok((panel, features, self.cash_rates(&handle, flow)?, sessions))
    }

    /// Run the study: what is in the store is found, the rest is computed, and the report is written.
    pub fn run(&self, observer: &dyn Observer) -> Result<RegimeOutcome, StudyError> {
        let store = Store::open(&self.store)?;
        self.on_threads(|| with_repair(&store, || self.run_once(&store, observer)))
    }

    fn run_once(&self, store: &Store, observer: &dyn Observer) -> Result<RegimeOutcome, StudyError> {
        let watch = Watch::new(observer);
        let flow = Flow::new(store, &self.config.name, self.budget, &watch)?;
        let (results, work) = self.results(&flow)?;
        let artifacts = self.write(&results, &work, &flow)?;
        let record = flow.finish(json!({ "artifacts": artifacts, "threads": self.budget.threads }))?;
        Ok(RegimeOutcome {
            study: self.config.name.clone(),
            stages: flow.stages(),
            verdict: report::verdict(&results).sentence,
            measures: measures(&results),
            latest: latest(&results),
            work,
            warnings: flow.warnings(),
            artifacts,
            seconds: record.seconds,
            peak_bytes: peak_anonymous_bytes(),
            run: record.number,
            trace: flow.trace().to_chrome(),
        })
    }

    /// Everything that the report speaks of.
    fn results(&self, flow: &Flow<'_>) -> Result<(RegimeResults, Work), StudyError> {
        let Self { config, .. } = self;
        let panel = self.load(flow)?;
        for warning in &panel.facts().warnings {
            flow.warn(warning.clone());
        }
        let observed = self.observed(&panel, flow)?;
        let setting = Setting::of(&config.regimes);
        let follow = Follow::new(&self.config.regimes, flow.store());
        let (histories, lineage) = self.follow(&follow, &panel, observed, self.settings(), flow)?;
        let Books { plain: books, stressed, spread } = self.allocate(&panel, &histories, &setting, flow)?;
        let close = panel.panel(["close"], [])?;
        let close = close.field("close").map(|column| column.to_f64()).unwrap_or_default();
        let axis = panel.axis();
        let own = histories.iter().filter(|known| known.setting == setting);
        let followed = own.filter_map(|known| Some((axis.find(&known.instrument)?, known)));
        let followed = followed.map(|(i, known)| {
            Ok(FollowedInstrument {
                name: known.instrument.clone(),
                sessions: axis.sessions(i).to_vec(),
                close: close[axis.rows(i)].to_vec(),
                history: History::read(flow.store(), &known.manifest)?,
            })
        });
        let mut followed = followed.collect::<Result<Vec<_>, StudyError>>()?;
        // What the books are compared with is what the reader knows best.
        followed.sort_by_key(|instrument| config.trading.hold.as_ref() != Some(&instrument.name));
        for instrument in &followed {
            for (session, reason) in instrument.history.failures.iter().take(1) {
                let n = instrument.history.failures.len();
                let name = &instrument.name;
                flow.warn(format!("{n} fits of {name} failed, the first on {session}: {reason}"));
            }
        }
        let results = RegimeResults {
            config: config.clone(),
            followed,
            setting,
            books,
            stressed,
            spread,
            warnings: flow.warnings(),
            sessions_per_year: axis.calendar().sessions_per_year(),
            lineage,
        };
        Ok((results, follow.work()))
    }

    fn load(&self, flow: &Flow<'_>) -> Result<Arc<PanelHandle>, StudyError> {
        let RegimeConfig { data, folder, .. } = &self.config;
        let load = Load::new(data, &UniverseSpec::default(), folder)?;
        flow.panel(&load)
    }

    /// What is observed.
    fn features(&self, panel: &PanelHandle) -> Result<Vec<Feature>, StudyError> {
        let texts = &self.config.regimes.observe;
        let names = (1..=texts.len()).map(|number| format!("observed_{number}")).collect::<Vec<_>>();
        let mut catalog = operators::catalog();
        for (name, text) in names.iter().zip(texts) {
            catalog = catalog.with(name, text)?;
        }
        let names = names.iter().map(String::as_str).collect::<Vec<_>>();
        Ok(catalog.resolve(&names, &panel.schema())?)
    }

    /// What the models see, a column for each expression.
    fn observed(
        &self,
        panel: &Arc<PanelHandle>,
        flow: &Flow<'_>,
    ) -> Result<Vec<Arc<ColumnHandle>>, StudyError> {
        let features = self.features(panel)?;
        let rows = panel.axis().n_rows() * features.len();
        flow.columns(&Features::new(features, Encoding::F64), panel, rows)
    }

    /// The settings that results are compared under, the study's own first.
    fn settings(&self) -> Vec<Setting> {
        let own = Setting::of(&self.config.regimes);
        let spread = &self.config.spread;
        let states = spread.states.iter().flat_map(|&states| {
            spread.look_backs.iter().map(move |&look_back| Setting { states, look_back, offset: None })
        });
        let offsets = spread.offsets.iter().map(|&offset| Setting { offset: Some(offset), ..own.clone() });
        let mut settings = vec![own.clone()];
        settings.extend(states.chain(offsets).filter(|setting| *setting != own));
        settings
    }

    /// The regimes of all instruments that the strategy reads, under these settings, the study's own first.
    fn follow(
        &self,
        stage: &Follow<'_>,
        panel: &Arc<PanelHandle>,
        observed: Vec<Arc<ColumnHandle>>,
        settings: Vec<Setting>,
        flow: &Flow<'_>,
    ) -> Result<(Vec<Known>, Lineage), StudyError> {
        let axis = panel.axis();
        let read = self.config.strategy.read();
        for name in read.iter().copied().chain(self.config.regimes.schedules.keys().map(String::as_str)) {
            if axis.find(name).is_none() {
                return Err(unknown_instrument(axis, "strategy", name));
            }
        }
        let own = settings[0].clone();
        let shards = settings.into_iter().flat_map(|setting| {
            let shard =
                move |name: &&str| FollowShard { instrument: (*name).to_owned(), setting: setting.clone() };
            read.iter().map(shard).collect::<Vec<_>>()
        });
        let inputs = FollowInputs { panel: panel.clone(), observed, shards: shards.collect() };
        let done = flow.stage(stage, &inputs, 0)?;
        let mut histories = Vec::new();
        let mut lineage = Vec::new();
        for done in done {
            let FollowShard { instrument, setting } = done.shard;
            lineage.push(("regimes".to_owned(), format!("{instrument}, {setting}"), done.key.to_string()));
            let first = read_facts(&done.manifest, "first")?;
            histories.push(Known { instrument, setting, manifest: done.manifest, first });
        }
        let unknown = histories.iter().find(|known| known.setting == own && known.first.is_none());
        if let Some(Known { instrument: name, .. }) = unknown {
            let message = format!(
                "{name} has no regime: its {} bars don't fill the look-back of {}",
                axis.find(name).map_or(0, |i| axis.rows(i).len()),
                own.look_back
            );
            return Err(StudyError::Value { key: "regimes.look_back".to_owned(), message });
        }
        Ok((histories, lineage))
    }

    /// The books at the stated costs, at others, and under other settings.
    fn allocate(
        &self,
        panel: &Arc<PanelHandle>,
        histories: &[Known],
        setting: &Setting,
        flow: &Flow<'_>,
    ) -> Result<Books, StudyError> {
        let Self { config, .. } = self;
        let stage = Allocate {
            template: &config.strategy,
            trading: &config.trading,
            cash: self.cash_rates(panel, flow)?,
        };
        let own = self.sessions(panel, histories, |of| of == setting)?;
        let common = self.sessions(panel, histories, |_| true)?;
        let strategy = |setting: &Setting, cost_tenths, sessions: &Range<usize>| AllocateShard {
            book: Book::Strategy(setting.clone()),
            cost_tenths,
            sessions: sessions.clone(),
        };
        let traded = config.strategy.traded();
        let axis = panel.axis();
        let listed = traded.iter().filter(|name| axis.find(name).is_some()).copied().collect::<Vec<_>>();
        for name in traded.iter().filter(|name| axis.find(name).is_none()) {
            flow.warn(format!("the data lack {name}, which the strategy may hold: its share stays cash"));
        }
        let equal = listed.iter().map(|name| ((*name).to_owned(), 1.0 / listed.len() as f64)).collect();
        let hold = config.trading.hold.clone();
        let hold = hold.or_else(|| config.strategy.read().first().map(|name| (*name).to_owned()));
        let plain = |book| AllocateShard { book, cost_tenths: 10, sessions: own.clone() };
        let mut shards = vec![strategy(setting, 10, &own)];
        shards.push(plain(Book::Weights { name: EQUAL.to_owned(), weights: equal }));
        shards.extend(hold.map(|name| plain(Book::Hold(name))));
        let n_books = shards.len();
        shards.extend([0, 20, 50].map(|cost_tenths| strategy(setting, cost_tenths, &own)));
        let n_plain = shards.len();
        shards.extend(self.settings().iter().map(|setting| strategy(setting, 10, &common)));
        let run = |shards: Vec<AllocateShard>| -> Result<Vec<Allocation>, StudyError> {
            let inputs = AllocateInputs { panel: panel.clone(), histories: histories.to_vec(), shards };
            let done = flow.stage(&stage, &inputs, 0)?;
            done.iter().map(|done| read_allocation(flow.store(), &done.manifest)).collect()
        };
        let mut books = run(shards)?;
        let spread = books.split_off(n_plain).into_iter().zip(self.settings());
        let stressed = books.split_off(n_books).into_iter();
        let constant = mean_weights(&books[0]);
        let constant = run(vec![plain(Book::Weights { name: CONSTANT.to_owned(), weights: constant })])?;
        books.splice(1..1, constant);
        Ok(Books {
            plain: books,
            stressed: stressed.map(|book| (f64::from(book.shard.cost_tenths) / 10.0, book)).collect(),
            spread: spread.map(|(book, setting)| (setting, book)).collect(),
        })
    }

    /// The sessions that books run over: from the first one in which all regimes are known under these settings.
    fn sessions(
        &self,
        panel: &PanelHandle,
        histories: &[Known],
        under: impl Fn(&Setting) -> bool,
    ) -> Result<Range<usize>, StudyError> {
        let axis = panel.axis();
        let dates = self.config.trading.dates();
        let (from, to) =
            dates.map_err(|(key, message)| StudyError::Value { key: key.to_owned(), message })?;
        let sessions = axis.calendar().sessions();
        let position = |session: Session| sessions.partition_point(|&known| known < session);
        let known = histories.iter().filter(|known| under(&known.setting)).filter_map(|known| {
            let i = axis.find(&known.instrument)?;
            Some(axis.position_in(i, axis.rows(i).start + known.first?))
        });
        let start = known.chain(from.map(position)).max().unwrap_or(0);
        let end = to.map_or(sessions.len(), |to| sessions.partition_point(|&known| known <= to));
        if start + 2 > end {
            let message = "no sessions are left between the first known regimes and trading.to".to_owned();
            return Err(StudyError::Value { key: "trading".to_owned(), message });
        }
        Ok(start..end)
    }

    /// What cash earns a year, as a fraction, on each day by what was known on it.
    fn cash_rates(&self, panel: &PanelHandle, flow: &Flow<'_>) -> Result<Rates, StudyError> {
        let wrong = |message| StudyError::Value { key: "trading.cash".to_owned(), message };
        let name = match &self.config.trading.cash {
            Cash::Rate(rate) => return rate.rates(&[]).map_err(wrong),
            Cash::Series { series } => format!("{series}_d"),
        };
        let published = &panel.facts().published;
        if published.iter().all(|facts| facts.name != name) {
            let known = published.iter().filter_map(|facts| facts.name.strip_suffix("_d"));
            let known = known.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ");
            return Err(wrong(format!("data.series has no {name:?} for the whole market; it has {known}")));
        }
        let part = panel.part(0..panel.axis().n_sessions(), [], [], [name.as_str()])?;
        let facts = part.facts(&name).and_then(|facts| facts.of_market().map(<[_]>::to_vec));
        let changes = facts.unwrap_or_default().into_iter().filter(|fact| fact.value.is_finite());
        let changes = changes.map(|fact| (fact.known, fact.value / 100.0)).collect::<BTreeMap<_, _>>();
        let Some((&first, _)) = changes.first_key_value() else {
            return Err(wrong(format!("the series {name} has no value")));
        };
        if panel.axis().calendar().sessions().first().is_some_and(|session| *session < first) {
            flow.warn(format!("cash earns nothing before {first}, when {name} begins to be known"));
        }
        Rates::dated(0.0, changes.into_iter().collect()).map_err(|error| wrong(error.to_string()))
    }

    /// Write the files for people and other programs.
    fn write(&self, results: &RegimeResults, work: &Work, flow: &Flow<'_>) -> Result<Value, StudyError> {
        let folder = self.store.join("reports").join(&self.config.name);
        fs::create_dir_all(&folder)
            .map_err(|source| crate::command::output::OutputError::Write { path: folder.clone(), source })?;
        let page = folder.join("report.html");
        let run = crate::command::run::run_section(&flow.stages(), self.budget.threads, None);
        let run = report::work(work).into_iter().fold(run, Section::block);
        write_bytes(&page, report::compose(results).body()?.page(&run)?.as_bytes())?;
        let numbers = folder.join("results.json");
        let document = json!({
            "format": 1, "study": self.config.name, "verdict": report::verdict(results).sentence,
            "measures": measures(results), "latest": latest(results), "warnings": results.warnings,
        });
        write_bytes(&numbers, &serde_json::to_vec_pretty(&document).unwrap_or_default())?;
        let regimes = folder.join("regimes.parquet");
        write_regimes(&regimes, results)?;
        let books = folder.join("portfolios.parquet");
        write_books(&books, results)?;
        let text = |path: &Path| path.display().to_string();
        Ok(json!({
            "report": text(&page), "results": text(&numbers), "regimes": text(&regimes),
            "portfolios": text(&books), "store": text(&self.store),
        }))
    }
}

/// The mean weight of each instrument in a book.
fn mean_weights(book: &Allocation) -> BTreeMap<String, f64> {
    let mean = |(name, weights): (&str, &[f64])| {
        (name.to_owned(), weights.iter().sum::<f64>() / weights.len().max(1) as f64)
    };
    book.weights().map(mean).collect()
}

/// The measures of all books, by their names.
fn measures(results: &RegimeResults) -> Value {
    let named = |book: &Allocation| {
        let measures = book.measures.iter().map(|measure| (measure.name.clone(), json!(measure.value)));
        (book_name(&book.shard.book), Value::Object(measures.collect()))
    };
    let books = results.books.iter().map(named).collect::<serde_json::Map<_, _>>();
    let spread = results.spread.iter().map(|(setting, book)| {
        json!({
            "setting": setting.to_string(), "cagr": book.measure("cagr"), "sharpe": book.measure("sharpe"),
            "max_drawdown": book.measure("max_drawdown"),
        })
    });
    json!({ "books": books, "spread": spread.collect::<Vec<_>>() })
}

/// The regime of each instrument at its last session.
fn latest(results: &RegimeResults) -> Value {
    let named = results.followed.iter().filter_map(|instrument| {
        let (row, history) = (instrument.sessions.len().checked_sub(1)?, &instrument.history);
        let value = json!({
            "session": instrument.sessions[row].to_string(), "label": history.label(row)?,
            "regime": history.kind_of(row)?.to_string(), "confidence": history.confidence[row],
            "age": history.age[row], "leaving": history.leaving[row],
            "expected_return": history.expected_return[row],
            "expected_volatility": history.expected_volatility[row],
        });
        Some((instrument.name.clone(), value))
    });
    Value::Object(named.collect())
}

/// Every session of every instrument's regimes, one below the other.
fn write_regimes(path: &Path, results: &RegimeResults) -> Result<(), StudyError> {
    let (mut names, mut sessions) = (Vec::new(), Vec::new());
    let (mut labels, mut kinds, mut states, mut ages) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut numbers = vec![Vec::new(); 4 + results.setting.states];
    for instrument in &results.followed {
        let history = &instrument.history;
        for row in history.first().unwrap_or(instrument.sessions.len())..instrument.sessions.len() {
            names.push(instrument.name.clone());
            sessions.push(instrument.sessions[row]);
            labels.push(history.label(row).unwrap_or_default().to_owned());
            kinds.push(history.kind_of(row).map(|kind| kind.to_string()).unwrap_or_default());
            states.push(i64::from(history.state[row]));
            ages.push(i64::from(history.age[row]));
            let own = [
                &history.confidence,
                &history.leaving,
                &history.expected_return,
                &history.expected_volatility,
            ];
            for (column, values) in numbers.iter_mut().zip(own.into_iter().chain(&history.probabilities)) {
                column.push(values[row]);
            }
        }
    }
    let fixed = ["confidence", "leaving", "expected_return", "expected_volatility"].map(str::to_owned);
    let filtered = (0..results.setting.states).map(|state| format!("filtered_{state}"));
    let titles = fixed.into_iter().chain(filtered).collect::<Vec<_>>();
    let mut table = vec![
        ("instrument", Cells::Texts(names)),
        ("date", Cells::Sessions(sessions)),
        ("label", Cells::Texts(labels)),
        ("regime", Cells::Texts(kinds)),
        ("state", Cells::Integers(states)),
        ("age", Cells::Integers(ages)),
    ];
    table.extend(titles.iter().map(String::as_str).zip(numbers.into_iter().map(Cells::Numbers)));
    Ok(write_table(path, &table)?)
}

/// Every session of every book, one below the other.
fn write_books(path: &Path, results: &RegimeResults) -> Result<(), StudyError> {
    let titles = results.books.iter().flat_map(|book| book.daily.iter().map(|(name, _)| name.clone()));
    let titles = titles.collect::<BTreeSet<_>>();
    let (mut names, mut sessions) = (Vec::new(), Vec::new());
    let mut columns = vec![Vec::new(); titles.len()];
    for book in &results.books {
        let n = book.sessions.len();
        names.extend(std::iter::repeat_n(book_name(&book.shard.book), n));
        sessions.extend_from_slice(&book.sessions);
        for (column, title) in columns.iter_mut().zip(&titles) {
            match book.column(title) {
                [] => column.extend(std::iter::repeat_n(f64::NAN, n)),
                values => column.extend_from_slice(values),
            }
        }
    }
    let mut table = vec![("portfolio", Cells::Texts(names)), ("date", Cells::Sessions(sessions))];
    table.extend(titles.iter().map(String::as_str).zip(columns.into_iter().map(Cells::Numbers)));
    Ok(write_table(path, &table)?)
}
