"""What ``qlib.init`` was told, under the names that scripts read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from backstaff import _native
from backstaff.errors import StudyError
from backstaff.qlib.constant import REG_CN, REG_TW, REG_US

__all__ = ["C", "REG_CN", "REG_TW", "REG_US", "Config"]

# What steers Qlib's own machinery and changes no number.
_OF_QLIB = (
    "auto_mount calendar_cache clear_mem_cache dataset_cache default_conf default_disk_cache default_exp_name "
    "expression_cache joblib_backend kernels local_cache_path logging_config logging_level maxtasksperchild "
    "mem_cache_expire mem_cache_limit_type mem_cache_size_limit min_data_shift mount_path redis_host redis_password "
    "redis_port redis_task_db skip_if_reg mongo task_url task_db_name timeout flask_server flask_port"
).split()
_OURS = ["exp_manager", "exp_uri", "provider_uri", "region", "trust_pickles"]
_REFUSED = {
    "custom_ops": "operators of one's own are Python; write the feature as an expression, or compute the column and load it "
    "by a StaticDataLoader",
    "dataset_provider": "data come from the folder; inside the real Qlib use backstaff.qlib_provider",
    "expression_provider": "data come from the folder; inside the real Qlib use backstaff.qlib_provider",
    "feature_provider": "data come from the folder",
    "calendar_provider": "data come from the folder",
    "instrument_provider": "data come from the folder",
    "pit_provider": "data come from the folder",
    "provider": "data come from the folder",
}
_REGIONS: dict[str, dict[str, Any]] = {
    REG_CN: {"trade_unit": 100, "limit_threshold": 0.095, "deal_price": "close"},
    REG_US: {"trade_unit": 1, "limit_threshold": None, "deal_price": "close"},
    REG_TW: {"trade_unit": 1000, "limit_threshold": 0.1, "deal_price": "close"},
}


def check_arguments(kwargs: Mapping[str, Any]) -> None:
    """Fail if ``qlib.init`` is told what is not known, or what would change the numbers."""
    for key, value in kwargs.items():
        if key in _REFUSED and value is not None and not (key == "custom_ops" and not value):
            raise StudyError(f"qlib.init({key}=...): {_REFUSED[key]}")
        if key not in _OF_QLIB and key not in _OURS and key not in _REFUSED:
            near = get_close_matches(key, [*_OF_QLIB, *_OURS], n=1)
            raise StudyError(f"qlib.init has no argument {key}" + (f"; did you mean {near[0]}?" if near else ""))
    region = kwargs.get("region")
    if region is not None and region not in _REGIONS:
        raise StudyError(f"qlib.init(region={region!r}): there are {', '.join(_REGIONS)}")


class Config:
    """The settings, as attributes and as items."""

    class _Places:
        """Where data are: ``C.dpm``."""

        def __init__(self, config: Config) -> None:
            self._config = config

        def get_data_uri(self, freq: str | None = None) -> Path:
            """The folder of the data."""
            return self._config.folder_path()

    def __init__(self) -> None:
        self._set: dict[str, Any] = {}
        self._folder: tuple[Any, _native.QlibFolder] | None = None
        self.registered = False
        self.set()

    def set(self, default_conf: str = "client", **kwargs: Any) -> None:
        """Forget what was said, and take this."""
        self._set = {"provider_uri": "~/.qlib/qlib_data/cn_data", "region": REG_CN, "exp_manager": None, "kernels": 1}
        self._set |= {"logging_level": 20, "trust_pickles": False, "default_exp_name": "Experiment"}
        self._set |= {key: value for key, value in kwargs.items() if value is not None}
        self._set = _REGIONS[self._set["region"]] | self._set
        self._folder = None

    def register(self) -> None:
        """Let the settings hold."""
        from backstaff.qlib.workflow import R

        R.reset(self._set["exp_manager"])
        self.registered = True

    @property
    def dpm(self) -> Config._Places:
        """Where data are."""
        return Config._Places(self)

    def folder_path(self) -> Path:
        """The folder of the data."""
        uri = self._set["provider_uri"]
        if isinstance(uri, Mapping):
            uri = uri.get("day", uri.get("__DEFAULT_FREQ"))
            if uri is None:
                raise StudyError("qlib.init(provider_uri=...): name the folder of daily data, {'day': FOLDER}")
        return Path(os.fspath(uri).removeprefix("file://")).expanduser()

    def folder(self) -> _native.QlibFolder:
        """The folder of the data, opened."""
        path = self.folder_path()
        stamp = (str(path), *(_changed(path / name) for name in ("calendars", "instruments", "features")))
        if self._folder is None or self._folder[0] != stamp:
            if not (path / "calendars" / "day.txt").is_file():
                raise StudyError(
                    f"{path} is no folder of Qlib's data: it has no calendars/day.txt; name one by "
                    "qlib.init(provider_uri=FOLDER), or make one of prices: `backstaff qlib dump --data FILE --out FOLDER`"
                )
            self._folder = (stamp, _native.QlibFolder(path))
        return self._folder[1]

    def get(self, key: str, default: Any = None) -> Any:
        """A setting, or the default."""
        return self._set.get(key, default)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Change settings."""
        self._set.update(*args, **kwargs)
        self._folder = None

    def __getitem__(self, key: str) -> Any:
        return self._set[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.update({key: value})

    def __contains__(self, key: str) -> bool:
        return key in self._set

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        try:
            return self._set[key]
        except KeyError:
            known = ", ".join(sorted(self._set))
            raise AttributeError(f"qlib.config.C has no {key!r} here (known: {known})") from None


def _changed(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0


C = Config()
