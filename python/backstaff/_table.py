"""Tables that come out: Arrow in memory, for whichever library reads it."""

from __future__ import annotations

from html import escape
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from backstaff import _native
from backstaff.errors import Error

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

_SHOWN = 5


class Table:
    """A table in memory.

    It has ``__arrow_c_stream__``, so ``polars.DataFrame(table)``, ``pyarrow.table(table)`` and DuckDB read it without a
    copy. A missing value is null.

    Attributes
    ----------
    left_out : list of (str, str)
        The entries of libraries that need columns which the data lack: the name and the reason.
    warnings : list of str
        What a user of the numbers should know; each was also issued as a :class:`DataWarning`.
    """

    def __init__(
        self,
        native: _native.Table,
        left_out: list[tuple[str, str]] | None = None,
        warnings: list[str] | None = None,
    ) -> None:
        self._native = native
        self.left_out = left_out or []
        self.warnings = warnings or []

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._native.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        return self._native.__arrow_c_schema__()

    @property
    def column_names(self) -> list[str]:
        """The names of the columns, in order."""
        return self._native.column_names

    @property
    def num_rows(self) -> int:
        """The number of rows."""
        return self._native.num_rows

    @property
    def shape(self) -> tuple[int, int]:
        """The number of rows and that of columns."""
        return self.num_rows, len(self.column_names)

    def __len__(self) -> int:
        return self.num_rows

    def to_arrow(self) -> pyarrow.Table:
        """The table as a ``pyarrow.Table``, without a copy."""
        _need("pyarrow")
        import pyarrow

        return pyarrow.table(self)

    def to_polars(self) -> polars.DataFrame:
        """The table as a ``polars.DataFrame``, without a copy of numbers."""
        _need("polars")
        import polars

        return polars.DataFrame(self)

    def to_pandas(self) -> pandas.DataFrame:
        """The table as a ``pandas.DataFrame``; it needs pyarrow.

        A table of dates and instruments gets the sorted index ``(datetime, instrument)``, one of dates alone the index
        ``datetime``. Missing numbers are NaN. Numbers are copied once, into their places in that order.
        """
        _need("pandas", "pyarrow")
        from backstaff._pandas import by_session

        table = self.to_arrow()
        if (sorted_frame := by_session(table)) is not None:
            return sorted_frame
        frame = table.to_pandas(date_as_object=False)
        if "date" not in frame.columns:
            return frame
        frame = frame.rename(columns={"date": "datetime"})
        if "instrument" not in frame.columns:
            return frame.set_index("datetime")
        frame["instrument"] = frame["instrument"].astype(str)
        return frame.set_index(["datetime", "instrument"]).sort_index()

    def __repr__(self) -> str:
        head = self._head()
        cells = [self.column_names, *head]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.column_names))]
        lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths)).rstrip() for row in cells]
        lines.extend(["…"] if self.num_rows > len(head) else [])
        return "\n".join([*lines, self._counted()])

    def _repr_html_(self) -> str:
        def row(cells: list[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        body = "".join(row(cells, "td") for cells in self._head())
        head = row(self.column_names, "th")
        return f"<table><thead>{head}</thead><tbody>{body}</tbody></table><p>{self._counted()}</p>"

    def _head(self) -> list[list[str]]:
        """The first rows as texts, numbers in six digits."""
        return [[_short(cell) for cell in row] for row in self._native.head(_SHOWN)]

    def _counted(self) -> str:
        rows, columns = self.shape
        return f"{rows:,} rows × {columns:,} columns"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        ways = "to_pandas(), to_polars() or to_arrow()"
        raise AttributeError(f"a Table has no {name!r}; {ways} gives a frame that may")


class Tables:
    """The tables of a ledger, by name; whoever has them says how one is made."""

    def _table(self, name: str) -> Table:
        raise NotImplementedError

    def equity(self) -> Table:
        """The account at each close: equity, cash, trades, costs."""
        return self._table("equity")

    def trades(self) -> Table:
        """The positions from flat to flat: entry, exit, size, prices, costs, reason, result."""
        return self._table("trades")

    def order_log(self) -> Table:
        """The orders with their fills, and the reasons for what was not filled."""
        return self._table("orders")

    def positions(self) -> Table:
        """What was held at each close."""
        return self._table("positions")

    def weights(self) -> Table:
        """The weights that were wanted, beside those held."""
        return self._table("weights")


def _need(*packages: str) -> None:
    """Say what is missing, where a way out of a table needs another library."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise Error(f"this needs {' and '.join(missing)}: `pip install {' '.join(missing)}`")


def _short(cell: str) -> str:
    # Only what has more digits than one reads is a number that is cut.
    if len(cell) <= 8 or "." not in cell:
        return cell
    try:
        return f"{float(cell):.6g}"
    except ValueError:
        return cell
