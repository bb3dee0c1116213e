//! The tutorial, step by step: its commands are run in an empty folder, and each must say what the page shows.

mod support;

use std::{env, fs, path::Path, process::Command};

use support::Workplace;

/// A block of the page: the commands, and the lines of their answer that are shown.
#[derive(Debug, Default)]
struct Step {
    commands: String,
    shown: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The blocks of commands, each with the block of text that follows it.
fn steps(page: &str) -> Vec<Step> {
    let mut steps = Vec::<Step>::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let block = || -> Vec<String> { Vec::new() };
        match line.strip_prefix("```") {
            Some("sh") => {
                let commands =
                    lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n");
                steps.push(Step { commands, shown: block() });
            }
            Some("text") => {
                let shown = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned);
                steps.last_mut().expect("commands come before what they say").shown.extend(shown);
            }
            Some(_) => lines.by_ref().take_while(|line| *line != "```").for_each(drop),
            None => {}
        }
    }
    steps
}

/// Whether a line is one that the page shows; `…` there stands for anything.
fn is_shown(shown: &str, line: &str) -> bool {
    let mut parts = shown.split('…');
    let Some(first) = parts.next() else { return false };
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let parts = parts.collect::<Vec<_>>();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(place) = rest.find(part) else { return false };
        rest = &rest[place + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn every_step_says_what_the_page_shows() {
    let place = Workplace::empty();
    fs::copy(root().join("examples/data/thirty.csv.gz"), place.path("prices.csv.gz")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_backstaff"));
    let folders = env::split_paths(&env::var_os("PATH").unwrap()).collect::<Vec<_>>();
    let path = env::join_paths([program.parent().unwrap().to_owned()].into_iter().chain(folders)).unwrap();
    let page = fs::read_to_string(root().join("docs/tutorial.md")).unwrap();
    let steps = steps(&page);
    let titles =
        page.lines().filter(|line| line.starts_with("## ") && line.as_bytes()[3].is_ascii_digit()).count();
    assert!(titles == 10 && steps.len() >= 8, "ten steps, two of them to read: {titles}, {}", steps.len());
    for Step { commands, shown } in steps {
        let mut shell = Command::new("sh");
        shell
            .arg("-ec")
            .arg(&commands)
            .current_dir(place.folder.path())
            .env("PATH", &path)
            .env_remove("NO_COLOR");
        let output = shell.output().unwrap();
        let (said, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{commands}\n{said}{told}");
        let both = format!("{told}{said}");
        let mut lines = both.lines();
        for line in shown.iter().filter(|line| *line != "…") {
            assert!(
                lines.any(|said| is_shown(line, said)),
                "{line}\nis not, or not here, in what is said by\n{commands}\n{both}"
            );
        }
    }
}

#[test]
fn dots_stand_for_anything() {
    assert!(is_shown("done in … s…", "done in 1.2 s, at most 90 MB"));
    assert!(is_shown("plain", "plain") && !is_shown("plain", "plainer") && !is_shown("a…c", "abd"));
}
