"""Answers of a study's verbs: a mapping with the text that the command line prints."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any


# Notebooks give texts a font of their own, in which the columns of a table don't stand below each other.
_STYLE = "font-family: ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; line-height: 1.35; overflow-x: auto"


def as_table(text: str) -> str:
    """A text whose columns stand below each other, as HTML."""
    return f'<pre style="{_STYLE}">{escape(text)}</pre>'


class Answer(Mapping[str, Any]):
    """An answer: a mapping with the keys that ``--json`` prints, shown as the text that the command line prints."""

    def __init__(self, answer: tuple[str, str]) -> None:
        self._values: dict[str, Any] = json.loads(answer[0])
        self._text = answer[1].rstrip("\n")

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return self._text

    def _repr_html_(self) -> str:
        return as_table(self._text)


class Proof(Answer):
    """What a proof found: true if nothing looks ahead.

    Its keys are those of ``backstaff prove --json``: ``passes`` (each with its ``leaks``), ``suspects``, ``not_covered``.
    """

    def __init__(self, answer: tuple[str, str], holds: bool) -> None:
        super().__init__(answer)
        self.holds = holds

    def __bool__(self) -> bool:
        return self.holds
