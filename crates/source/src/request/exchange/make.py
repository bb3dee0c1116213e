"""Writes the sessions of exchanges that ship with the program, from the Python package exchange_calendars.

    pip install exchange_calendars==4.13.2
    python make.py

A file lists the weekdays without a session (and weekends with one, after a +), one year a line. Run it again with a
newer version of the package when the test `calendars_reach_a_year_ahead` says so.
"""

import importlib.metadata
import pathlib

import exchange_calendars
import pandas

# The largest by the value of share trading in the statistics of the World Federation of Exchanges (electronic order
# books), as far as the package has them from 1997 at the latest. Exchanges that share the sessions of another one are
# names in exchange.rs: Nasdaq those of XNYS, Shenzhen those of XSHG, the NSE of India those of XBOM.
EXCHANGES = [
    "XNYS", "XSHG", "XTKS", "XKRX", "XHKG", "XBOM", "XLON", "XPAR", "XETR", "XTSE", "XTAI", "XSWX", "XASX", "BVMF", "XSTO",
]
FIRST, LAST = 1990, 2030


def years(code):
    """The whole years that the package knows of an exchange."""
    factory = exchange_calendars.calendar_utils._default_calendar_factories[code]
    low, high = factory.bound_min(), factory.bound_max()
    first = FIRST if low is None else max(FIRST, low.year + ((low.month, low.day) > (1, 1)))
    last = LAST if high is None else min(LAST, high.year - ((high.month, high.day) < (12, 31)))
    return first, last


def text(code):
    first, last = years(code)
    calendar = exchange_calendars.get_calendar(code, start=f"{first}-01-01", end=f"{last}-12-31")
    sessions = set(calendar.sessions)
    version = importlib.metadata.version("exchange_calendars")
    coming = "Years to come are as announced or by rule." if last == LAST else "Holidays are announced year by year."
    lines = [
        f"# {code}: weekdays without a session, one year a line; a date after + is a weekend with one.",
        f"# Range: {first}-01-01 to {last}-12-31. From the Python package exchange_calendars {version} (Apache-2.0,",
        f"# https://github.com/gerrymanoim/exchange_calendars). {coming}",
    ]
    for year in range(first, last + 1):
        dates = []
        for date in pandas.date_range(f"{year}-01-01", f"{year}-12-31"):
            if date.dayofweek < 5 and date not in sessions:
                dates.append(date.strftime("%m%d"))
            elif date.dayofweek >= 5 and date in sessions:
                dates.append(date.strftime("+%m%d"))
        lines.append(" ".join([f"{year}:", *dates]))
    return "\n".join(lines) + "\n"


for code in EXCHANGES:
    (pathlib.Path(__file__).parent / f"{code.lower()}.txt").write_text(text(code))
