"""The recursions of a hidden Markov model, as the textbook writes them: makes the literals in ../regime.rs.

    python3 twin.py        (needs numpy)
"""

import numpy as np

NONE = -np.inf


def log_sum(logs):
    largest = logs.max()
    return largest if largest == NONE else largest + np.log(np.exp(logs - largest).sum())


def log_density(x, mean, covariance):
    away = x - mean
    _, log_determinant = np.linalg.slogdet(covariance)
    return -0.5 * (len(x) * np.log(2 * np.pi) + log_determinant + away @ np.linalg.solve(covariance, away))


def decode(start, transition, means, covariances, rows):
    """Log-likelihood, filtered and smoothed probabilities, the likeliest path; a row with a NaN says nothing."""
    with np.errstate(divide="ignore"):
        start, transition = np.log(start), np.log(transition)
    k, n = len(start), len(rows)
    density = np.zeros((n, k))
    for t, x in enumerate(rows):
        if not np.isnan(x).any():
            density[t] = [log_density(x, means[j], covariances[j]) for j in range(k)]
    ahead, back = np.full((n, k), NONE), np.zeros((n, k))
    best, origin = np.full((n, k), NONE), np.zeros((n, k), int)
    ahead[0] = best[0] = start + density[0]
    for t in range(1, n):
        for j in range(k):
            ahead[t, j] = density[t, j] + log_sum(ahead[t - 1] + transition[:, j])
            ways = best[t - 1] + transition[:, j]
            origin[t, j] = ways.argmax()
            best[t, j] = density[t, j] + ways.max()
    for t in range(n - 2, -1, -1):
        for i in range(k):
            back[t, i] = log_sum(transition[i] + density[t + 1] + back[t + 1])
    filtered = np.array([np.exp(row - log_sum(row)) for row in ahead])
    smoothed = np.array([np.exp(row - log_sum(row)) for row in ahead + back])
    path = [int(best[-1].argmax())]
    for t in range(n - 1, 0, -1):
        path.append(int(origin[t, path[-1]]))
    return log_sum(ahead[-1]), filtered, smoothed, path[::-1]


def show(name, *case):
    log_likelihood, filtered, smoothed, path = decode(*(np.array(part) for part in case))
    print(f"{name}: {float(log_likelihood)!r}")
    for label, table in (("filtered", filtered), ("smoothed", smoothed)):
        print(label, [float(f"{value:.15g}") for value in table.T.ravel()])
    print("viterbi", path)


NAN = float("nan")
# One series, three states; the third can only be reached, never left; an outlier of 50 standard deviations.
show(
    "line",
    [0.6, 0.4, 0.0],
    [[0.9, 0.08, 0.02], [0.1, 0.85, 0.05], [0.0, 0.0, 1.0]],
    [[0.05], [-0.1], [0.02]],
    [[[0.01]], [[0.04]], [[0.0025]]],
    [[0.04], [-0.31], [NAN], [0.12], [10.0], [-0.05], [0.03], [0.01], [0.02]],
)
# Two series with correlations, two states.
show(
    "plane",
    [0.5, 0.5],
    [[0.95, 0.05], [0.2, 0.8]],
    [[0.1, -0.2], [-0.3, 0.4]],
    [[[1.0, -0.4], [-0.4, 0.5]], [[4.0, -1.5], [-1.5, 2.0]]],
    [[0.3, -0.1], [-2.0, 1.4], [NAN, 0.2], [-3.1, 2.2], [0.6, -0.7], [0.2, NAN], [0.1, 0.1]],
)
