"""The splitter never lets a label of training reach a test."""

import datetime
import pickle
import random

import numpy
import pandas
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


@pytest.mark.parametrize("seed", range(40))
def test_no_label_of_training_reaches_a_test(seed):
    chance = random.Random(seed)
    dates = rows(seed)
    sessions = sorted(set(dates))
    place = {session: i for i, session in enumerate(sessions)}
    ahead = [chance.randint(0, 30) for _ in dates]
    ends = [sessions[min(place[date] + n, len(sessions) - 1)] for date, n in zip(dates, ahead, strict=True)]
    embargo = chance.choice([0, 1, 5])
    splitter = bs.WalkForward(
        test=chance.choice(["year", "quarter", "month", 20]), train=chance.choice(["1y", "18m", 100, None]), embargo=embargo
    )
    tested = []
    for train, test in splitter.split(dates, label_end=ends):
        first = min(place[dates[row]] for row in test)
        assert max(place[ends[row]] for row in train) < first - embargo
        assert not {dates[row] for row in train} & {dates[row] for row in test}
        tested += test
    assert len(tested) == len(set(tested)), "no row is tested twice"


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
    with pytest.raises(bs.StudyError, match="label_end"):
        list(bs.WalkForward(test=1).split(["2024-01-02", "2024-01-03"], label_end=["2024-01-03"]))
