"""Whatever the prices come from, the numbers are those of the command line."""

import multiprocessing
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest
from conftest import FEATURES, market

import backstaff as bs

# A short market has windows that begin before it.
pytestmark = pytest.mark.filterwarnings("ignore::backstaff.DataWarning")


def same(table: bs.Table, expected: pandas.DataFrame) -> None:
    found = table.to_arrow().to_pandas()
    assert list(found["instrument"]) == list(expected["instrument"])
    assert list(found["date"]) == list(expected["date"])
    assert list(found.columns) == list(expected.columns)
    for name in found.columns[2:]:
        assert found[name].to_numpy().tobytes() == expected[name].to_numpy().tobytes(), name


SHAPES = {
    "pandas": lambda frame: frame,
    "pandas, Arrow-backed": lambda frame: frame.convert_dtypes(dtype_backend="pyarrow"),
    "pandas, categories": lambda frame: frame.astype({"instrument": "category"}),
    "pandas, masked numbers": lambda frame: frame.convert_dtypes(),
    "pandas by date and instrument": lambda frame: frame.set_index(["date", "instrument"]),
    "pandas by instrument and datetime": lambda frame: frame.rename(columns={"date": "datetime"}).set_index(
        ["instrument", "datetime"]
    ),
    "pandas by date": lambda frame: frame.set_index("date"),
    "pandas, shuffled": lambda frame: frame.sample(frac=1, random_state=1),
    "pandas, columns in another order": lambda frame: frame[sorted(frame.columns, reverse=True)],
    "Polars": polars.from_pandas,
    "Polars, lazy": lambda frame: polars.from_pandas(frame).lazy(),
    "Polars, categories": lambda frame: polars.from_pandas(frame).with_columns(
        polars.col("instrument").cast(polars.Categorical), polars.col("date").cast(polars.Date)
    ),
    "pyarrow": lambda frame: pyarrow.Table.from_pandas(frame, preserve_index=False),
    "pyarrow, in batches": lambda frame: pyarrow.Table.from_pandas(frame, preserve_index=False).to_reader(7),
    "DuckDB": lambda frame: duckdb.from_df(frame),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_frame_gives_the_numbers_of_the_command_line(shape, frame, expected):
    same(bs.compute(SHAPES[shape](frame), FEATURES), expected)


def test_a_file_gives_the_numbers_of_the_command_line(parquet, expected):
    same(bs.compute(parquet, FEATURES), expected)
    same(bs.compute(str(parquet), FEATURES, threads=1), expected)


def test_prices_are_read_once_and_asked_often(parquet, expected):
    prices = bs.read(parquet)
    same(bs.compute(prices, FEATURES), expected)
    same(bs.compute(prices, FEATURES), expected)
    assert {"close", "open", "volume"} <= set(prices.fields)
    assert (prices.n_instruments, prices.first) == (4, "2024-01-02")


def test_a_library_gives_the_numbers_of_the_command_line(parquet, tmp_path):
    from conftest import program

    out = tmp_path / "out.parquet"
    done = program("compute", "--data", parquet, "--library", "alpha158", "--out", out)
    assert done.returncode == 0, done.stderr
    with pytest.warns(bs.DataWarning, match="left out"):
        table = bs.compute(parquet, libraries=["alpha158"])
    same(table, pandas.read_parquet(out))
    assert table.left_out and all(reason for _, reason in table.left_out)


def test_a_wide_frame_holds_closes(frame):
    wide = frame.pivot(index="date", columns="instrument", values="close")
    features = {"mom": "$close / Ref($close, 5) - 1"}
    table = bs.compute(wide, features).to_pandas()
    long = frame[["date", "instrument", "close"]]
    pandas.testing.assert_frame_equal(table.dropna(), bs.compute(long, features).to_pandas().dropna())
    polars_wide = polars.from_pandas(wide.reset_index())
    again = bs.compute(polars_wide, features, wide="close").to_pandas()
    pandas.testing.assert_frame_equal(again, table)
    assert any("wide" in line for line in bs.read(wide).assumptions)


def test_columns_of_other_names_are_mapped(frame, expected):
    same(bs.compute(frame.rename(columns={"close": "종가격"}), FEATURES, mapping={"종가격": "close"}), expected)


def test_text_columns_become_categories(frame):
    sectors = frame.assign(sector=frame["instrument"].map({"S0": "a", "S1": "a", "S2": "b", "S3": "b"}))
    table = bs.compute(sectors, {"rank": "CsRank($close, by=sector)"})
    assert table.num_rows == len(frame)
    assert table.to_pandas()["rank"].nunique() == 2


def test_a_table_goes_to_each_library(frame):
    table = bs.compute(frame, FEATURES)
    index = table.to_pandas().index
    assert index.names == ["datetime", "instrument"]
    assert index.is_monotonic_increasing
    assert table.to_polars().columns == table.column_names == ["instrument", "date", *FEATURES]
    assert table.to_polars().schema["date"] == polars.Date
    assert table.to_arrow().schema.equals(pyarrow.schema(table))
    assert table.shape == (len(frame), 5) == (len(table), 5)
    mine = table
    assert duckdb.sql("select count(*) from mine").fetchall() == [(len(frame),)]
    assert f"{len(frame)} rows × 5 columns" in repr(table) and f"{len(frame)} rows" in table._repr_html_()
    with pytest.raises(AttributeError, match=r"to_pandas\(\)"):
        table.head()


def test_prices_tell_what_they_assumed(frame):
    prices = bs.read(frame.assign(note=1.0, sector="x", other=pandas.NaT))
    assert repr(prices).startswith("Prices: 4 instruments, 2024-01-02 to 2024-03-25, 220 rows\n")
    told = "\n".join(prices.assumptions)
    for words in ["numbers: open, close, volume, note", "categories: sector", "every date in the data", "not read: other"]:
        assert words in told, told
    assert "<ul>" in prices._repr_html_()


def test_an_expression_shows_its_place(frame):
    with pytest.raises(bs.ExpressionError) as raised:
        bs.compute(frame, {"mom": "Mean($clsoe, 20)"})
    error = raised.value
    assert (error.feature, error.expression[slice(*error.span)]) == ("mom", "$clsoe")
    assert "^^^^^^" in str(error) and "did you mean `$close`?" in str(error)
    assert isinstance(error, bs.StudyError) and isinstance(error, bs.Error)


def test_a_database_gives_the_numbers_of_the_command_line(tmp_path):
    from conftest import program

    database = Path(__file__).parents[2] / "crates/cli/tests/krx/krx.db"
    out = tmp_path / "out.parquet"
    asked = ["compute", "--data", database, "--preset", "krx", "--library", "krx_canonical", "--out", out]
    done = program(*asked)
    assert done.returncode == 0, done.stderr
    prices = bs.read(database, preset="krx")
    same(bs.compute(prices, libraries=["krx_canonical"]), pandas.read_parquet(out))
    same(bs.compute(database, libraries=["krx_canonical"], preset="krx"), pandas.read_parquet(out))
    with pytest.raises(bs.DataError, match="preset"):
        bs.read(database)
    with pytest.raises(bs.StudyError, match="database"):
        bs.factor("$close", prices)
    for words in [{"preset": "krx", "tables": "x"}, {"preset": "kr"}, {"preset": "krx", "halts": "zero_volume"}]:
        with pytest.raises(bs.StudyError):
            bs.read(database, **words)


def test_arguments_that_make_no_sense_are_errors(frame, parquet, tmp_path):
    for call in [
        lambda: bs.compute(frame, "$close"),
        lambda: bs.compute(frame),
        lambda: bs.compute(frame, {}, libraries=["alpha151"]),
        lambda: bs.compute(frame, {"x": "$close"}, threads=0),
        lambda: bs.read(parquet, wdie="close"),
        lambda: bs.read(parquet, date_order="dym"),
        lambda: bs.compute(bs.read(frame), {"x": "$close"}, wide="close"),
    ]:
        with pytest.raises(bs.StudyError):
            call()
    for data in [3, None, {"close": [1.0]}, tmp_path / "none.parquet", numpy.zeros(3)]:
        with pytest.raises(bs.DataError):
            bs.read(data)


def test_exceptions_pass_between_processes():
    import pickle

    error = bs.ExpressionError("text", "mom", "$x", (0, 2))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.span, type(again)) == ("text", (0, 2), bs.ExpressionError)


def test_threads_of_python_compute_at_once(frame, expected):
    prices = bs.read(frame)
    with ThreadPoolExecutor(4) as pool:
        for table in pool.map(lambda _: bs.compute(prices, FEATURES), range(8)):
            same(table, expected)


def _in_a_child(frame, queue):
    queue.put(bs.compute(frame, FEATURES).num_rows)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes_compute_after_the_parent_has(method, frame):
    bs.compute(frame, FEATURES)
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    child = context.Process(target=_in_a_child, args=(frame, queue))
    child.start()
    try:
        assert queue.get(timeout=60) == len(frame)
    finally:
        child.kill()


def test_ctrl_c_ends_a_computation(ctrl_c):
    # Many runs of rows, between which it looks for signals.
    prices = bs.read(market(instruments=400, sessions=2_000))
    features = {f"f{i}": f"Rank($close, {20 + i}) + Quantile($close, {30 + i}, 0.3)" for i in range(60)}
    began = time.monotonic()
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        bs.compute(prices, features, threads=1)
    assert time.monotonic() - began < 30


def test_a_library_that_is_missing_is_named(parquet, monkeypatch):
    table = bs.compute(parquet, FEATURES)
    monkeypatch.setattr("backstaff._table.find_spec", lambda package: None)
    for way, words in [("to_pandas", "pip install pandas pyarrow"), ("to_polars", "polars"), ("to_arrow", "pyarrow")]:
        with pytest.raises(bs.Error, match=words):
            getattr(table, way)()
