"""A small market in Qlib's layout, the same bytes on every machine: sums and products of whole numbers alone."""

from datetime import date, timedelta
from pathlib import Path

import numpy

SESSIONS, NAMES = 200, [f"S{i:02}" for i in range(10)] + ["BENCH"]
FIELDS = ("open", "high", "low", "close", "volume", "vwap", "factor", "change")


class Draw:
    """Whole numbers that look random."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, n: int) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n


def calendar() -> list[date]:
    """Weekdays from the second of January 2020 on."""
    days = (date(2020, 1, 2) + timedelta(days=k) for k in range(2 * SESSIONS))
    return [day for day in days if day.weekday() < 5][:SESSIONS]


def bars(name: str) -> dict[str, numpy.ndarray]:
    """The bars of an instrument: one is listed late, one halts for three sessions."""
    draw = Draw(NAMES.index(name) + 7)
    close = 5_000 + draw.below(5_000)
    rows = []
    for _ in range(SESSIONS):
        before = close
        close = max(close * (10_000 + draw.below(801) - 399) // 10_000, 100)
        opened = max(before + (draw.below(61) - 30), 50)
        high, low = max(opened, close) + draw.below(60), min(opened, close) - draw.below(40)
        volume = 100 * (1_000 + draw.below(90_000))
        rows.append(
            [
                opened / 100,
                high / 100,
                low / 100,
                close / 100,
                volume,
                (opened + high + low + close) / 400,
                1.0,
                close / before - 1,
            ]
        )
    values = numpy.array(rows).T.astype("<f4")
    if name == "S03":
        values[:, 90:93] = numpy.nan
    return dict(zip(FIELDS, values, strict=True))


def write(root: Path) -> Path:
    """Write the folder, and return it."""
    days = calendar()
    for part in ("calendars", "instruments"):
        (root / part).mkdir(parents=True)
    (root / "calendars" / "day.txt").write_text("".join(f"{day}\n" for day in days))
    lines = []
    for name in NAMES:
        first = 40 if name == "S05" else 0
        lines.append((name, days[first], days[-1]))
        place = root / "features" / name.lower()
        place.mkdir(parents=True)
        for field, values in bars(name).items():
            numpy.concatenate([numpy.array([first], dtype="<f4"), values[first:]]).tofile(place / f"{field}.day.bin")
    markets = {
        "all": lines,
        "stocks": [line for line in lines if line[0] != "BENCH"],
        "some": [
            ("S01", days[0], days[99]),
            ("S01", days[120], days[150]),
            ("S04", days[10], days[-1]),
            ("S05", days[0], days[-1]),
        ],
    }
    for name, own in markets.items():
        (root / "instruments" / f"{name}.txt").write_text("".join("\t".join(map(str, line)) + "\n" for line in own))
    return root
