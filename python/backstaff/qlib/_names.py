"""The names of Qlib's modules for these: ``qlib.data`` is ``backstaff.qlib.data``, the same object."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

OURS = "backstaff.qlib"
THEIRS = "qlib"

# What the wheel that brings the names themselves writes into its package.
MARK = "_is_backstaff"

_OTHERWISE = {
    "contrib.model.pytorch": "run the network as a model of your own (`module_path` of its file), or hand its scores to "
    "`backstaff qrun WORKFLOW.yaml --predictions FILE`",
    "contrib.report": "`backstaff run` writes a report, and `backstaff.metrics` computes its numbers",
    "contrib.rolling": "`bs.WalkForward` trains rolling models",
    "contrib.online": "`backstaff run` with a newer end extends what is there",
    "workflow.online": "`backstaff run` with a newer end extends what is there",
    "workflow.task": "`bs.WalkForward` trains rolling models",
    "rl": "it has no counterpart here",
}


class UnknownName(ImportError):
    """A name of Qlib's that is not here."""


class _Same(Loader):
    """Loads a module by giving the one that is meant."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module
        self._spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        # The machinery has given it the spec of the other name.
        module.__spec__ = self._spec

    def get_code(self, fullname: str) -> Any:
        """The code, for ``python -m``."""
        loader = None if self._spec is None else self._spec.loader
        return loader.get_code(self._module.__name__) if isinstance(loader, InspectLoader) else None


class _Names(MetaPathFinder):
    """Finds ``qlib`` and what is below it."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != THEIRS and not fullname.startswith(f"{THEIRS}."):
            return None
        ours = OURS + fullname.removeprefix(THEIRS)
        if importlib.util.find_spec(ours) is None:
            raise ModuleNotFoundError(unknown_module(ours), name=fullname)
        module = importlib.import_module(ours)
        return ModuleSpec(fullname, _Same(module), is_package=hasattr(module, "__path__"))


class _Unknown(MetaPathFinder):
    """Says what to do about modules of Qlib's that are not here; asked after all others."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname.startswith(f"{OURS}.") and "__" not in fullname:
            raise ModuleNotFoundError(unknown_module(fullname), name=fullname)
        return None


def take() -> None:
    """Let these modules have Qlib's names in this process, also where the real Qlib is installed."""
    if not any(isinstance(finder, _Names) for finder in sys.meta_path):
        for name in [name for name in sys.modules if name == THEIRS or name.startswith(f"{THEIRS}.")]:
            del sys.modules[name]
        sys.meta_path.insert(0, _Names())


def offer() -> None:
    """Let them have Qlib's names where the real Qlib is neither imported nor installed."""
    if not any(isinstance(finder, _Unknown) for finder in sys.meta_path):
        sys.meta_path.append(_Unknown())
    if THEIRS in sys.modules:
        return
    found = PathFinder.find_spec(THEIRS)
    if found is None or _is_ours(found):
        take()


def _is_ours(spec: ModuleSpec) -> bool:
    return spec.origin is not None and MARK in Path(spec.origin).read_text(encoding="utf-8", errors="replace")


def resolved(module: str) -> str:
    """The module that a workflow means by a path: one of Qlib's is ours."""
    return OURS + module.removeprefix(THEIRS) if module == THEIRS or module.startswith(f"{THEIRS}.") else module


def unknown_module(fullname: str) -> str:
    """What to say of a module that is not here."""
    name = fullname.removeprefix(f"{OURS}.")
    root = Path(__file__).parent
    known = [str(path.relative_to(root).with_suffix("")).replace("/", ".") for path in root.rglob("[!_]*.py")]
    known += [str(path.parent.relative_to(root)).replace("/", ".") for path in root.rglob("*/__init__.py")]
    near = get_close_matches(name, known, n=1)
    otherwise = next((words for start, words in _OTHERWISE.items() if name.startswith(start)), None)
    ways = [f"the nearest is qlib.{near[0]}"] if near and otherwise is None else []
    ways += [otherwise] if otherwise else []
    return f"backstaff has no module qlib.{name}" + "".join(f"; {way}" for way in ways)


def refuse(module: str, known: Sequence[str], otherwise: str = "") -> Any:
    """The function ``__getattr__`` of a module, which names the nearest of what is there."""

    def unknown(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        place = Path(sys.modules[module].__file__ or "").parent / name
        if hasattr(sys.modules[module], "__path__") and (place.is_dir() or place.with_suffix(".py").is_file()):
            return importlib.import_module(f"{module}.{name}")
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else f" (known: {', '.join(known)})"
        theirs = module.replace(OURS, THEIRS)
        raise UnknownName(f"backstaff has no {name} in {theirs}{hint}" + (f"; {otherwise}" if otherwise else ""), name=name)

    return unknown
