//! Decoded rows, before they are brought into order.

use std::{borrow::Borrow, collections::HashMap, hash::Hash, ops::Range, path::PathBuf};

use backstaff_panel::{Column, Encoding};

use crate::{error::Place, format::row_numbers::RowNumbers};

/// Some rows of a file: a row group of a Parquet file, or a whole CSV file.
#[derive(Debug)]
pub(crate) struct Block {
    /// Which of the files.
    pub file: usize,
    /// The number of each row for people.
    pub rows: RowNumbers,
    pub instruments: Coded,
    /// Days since 1970-01-01.
    pub days: Vec<i32>,
    /// The second of each row's day; empty if all are the same.
    pub seconds: Vec<u32>,
    /// By our names.
    pub numbers: Vec<(String, Column)>,
    pub categories: Vec<(String, Coded)>,
}

impl Block {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

/// A text for each row, as a code into the distinct ones in the order of their first appearance.
#[derive(Clone, Default, Debug)]
pub(crate) struct Coded {
    pub codes: Vec<u32>,
    pub names: Vec<String>,
    known: HashMap<String, u32>,
    /// For each code, the one that followed it last: where rows go by date, instruments come in the same order again.
    followers: Vec<u32>,
}

impl Coded {
    /// The code of an empty cell.
    pub(crate) const MISSING: u32 = u32::MAX;

    /// Ready for so many rows.
    pub(crate) fn for_rows(rows: usize) -> Self {
        Self { codes: Vec::with_capacity(rows), ..Self::default() }
    }

    /// These codes of these texts.
    pub(crate) fn of(codes: Vec<u32>, names: Vec<String>) -> Self {
        let known = names.iter().enumerate().map(|(code, name)| (name.clone(), code as u32)).collect();
        Self { codes, known, followers: (0..names.len() as u32).collect(), names }
    }

    /// The same text in every row.
    pub(crate) fn constant(name: String, rows: usize) -> Self {
        Self {
            codes: vec![0; rows],
            known: HashMap::from([(name.clone(), 0)]),
            followers: vec![0],
            names: vec![name],
        }
    }

    /// The code of a text, which becomes known.
    pub(crate) fn code<T: ?Sized + Hash + Eq + ToString>(&mut self, text: &T) -> u32
    where
        String: Borrow<T>,
    {
        if let Some(&code) = self.known.get(text) {
            return code;
        }
        let code = self.names.len() as u32;
        self.names.push(text.to_string());
        self.known.insert(text.to_string(), code);
        self.followers.push(code);
        code
    }

    /// Add a row. Neighbours are often equal, or follow each other as they did before, which saves the look-up.
    pub(crate) fn push(&mut self, text: &str) {
        let is = |code: u32| self.names[code as usize] == text;
        let code = match self.codes.last() {
            _ if text.is_empty() => Self::MISSING,
            Some(&last) if last != Self::MISSING => {
                let follower = self.followers[last as usize];
                if is(last) {
                    last
                } else if is(follower) {
                    follower
                } else {
                    let code = self.code(text);
                    self.followers[last as usize] = code;
                    code
                }
            }
            _ => self.code(text),
        };
        self.codes.push(code);
    }
}

/// All decoded rows; a *source row* is a position in them.
#[derive(Debug)]
pub(crate) struct Blocks {
    pub files: Vec<PathBuf>,
    pub parts: Vec<Block>,
    starts: Vec<usize>,
}

impl Blocks {
    pub(crate) fn new(files: Vec<PathBuf>, blocks: Vec<Block>) -> Self {
        let mut starts = vec![0];
        for block in &blocks {
            starts.push(starts[starts.len() - 1] + block.len());
        }
        Self { files, parts: blocks, starts }
    }

    pub(crate) fn n_rows(&self) -> usize {
        self.starts[self.parts.len()]
    }

    fn locate(&self, row: u32) -> (&Block, usize) {
        let block = self.starts.partition_point(|&start| start <= row as usize) - 1;
        (&self.parts[block], row as usize - self.starts[block])
    }

    pub(crate) fn place(&self, row: u32) -> Place {
        let (block, row) = self.locate(row);
        Place { file: self.files[block.file].clone(), row: block.rows.get(row) }
    }

    /// The time of day of a row, as `hh:mm:ss`, if times matter in its file.
    pub(crate) fn time(&self, row: u32) -> Option<String> {
        let (block, row) = self.locate(row);
        let second = block.seconds.get(row)?;
        Some(format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60))
    }

    /// Give up what says whose rows they are, and of which days.
    pub(crate) fn drop_keys(&mut self) {
        for block in &mut self.parts {
            block.instruments.codes = Vec::new();
            block.days = Vec::new();
        }
    }

    /// One column of all rows; missing where a file does not have it. The blocks give it up.
    pub(crate) fn take_column(&mut self, name: &str) -> SourceColumn {
        let parts = self.parts.iter_mut().map(|block| {
            let at = block.numbers.iter().position(|(other, _)| other == name);
            at.map(|at| block.numbers.swap_remove(at).1)
        });
        SourceColumn { parts: parts.collect(), starts: self.starts.clone() }
    }

    /// The names of all number columns, sorted.
    pub(crate) fn number_names(&self) -> Vec<String> {
        let names = self.parts.iter().flat_map(|block| block.numbers.iter().map(|(name, _)| name.clone()));
        let mut names = names.collect::<Vec<_>>();
        names.sort();
        names.dedup();
        names
    }
}

/// A column of all source rows, in the parts in which it was read: one piece would be a copy.
#[derive(Debug)]
pub(crate) struct SourceColumn {
    /// One a block; nothing where its file has no such column.
    pub parts: Vec<Option<Column>>,
    /// The first source row of each part; one more entry.
    starts: Vec<usize>,
}

impl SourceColumn {
    /// How its values are stored: in four bytes if all parts are.
    pub(crate) fn encoding(&self) -> Encoding {
        let is_short = |part: &Option<Column>| !matches!(part, Some(Column::F64(_)));
        if self.parts.iter().all(is_short) { Encoding::F32 } else { Encoding::F64 }
    }

    /// The part of a source row, and the source rows of that part.
    pub(crate) fn part(&self, row: usize) -> (Option<&Column>, Range<usize>) {
        let part = self.starts.partition_point(|&start| start <= row) - 1;
        (self.parts[part].as_ref(), self.starts[part]..self.starts[part + 1])
    }

    /// The value of a source row.
    pub(crate) fn get(&self, row: usize) -> f64 {
        let (part, rows) = self.part(row);
        part.map_or(f64::NAN, |part| part.get(row - rows.start))
    }
}
