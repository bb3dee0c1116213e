"""The examples of the docstrings."""

import doctest
import importlib
import pkgutil

import pandas
import pytest

import backstaff

MODULES = [name for _, name, _ in pkgutil.iter_modules(backstaff.__path__) if name not in ("_native", "__main__")]


@pytest.mark.parametrize("name", ["", *MODULES])
@pytest.mark.filterwarnings("ignore::backstaff.DataWarning")
def test_examples_say_what_happens(name, parquet):
    module = importlib.import_module(f"backstaff.{name}".rstrip("."))
    dates = pandas.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04"] * 2)
    bars = {"date": dates, "instrument": list("AAABBB"), "close": [10.0, 11.0, 12.0, 20.0, 19.0, 21.0]}
    names = {"bs": backstaff, "frame": pandas.DataFrame(bars), "path": str(parquet)}
    assert doctest.testmod(module, extraglobs=names).failed == 0


def test_every_public_name_is_documented():
    for name in backstaff.__all__:
        member = getattr(backstaff, name)
        assert member.__doc__, name
        for part, value in vars(member).items():
            if not part.startswith("_") and (callable(value) or isinstance(value, property)):
                assert value.__doc__, f"{name}.{part}"
