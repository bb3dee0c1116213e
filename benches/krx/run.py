"""The factor pipeline on a generated market: ours beside Polars and pandas, stage by stage, from one command.

    python benches/krx/run.py [--stocks 2500] [--sessions 3300] [--seed 7] [--runs 3] [--peers polars,pandas]

Run by `make bench-krx`, which builds the programs first. Makes the market (or takes the one of the same figures from the last time), lets each program
compute the 30 canonical features and 6 targets from SQLite and from Parquet, compares what they wrote cell by cell, and
only then measures: each figure is the median of the runs, in seconds. The table is printed; all figures go to
result.json beside the market. Writing the result is timed for none of them.
Then the example's study runs over the market from try to try (tries.py): all, nothing changed, another label, an appended
session. The comparison programs get two threads, as ours does. On a busy machine all of them grow: compare the ratios.
"""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import tries

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
from environment import ROOT, python_of  # noqa: E402

PACKAGES = ["polars==2.1.0", "pandas==3.1.1", "numpy==2.4.6", "numba==0.68.1", "pyarrow"]
STAGES = ["load", "technical", "financial load", "financial merge", "beta", "targets", "macro", "universe"]
# What of a peer's stages ours does in one plan; its seconds are told apart by what each node of the plan took.
PARTS = ["technical", "financial merge", "beta", "targets", "universe"]
COMPUTED = "all that is computed"
PROGRAMS = {"polars": "polars_peer.py", "pandas": "pandas_tuned.py"}
THREADS = "2"
ENVIRONMENT = {**os.environ, "RAYON_NUM_THREADS": THREADS, "POLARS_MAX_THREADS": THREADS, "OMP_NUM_THREADS": THREADS,
               "NUMBA_NUM_THREADS": THREADS}  # fmt: skip


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stocks", type=int, default=2500)
    parser.add_argument("--sessions", type=int, default=3300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--runs", type=int, default=3, help="runs of ours, after the one that is compared")
    parser.add_argument("--peer-runs", type=int, default=3, help="runs of each peer")
    parser.add_argument("--peers", default="polars,pandas")
    parser.add_argument("--sources", default="sqlite,parquet")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / ".deps" / "krx-market")
    parser.add_argument("--python", type=pathlib.Path, help="an interpreter that has the peers' packages")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "target" / "release" / "backstaff")
    parser.add_argument("--no-ours", action="store_true", help="only the peers beside each other")
    return parser.parse_args()


def run(command: list, **more) -> subprocess.CompletedProcess:
    done = subprocess.run([str(part) for part in command], env=ENVIRONMENT, capture_output=True, text=True, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done


def interpreter(options) -> pathlib.Path:
    if options.python:
        return options.python
    return python_of("krx", PACKAGES)


def market(options) -> pathlib.Path:
    """The folder of the market; made only where it isn't there."""
    folder = options.folder / f"{options.stocks}x{options.sessions}-{options.seed}"
    if not (folder / "market.json").exists():
        if folder.exists() and any(folder.iterdir()):
            sys.exit(f"{folder} holds an unfinished market; remove it")
        figures = ["--stocks", options.stocks, "--sessions", options.sessions, "--seed", options.seed]
        print(f"making a market in {folder}", file=sys.stderr)
        subprocess.run([str(part) for part in [options.program, "bench", "market", *figures, "--out", folder]], check=True)
    return folder


def watched(command: list) -> tuple[dict, float]:
    """What a program printed, and the most anonymous memory that it was seen to have, in GiB."""
    peak = 0
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as said:
        program = subprocess.Popen([str(part) for part in command], env=ENVIRONMENT, stdout=printed, stderr=said)
        status = pathlib.Path(f"/proc/{program.pid}/status")
        while program.poll() is None:
            lines = status.read_text().splitlines()
            peak = max([peak] + [int(line.split()[1]) for line in lines if line.startswith("RssAnon")])
            time.sleep(0.01)
        said.seek(0)
        if program.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\n{said.read()[-4000:]}")
        printed.seek(0)
        return json.load(printed), peak / 2**20


def peer(options, python, name: str, folder: pathlib.Path, source: str, save: pathlib.Path | None = None) -> dict:
    command = [python, HERE / PROGRAMS[name], folder, "--source", source]
    return json.loads(run(command + (["--save", save] if save else [])).stdout)


def ours(options, folder: pathlib.Path, source: str, out: pathlib.Path) -> dict:
    """One run of ours from an empty store: seconds of its parts, of all, and its memory."""
    data = folder / "krx.db" if source == "sqlite" else folder
    command = [options.program, "compute", "--data", data, "--preset", "krx", "--library", "krx_canonical", "--out", out]
    answer, peak = watched([*command, "--threads", THREADS, "--json"])
    parts: dict[str, float] = {}
    for name, seconds in answer["seconds"]:
        parts[name] = parts.get(name, 0.0) + seconds
    financial, macro = parts.get("read statements", 0.0), parts.get("read series", 0.0)
    stages = {
        "load": parts["load"] + parts.get("rows", 0.0) - financial - macro,
        "technical": parts["technical"],
        "financial load": financial,
        "financial merge": parts["merge"] + parts["financial"],
        "beta": parts["beta"],
        "targets": parts["targets"],
        "macro": macro + parts["macro"],
        COMPUTED: parts["features"],
    }
    total = parts["load"] + parts.get("rows", 0.0) + parts["features"]
    return {"stages": stages, "total": total, "peak_anonymous_gib": peak,
            "parts": parts}  # fmt: skip


def stepping(options, folder: pathlib.Path) -> float:
    """Seconds in which two connections step the price table's rows and do nothing else."""
    program = options.program.parent / "examples" / "step_rows"
    lines = (run([program, folder / "krx.db", "2"]).stdout for _ in range(options.runs))
    return statistics.median(float(line.split()[1]) for line in lines)


def middle(runs: list[dict]) -> dict:
    """The median of each figure."""
    names = [name for name in runs[0] if name.startswith(("total", "peak"))]
    figures = {name: statistics.median(run[name] for run in runs) for name in names}
    stages = {stage: statistics.median(run["stages"][stage] for run in runs) for stage in runs[0]["stages"]}
    return {**figures, "stages": stages, "runs": len(runs)}


def checked(options, python, folder: pathlib.Path, source: str, programs: dict) -> dict[str, dict]:
    """One run of each program, compared with the first; the figures of these runs."""
    first, found = None, {}
    with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
        for name, program in programs.items():
            out = pathlib.Path(scratch) / f"{name}.parquet"
            found[name] = program(out)
            if first is None:
                first = name, out
                continue
            done = subprocess.run([python, HERE / "check.py", first[1], out], capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"{source}: {name} differs from {first[0]}:\n{done.stdout}{done.stderr[-2000:]}")
            print(f"{source}: {name} agrees with {first[0]}: {done.stdout.strip()}", file=sys.stderr)
    return found


def measure(options, python, folder: pathlib.Path, source: str) -> dict[str, dict]:
    """The medians of each program; the run that was compared is one of the peers' runs."""
    programs = {
        name: lambda out, name=name: peer(options, python, name, folder, source, out)
        for name in options.peers.split(",")
    }
    if not options.no_ours:
        programs["ours"] = lambda out: ours(options, folder, source, out)
    first = checked(options, python, folder, source, programs)
    found = {}
    for name in programs:
        runs = [] if name == "ours" else [first[name]]
        wanted = options.runs if name == "ours" else options.peer_runs
        with tempfile.TemporaryDirectory(dir=options.folder) as scratch:
            out = pathlib.Path(scratch) / "out.parquet"
            while len(runs) < wanted:
                runs.append(programs[name](out) if name == "ours" else peer(options, python, name, folder, source))
        found[name] = middle(runs)
    return found


def table(source: str, found: dict[str, dict]) -> str:
    """Stages down, programs across; beside each peer how many times ours it takes."""
    names = [name for name in found if name != "ours"]
    mine = found.get("ours")
    lines = [f"{'from ' + source:<28}" + "".join(f"{name:>9}" + (f"{'ratio':>7}" if mine else "") for name in names)
             + (f"{'ours':>9}" if mine else "")]  # fmt: skip
    rows = {stage: lambda one, stage=stage: one["stages"].get(stage) for stage in STAGES}
    rows[COMPUTED] = lambda one: one["stages"].get(COMPUTED, sum(one["stages"].get(part, 0.0) for part in PARTS))
    rows["all"] = lambda one: one["total"]
    rows["peak anonymous memory, GiB"] = lambda one: one["peak_anonymous_gib"]
    for title, figure in rows.items():
        own = figure(mine) if mine else None
        cells = ""
        for name in names:
            value = figure(found[name])
            cells += f"{value:>9.2f}" + ((f"{value / own:>7.1f}" if own else f"{'':>7}") if mine else "")
        lines.append(f"{title:<28}{cells}" + (f"{own:>9.2f}" if own is not None else ""))
    return "\n".join(lines)


def main() -> None:
    options = arguments()
    options.folder.mkdir(parents=True, exist_ok=True)
    python, folder = interpreter(options), market(options)
    result = {"market": json.loads((folder / "market.json").read_text()), "cores": os.cpu_count(), "threads": int(THREADS)}
    print(f"{platform.machine()}, {os.cpu_count()} cores, {THREADS} threads; {result['market']['rows']['daily_prices']} rows")
    for source in options.sources.split(","):
        result[source] = measure(options, python, folder, source)
        print(table(source, result[source]), flush=True)
    if not options.no_ours:
        result["tries"] = tries.measure(options, ENVIRONMENT, folder)
        print(tries.table(result["tries"]), flush=True)
    result["stepping"] = stepping(options, folder)
    print(f"{'two connections that only step the rows':<44}{result['stepping']:>9.2f}")
    (folder / "result.json").write_text(json.dumps(result, indent=2) + "\n")


main()
