//! Databases as folders of Parquet tables.

use std::{fs::File, path::Path, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use rusqlite::Connection;

/// A table of texts and numbers as Parquet.
fn write(folder: &Path, table: &str, columns: &[(&str, ArrayRef)]) {
    let fields = columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let arrays = columns.iter().map(|(_, array)| array.clone()).collect();
    let batch = RecordBatch::try_new(schema.clone(), arrays).unwrap();
    let file = File::create(folder.join(format!("{table}.parquet"))).unwrap();
    let mut writer = ArrowWriter::try_new(file, schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

/// The tables of a database as Parquet files in a folder.
pub(crate) fn export(database: &Path, folder: &Path) {
    let connection = Connection::open(database).unwrap();
    let tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get::<_, String>(0))
        .unwrap()
        .map(Result::unwrap)
        .collect::<Vec<_>>();
    for table in tables {
        let mut statement = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let is_text = |name: &str| {
            let sql = "SELECT type FROM pragma_table_info(?1) WHERE name = ?2";
            connection.query_row(sql, [&table, name], |row| row.get::<_, String>(0)).unwrap() == "TEXT"
        };
        let columns = statement.column_names();
        let columns = columns.map(|name| (name.to_owned(), is_text(name))).collect::<Vec<_>>();
        let mut rows = statement.query([]).unwrap();
        let mut texts = vec![Vec::<Option<String>>::new(); columns.len()];
        let mut numbers = vec![Vec::<Option<f64>>::new(); columns.len()];
        while let Some(row) = rows.next().unwrap() {
            for (at, (_, is_text)) in columns.iter().enumerate() {
                if *is_text {
                    texts[at].push(row.get(at).unwrap());
                } else {
                    numbers[at].push(row.get(at).unwrap());
                }
            }
        }
        let columns = columns.iter().enumerate().map(|(at, (name, is_text))| {
            let array: ArrayRef = if *is_text {
                Arc::new(StringArray::from(texts[at].clone()))
            } else {
                Arc::new(Float64Array::from(numbers[at].clone()))
            };
            (name.as_str(), array)
        });
        write(folder, &table, &columns.collect::<Vec<_>>());
    }
}
