"""Models of one's own, as a study's file names them."""

import numpy


class Mean:
    """The mean of the features, after a shift that fitting learns."""

    def __init__(self, sign=1.0):
        self.sign = sign

    def fit(self, x, y, sample_weight=None, dates=None, instruments=None):
        assert len(dates) == len(instruments) == len(y) == len(x)
        self.level = numpy.nanmean(y)
        return self

    def predict(self, x):
        return self.sign * numpy.nanmean(x, axis=1) + self.level


def make(sign=1.0):
    return Mean(sign)
