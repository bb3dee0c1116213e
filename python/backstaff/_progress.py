"""How far long work is: a line that moves in a terminal or notebook, plain lines elsewhere."""

from __future__ import annotations

import sys
from typing import Any

_Ended = list[tuple[str, bool, float]]


def progress(wanted: bool) -> Progress | None:
    """What shows the progress of one call; None if it is not wanted."""
    return Progress() if wanted else None


class Progress:
    """Shows the stages of one call as they end, and the one that is being worked at."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._display = _notebook_display()
        self._is_terminal = self._display is None and sys.stderr.isatty()

    def __call__(self, ended: _Ended, now: tuple[str, float] | None) -> None:
        lines = [f"{name:<12} {'computed' if computed else 'found':<9}{seconds:7.2f} s" for name, computed, seconds in ended]
        self._lines += lines
        moving = [f"{now[0]:<12} {now[1]:4.0%}"] if now else []
        if self._display is not None:
            self._display.update({"text/plain": "\n".join(self._lines + moving)}, raw=True)
        elif self._is_terminal:
            text = "".join(f"{line}\n" for line in lines) + "".join(moving)
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        elif lines:
            print("\n".join(lines), file=sys.stderr, flush=True)


def _notebook_display() -> Any:
    interactive = sys.modules.get("IPython")
    shell = interactive.get_ipython() if interactive is not None else None
    if shell is None or not hasattr(shell, "kernel"):
        return None
    from IPython.display import display

    return display({"text/plain": ""}, raw=True, display_id=True)
