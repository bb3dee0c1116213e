"""The curve of a portfolio, as a picture for notebooks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

_SIZE = (640, 160)
# More points than a picture has columns only make it heavy.
_MOST = 1_000


def curve(curve: Mapping[str, Any] | None) -> str:
    """The equity of ``portfolio`` in ``sessions`` as a line of SVG, on a scale of logarithms; empty if it can't be drawn."""
    if not curve or len(curve["equity"]) < 2 or min(curve["equity"]) <= 0:
        return ""
    width, height = _SIZE
    every = max(1, len(curve["equity"]) // _MOST)
    last = len(curve["equity"]) - 1
    places = sorted({*range(0, last, every), last})
    levels = [math.log(curve["equity"][i]) for i in places]
    low, span = min(levels), max(levels) - min(levels) or 1.0
    points = (f"{i * width / last:.1f},{height * (1 - (y - low) / span):.1f}" for i, y in zip(places, levels, strict=True))
    line = f'<polyline points="{" ".join(points)}" fill="none" stroke="currentColor" stroke-width="1.2"/>'
    title = f"{curve['portfolio']}: {curve['sessions'][0]} to {curve['sessions'][-1]}, equity, logarithmic"
    return f'<svg viewBox="0 -4 {width} {height + 8}" width="{width}">{line}</svg><p>{escape(title)}</p>'
