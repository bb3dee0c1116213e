//! Decoded rows of bars, before they are brought into order.

use std::{
    collections::{BTreeSet, HashSet},
    ops::Range,
    path::PathBuf,
};

use backstaff_panel::Encoding;

use super::{coded_texts::CodedTexts, numbers::Numbers, row_numbers::RowNumbers};
use crate::{error::Place, keys::name_rule::NameRule};

/// Some rows of a file: a row group of a Parquet file, or a whole CSV file.
#[derive(Debug)]
pub(crate) struct Block {
    /// The file's place among all files.
    pub file: usize,
    /// The number of each row for people.
    pub rows: RowNumbers,
    pub instruments: CodedTexts,
    /// Days since 1970-01-01.
    pub days: Vec<i32>,
    /// The second of each row's day; empty if all are the same.
    pub seconds: Vec<u32>,
    /// Whether stamps say another zone than UTC, so that their dates are local ones already.
    pub own_zone: bool,
    /// The columns of numbers by our names.
    pub numbers: Vec<(String, Numbers)>,
    pub categories: Vec<(String, CodedTexts)>,
}

impl Block {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

/// All decoded rows. A *source row* is a position in them.
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

    /// Rewrite the names of all instruments.
    pub(crate) fn rename(&mut self, rule: &NameRule) {
        if rule.is_idle() {
            return;
        }
        for block in &mut self.parts {
            let names = std::mem::take(&mut block.instruments);
            block.instruments = names.renamed(|name| rule.apply(name).into_owned());
        }
    }

    /// The names of all instruments.
    pub(crate) fn instruments(&self) -> BTreeSet<String> {
        let names = self.parts.iter().flat_map(|block| block.instruments.names.iter().map(String::as_str));
        // Blocks mostly hold the same instruments: equal names are found sooner by their hashes.
        names.collect::<HashSet<_>>().into_iter().map(str::to_owned).collect()
    }

    fn locate(&self, row: u32) -> (&Block, usize) {
        let block = self.starts.partition_point(|&start| start <= row as usize) - 1;
        (&self.parts[block], row as usize - self.starts[block])
    }

    /// The place of a source row in the user's files.
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

    /// The texts of a row's categories.
    pub(crate) fn categories(&self, row: u32) -> impl Iterator<Item = Option<&str>> {
        let (block, row) = self.locate(row);
        block.categories.iter().map(move |(_, texts)| texts.text(row))
    }

    /// Free the instruments and days of all rows, which nobody reads after alignment.
    pub(crate) fn drop_keys(&mut self) {
        for block in &mut self.parts {
            block.instruments.codes = Vec::new();
            block.days = Vec::new();
        }
    }

    /// Take one column of all rows out of the blocks; it is missing where a file does not have it.
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
    /// The column of each block; `None` where the block's file has no such column.
    pub parts: Vec<Option<Numbers>>,
    /// The first source row of each part; one more entry.
    starts: Vec<usize>,
}

impl SourceColumn {
    /// The encoding that all parts fit into: four bytes if every part has them.
    pub(crate) fn encoding(&self) -> Encoding {
        let is_short =
            |part: &Option<Numbers>| part.as_ref().is_none_or(|numbers| numbers.encoding() == Encoding::F32);
        if self.parts.iter().all(is_short) { Encoding::F32 } else { Encoding::F64 }
    }

    /// The part that holds a source row, and the source rows of that part.
    pub(crate) fn part(&self, row: usize) -> (Option<&Numbers>, Range<usize>) {
        let part = self.starts.partition_point(|&start| start <= row) - 1;
        (self.parts[part].as_ref(), self.starts[part]..self.starts[part + 1])
    }

    /// The value of a source row.
    pub(crate) fn get(&self, row: usize) -> f64 {
        let (part, rows) = self.part(row);
        part.map_or(f64::NAN, |part| part.get(row - rows.start))
    }
}
