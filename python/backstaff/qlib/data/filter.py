"""Filters of instruments, for ``D.instruments`` and loaders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["ExpressionDFilter", "NameDFilter", "SeriesDFilter"]


class SeriesDFilter:
    """A filter that is asked between two dates, and lets everything pass outside of them."""

    def __init__(self, fstart_time: Any = None, fend_time: Any = None, keep: bool = False) -> None:
        self.filter_start_time = fstart_time
        self.filter_end_time = fend_time
        self.keep = keep

    def to_config(self) -> dict[str, Any]:
        """The filter as a workflow's file writes it."""
        ends = (self.filter_start_time, self.filter_end_time)
        start, end = (None if date is None else str(date) for date in ends)
        return {"filter_type": type(self).__name__, "filter_start_time": start, "filter_end_time": end}


class NameDFilter(SeriesDFilter):
    """Instruments whose names begin as a regular expression says."""

    def __init__(self, name_rule_re: str, fstart_time: Any = None, fend_time: Any = None) -> None:
        super().__init__(fstart_time, fend_time)
        self.name_rule_re = name_rule_re

    @staticmethod
    def from_config(config: Mapping[str, Any]) -> NameDFilter:
        """The filter that a file writes."""
        return NameDFilter(config["name_rule_re"], config.get("filter_start_time"), config.get("filter_end_time"))

    def to_config(self) -> dict[str, Any]:
        return {**super().to_config(), "name_rule_re": self.name_rule_re}


class ExpressionDFilter(SeriesDFilter):
    """Instruments in the sessions in which a condition holds; a missing value holds."""

    def __init__(self, rule_expression: str, fstart_time: Any = None, fend_time: Any = None, keep: bool = False) -> None:
        super().__init__(fstart_time, fend_time, keep)
        self.rule_expression = rule_expression

    @staticmethod
    def from_config(config: Mapping[str, Any]) -> ExpressionDFilter:
        """The filter that a file writes."""
        ends = (config.get("filter_start_time"), config.get("filter_end_time"))
        return ExpressionDFilter(config["rule_expression"], *ends, keep=config.get("keep", False))

    def to_config(self) -> dict[str, Any]:
        return {**super().to_config(), "rule_expression": self.rule_expression, "keep": self.keep}
