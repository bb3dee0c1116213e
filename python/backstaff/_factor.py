"""One feature, judged without a model."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from backstaff import _native
from backstaff._answer import Answer
from backstaff._frames import path_text, place_of
from backstaff._prices import Prices
from backstaff._threads import n_threads
from backstaff.errors import StudyError


class Factor(Answer):
    """The judgement of a feature, as :func:`factor` gives it; in a notebook it shows its page.

    As a mapping it has the keys of ``backstaff factor --json``: ``verdict``, ``horizons``, ``years``, ``series`` and others.
    """

    def __init__(self, answer: tuple[str, str], page: str) -> None:
        super().__init__(answer)
        self._page = page

    @property
    def summary(self) -> str:
        """The judgement as a text."""
        return self._text

    @property
    def ic(self) -> dict[str, float]:
        """The rank correlation of the values with the coming return, by session; NaN where it is not defined."""
        series = self["series"]
        return dict(zip(series["sessions"], map(_number, series["rank_ic"]), strict=True))

    @property
    def quantiles(self) -> dict[int, list[float]]:
        """The mean return of each quantile, the lowest first, by horizon in sessions."""
        return {at["horizon"]: [_number(mean) for mean in at["quantile_means"]] for at in self["horizons"]}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page: one file of HTML."""
        Path(path).write_text(self._page, encoding="utf-8")

    def _repr_html_(self) -> str:
        return f'<iframe srcdoc="{escape(self._page)}" style="width: 100%; height: 800px; border: 0"></iframe>'


def factor(
    feature: str,
    data: Any,
    *,
    libraries: Sequence[str] = (),
    file: str | os.PathLike[str] | None = None,
    facts: str | os.PathLike[str] | None = None,
    attributes: str | os.PathLike[str] | None = None,
    by: str | None = None,
    universe: str | None = None,
    horizons: Sequence[int] = (1, 5, 10, 21),
    quantiles: int = 5,
    execution: str = "open",
    change: str | None = None,
    threads: int | None = None,
    **form: object,
) -> Factor:
    """Judge one feature without a model: coverage, information, decay, quantiles, turnover, years.

    Parameters
    ----------
    feature : str
        An expression, or a name from one of the libraries.
    data : Prices, path or frame
        What :func:`read` gives or takes. Prices are adjusted as a study does.
    libraries, file
        Where a name of a feature is looked up.
    facts, attributes : path, optional
        A table of published values; a table of today's categories.
    by : str, optional
        The category within which values are ranked as well; ``sector``, where the data have it, if absent.
    universe : str, optional
        The condition for the rows that are judged; those that trade if absent.
    horizons : sequence of int
        Over how many sessions returns are taken, from the session after the one at whose close the values are known.
    quantiles : int
        Into how many parts the values of a session are cut, 2 to 50.
    execution : str
        The price from which returns are taken: ``open``, or ``close``.
    change : str, optional
        The column of changes against base prices by which prices are adjusted.
    threads, **form
        As for :func:`read`.

    Returns
    -------
    Factor
        A page in the notebook; the same numbers as a mapping.

    Raises
    ------
    ExpressionError, StudyError, DataError
        By what is wrong.
    """
    if not 2 <= quantiles <= 50:
        raise StudyError(f"quantiles: {quantiles} is not between 2 and 50")
    columns: list[tuple[Any, str]] = []
    if isinstance(data, Prices):
        if form or facts is not None:
            raise StudyError("say to read(), not to factor(), how the data are written")
        facts = data._facts
        data, form, columns = data._asked_again("factor")
    source, said = place_of(data, dict(form))
    asked = {
        "feature": feature,
        "libraries": [libraries] if isinstance(libraries, str) else list(libraries),
        "file": path_text(file),
        "facts": path_text(facts),
        "attributes": path_text(attributes),
        "by": by,
        "universe": universe,
        "horizons": list(horizons),
        "quantiles": quantiles,
        "execution": execution,
        "change": change,
    }
    json_text, text, page = _native.judge(source, json.dumps(asked), json.dumps(said), columns, n_threads(threads))
    return Factor((json_text, text), page)



def _number(value: float | None) -> float:
    return math.nan if value is None else value
