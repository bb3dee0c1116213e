"""Make the reference of the module, docs/python/reference.md, from its docstrings: `python -P python/reference.py PATH`."""

import inspect
import re
import sys
from pathlib import Path

import backstaff as bs

INTRO = """\
# Reference of the Python module

Everything that `import backstaff as bs` gives, by name. This page is made from the docstrings (`python/reference.py`); a
test makes it again and compares. Their examples run as tests, with `frame` for a frame of three sessions of two
instruments, A and B.
"""

# Sections of a docstring, as numpy's convention writes them.
SECTION = re.compile(r"^(Parameters|Attributes|Returns|Yields|Raises|Examples|Notes|References|See Also)\n-+\n", re.MULTILINE)


def page() -> str:
    """The whole page."""
    classes = [name for name in bs.__all__ if inspect.isclass(getattr(bs, name))]
    functions = [name for name in bs.__all__ if inspect.isroutine(getattr(bs, name))]
    modules = [name for name in bs.__all__ if inspect.ismodule(getattr(bs, name))]
    errors = [name for name in classes if issubclass(getattr(bs, name), BaseException)]
    classes = [name for name in classes if name not in errors]
    parts = [INTRO]
    for title, names in [("Functions", functions), ("Classes", classes), ("Errors and warnings", errors)]:
        parts.append(f"## {title}\n")
        parts += [entry(f"bs.{name}", getattr(bs, name)) for name in sorted(names, key=str.lower)]
    for name in sorted(modules):
        module = getattr(bs, name)
        parts.append(f"## `bs.{name}`\n\n{body(inspect.getdoc(module) or '')}\n")
        public = getattr(module, "__all__", None) or [key for key in vars(module) if not key.startswith("_")]
        members = [(key, getattr(module, key)) for key in public]
        mine = [(key, own) for key, own in members if getattr(own, "__module__", "").startswith("backstaff")]
        parts += [entry(f"bs.{name}.{key}", own) for key, own in sorted(mine, key=lambda pair: pair[0].lower())]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def entry(name: str, value: object) -> str:
    """A name with its signature, its docstring, and those of its public members."""
    lines = [f"### `{name}{signature(value)}`\n", body(inspect.getdoc(value) or ""), ""]
    if inspect.isclass(value) and not issubclass(value, BaseException):
        inherited = {key: own for base in value.__mro__[1:] if base.__module__ == "backstaff._table" for key, own in vars(base).items()}
        for key, member in sorted({**inherited, **vars(value)}.items()):
            if key.startswith("_"):
                continue
            text = inspect.getdoc(member)
            if isinstance(member, property) or inspect.isgetsetdescriptor(member):
                told = " ".join((text or "").partition(">>>")[0].split())
                lines += [f"- `.{key}`: {re.sub(r'(?<!`)``(?!`)', '`', told)}"]
            elif inspect.isroutine(member) or isinstance(member, staticmethod | classmethod):
                lines += [f"\n#### `.{key}{signature(member)}`\n", body(text or ""), ""]
    return "\n".join(lines) + "\n"


def signature(value: object) -> str:
    """The parameters of a function or class, without their types, which the text says."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    plain = [p.replace(annotation=inspect.Parameter.empty) for p in found.parameters.values() if p.name != "self"]
    text = str(found.replace(parameters=plain, return_annotation=inspect.Signature.empty))
    return "" if inspect.isclass(value) and issubclass(value, BaseException) else text


def body(text: str) -> str:
    """A docstring as Markdown: its sections in bold, its lists as lists, its examples as code."""
    first, *rest = SECTION.split(re.sub(r":(?:func|class|meth):`", "`", text))
    parts = [prose(first)]
    for title, content in zip(rest[::2], rest[1::2], strict=True):
        parts.append(f"**{title}**\n")
        parts.append(prose(content) if title in ("Examples", "Notes", "References") else items(content))
    return "\n".join(parts).strip()


def prose(text: str) -> str:
    """Text whose examples are set as code."""
    lines, out, is_code = text.strip("\n").splitlines(), [], False
    for line in lines:
        begins = line.startswith((">>>", "..."))
        if begins and not is_code:
            out.append("```python")
            is_code = True
        elif is_code and not line.strip():
            out.append("```")
            is_code = False
        out.append(line)
    if is_code:
        out.append("```")
    return re.sub(r"(?<!`)``(?!`)", "`", "\n".join(out)) + "\n"


def items(text: str) -> str:
    """Entries of a section: a line for each, with the text that is indented below it."""
    entries: list[tuple[str, list[str]]] = []
    for line in text.strip("\n").splitlines():
        if line and not line.startswith(" "):
            entries.append((line, []))
        elif line.strip():
            entries[-1][1].append(line.strip())
    out = []
    for head, told in entries:
        name, colon, kind = head.partition(" : ")
        about = f"`{name}`" + (f" ({kind})" if colon else "")
        out.append(f"- {about}: {' '.join(told)}" if told else f"- {about}")
    return "\n".join(out).replace("``", "`") + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
