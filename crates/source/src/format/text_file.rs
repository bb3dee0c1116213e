//! The bytes of a text file in UTF-8, whatever they are written in.

use std::{
    borrow::Cow,
    path::{Path, PathBuf},
};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, Encoding, UTF_8};

use super::compressed;
use crate::{
    error::{Place, SourceError},
    request::written::TextEncoding,
};

/// The bytes that the guess of an encoding looks at, from the first byte that is no UTF-8.
const SAMPLE: usize = 1 << 20;

/// The text of a file, decompressed and in UTF-8. A byte-order mark says the encoding, else the caller, else it is UTF-8.
/// Nothing is ever replaced.
///
/// # Errors
///
/// If the file can't be read, or a byte is none of the encoding: the row, the column, and the likeliest encoding.
pub(super) fn read(path: &Path, stated: Option<TextEncoding>) -> Result<Vec<u8>, SourceError> {
    let mut bytes = compressed::read(path)?;
    let (encoding, mark) = match Encoding::for_bom(&bytes) {
        Some((encoding, length)) => (encoding, length),
        None => (stated.map_or(UTF_8, TextEncoding::get), 0),
    };
    bytes.drain(..mark);
    let text = File { path, bytes: &bytes, encoding };
    if encoding == UTF_8 {
        let valid = match std::str::from_utf8(&bytes) {
            Ok(_) if mark == 0 && has_zeros(&bytes) => return Err(text.no_text()),
            Ok(_) => return Ok(bytes),
            Err(error) => error.valid_up_to(),
        };
        return Err(text.not_in_encoding(&String::from_utf8_lossy(&bytes[..valid]), valid));
    }
    let decoded = encoding.decode_without_bom_handling_and_without_replacement(&bytes);
    match decoded.map(Cow::into_owned) {
        Some(decoded) => Ok(decoded.into_bytes()),
        None => Err(text.malformed()),
    }
}

/// Whether bytes look like two-byte characters without a mark: no text has a zero byte.
fn has_zeros(bytes: &[u8]) -> bool {
    bytes.iter().take(1 << 10).any(|&byte| byte == 0)
}

/// A text file that is not in the encoding in which it is read.
struct File<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    encoding: &'static Encoding,
}

impl File<'_> {
    fn no_text(&self) -> SourceError {
        let guess = if self.bytes.first() == Some(&0) { "utf-16be" } else { "utf-16le" };
        SourceError::ZeroBytes { path: self.path.to_owned(), guess }
    }

    /// The error for a file that a stated encoding can't decode.
    fn malformed(&self) -> SourceError {
        let mut decoder = self.encoding.new_decoder_without_bom_handling();
        let mut before = String::new();
        let mut at = 0;
        loop {
            before.reserve(1 << 16);
            let (result, read) =
                decoder.decode_to_string_without_replacement(&self.bytes[at..], &mut before, true);
            at += read;
            match result {
                DecoderResult::InputEmpty => break,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(length, behind) => {
                    at -= usize::from(length) + usize::from(behind);
                    break;
                }
            }
        }
        self.not_in_encoding(&before, at)
    }

    /// The error for the byte at a place, which follows the text `before`.
    fn not_in_encoding(&self, before: &str, at: usize) -> SourceError {
        let (row, column) = spot(before);
        let guess = self.guess(at);
        let cell = guess.map(|guess| self.cell(at, guess));
        SourceError::Encoding {
            place: Place { file: PathBuf::from(self.path), row },
            column,
            encoding: TextEncoding::new(self.encoding).name(),
            advice: match (guess, cell) {
                (Some(guess), Some(cell)) => format!(
                    "it is likely written in {0}, and then it reads {cell:?}: state `encoding: {0}` of the table \
                     (`--encoding {0}` where no study says it), or write it in UTF-8",
                    TextEncoding::new(guess).name()
                ),
                _ => "no usual encoding fits it: write it in UTF-8".to_owned(),
            },
        }
    }

    /// The likeliest encoding that can decode the whole file.
    fn guess(&self, at: usize) -> Option<&'static Encoding> {
        let decodes = |encoding: &'static Encoding| {
            encoding != self.encoding
                && encoding.decode_without_bom_handling_and_without_replacement(self.bytes).is_some()
        };
        if self.encoding != UTF_8 && decodes(UTF_8) {
            return Some(UTF_8);
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        let start = self.bytes[..at].iter().rposition(|&byte| byte == b'\n').unwrap_or(0);
        let end = self.bytes.len().min(start + SAMPLE);
        detector.feed(&self.bytes[start..end], true);
        let likeliest = detector.guess(None, Utf8Detection::Deny);
        let others = [
            likeliest,
            encoding_rs::EUC_KR,
            encoding_rs::SHIFT_JIS,
            encoding_rs::GB18030,
            encoding_rs::BIG5,
            encoding_rs::WINDOWS_1252,
        ];
        others.into_iter().find(|&encoding| decodes(encoding))
    }

    /// The text around a place, up to the next separators, in another encoding.
    fn cell(&self, at: usize, encoding: &'static Encoding) -> String {
        let ends = |byte: &u8| b",;\t|\"\r\n".contains(byte);
        let start = self.bytes[..at].iter().rposition(ends).map_or(0, |start| start + 1);
        let end = self.bytes[at..].iter().position(ends).map_or(self.bytes.len(), |end| at + end);
        let text = encoding.decode_without_bom_handling(&self.bytes[start..end]).0;
        text.chars().take(40).collect()
    }
}

/// The row of the character that follows a text, and the name of its column, or its number if the header tells none.
fn spot(before: &str) -> (u64, String) {
    let row = before.bytes().filter(|&byte| byte == b'\n').count() as u64 + 1;
    let header = before.lines().next().unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    let delimiter = delimiter_of(header.as_bytes());
    let fields = |line: &str| {
        let mut reader =
            csv::ReaderBuilder::new().delimiter(delimiter).has_headers(false).from_reader(line.as_bytes());
        reader.records().next().and_then(Result::ok).unwrap_or_default()
    };
    let column = fields(line).len().max(1);
    // A text that ends with a separator has a last cell without any character.
    let name = if row == 1 { None } else { fields(header).get(column - 1).map(str::trim).map(str::to_owned) };
    (row, name.filter(|name| !name.is_empty()).unwrap_or_else(|| column.to_string()))
}

/// The separator of cells: the one that a line has most of.
pub(super) fn delimiter_of(line: &[u8]) -> u8 {
    let count = |delimiter: u8| line.split(|&byte| byte == delimiter).count();
    let mut delimiter = b',';
    for other in [b';', b'\t', b'|'] {
        if count(other) > count(delimiter) {
            delimiter = other;
        }
    }
    delimiter
}
