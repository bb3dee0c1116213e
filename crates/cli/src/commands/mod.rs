//! The commands, one file each or a few small ones together.

mod bench;
mod cache;
mod compute;
mod factor;
mod features;
mod look;
mod prove;
mod regime;
mod run;

use std::{
    io::{ErrorKind, Write},
    path::PathBuf,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use backstaff_study::{Options, Study, StudyError, config, output::OutputError};
use clap::CommandFactory as _;
use serde::Serialize;

use crate::{
    arguments::{Arguments, Command, Common, DbCommand, SchemaKind, bench::BenchCommand},
    exit,
    terminal::Terminal,
};

/// The options that all commands share, and the terminal that shows their progress.
pub(crate) struct Context {
    pub common: Common,
    pub terminal: Terminal,
}

impl Context {
    /// Open the study of a file with the options of the command line.
    fn study(&self, path: &std::path::Path) -> Result<Study, StudyError> {
        Study::open(path, &self.options())
    }

    /// The options with which studies are opened.
    fn options(&self) -> Options {
        Options {
            profile: self.common.profile.clone(),
            store: self.common.store.clone(),
            threads: self.common.threads.map(usize::from),
            memory: self.common.memory(),
        }
    }

    /// Write the trace of a run to the file that `--trace` names, if it names one.
    fn write_trace(&self, trace: &serde_json::Value) -> Result<(), StudyError> {
        let Some(path) = &self.common.trace else { return Ok(()) };
        let text = serde_json::to_vec(trace).map_err(|error| unwritable(&error))?;
        Ok(backstaff_study::output::write_bytes(path, &text)?)
    }

    /// Print an answer: one JSON document with `--json`, a text otherwise.
    fn answer(&self, json: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), StudyError> {
        print_out(&if self.common.json { pretty(json)? } else { text() })
    }
}

fn pretty(json: &impl Serialize) -> Result<String, StudyError> {
    Ok(serde_json::to_string_pretty(json).map_err(|error| unwritable(&error))? + "\n")
}

fn print_out(text: &str) -> Result<(), StudyError> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
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

/// An error with its causes; a text that an earlier one contains is left out.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            text = format!("{text}: {part}");
        }
        cause = error.source();
    }
    text
}

/// Carry out the command that was typed, and return its exit code.
#[expect(clippy::exit, reason = "who interrupts twice does not want to wait")]
pub(crate) fn run(arguments: Arguments) -> ExitCode {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = interrupted.clone();
    let handler = move || {
        if flag.swap(true, Ordering::SeqCst) {
            // Asked twice: nothing half-written can be seen, so leaving at once is safe.
            std::process::exit(130);
        }
        eprintln!("stopping after what is being computed now; press again to stop at once");
    };
    if ctrlc::set_handler(handler).is_err() {
        eprintln!("warning: interruptions are not handled");
    }
    let terminal = Terminal::new(arguments.common.json, interrupted);
    let context = Context { common: arguments.common, terminal };
    let done = match arguments.command {
        Command::Init(init) => look::init(&context, &init),
        Command::Run(path) => run::run(&context, &path.study),
        Command::Demo => run::demo(&context),
        Command::Compute(compute) => compute::run(&context, &compute),
        Command::Features(features) => features::run(&context, features.command),
        Command::Factor(factor) => factor::run(&context, &factor),
        Command::Update(path) => run::update(&context, &path.study),
        Command::Precompute(precompute) => run::precompute(&context, &precompute),
        Command::Orders(path) => run::orders(&context, &path.study),
        Command::Report(path) => run::report(&context, &path.study),
        Command::Prove(prove) => prove::run(&context, &prove),
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
            clap_complete::generate(shell, &mut Arguments::command(), "backstaff", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
    };
    done.unwrap_or_else(|error| {
        context.terminal.clear();
        if context.common.json {
            println!("{}", serde_json::json!({ "error": with_causes(&error), "kind": error.kind() }));
        }
        eprintln!("error: {}", with_causes(&error));
        exit::code(&error)
    })
}
