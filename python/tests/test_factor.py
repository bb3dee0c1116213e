"""A feature is judged as the command line judges it."""

import json

import polars
import pytest
from conftest import market, program

import backstaff as bs

FEATURE = "CsRank($close / Ref($close, 5) - 1)"


@pytest.fixture(scope="module")
def long():
    return market(instruments=8, sessions=300)


def test_a_judgement_is_that_of_the_command_line(long, tmp_path):
    path = tmp_path / "prices.parquet"
    long.to_parquet(path, index=False)
    done = program("factor", "--data", path, FEATURE, "--json")
    assert done.returncode == 0, done.stderr
    expected = json.loads(done.stdout)
    for data in [path, long, polars.from_pandas(long), bs.read(long), bs.read(path)]:
        judgement = bs.factor(FEATURE, data)
        for key in ["verdict", "horizons", "years", "series", "coverage"]:
            assert judgement[key] == expected[key], key


def test_a_judgement_is_a_page_and_numbers(long, tmp_path):
    judgement = bs.factor(FEATURE, long, horizons=[1, 5], quantiles=3)
    assert list(judgement.quantiles) == [1, 5] and len(judgement.quantiles[5]) == 3
    assert set(judgement.ic) <= set(long["date"].astype(str))
    assert repr(judgement) == judgement.summary and judgement["verdict"]["sentence"] in judgement.summary
    assert "<iframe srcdoc=" in judgement._repr_html_()
    judgement.save(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!doctype html>") and judgement["verdict"]["sentence"] in page
    assert not any("frame.parquet" in text for text in [page, repr(judgement), json.dumps(dict(judgement))])


def test_a_feature_that_looks_ahead_is_refused(long):
    with pytest.raises(bs.Error, match="ahead|future"):
        bs.factor("Ref($close, -1) / $close - 1", long)
    with pytest.raises(bs.ExpressionError):
        bs.factor("$clsoe", long)
    with pytest.raises(bs.StudyError, match="quantiles"):
        bs.factor("$close", long, quantiles=1)
    with pytest.raises(bs.StudyError, match="execution|unknown variant"):
        bs.factor("$close", long, execution="noon")
