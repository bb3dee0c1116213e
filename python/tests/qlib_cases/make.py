"""Make the numbers that tests compare with, by the real Qlib: python make.py (pyqlib 0.9.7, MIT licence; lightgbm 4.7.0).

Run it again when a question in ``cases.py`` changes, never to make a test pass.
"""

import importlib
import json
import os
import sys
import tempfile
from pathlib import Path

import cases
import market
import numpy
import pandas

HERE = Path(__file__).parent


def plain(found) -> tuple[numpy.ndarray, str]:
    """A frame or a series as an array, and its labels as JSON."""
    frame = found.to_frame("value") if isinstance(found, pandas.Series) else found
    columns = [list(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.columns]
    index = frame.index
    levels = [index.get_level_values(k) for k in range(index.nlevels)]
    texts = [[str(value)[:10] if isinstance(value, pandas.Timestamp) else str(value) for value in level] for level in levels]
    labels = {
        "columns": columns,
        "index": texts,
        "names": list(map(str, index.names)),
        "series": isinstance(found, pandas.Series),
    }
    values = frame.to_numpy()
    return (values.astype(str) if values.dtype == object or values.dtype.kind not in "fiub" else values), json.dumps(labels)


def main() -> None:
    arrays = {}
    with tempfile.TemporaryDirectory() as folder:
        # Qlib takes the folder of its experiments from where it is imported.
        os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
        os.chdir(folder)
        import qlib

        qlib.init(provider_uri=str(market.write(Path(folder) / "data")), region="cn", kernels=1, logging_level=40)
        for case in cases.CASES:
            for name, found in case(lambda path: importlib.import_module(f"qlib.{path}")):
                arrays[f"{name}/values"], labels = plain(found)
                arrays[f"{name}/labels"] = numpy.array(labels)
    numpy.savez_compressed(HERE / "reference.npz", **arrays)


if __name__ == "__main__":
    sys.exit(main())
