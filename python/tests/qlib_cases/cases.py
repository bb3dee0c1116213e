"""What is asked of Qlib and of ours in the same words; ``q`` gives a module by its path below ``qlib``."""

import numpy
import pandas
from market import NAMES, Draw, calendar

DAYS = [str(day) for day in calendar()]
SEGMENTS = {"train": (DAYS[70], DAYS[129]), "valid": (DAYS[130], DAYS[154]), "test": (DAYS[155], DAYS[189])}
# Qlib's EMA is not among them: it depends on where the query begins, and ours does not.
FIELDS = [
    "$close", "Ref($close, 1)/$close", "Mean($volume, 5)", "$close>Ref($close, 1)", "Std($close, 10)", "Slope($close, 10)",
    "Corr($close, Log($volume+1), 20)", "WMA($close, 5)", "Rank($close, 10)", "IdxMax($high, 20)",
    "If($close>Mean($close, 5), $high, $low)", "Ref($close, -2)/Ref($close, -1)-1",
]  # fmt: skip
TERMS = {"limit_threshold": 0.035, "deal_price": "close", "open_cost": 0.0005, "close_cost": 0.0015, "min_cost": 5}


def scores():
    """Distinct scores by date and instrument; some are missing."""
    draw = Draw(99)
    rows = {}
    for day in DAYS[100:190]:
        for name in NAMES[:-1]:
            value = draw.below(10**6)
            if value % 17:
                rows[pandas.Timestamp(day), name] = value / 10**6
    index = pandas.MultiIndex.from_tuples(list(rows), names=["datetime", "instrument"])
    return pandas.Series(list(rows.values()), index=index, name="score").to_frame()


def features(q):
    data = q("data").D
    yield "features", data.features(data.instruments("some"), FIELDS, DAYS[60], DAYS[160])
    yield "features of names", data.features(["S03", "S05"], FIELDS[:3], DAYS[30], DAYS[95])
    filters = q("data.filter")
    pipe = [filters.NameDFilter("S0[1-4]"), filters.ExpressionDFilter("$close>Mean($close, 10)")]
    yield "filtered", data.features(data.instruments("stocks", filter_pipe=pipe), ["$close"], DAYS[100], DAYS[120])
    listed = data.list_instruments(data.instruments("some"), start_time=DAYS[50], end_time=DAYS[130])
    yield "spans", pandas.DataFrame([(name, *span) for name, spans in sorted(listed.items()) for span in spans]).astype(str)
    yield "calendar", pandas.Series(numpy.array(data.calendar(DAYS[3], DAYS[9])).astype("datetime64[D]").astype(str))


def alpha(q):
    handlers, dataset = q("contrib.data.handler"), q("data.dataset")
    dates = {"start_time": DAYS[70], "end_time": DAYS[195], "fit_start_time": DAYS[70], "fit_end_time": DAYS[129]}
    robust = [
        {"class": "RobustZScoreNorm", "kwargs": {"fields_group": "feature", "clip_outlier": True}},
        {"class": "Fillna", "kwargs": {"fields_group": "feature"}},
    ]
    ranked = [{"class": "DropnaLabel"}, {"class": "CSRankNorm", "kwargs": {"fields_group": "label"}}]
    own = handlers.Alpha158(instruments="stocks", infer_processors=robust, learn_processors=ranked, **dates)
    data = dataset.DatasetH(own, SEGMENTS)
    yield "Alpha158", data.prepare(slice(DAYS[150], DAYS[158]), data_key="raw")
    some = ["KMID", "ROC5", "RSV10", "STD60", "VSUMD5", "LABEL0"]
    for key in ("infer", "learn"):
        for segment in ("train", "test"):
            frame = data.prepare(segment, col_set=["feature", "label"], data_key=key).droplevel(0, axis=1)[some]
            yield f"{key} {segment}", frame
    yield "label", data.prepare("valid", col_set="label", data_key="raw")
    a360 = handlers.Alpha360(
        instruments="some", start_time=DAYS[100], end_time=DAYS[130], fit_start_time=DAYS[100], fit_end_time=DAYS[120]
    )
    yield "Alpha360", a360.fetch(slice(DAYS[100], DAYS[108]), col_set="feature").iloc[:, ::30]
    yield from models(q, data)


def models(q, data):
    lgb = q("contrib.model.gbdt").LGBModel(
        loss="mse", learning_rate=0.2, num_leaves=7, min_data_in_leaf=20, num_threads=1, num_boost_round=30
    )
    with q("workflow").R.start(experiment_name="cases"):
        lgb.fit(data)
    yield "LGBModel", lgb.predict(data)
    for kind in ("ols", "ridge", "lasso"):
        alpha = {"ols": 0.0, "ridge": 1.0, "lasso": 0.001}[kind]
        linear = q("contrib.model.linear").LinearModel(estimator=kind, alpha=alpha, fit_intercept=kind != "ols")
        linear.fit(narrow(q, data))
        yield kind, linear.predict(narrow(q, data))
    ensemble = q("contrib.model.double_ensemble").DEnsembleModel(
        num_models=3, enable_sr=True, enable_fs=False, bins_sr=5, decay=0.5, epochs=10, sample_ratios=[0.8, 0.7, 0.6, 0.5, 0.4],
        sub_weights=[1, 0.5, 0.5], learning_rate=0.2, num_leaves=7, num_threads=1, min_data_in_leaf=20,
    )  # fmt: skip
    ensemble.fit(data)
    yield "DEnsembleModel", ensemble.predict(data)


def narrow(q, data):
    """A dataset of few features, whose least squares are well defined."""
    handler, loader = q("data.dataset.handler"), q("data.dataset.loader")
    fields = (["$close/Ref($close, 5)-1", "$volume/Mean($volume, 10)", "Std($close, 5)/$close"], ["A", "B", "C"])
    config = {"feature": fields, "label": (["Ref($close, -2)/Ref($close, -1)-1"], ["LABEL0"])}
    learn = [{"class": "DropnaProcessor", "kwargs": {"fields_group": "feature"}}, {"class": "DropnaLabel"}]
    infer = [{"class": "Fillna", "kwargs": {"fields_group": "feature"}}]
    own = handler.DataHandlerLP(
        "stocks", DAYS[70], DAYS[195], loader.QlibDataLoader(config), infer, learn, process_type="independent"
    )
    return q("data.dataset").DatasetH(own, SEGMENTS)


def processors(q):
    module, loader = q("data.dataset.processor"), q("data.dataset.loader")
    config = {
        "feature": (["$close/Ref($close, 1)-1", "Log($volume-8000000)", "$high-$low"], ["A", "B", "C"]),
        "label": (["$open"], ["L"]),
    }
    frame = loader.QlibDataLoader(config).load("stocks", DAYS[85], DAYS[100])
    fitted = {"fit_start_time": DAYS[85], "fit_end_time": DAYS[92]}
    asked = {
        "DropnaProcessor": {"fields_group": "feature"}, "DropnaLabel": {}, "DropCol": {"col_list": ["B"]},
        "FilterCol": {"fields_group": "feature", "col_list": ["A", "C"]}, "ProcessInf": {}, "Fillna": {"fill_value": 2},
        "MinMaxNorm": fitted, "ZScoreNorm": fitted, "RobustZScoreNorm": {**fitted, "fields_group": "feature"},
        "CSZScoreNorm": {"fields_group": "feature"}, "CSRankNorm": {"fields_group": "label"}, "CSZFillna": {"fields_group": "feature"},
    }  # fmt: skip
    for name, kwargs in asked.items():
        one = getattr(module, name)(**kwargs)
        own = frame.copy()
        own[("feature", "B")] = own[("feature", "B")].astype("float32")
        if name not in ("ProcessInf",):
            own = own.replace([numpy.inf, -numpy.inf], numpy.nan)
        one.fit(own)
        yield name, one(own)


def windows(q):
    handler, loader = q("data.dataset.handler"), q("data.dataset.loader")
    config = {"feature": (["$close", "$volume/1000"], ["A", "B"]), "label": (["$open"], ["L"])}
    own = handler.DataHandlerLP("stocks", DAYS[60], DAYS[110], loader.QlibDataLoader(config))
    data = q("data.dataset").TSDatasetH(handler=own, segments={"test": (DAYS[88], DAYS[96])}, step_len=6)
    for fill in ("none", "ffill", "ffill+bfill"):
        samples = data.prepare("test", col_set=["feature", "label"], data_key="raw")
        samples.config(fillna_type=fill)
        found = samples[[0, 3, 30, len(samples) - 1]]
        yield f"windows {fill}", pandas.DataFrame(found.reshape(-1, 3))
    yield "window index", pandas.Series(1.0, index=samples.get_index())


def portfolios(q):
    evaluate, strategies = q("contrib.evaluate"), q("contrib.strategy")
    executor = {
        "class": "SimulatorExecutor",
        "module_path": "qlib.backtest.executor",
        "kwargs": {"time_per_step": "day", "generate_portfolio_metrics": True},
    }
    pred = scores()

    class Best(strategies.WeightStrategyBase):
        def generate_target_weight_position(self, score, current, trade_start_time, trade_end_time):
            return {name: 0.25 for name in score["score"].sort_values().index[-4:]}

    made = {
        "dropout": strategies.TopkDropoutStrategy(signal=pred, topk=4, n_drop=1),
        "held": strategies.TopkDropoutStrategy(
            signal=pred, topk=4, n_drop=2, hold_thresh=3, only_tradable=True, risk_degree=0.8
        ),
        "weights": Best(signal=pred),
    }
    for name, strategy in made.items():
        found = q("backtest").backtest(DAYS[101], DAYS[188], strategy, executor, "BENCH", 1e6, TERMS)
        report, held = found[0]["1day"]
        yield f"report {name}", report
        yield f"indicators {name}", found[1]["1day"][0]
        last = held[max(held)].position
        rows = {
            key: [last[key][part] for part in ("amount", "price", "count_day")]
            for key in sorted(last)
            if isinstance(last[key], dict)
        }
        yield f"positions {name}", pandas.DataFrame(rows).T.astype(float)
        for mode in ("sum", "product"):
            yield f"risk {name} {mode}", evaluate.risk_analysis(report["return"] - report["bench"], freq="day", mode=mode)
        yield f"fills {name}", evaluate.indicator_analysis(found[1]["1day"][0])
    data = q("data").D
    label = (
        data.features(data.instruments("stocks"), ["Ref($close, -2)/Ref($close, -1)-1"], DAYS[100], DAYS[189])
        .swaplevel()
        .sort_index()
        .iloc[:, 0]
    )
    measures = q("contrib.eva.alpha")
    for name, found in zip(
        ("ic", "ric", "long short", "average"),
        (*measures.calc_ic(pred["score"], label), *measures.calc_long_short_return(pred["score"], label)),
        strict=True,
    ):
        yield name, found


CASES = (features, alpha, processors, windows, portfolios)
