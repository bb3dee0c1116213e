"""What can go wrong, by what one can do about it. All texts are those of the command line."""

from __future__ import annotations


class Error(Exception):
    """Anything that backstaff refuses or cannot do; also a full disk, a missing library."""


class StudyError(Error):
    """A study, an expression or an argument is wrong."""


class ExpressionError(StudyError):
    """The text of an expression is wrong; the message underlines the place.

    Attributes
    ----------
    feature : str
        The name of the feature.
    expression : str
        Its text.
    span : tuple of int
        The first character of the fault in ``expression``, and the one behind the last.
    """

    def __init__(self, message: str, feature: str, expression: str, span: tuple[int, int]) -> None:
        super().__init__(message)
        self.feature = feature
        self.expression = expression
        self.span = span

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.args[0], self.feature, self.expression, self.span)


class DataError(Error):
    """A file or frame is wrong, or can't be read."""


class StoreError(Error):
    """A store is damaged, or can't be read or written."""


class ModelError(Error):
    """A model could not be trained or applied."""


class DataWarning(UserWarning):
    """Something that a user of the result should know: what was left out, merged or guessed."""


for _class in (Error, StudyError, ExpressionError, DataError, StoreError, ModelError, DataWarning):
    _class.__module__ = "backstaff"
