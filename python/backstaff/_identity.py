"""What an object is, as texts: its class, its parameters, the source of its code, the packages that it stands on."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata as metadata
import inspect
import pickle
import site
import sys
import sysconfig
import types
from pathlib import Path
from typing import Any

from backstaff.errors import StudyError

_PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...))


def digest(data: bytes) -> str:
    """A digest of bytes, as a text."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


class Identity:
    """All that shapes what an object does, for the key under which its results are kept.

    Attributes
    ----------
    fields : list of (str, str)
        The object's description; a digest of each of the user's source files that it stands on, or of the compiled code
        of what has no file; the version of each package and of Python.
    notes : list of str
        What the user should know: of what only the compiled code is known.
    """

    def __init__(self, value: Any) -> None:
        self.notes: list[str] = []
        self._code: dict[str, str] = {}
        self._modules: set[str] = set()
        self._open: set[int] = set()
        self._packages = _packages()
        self._standard = Path(sysconfig.get_path("stdlib")).resolve()
        described = self.describe(value)
        version = ".".join(map(str, sys.version_info[:2]))
        self.fields = [("object", described), ("python", version), *sorted(self._code.items())]

    def describe(self, value: Any) -> str:
        """The value as a text that is the same whenever the value is; the code that it stands on is noted."""
        if isinstance(value, _PLAIN):
            return repr(value)
        if id(value) in self._open:
            return "itself"
        self._open.add(id(value))
        try:
            return self._described(value)
        finally:
            self._open.discard(id(value))

    def _described(self, value: Any) -> str:
        if isinstance(value, list | tuple):
            return f"[{', '.join(map(self.describe, value))}]"
        if isinstance(value, set | frozenset):
            return f"{{{', '.join(sorted(map(self.describe, value)))}}}"
        if isinstance(value, dict):
            pairs = sorted((self.describe(key), self.describe(own)) for key, own in value.items())
            return f"{{{', '.join(f'{key}: {own}' for key, own in pairs)}}}"
        if isinstance(value, type):
            return self._of_class(value)
        if isinstance(value, types.FunctionType):
            return self._of_function(value)
        if isinstance(value, types.MethodType):
            return f"{self.describe(value.__self__)}.{self.describe(value.__func__)}"
        if isinstance(value, types.ModuleType):
            self._add_module(value)
            return f"module {value.__name__}"
        if isinstance(value, functools.partial):
            return f"partial({self.describe([value.func, value.args, value.keywords])})"
        if isinstance(value, types.BuiltinFunctionType):
            return f"{value.__module__}.{value.__qualname__}"
        if hasattr(value, "detach") and hasattr(value, "numpy"):
            value = value.detach().cpu().numpy()
        if hasattr(value, "tobytes") and hasattr(value, "dtype") and hasattr(value, "shape"):
            if value.dtype.kind != "O":
                return f"array({value.dtype}, {tuple(value.shape)}, {digest(value.tobytes())})"
            return f"array({self.describe(value.tolist())})"
        return self._of_object(value)

    def _of_object(self, value: Any) -> str:
        kind = self._of_class(type(value))
        if hasattr(value, "get_params"):
            parameters = value.get_params(deep=False)
            if parameters:
                return f"{kind}({self.describe(parameters)})"
        state = getattr(value, "__dict__", None)
        if state is not None and type(value).__reduce_ex__ is object.__reduce_ex__:
            return f"{kind}({self.describe(state)})"
        try:
            return f"{kind}({digest(pickle.dumps(value, protocol=5))})"
        except Exception as error:
            raise StudyError(
                f"a {type(value).__qualname__} can't be told from another one: it can't be pickled ({error}); make it in "
                "`fit`, or give `__reduce__`"
            ) from None

    def _of_class(self, value: type) -> str:
        module = sys.modules.get(value.__module__)
        if module is not None and not self._add_module(module):
            self._add_code(value)
        return f"{value.__module__}.{value.__qualname__}"

    def _of_function(self, value: types.FunctionType) -> str:
        module = sys.modules.get(value.__module__ or "")
        has_file = module is not None and self._add_module(module)
        if has_file and value.__name__ != "<lambda>" and value.__closure__ is None:
            return f"{value.__module__}.{value.__qualname__}"
        self._add_code(value)
        inside = [cell.cell_contents for cell in value.__closure__ or () if _is_set(cell)]
        return f"{value.__qualname__}({self.describe([inside, value.__defaults__, value.__kwdefaults__])})"

    def _add_module(self, module: types.ModuleType) -> bool:
        """Note what a module stands on; whether it has a file or is part of a package or of Python."""
        name = module.__name__
        file = getattr(module, "__file__", None)
        if file is None:
            return name != "__main__" and (name in sys.builtin_module_names or hasattr(module, "__path__"))
        if name in self._modules:
            return True
        self._modules.add(name)
        path = Path(file).resolve()
        if any(path.is_relative_to(folder) for folder in self._packages):
            self._add_package(name.partition(".")[0], module)
        elif not path.is_relative_to(self._standard):
            source = path.with_suffix(".py") if path.suffix == ".pyc" else path
            try:
                self._code[f"source {path.name}"] = digest(source.read_bytes())
            except OSError:
                return False
            for value in list(vars(module).values()):
                self._add_needed(value)
        return True

    def _add_needed(self, value: Any) -> None:
        if isinstance(value, types.ModuleType):
            self._add_module(value)
        elif isinstance(value, type | types.FunctionType):
            owner = sys.modules.get(value.__module__ or "")
            if owner is not None:
                self._add_module(owner)

    def _add_package(self, top: str, module: types.ModuleType) -> None:
        if f"package {top}" in self._code:
            return
        try:
            version = metadata.version(top)
        except metadata.PackageNotFoundError:
            named = metadata.packages_distributions().get(top, [])
            version = metadata.version(named[0]) if named else str(getattr(sys.modules.get(top, module), "__version__", "?"))
        self._code[f"package {top}"] = version

    def _add_code(self, value: type | types.FunctionType) -> None:
        """Note the compiled code of what has no file, and of what it names beside it."""
        name = f"code {value.__qualname__}"
        if name in self._code:
            return
        functions = [value] if isinstance(value, types.FunctionType) else list(_functions(value))
        self._code[name] = ""
        self._code[name] = digest("".join(map(self._compiled, functions)).encode())
        if not self.notes:
            self.notes.append(
                f"{value.__qualname__} has no file: it is recognised by its compiled code and by what that names; put it into a "
                "file, and a change of that file is seen as well"
            )
        if isinstance(value, type):
            for base in value.__mro__[1:-1]:
                self._of_class(base)

    def _compiled(self, function: types.FunctionType) -> str:
        code = function.__code__
        named = []
        for name in sorted(_named(code)):
            if name in function.__globals__:
                own = function.__globals__[name]
                # Frames and the like that a notebook holds are data of the notebook, not code.
                if isinstance(own, _PLAIN + (types.FunctionType, types.ModuleType, type)):
                    named.append(f"{name}={self.describe(own)}")
        return f"{function.__qualname__}: {_text(code)}; {'; '.join(named)}"


def _functions(value: type) -> Any:
    for own in vars(value).values():
        own = inspect.unwrap(getattr(own, "__func__", getattr(own, "fget", own)) or own) if own is not None else own
        if isinstance(own, types.FunctionType):
            yield own


def _named(code: types.CodeType) -> set[str]:
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _named(constant)
    return names


def _text(code: types.CodeType) -> str:
    constants = [_text(own) if isinstance(own, types.CodeType) else repr(own) for own in code.co_consts]
    return f"{code.co_code.hex()} {constants} {code.co_names} {code.co_varnames}"


def _is_set(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018
    except ValueError:
        return False
    return True


def _packages() -> set[Path]:
    """The folders of installed packages."""
    folders = [*site.getsitepackages(), site.getusersitepackages(), *(sysconfig.get_path(key) for key in ("purelib", "platlib"))]
    return {Path(folder).resolve() for folder in folders}
