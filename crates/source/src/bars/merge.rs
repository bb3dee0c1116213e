//! Rows that say once more what another row says.

use super::rows::Rows;
use crate::format::decoded::{Blocks, SourceColumn};

/// Leave out every row that is equal, value by value, to another one of its instrument and session; returns a sentence
/// about them, if there are any. Rows that differ stay, for the check of repeated rows to refuse.
pub(super) fn merge_repeated(
    rows: &mut Rows,
    columns: &[(String, SourceColumn)],
    blocks: &Blocks,
) -> Option<String> {
    let is_same = |a: u32, b: u32| {
        let same = |column: &SourceColumn| {
            let (a, b) = (column.get(a as usize), column.get(b as usize));
            a == b || a.is_nan() && b.is_nan()
        };
        columns.iter().all(|(_, column)| same(column))
            && blocks.time(a) == blocks.time(b)
            && blocks.categories(a).eq(blocks.categories(b))
    };
    let mut out = Vec::new();
    let mut first = None;
    for repeated in rows.repeated() {
        // The row that the next ones are compared with: the last one that stays.
        let mut kept = repeated.first - 1;
        for at in repeated.first..rows.range(repeated.instrument).end {
            if rows.days[at] != rows.days[kept] || !is_same(rows.order[kept], rows.order[at]) {
                kept = at;
                continue;
            }
            first.get_or_insert_with(|| {
                let (one, other) = (blocks.place(rows.order[kept]), blocks.place(rows.order[at]));
                let instrument = &rows.instruments[repeated.instrument];
                if one.file == other.file {
                    format!("{instrument}, {one} and {}", other.row)
                } else {
                    format!("{instrument}, {one} and {other}")
                }
            });
            out.push(at);
        }
    }
    rows.leave_out(&out);
    first.map(|first| match out.len() {
        1 => format!("1 row repeats another one in all its values and counts once: {first}"),
        count => format!("{count} rows repeat another one in all their values and count once, e.g. {first}"),
    })
}
