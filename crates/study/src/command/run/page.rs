//! The page about the files that a run writes.

use std::fmt::Write as _;

use super::table::TABLES;

/// What stands above the tables.
const INTRODUCTION: &str = "\
# What a run writes

`backstaff run study.yaml` writes a folder `reports/NAME/` beside the study, where NAME is the study's `name:` (with a
profile `NAME.dev`). It holds

- `report.html`: the report, one page that opens offline;
- `results.json`: the verdict and all measures, cautions and warnings as numbers and texts; `format` is its version;
- the tables below, as Parquet, or as CSV if the study says `outputs: csv`.

What a study computes on the way lies apart from it, in the store (`.backstaff/`), and may be deleted at any time; the
reports stay. `backstaff run study.yaml --json` names all files under `artifacts`.

All files of a run appear together, when all of them are whole. A run replaces what earlier runs wrote and removes what
it no longer writes, and touches no other file: where one of these names is taken by a file of your own, it stops before
it computes anything. So it does where another study of the same name has its reports there. A study that was renamed
or moved takes its folder over.

Money is in the currency of the prices; shares count in the units of the prices that the study uses, adjusted ones where
it adjusts them. Returns and weights are fractions: 0.05 is 5 %. Dates are the `date32` of Parquet, and `2024-02-29` in
CSV. A missing value is null, in CSV an empty cell. Numbers of CSV files have the digits that give back the same bits.

```python
import pandas as pd
equity = pd.read_parquet('reports/study/equity.parquet')
curve = equity.query('portfolio == \"trees\" and cost_multiple == 1 and delay == 0').set_index('date').equity
trades = pd.read_parquet('reports/study/trades.parquet')
print(trades.groupby('instrument').result.sum().sort_values())
scores = pd.read_parquet('reports/study/scores.parquet').pivot(index='date', columns='instrument', values='score')
```
";

/// The page: each table with its columns, their units and meanings.
pub fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    for table in &TABLES {
        let _ = write!(
            page,
            "\n## {}\n\n{}\n\n| column | unit | meaning |\n|---|---|---|\n",
            table.name, table.about
        );
        for column in table.columns {
            let _ = writeln!(page, "| `{}` | {} | {} |", column.name, column.unit, column.meaning);
        }
    }
    page
}
