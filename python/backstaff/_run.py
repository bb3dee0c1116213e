"""The results of a run."""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from typing import Any

from backstaff import _native
from backstaff._answer import Answer, as_table
from backstaff._curve import curve
from backstaff._table import Table, Tables
from backstaff.errors import DataError


class Verdict:
    """What a run shows, and how far it can be believed.

    Attributes
    ----------
    level : str
        ``no evidence``, ``weak evidence``, ``evidence``, ``evidence against``, ``not credible`` or ``not judged``, spelled
        as in ``results.json``.
    sentence : str
        The verdict in sentences.
    lines : list of str
        The verdict in two short lines.
    facts : dict
        The numbers that it rests on: ``measures.verdict`` of ``results.json``.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.level: str = facts["level"]
        self.sentence: str = facts["sentence"]
        self.lines: list[str] = facts["lines"]

    def __repr__(self) -> str:
        return "\n".join(self.lines)


class Run(Tables, Answer):
    """The results of a run, as :meth:`Study.run` gives them.

    As a mapping it has the keys of ``results.json``. The tables are read from the files of ``reports/NAME/`` when they are
    asked for; ``docs/outputs.md`` says what each column means. A later run of a study of the same name replaces these
    files.
    """

    @property
    def verdict(self) -> Verdict:
        """What the run shows, and how far it can be believed."""
        return Verdict(self["measures"]["verdict"])

    @property
    def measures(self) -> dict[str, dict[str, float]]:
        """The measures by name, for each portfolio; NaN where one is not defined."""
        portfolios = self["measures"]["portfolios"]
        number = lambda value: math.nan if value is None else value  # noqa: E731
        return {name: {key: number(value) for key, value in own.items()} for name, own in portfolios.items()}

    @property
    def warnings(self) -> list[str]:
        """The warnings of the run, in order."""
        return self["warnings"]

    @property
    def cautions(self) -> list[dict[str, Any]]:
        """What limits the results, the gravest first: ``severity``, ``title``, ``text``."""
        return self["cautions"]

    @property
    def folds(self) -> list[dict[str, Any]]:
        """The folds, in order; empty for a study that learns nothing."""
        return self["folds"]

    @property
    def lineage(self) -> list[dict[str, Any]]:
        """The artifacts that the results were made of, with their keys."""
        return self["lineage"]

    @property
    def report(self) -> Path:
        """The report: one page of HTML."""
        return Path(self["artifacts"]["report"])

    @property
    def number(self) -> int:
        """The number of the run in its store."""
        return self["run"]

    def scores(self) -> Table:
        """The scores of the models, by session and instrument."""
        return self._table("scores")

    def ic(self) -> Table:
        """The information coefficient of each session."""
        return self._table("ic")

    def quantiles(self) -> Table:
        """The returns of the quantiles of scores."""
        return self._table("quantiles")

    def importance(self) -> Table:
        """The importance of the features."""
        return self._table("importance")

    def regimes(self) -> Table:
        """The regimes of each session."""
        return self._table("regimes")

    def _table(self, name: str) -> Table:
        path = self["artifacts"].get(name)
        if path is None:
            have = ", ".join(key for key in self["artifacts"] if key not in ("folder", "report", "results", "store"))
            raise DataError(f"this run has no table {name!r}; it has {have}")
        if path.endswith(".csv"):
            raise DataError(f'{path} is CSV, as the study asks; read it, or say `study.set("outputs", "parquet")`')
        return Table(_native.read_parquet(path))

    def __repr__(self) -> str:
        return f"{self.verdict!r}\n\n{self._text}\n\nreport: {self.report}"

    def _repr_html_(self) -> str:
        first, *others = self.verdict.lines
        told = "".join(f"<p>{escape(line)}</p>" for line in others)
        titles = "".join(f"<li>{escape(c['severity'])}: {escape(c['title'])}</li>" for c in self.cautions)
        place = f'<p>report: <a href="{escape(self.report.as_uri())}">{escape(str(self.report))}</a></p>'
        table = as_table(self._text)
        picture = curve(self["measures"]["curve"])
        return f"<h4>{escape(first)}</h4>{told}{picture}{table}<ul>{titles}</ul>{place}"
