"""The splitter never lets a label of training reach a test."""

import datetime
import json
import pickle
import random
import subprocess
import sys
import time
from collections import Counter

import numpy
import pandas
import polars
import pyarrow
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, cross_val_score

import backstaff as bs


def rows(seed: int) -> list[datetime.date]:
    """Dates of rows in any order: several instruments, gaps, some years."""
    chance = random.Random(seed)
    days = pandas.bdate_range("2018-03-05", periods=chance.randint(300, 900))
    dates = [day.date() for day in days if chance.random() < 0.95 for _ in range(chance.randint(1, 3))]
    chance.shuffle(dates)
    return dates


@pytest.mark.parametrize("seed", range(300))
def test_no_label_of_training_reaches_a_test(seed):
    chance = random.Random(seed)
    dates = rows(seed)
    sessions = sorted(set(dates))
    place = {session: i for i, session in enumerate(sessions)}
    embargo = chance.choice([0, 1, 5])
    test = chance.choice(["year", "quarter", "month", 20])
    train = chance.choice(["1y", "18m", 100, None])
    horizon = chance.choice([0, 1, 10])
    ends = None
    known = [place[date] + horizon for date in dates]
    if chance.random() < 0.7:
        ahead = [chance.randint(0, 30) for _ in dates]
        known = [place[date] + n for date, n in zip(dates, ahead, strict=True)]
        # Some end after the last session, some are not known yet, some lie between two sessions.
        ends = [sessions[n] if n < len(sessions) else chance.choice([None, sessions[-1]]) for n in known]
        ends = [end and end + datetime.timedelta(days=chance.choice([0, 0, 1])) for end in ends]
    splitter = bs.WalkForward(test=test, train=train, horizon=horizon, embargo=embargo)
    tested, rows_of = [], Counter(dates)
    for trained, on in splitter.split(dates, label_end=ends):
        first = min(place[dates[row]] for row in on)
        assert max(known[row] for row in trained) < first - embargo
        if ends is not None:
            assert max(ends[row] for row in trained) < sessions[first]
        assert not {dates[row] for row in trained} & {dates[row] for row in on}
        assert list(trained) == sorted(trained) and list(on) == sorted(on)
        assert sum(rows_of[date] for date in {dates[row] for row in on}) == len(on), "a session is tested whole"
        tested.extend(on)
    assert len(tested) == len(set(tested)), "no row is tested twice"
    covered = {dates[row] for row in tested}
    assert covered == {session for session in sessions if session >= min(covered)}, "no session is passed over"


def in_python(code):
    """Run without NumPy and what needs it."""
    head = "import sys\nfor name in ('numpy', 'pandas', 'polars', 'pyarrow'): sys.modules[name] = None\nimport backstaff as bs\n"
    done = subprocess.run([sys.executable, "-P", "-c", head + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_without_numpy_the_folds_are_the_same():
    dates = [str(date) for date in rows(3)]
    ends = [date if i % 3 else None for i, date in enumerate(dates)]
    arguments = {"test": "quarter", "train": "1y", "embargo": 2}
    expected = [[list(map(int, part)) for part in fold] for fold in bs.WalkForward(**arguments).split(dates, label_end=ends)]
    found = in_python(
        f"import json\nfolds = bs.WalkForward(**{arguments!r}).split({dates!r}, label_end={ends!r})\nprint(json.dumps(list(folds)))"
    )
    assert found == expected


def test_dates_of_every_kind_give_the_same_folds():
    days = pandas.bdate_range("2019-01-01", periods=600).repeat(2)
    names = ["A", "B"] * 600
    splitter = bs.WalkForward(test="quarter", train="1y", horizon=3)
    expected = [[part.tolist() for part in fold] for fold in splitter.split(list(days.date))]
    at_noon = days + pandas.Timedelta(hours=12)
    frame = pandas.DataFrame({"x": 1.0, "date": days})
    for x in [
        days,
        days.to_numpy(),
        days.to_numpy().astype("datetime64[D]"),
        pandas.Series(days),
        pandas.Series(days.date),
        [str(day)[:10] for day in days],
        at_noon.tz_localize("Asia/Seoul"),
        pandas.Series(at_noon.tz_localize("America/New_York")),
        days.to_period("D"),
        frame,
        frame.rename(columns={"date": "datetime"}),
        frame.set_index("date"),
        frame.assign(instrument=names).set_index(["date", "instrument"]),
        frame.assign(instrument=names).set_index(["instrument", "date"]),
        polars.from_pandas(frame),
        polars.Series(days.date),
        polars.Series(at_noon.to_numpy()).dt.replace_time_zone("Asia/Seoul"),
        pyarrow.array(list(days.date)),
        polars.from_pandas(frame).to_arrow(),
    ]:
        found = [[part.tolist() for part in fold] for fold in splitter.split(x)]
        assert found == expected, type(x)


def test_a_level_of_the_index_may_hold_dates_that_no_row_has():
    days = pandas.bdate_range("2019-01-01", periods=600)
    whole = pandas.DataFrame({"x": 1.0}, index=pandas.MultiIndex.from_product([days, ["A", "B"]]))
    part = whole.loc[days[100] : days[399]]
    expected = list(bs.WalkForward(test=50, train=None).split(list(part.index.get_level_values(0))))
    found = list(bs.WalkForward(test=50, train=None).split(part))
    assert len(found) == len(expected) == 5
    assert all((a == b).all() for fold, other in zip(found, expected, strict=True) for a, b in zip(fold, other, strict=True))


def test_a_million_rows_take_no_time():
    days = pandas.bdate_range("2010-01-01", periods=4000)
    index = pandas.MultiIndex.from_product([days, [f"S{i}" for i in range(250)]], names=["datetime", "instrument"])
    x = pandas.DataFrame({"x": numpy.zeros(len(index))}, index=index)
    ends = index.get_level_values(0) + pandas.Timedelta(days=30)
    began = time.process_time()
    folds = list(bs.WalkForward(test="year", train="3y", embargo=5).split(x, label_end=ends))
    assert time.process_time() - began < 3
    assert len(folds) == 15 and all(part.dtype.kind == "i" for fold in folds for part in fold)


def test_horizon_and_span_count_sessions_and_months():
    dates = [day.date() for day in pandas.bdate_range("2019-01-01", "2022-12-31")]
    folds = list(bs.WalkForward(test="year", train="1y", horizon=5, embargo=2).split(dates))
    assert [dates[test[0]].year for _, test in folds] == [2020, 2021, 2022]
    train, test = folds[1]
    assert dates[train[0]] == datetime.date(2020, 1, 1)
    # Five sessions that labels look at and two of embargo lie between.
    assert test[0] - train[-1] == 5 + 2 + 1


def test_scikit_learn_takes_it():
    x = pandas.DataFrame({"x": numpy.arange(800.0)}, index=pandas.bdate_range("2019-01-01", periods=800))
    splitter = bs.WalkForward(test="quarter", train="1y")
    scores = cross_val_score(Ridge(), x, x["x"], cv=splitter)
    assert len(scores) == splitter.get_n_splits(x) > 5
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=splitter)
    search.fit(x.to_numpy(), x["x"].to_numpy(), groups=list(x.index))
    assert search.best_params_["alpha"] == 0.1
    # scikit-learn hands no ends of labels on: the folds are made before.
    ends = x.index + pandas.Timedelta(days=60)
    folds = list(splitter.split(x, label_end=ends))
    assert len(cross_val_score(Ridge(), x, x["x"], cv=folds)) == len(folds)
    assert all(ends[trained].max() < x.index[on].min() for trained, on in folds)
    search = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, cv=folds, n_jobs=2).fit(x, x["x"])
    assert search.cv_results_["split0_test_score"].shape == (2,) and search.n_splits_ == len(folds)
    by_both = x.assign(instrument="A").set_index("instrument", append=True)
    assert splitter.get_n_splits(by_both) == splitter.get_n_splits(x)
    assert repr(pickle.loads(pickle.dumps(splitter))) == repr(splitter)


def test_what_makes_no_sense_is_refused():
    for arguments in [{"test": "week"}, {"test": 0}, {"train": "3 years"}, {"horizon": -1}, {"embargo": 0.5}]:
        with pytest.raises(bs.StudyError):
            bs.WalkForward(**arguments)
    with pytest.raises(bs.StudyError, match="no date"):
        list(bs.WalkForward().split([[1.0], [2.0]]))
    with pytest.raises(bs.StudyError, match="groups"):
        list(bs.WalkForward().split(pandas.DataFrame({"x": [1.0]})))
    with pytest.raises(bs.StudyError, match="no fold"):
        list(bs.WalkForward().split(["2024-01-02", "2024-01-03"]))
    with pytest.raises(bs.StudyError, match="no fold"):
        list(bs.WalkForward().split([]))
    with pytest.raises(bs.StudyError, match="a row has no date"):
        list(bs.WalkForward().split([None, "2024-01-03"]))
    with pytest.raises(bs.StudyError, match="a row has no date"):
        list(bs.WalkForward().split(pandas.DatetimeIndex(["2024-01-02", None])))
    with pytest.raises(bs.StudyError, match="label_end"):
        list(bs.WalkForward(test=1).split(["2024-01-02", "2024-01-03"], label_end=["2024-01-03"]))
