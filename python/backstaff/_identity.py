"""What an object is, as texts: its class, its parameters, the source of its code, the packages that it stands on."""

from __future__ import annotations

import functools
import hashlib
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
        self._compiled_of: set[int] = set()
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
        self._add_source(value, value.__module__, value.__qualname__)
        return f"{_named_as(value.__module__)}.{value.__qualname__}"

    def _of_function(self, value: types.FunctionType) -> str:
        self._add_source(value, value.__module__ or "", value.__qualname__)
        return f"{_named_as(value.__module__ or '')}.{value.__qualname__}"

    def _add_source(self, value: type | types.FunctionType, name: str, qualname: str) -> None:
        """Note what the code of a class or function is: the package that it belongs to, or its source and what was compiled.

        One file can make many classes of a name, in functions for instance, so that its source alone does not say which.
        """
        module = sys.modules.get(name)
        place = None if module is None else self._add_module(module)
        if place == "package" and _found(module, qualname) is value:
            return
        self._add_code(value)
        if place is None and not self.notes:
            self.notes.append(
                f"{qualname} has no file: it is recognised by its compiled code and by what that names; put it into a "
                "file, and a change of that file is seen as well"
            )

    def _add_module(self, module: types.ModuleType) -> str | None:
        """Note what a module stands on; whether it is a ``file`` of the user's or part of a ``package`` or of Python."""
        name = module.__name__
        file = getattr(module, "__file__", None)
        if file is None:
            is_builtin = name in sys.builtin_module_names or hasattr(module, "__path__")
            return "package" if name != "__main__" and is_builtin else None
        path = Path(file).resolve()
        is_package = any(path.is_relative_to(folder) for folder in self._packages)
        if not is_package and path.is_relative_to(self._standard):
            return "package"
        if name in self._modules:
            return "package" if is_package else "file"
        self._modules.add(name)
        if is_package:
            self._add_package(name.partition(".")[0], module)
            return "package"
        source = path.with_suffix(".py") if path.suffix == ".pyc" else path
        try:
            self._code[f"source {path.name}"] = digest(source.read_bytes())
        except OSError:
            return None
        for value in list(vars(module).values()):
            self._add_needed(value)
        return "file"

    def _add_needed(self, value: Any) -> None:
        if isinstance(value, types.ModuleType):
            self._add_module(value)
        elif isinstance(value, type | types.FunctionType):
            owner = sys.modules.get(value.__module__ or "")
            if owner is not None:
                self._add_module(owner)

    def _add_package(self, top: str, module: types.ModuleType) -> None:
        from importlib import metadata

        if f"package {top}" in self._code:
            return
        try:
            version = metadata.version(top)
        except metadata.PackageNotFoundError:
            named = metadata.packages_distributions().get(top, [])
            version = metadata.version(named[0]) if named else str(getattr(sys.modules.get(top, module), "__version__", "?"))
        self._code[f"package {top}"] = version

    def _add_code(self, value: type | types.FunctionType) -> None:
        """Note the compiled code of a class or function, and of what it names beside it."""
        if id(value) in self._compiled_of:
            return
        self._compiled_of.add(id(value))
        functions = [value] if isinstance(value, types.FunctionType) else list(_functions(value))
        compiled = "".join(map(self._compiled, functions))
        if isinstance(value, type):
            plain = {name: own for name, own in vars(value).items() if isinstance(own, _PLAIN) and not name.startswith("__")}
            compiled += self.describe(plain)
            for base in value.__mro__[1:-1]:
                self._of_class(base)
        # Two of one name are noted together.
        name = f"code {value.__qualname__}"
        self._code[name] = digest((self._code.get(name, "") + compiled).encode())

    def _held(self, value: Any) -> str:
        """What code holds beside its text; of what can't be described, its kind alone."""
        try:
            return self.describe(value)
        except StudyError:
            kind = f"a {type(value).__qualname__}"
            self.notes.append(f"of {kind} that its code holds nothing is known: another one is not noticed")
            return kind

    def _compiled(self, function: types.FunctionType) -> str:
        code = function.__code__
        named = []
        for name in sorted(_named(code)):
            if name in function.__globals__:
                own = function.__globals__[name]
                # Frames and the like that a notebook holds are data of the notebook, not code.
                if isinstance(own, _PLAIN + (types.FunctionType, types.ModuleType, type)):
                    named.append(f"{name}={self.describe(own)}")
        inside = [cell.cell_contents for cell in function.__closure__ or () if _is_set(cell)]
        bound = [*map(self._held, inside), self.describe([function.__defaults__, function.__kwdefaults__])]
        return f"{function.__qualname__}: {_text(code)}; {'; '.join(named)}; {bound}"


def _named_as(name: str) -> str:
    """The name of a module; of a file that a study names, that of the file."""
    return getattr(sys.modules.get(name), "__backstaff_name__", name)


def _found(module: types.ModuleType | None, qualname: str) -> Any:
    """What stands under a name in a module."""
    found: Any = module
    for name in qualname.split("."):
        found = getattr(found, name, None)
    return found


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
