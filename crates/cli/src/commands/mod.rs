//! The commands, one file each or a few small ones together.

mod bench;
mod cache;
mod compute;
mod factor;
mod features;
mod look;
mod prove;
mod qlib;
mod regime;
mod run;
mod runs;

use std::{
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use backstaff_study::{
    Options, Study, StudyError, config,
    output::{OutputError, Reads},
};
use clap::CommandFactory as _;
use serde::Serialize;

use crate::{
    arguments::{Arguments, Command, Common, SchemaKind, bench::BenchCommand, db::DbCommand},
    colour::Paint,
    exit,
    message::told,
    open::open,
    stop::Stop,
    terminal::{Terminal, say},
};

/// The options that all commands share, and the terminal that shows their progress.
pub(crate) struct Context {
    pub common: Common,
    pub terminal: Terminal,
}

impl Context {
    /// Open the study of a file with the options of the command line.
    fn study(&self, path: &Path) -> Result<Study, StudyError> {
        Study::open(path, &self.options())
    }

    /// The options with which studies are opened.
    fn options(&self) -> Options {
        Options {
            profile: self.common.profile.clone(),
            store: self.common.store.clone(),
            reports: self.common.reports.clone(),
            threads: self.common.threads.map(usize::from),
            memory: self.common.memory(),
        }
    }

    /// Check the file that `--trace` names, before the work begins.
    fn may_trace(&self, reads: &Reads, out: Option<&Path>) -> Result<(), StudyError> {
        let Some(path) = &self.common.trace else { return Ok(()) };
        if out.is_some_and(|out| out == path) {
            let message = "--out names the same file; name another one".to_owned();
            return Err(StudyError::Value { key: "--trace".to_owned(), message });
        }
        Ok(reads.allow("--trace", path)?)
    }

    /// Write the trace of a run to the file that `--trace` names, if it names one.
    fn write_trace(&self, trace: &serde_json::Value) -> Result<(), StudyError> {
        let Some(path) = &self.common.trace else { return Ok(()) };
        let text = serde_json::to_vec(trace).map_err(|error| unwritable(&error))?;
        Ok(backstaff_study::output::write_bytes(path, &text)?)
    }

    /// Print an answer: one JSON document with `--json`, a text otherwise.
    fn answer(&self, json: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), StudyError> {
        if self.common.json { print_out(&pretty(json)?) } else { print_text(&text()) }
    }
}

/// Open a page in the browser, if that is asked for.
fn show(page: &Path, is_asked: bool) -> Result<(), StudyError> {
    if !is_asked {
        return Ok(());
    }
    open(page).map_err(|message| StudyError::Value { key: "--open".to_owned(), message })
}

fn pretty(json: &impl Serialize) -> Result<String, StudyError> {
    Ok(serde_json::to_string_pretty(json).map_err(|error| unwritable(&error))? + "\n")
}

fn print_out(text: &str) -> Result<(), StudyError> {
    written(&mut std::io::stdout().lock(), text)
}

/// Print a text for people; its colours and links are for terminals alone.
fn print_text(text: &str) -> Result<(), StudyError> {
    written(&mut anstream::stdout().lock(), text)
}

fn written(out: &mut impl Write, text: &str) -> Result<(), StudyError> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // A reader that closes the pipe, as `head` does, has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(source) => Err(OutputError::Write { path: PathBuf::from("standard output"), source }.into()),
        Ok(()) => Ok(()),
    }
}

fn unwritable(error: &serde_json::Error) -> StudyError {
    StudyError::Internal { what: format!("an answer has no JSON: {error}") }
}

/// A line for each table that is joined: how its instruments meet those of the prices.
fn joined(matches: &[config::Match]) -> String {
    matches.iter().map(|matched| format!("joined: {matched}\n")).collect::<Vec<_>>().concat()
}

/// Print the schema of study files.
fn schema() -> Result<ExitCode, StudyError> {
    print_out(&pretty(&config::schema())?)?;
    Ok(ExitCode::SUCCESS)
}

/// Carry out the command that was typed, and return its exit code.
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    let stop = Stop::listen(&arguments.command);
    let terminal = Terminal::new(arguments.common.json, stop);
    let context = Context { common: arguments.common, terminal };
    let done = match arguments.command {
        Command::Init(init) => look::init(&context, &init),
        Command::Run(arguments) => run::run(&context, &arguments),
        Command::Demo => run::demo(&context),
        Command::Qrun(arguments) => qlib::qrun(&context, &arguments),
        Command::Qlib(arguments) => qlib::run(&context, &arguments.command),
        Command::Compute(compute) => compute::run(&context, &compute),
        Command::Features(features) => features::run(&context, features.command),
        Command::Factor(factor) => factor::run(&context, &factor),
        Command::Update(path) => run::update(&context, &path.study),
        Command::Precompute(precompute) => run::precompute(&context, &precompute),
        Command::Orders(arguments) => run::orders(&context, &arguments),
        Command::Report(arguments) => run::report(&context, &arguments),
        Command::Prove(prove) => prove::run(&context, &prove),
        Command::Runs(arguments) => runs::runs(&context, &arguments),
        Command::Compare(arguments) => runs::compare(&context, &arguments),
        Command::Status(path) => look::status(&context, &path.study),
        Command::Why(why) => look::why(&context, &why),
        Command::Cache(cache) => cache::run(&context, &cache.command),
        Command::Regime(arguments) => regime::run(&context, &arguments.command),
        Command::Db(db) => match db.command {
            DbCommand::Check { file } => look::database(&context, &file),
            DbCommand::Index { file, preset, tables, yes } => {
                look::indexes(&context, &file, (preset.as_deref(), tables.as_deref()), yes)
            }
        },
        Command::Bench(bench) => match bench.command {
            BenchCommand::Targets => bench::targets(&context),
            BenchCommand::Regimes(arguments) => bench::regimes(&context, &arguments),
            BenchCommand::Market(market) => bench::market(&context, &market),
        },
        Command::Shard(shard) => run::shard(&context, &shard),
        Command::Schema { kind: SchemaKind::Study } => schema(),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "backstaff", &mut script);
            print_out(&String::from_utf8_lossy(&script)).map(|()| ExitCode::SUCCESS)
        }
    };
    done.unwrap_or_else(|error| {
        context.terminal.clear();
        let told = told(&error);
        if context.common.json {
            // The exit code tells as well, if nobody reads any more.
            let _ = print_out(&format!("{}\n", serde_json::json!({ "error": told, "kind": error.kind() })));
        }
        say(&format!("{} {told}", Paint::Bad.on("error:")));
        exit::code(&error)
    })
}
