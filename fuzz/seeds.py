#!/usr/bin/env python3
"""Write a few valid inputs for each target into fuzz/corpus/: from there libFuzzer's changes begin."""

import io
import sqlite3
import struct
import sys
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BOUNDARY = b"\n=====\n"


def write(target, name, content):
    """One input of a target."""
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def texts():
    """Expressions of a library, the example studies, the layout that ships."""
    library = (ROOT / "crates/feature/library/technical.yaml").read_text()
    lines = (line.split("expression:", 1)[1].strip() for line in library.splitlines() if "expression:" in line)
    for n, expression in enumerate(lines):
        write("expression", f"technical_{n}", expression)
    for study in (ROOT / "examples").glob("*.yaml"):
        write("study_yaml", study.name, study.read_text())
    for preset in (ROOT / "crates/source/src").rglob("presets/*.yaml"):
        write("layout_yaml", preset.name, preset.read_text())


def tables():
    """Small tables of bars, of published values, of sectors."""
    write("csv", "bars", "date,instrument,open,high,low,close,volume\n2020-01-02,A,1,2,1,1.5,10\n1/3/2020,A,,,,,\n")
    write("csv", "facts", "instrument;period;known_at;value\nA;2020-03-31;2020-05-01T10:00:00Z;1,5\n")
    write("csv", "sectors", 'ticker\tsector\nA\t"Food, Drink"\n')
    for name in ["us_cash", "spy"]:
        write("parquet", name, (ROOT / f"examples/data/{name}.parquet").read_bytes())


def archive(text):
    """A zip file of one text."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bars.csv", text)
    return packed.getvalue()


def folders():
    """Folders in the layouts of Qlib and LEAN."""
    dates = b"2020-01-02\n2020-01-03\n2020-01-06\n"
    values = struct.pack("<4f", 0, 1, 2, float("nan"))
    facts = struct.pack("<IIdI", 20200501, 202001, 1.5, 0xFFFFFFFF)
    qlib = [dates, b"AAPL\t2020-01-02\t2020-01-06\n", values, values, facts]
    write("qlib_folder", "three_sessions", BOUNDARY.join(qlib))
    days = archive("20200102 00:00,10000,10000,10000,10000,5\n20200103 00:00,10000,10000,10000,10000,5\n")
    minutes = archive("34200000,10000,10000,10000,10000,5\n34260000,10000,10000,10000,10000,5\n")
    names = b"19980102,aapl,Q\n20501231,aapl,Q\n"
    factors = b"20200102,0.9,0.5,1\n20501231,1,1,0\n"
    write("lean_folder", "two_sessions", BOUNDARY.join([days, minutes, names, factors]))


def database():
    """A database of one stock and no other table, in small pages."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(
        "PRAGMA page_size = 512;"
        "CREATE TABLE daily_prices (stock_code TEXT NOT NULL, date TEXT NOT NULL, closing_price INTEGER,"
        " change INTEGER, opening_price INTEGER, high_price INTEGER, low_price INTEGER, volume INTEGER,"
        " value INTEGER, market_cap INTEGER, market_type TEXT, PRIMARY KEY (stock_code, date));"
        "INSERT INTO daily_prices VALUES ('000020', '20200102', 9, 0, 9, 9, 9, 9, 81, 9, 'kospi');"
    )
    connection.commit()
    if hasattr(connection, "serialize"):
        write("sqlite", "one_row", connection.serialize())


if __name__ == "__main__":
    texts()
    tables()
    folders()
    database()
    sys.exit(0)
