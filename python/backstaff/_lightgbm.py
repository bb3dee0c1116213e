"""Where LightGBM's library is: in its package, which is not imported."""

from __future__ import annotations

import os

VARIABLE = "BACKSTAFF_LIGHTGBM"


def find_library() -> None:
    """Name the library of the installed package, if it is of the tested version and the user has named none.

    A library of another version is not named: what it trains would differ. Whoever wants it names it by the environment
    variable ``BACKSTAFF_LIGHTGBM``.
    """
    if os.environ.get(VARIABLE):
        return
    # It takes a quarter of the module's own import, which need not find a library.
    from importlib import metadata

    try:
        package = metadata.distribution("lightgbm")
        wanted = metadata.requires("backstaff") or []
    except metadata.PackageNotFoundError:
        return
    if f"lightgbm=={package.version}" not in wanted:
        return
    for file in package.files or []:
        if file.name.startswith("lib_lightgbm."):
            os.environ[VARIABLE] = str(file.locate())
