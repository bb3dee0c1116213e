"""A frame gives the numbers of a file of the same cells, or an error that says what to write instead."""

import datetime
import decimal
import zoneinfo

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest
from conftest import FEATURES

import backstaff as bs

pytestmark = pytest.mark.filterwarnings("ignore::backstaff.DataWarning")


def numbers(data, **form) -> pandas.DataFrame:
    return bs.compute(data, FEATURES, **form).to_pandas()


def mixed_zones(frame):
    zones = [zoneinfo.ZoneInfo("Asia/Seoul"), zoneinfo.ZoneInfo("America/New_York")]
    stamps = [stamp.to_pydatetime().replace(tzinfo=zones[row % 2]) for row, stamp in enumerate(frame["date"])]
    return frame.assign(date=pandas.Series(stamps, dtype=object))


def column(frame, values, name="note"):
    return frame.assign(**{name: pandas.Series(values, dtype=object)})


# What is no prices: how it is made of a market, and the words of the error, in their order.
WRONG = {
    "no dates": (lambda frame: frame.drop(columns="date"), ["the frame has no date column", "open", "mapping="]),
    "no instruments": (
        lambda frame: frame.drop(columns="instrument"),
        ["the frame has no instrument column", "volume", "mapping="],
    ),
    "no instruments, indexed by date": (
        lambda frame: frame[frame["instrument"] == "S0"].set_index("date")[["open", "close"]],
        ["the frame has no instrument column"],
    ),
    "no rows": (lambda frame: frame.head(0), ["the frame holds no row"]),
    "no columns": (lambda frame: frame[[]], ["the frame has no columns", "dates"]),
    "no columns, Polars": (lambda frame: polars.DataFrame(), ["the frame has no columns", "dates"]),
    "no rows, pyarrow": (
        lambda frame: pyarrow.Table.from_pandas(frame, preserve_index=False).slice(0, 0),
        ["the frame holds no row"],
    ),
    "two bars of one session": (
        lambda frame: pandas.concat([frame, frame.head(1).assign(close=1.0)]),
        ["S0 has two bars for session 2024-01-02", "the frame row 1 and row 221"],
    ),
    "an infinite price": (
        lambda frame: frame.assign(close=frame["close"].where(frame.index != 3, numpy.inf)),
        ["S0 has close inf in session 2024-01-05", "the frame row 4"],
    ),
    "a negative price": (
        lambda frame: frame.assign(open=frame["open"].where(frame.index != 3, -1.0)),
        ["S0 has open -1", "the frame row 4"],
    ),
    "an empty date": (
        lambda frame: frame.assign(date=frame["date"].where(frame.index != 3)),
        ["the frame row 4", "the date is empty"],
    ),
    "an empty name": (
        lambda frame: frame.assign(instrument=frame["instrument"].where(frame.index != 3)),
        ["the frame row 4", "the instrument is empty"],
    ),
    "an empty name in the index": (
        lambda frame: frame.assign(instrument=frame["instrument"].where(frame.index != 3)).set_index(
            ["date", "instrument"]
        ),
        ["row 4", "no instrument", "index"],
    ),
    "objects of two types": (
        lambda frame: frame.assign(close=frame["close"].astype(object).where(frame.index > 3, "x")),
        ["'close'", "mixes str with float", "row 5", "to_numeric"],
    ),
    "texts for prices": (
        lambda frame: frame.assign(close=frame["close"].astype(str)),
        ['the column "close" should hold numbers', "text"],
    ),
    "lists": (lambda frame: column(frame, [[1.0]] * len(frame)), ["'note'", "list", "row 1"]),
    "dicts": (lambda frame: column(frame, [{"a": 1}] * len(frame)), ["'note'", "dict", "row 1"]),
    "tuples among texts": (lambda frame: column(frame, ["x", (1, 2)] * (len(frame) // 2)), ["'note'", "tuple", "row 2"]),
    "objects": (lambda frame: column(frame, [object()] * len(frame)), ["'note'", "object", "drop it"]),
    "complex numbers": (lambda frame: frame.assign(note=1j), ["'note'", "complex128"]),
    "bytes": (lambda frame: column(frame, [b"x"] * len(frame)), ["'note'", "bytes"]),
    "lists, Polars": (
        lambda frame: polars.from_pandas(frame).with_columns(note=polars.lit([1.0, 2.0])),
        ['"note"', "List", "drop it"],
    ),
    "structs, Polars": (
        lambda frame: polars.from_pandas(frame).with_columns(note=polars.struct("open", "close")),
        ['"note"', "Struct", "drop it"],
    ),
    "binary, Polars": (
        lambda frame: polars.from_pandas(frame).with_columns(note=polars.lit(b"x")),
        ['"note"', "Binary", "drop it"],
    ),
    "mixed time zones": (mixed_zones, ["'date'", "America/New_York, Asia/Seoul", "utc=True"]),
    "columns of two levels": (
        lambda frame: frame.pivot(index="date", columns="instrument"),
        ["columns of 2 levels", "frame.stack(level=1)"],
    ),
    "columns of two levels, the instrument first": (
        lambda frame: frame.pivot(index="date", columns="instrument").swaplevel(axis=1),
        ["columns of 2 levels", "frame.stack(level=0)"],
    ),
    "an index of three levels": (lambda frame: frame.set_index(["date", "instrument", "close"]), ["3 levels"]),
    "an index without dates": (lambda frame: frame.set_index(["open", "instrument"]), ["no level", "to_datetime"]),
    "an index of two dates": (
        lambda frame: frame.assign(other=frame["date"]).set_index(["date", "other"]),
        ["both levels", "'date', 'other'"],
    ),
    "dates in the index and as a column": (
        lambda frame: frame.set_index("date", drop=False),
        ["'date' in its index and as a column"],
    ),
    "a column twice": (lambda frame: pandas.concat([frame, frame[["close"]]], axis=1), ["'close' twice"]),
    "columns of one text": (
        lambda frame: frame.assign(**{"1": 1.0}).rename(columns={"volume": 1}),
        ["'1' twice"],
    ),
    "columns of one meaning": (
        lambda frame: frame.assign(Close=1.0),
        ['"close" and "Close" would both be called close'],
    ),
    "a column twice, pyarrow": (
        lambda frame: pyarrow.table([pyarrow.array([1.0]), pyarrow.array([2.0])], names=["close", "close"]),
        ['"close" twice'],
    ),
    "no word for dates": (
        lambda frame: frame.assign(date=frame["date"].dt.strftime("%d of %B")),
        ["the frame row 1", '"date"', "02 of January", "2015-03-31"],
    ),
    "dates of either order": (
        lambda frame: frame[frame["date"].dt.day < 12].assign(date=frame["date"].dt.strftime("%d/%m/%Y")),
        ["the frame", '"date"', "day or the month"],
    ),
    "a wide frame of Polars": (
        lambda frame: polars.from_pandas(frame.pivot(index="date", columns="instrument", values="close").reset_index()),
        ["the frame", "S0, S1, S2", 'wide="close"'],
    ),
    "a series": (lambda frame: frame.set_index(["date", "instrument"])["close"], ["to_frame"]),
    "a series, Polars": (lambda frame: polars.from_pandas(frame)["close"], ["polars.DataFrame"]),
    "an array, pyarrow": (lambda frame: pyarrow.chunked_array([[1.0]]), ["pyarrow.table"]),
    "an array, numpy": (lambda frame: frame[["open", "close"]].to_numpy(), ["pandas.DataFrame", "index=dates"]),
    "a dict": (lambda frame: frame.to_dict("list"), ["pandas.DataFrame(data)"]),
    "a list": (lambda frame: [frame], ["a list is neither a path nor a frame"]),
    "a lazy frame that fails": (
        lambda frame: polars.from_pandas(frame).lazy().select(polars.col("none")),
        ["lazy frame", "none"],
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_prices_is_told(what, frame):
    make, words = WRONG[what]
    with pytest.raises(bs.DataError) as raised:
        bs.read(make(frame))
    text, at = str(raised.value), 0
    for word in words:
        assert word in text[at:], text
        at = text.index(word, at)
    assert "/dev/null" not in text and "--" not in text and "data.prices" not in text, text


# Other ways to write the same cells: the numbers are the same.
SAME = {
    "texts of Arrow": lambda frame: frame.astype({"instrument": "string[pyarrow]"}),
    "texts of Python": lambda frame: frame.astype({"instrument": object}),
    "categories": lambda frame: frame.astype({"instrument": "category"}),
    "categories in the index": lambda frame: frame.astype({"instrument": "category"}).set_index(["instrument", "date"]),
    "whole masked numbers": lambda frame: frame.astype({"volume": "Int64"}),
    "masked numbers": lambda frame: frame.convert_dtypes(dtype_backend="numpy_nullable"),
    "sparse numbers": lambda frame: frame.astype({"volume": pandas.SparseDtype("float64", 0.0)}),
    "dates of Python": lambda frame: frame.assign(date=frame["date"].dt.date),
    "texts of dates": lambda frame: frame.assign(date=frame["date"].dt.strftime("%Y-%m-%d")),
    "numbers of dates": lambda frame: frame.assign(date=frame["date"].dt.strftime("%Y%m%d").astype(int)),
    "periods": lambda frame: frame.assign(date=frame["date"].dt.to_period("D")),
    "periods in the index": lambda frame: frame.assign(date=frame["date"].dt.to_period("D")).set_index(
        ["instrument", "date"]
    ),
    "dates with a zone": lambda frame: frame.assign(date=frame["date"].dt.tz_localize("Asia/Seoul")),
    "dates with a zone in the index": lambda frame: frame.assign(date=frame["date"].dt.tz_localize("UTC")).set_index(
        ["date", "instrument"]
    ),
    "dates of Python in the index": lambda frame: frame.assign(date=frame["date"].dt.date).set_index(
        ["date", "instrument"]
    ),
    "an index of other names": lambda frame: frame.set_index(["date", "instrument"]).rename_axis([0, ("a", 1)]),
    "an index without names": lambda frame: frame.set_index(["date", "instrument"]).rename_axis([None, None]),
    "an index of one's own": lambda frame: frame.set_index(frame.index + 7).rename_axis("row", axis=0),
    "instruments in the index": lambda frame: frame.set_index("instrument"),
    "rows that repeat": lambda frame: pandas.concat([frame, frame.head(3)]),
    "columns of another library": lambda frame: frame.rename(columns=str.upper),
    "a column that holds nothing": lambda frame: frame.assign(note=None),
    "Polars, an enumeration": lambda frame: polars.from_pandas(frame).with_columns(
        polars.col("instrument").cast(polars.Enum(["S0", "S1", "S2", "S3"]))
    ),
    "Polars, with stamps": lambda frame: polars.from_pandas(frame).with_columns(polars.col("date").cast(polars.Datetime("ms"))),
    "Polars, in chunks": lambda frame: polars.concat(
        [polars.from_pandas(frame[:50]), polars.from_pandas(frame[50:])], rechunk=False
    ),
    "pyarrow, dictionaries": lambda frame: pyarrow.Table.from_pandas(
        frame.astype({"instrument": "category"}), preserve_index=False
    ),
    "pyarrow, dates in a dictionary": lambda frame: pyarrow.Table.from_pandas(frame, preserve_index=False).set_column(
        0, "date", pyarrow.array(frame["date"]).dictionary_encode()
    ),
    "pyarrow, batches of one row": lambda frame: pyarrow.Table.from_batches(
        pyarrow.Table.from_pandas(frame, preserve_index=False).to_batches(max_chunksize=1)
    ),
    "a reader, which is read once": lambda frame: pyarrow.Table.from_pandas(frame, preserve_index=False).to_reader(),
    "DuckDB": lambda frame: duckdb.from_df(frame),
}


@pytest.mark.parametrize("how", SAME)
def test_the_same_cells_are_the_same_numbers(how, frame, parquet):
    expected = bs.compute(parquet, FEATURES).to_arrow()
    assert bs.compute(SAME[how](frame), FEATURES).to_arrow().equals(expected)


def test_numbers_of_other_types_are_numbers(frame):
    cents = frame.assign(close=frame["close"].round(2), open=frame["open"].round(2))
    expected = numbers(cents)
    exact = cents.assign(
        close=[None if pandas.isna(close) else decimal.Decimal(f"{close:.2f}") for close in cents["close"]]
    )
    pandas.testing.assert_frame_equal(numbers(exact), expected, rtol=1e-12)
    narrow = polars.from_pandas(cents).with_columns(polars.col("volume").cast(polars.UInt16))
    pandas.testing.assert_frame_equal(numbers(narrow), expected)
    flags = bs.compute(frame.assign(is_large=(frame["volume"] > 5_000).astype("boolean")), {"x": "$is_large"})
    assert flags.to_pandas()["x"].sum() == (frame["volume"] > 5_000).sum()


def test_rows_that_repeat_are_counted_and_infinite_values_told(frame):
    told = bs.read(pandas.concat([frame, frame.head(3)])).assumptions
    assert any("3 rows repeat another one" in line and "the frame row 1" in line for line in told), told
    told = bs.read(frame.assign(note=numpy.inf)).assumptions
    assert any("220 infinite values of note" in line for line in told), told


def test_columns_that_are_no_fields_are_told(frame):
    other = frame.assign(**{"7": 1.0, "wait": datetime.timedelta(1)})
    told = "\n".join(bs.read(other).assumptions)
    assert "wait (values of the type Duration" in told, told
    assert "_7" in bs.read(other.rename(columns={"7": 7})).fields


def test_intervals_of_pandas_are_categories(frame):
    cut = frame.assign(size=pandas.cut(frame["volume"], 3))
    ranked = bs.compute(cut, {"x": "CsRank($close, by=size)"})
    assert ranked.num_rows == len(frame)


def test_stamps_within_a_session_are_refused(frame):
    hours = pandas.concat([frame, frame.assign(date=frame["date"] + pandas.Timedelta(hours=1))])
    with pytest.raises(bs.DataError, match="several bars in session 2024-01-02") as raised:
        bs.read(hours)
    assert 'resample="session"' in str(raised.value)
    assert len(bs.read(hours, resample="session")) == len(frame)


def test_a_frame_that_changes_later_changes_nothing(frame):
    mine = frame.copy()
    prices = bs.read(mine)
    before = bs.compute(prices, FEATURES).to_arrow()
    mine["close"] = 1.0
    assert bs.compute(prices, FEATURES).to_arrow().equals(before)


def test_what_a_table_of_another_library_raises_is_told():
    class Broken:
        def __arrow_c_stream__(self, requested_schema=None):
            raise RuntimeError("the connection is closed")

    class Wrong:
        def __arrow_c_stream__(self, requested_schema=None):
            return 3

    class Lost:
        def __arrow_c_stream__(self, requested_schema=None):
            schema = pyarrow.schema({"date": pyarrow.date32(), "instrument": pyarrow.string()})

            def batches():
                raise OSError("the disk is gone")
                yield

            return pyarrow.RecordBatchReader.from_batches(schema, batches()).__arrow_c_stream__()

    for data, words in [(Broken(), "the connection is closed"), (Wrong(), "capsule"), (Lost(), "the disk is gone")]:
        with pytest.raises(bs.DataError, match=words):
            bs.read(data)
