"""Regions, as Qlib names them."""

REG_CN = "cn"
REG_US = "us"
REG_TW = "tw"

EPS = 1e-12
INF = float("inf")
ONE_DAY = "1day"
EPS_T = "1s"
