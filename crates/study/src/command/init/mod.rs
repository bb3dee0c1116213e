//! `init`: looks at data, and writes a study for them that it has tried.

mod design;
mod features;
mod learning;
mod market;
mod name;
mod pace;
mod places;
mod question;
mod rule;
mod said;
mod text;
mod written;

use std::{
    fs,
    path::{Path, PathBuf},
};

use backstaff_source::{Halts, Inspection, PanelSource, inspect};

use self::{design::Design, market::Market};
pub use self::{rule::Rule, written::Written};
use crate::{
    Options, Study, StudyError,
    command::{
        compute::FileForm,
        output::{OutputError, Reads, create},
    },
    config::{Config, layout},
};

/// The request for a study.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A Parquet or CSV file, a folder of them, a folder in Qlib's or LEAN's layout, or a database of tables.
    pub data: PathBuf,
    /// The form of the files, as far as it is stated.
    pub form: FileForm,
    /// The name of the layout of a database's tables, if one that ships is named.
    pub preset: Option<String>,
    /// The file of a layout of a database's tables, if one is named.
    pub tables: Option<PathBuf>,
    /// Where to write the study.
    pub out: PathBuf,
    /// The name of the study; that of its file or its data if `None`.
    pub name: Option<String>,
    /// The question of the study; made from the data if `None`.
    pub about: Option<String>,
    /// The rule that decides what is held; if `None`, models that learn where the data suffice for them.
    pub rule: Option<Rule>,
}

/// Look at data, and write a commented study for them. It is tried before: its data are loaded, its expressions resolved,
/// its folds cut.
///
/// # Errors
///
/// If the data can't be read or suffice for no study, or `out` exists already: it is never overwritten.
pub fn init(request: &Request, options: &Options) -> Result<Written, StudyError> {
    let out = &request.out;
    let reads = Reads::of([&request.data].into_iter().chain(&request.tables));
    if out.symlink_metadata().is_ok() {
        reads.spare(out)?;
        let why =
            "it is there already, and is never overwritten: remove it, or write elsewhere with `--out FILE`";
        let (option, path) = ("--out".to_owned(), out.clone());
        return Err(OutputError::Refused { option, path, why: why.to_owned() }.into());
    }
    reads.allow("--out", out)?;
    let name = name::of(request.name.as_deref(), &request.data, out)?;
    let inspection = inspect(&request.source()?, request.form.halts)?;
    let market = Market::of(&inspection);
    let drafter = Drafter { request, inspection: &inspection, market: &market, name: &name, options };
    let Draft { text, design, about, warnings } = drafter.draft()?;
    create(out, text.as_bytes())?;
    let chosen = design.told(&market);
    let Inspection { found, excluded, halts, change, quality, .. } = inspection;
    let bad = excluded.iter().map(|bad| (bad.instrument.to_string(), bad.reason.clone())).collect();
    let warnings = warnings.into_iter().filter(|warning| !found.warnings.contains(warning)).collect();
    let (study, broken) = (out.clone(), quality.broken);
    Ok(Written { study, name, about, chosen, warnings, found, bad, halts, change, broken })
}

impl Request {
    /// What is to be read, as far as it is stated.
    fn source(&self) -> Result<PanelSource, StudyError> {
        let tables = layout(self.preset.as_deref(), self.tables.as_deref())?;
        if tables.is_some() && self.form.halts.is_some_and(|halts| halts != Halts::default()) {
            let message = "is for files; of a database the preset or the layout says it".to_owned();
            return Err(StudyError::Value { key: "--halts".to_owned(), message });
        }
        let mut source = PanelSource::new(&self.data);
        self.form.lay_over(&mut source);
        source.tables = tables.map(|layout| layout.with_instrument_names(&self.form.instrument_names));
        Ok(source)
    }
}

/// The path of a file as the study's file should name it: relative where that is possible.
fn relative(path: &Path, out: &Path) -> PathBuf {
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder {
        None => path.to_owned(),
        Some(folder) => path
            .strip_prefix(folder)
            .map_or_else(|_| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()), Path::to_owned),
    }
}

/// A study that was tried.
struct Draft {
    text: String,
    design: Design,
    about: String,
    warnings: Vec<String>,
}

/// Drafts studies and tries them.
struct Drafter<'a> {
    request: &'a Request,
    inspection: &'a Inspection,
    market: &'a Market,
    name: &'a str,
    options: &'a Options,
}

impl Drafter<'_> {
    /// The study that suits the data. Where models turn out not to, a rule stands in.
    fn draft(&self) -> Result<Draft, StudyError> {
        let design = Design::of(self.request.rule, self.market)?;
        let is_learning = design.learning().is_some();
        match self.tried(design) {
            Err(error) if is_learning => self.tried(Design::instead(self.market, error.to_string())?),
            tried => tried,
        }
    }

    /// The study of a design, tried with and without its quick profile.
    fn tried(&self, design: Design) -> Result<Draft, StudyError> {
        let Request { data, out, about, .. } = self.request;
        let file = data
            .file_name()
            .map_or_else(|| data.display().to_string(), |name| name.to_string_lossy().into_owned());
        let about = about.clone().unwrap_or_else(|| design.question(self.market, &file));
        let data = relative(data, out);
        let text =
            text::text(self.request, (self.inspection, self.market), (self.name, &about), &design, &data)?;
        let mut warnings = Vec::new();
        for profile in [None, Some("quick")] {
            let study = Study::new(Config::from_yaml(&text, out, profile)?, self.options)?;
            let told = study.tried()?;
            if profile.is_none() {
                warnings = told;
            }
        }
        Ok(Draft { text, design, about, warnings })
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use backstaff_panel::Session;

    use super::*;

    #[test]
    fn what_it_writes_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("prices.csv");
        let mut text = String::from("date,symbol,open,high,low,close,volume\n");
        for day in 0..1600 {
            let date = Session::from_number(15_000 + day);
            for symbol in ["A", "B"] {
                let _ = writeln!(text, "{date},{symbol},10,11,9,10.{},1000", day % 7 + 1);
            }
        }
        fs::write(&data, text).unwrap();
        let out = folder.path().join("study.yaml");
        let request = Request { data, out: out.clone(), ..Request::default() };
        let written = init(&request, &Options::default()).unwrap();
        assert_eq!((written.found.instruments, written.name.as_str()), (2, "prices"));
        let config = Config::read(&out, Some("quick")).unwrap();
        assert_eq!(config.data.prices.path, Path::new("prices.csv"));
        let again = init(&request, &Options::default()).unwrap_err().to_string();
        assert!(again.contains("`--out FILE`"), "an existing file is never overwritten: {again}");
    }
}
