#!/usr/bin/env python3
"""Compare the instructions of each workload with those of the baseline: benches/instructions/gate.py [--accept]

valgrind's callgrind counts instructions, so a busy machine moves nothing: what is left are the seeds of hash maps, a few
parts in a thousand. A workload that takes more than 5 % more than its baseline fails. --accept writes a new baseline.

Counts belong to a compiler and to an instruction set. The kernels choose theirs at run time, and valgrind shows them at
most AVX2 whatever the processor has, so counts are those of the AVX2 forms on any x86-64 machine of the last ten years.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BASELINE = Path(__file__).with_name("baseline.json")
PROGRAM = ROOT / os.environ.get("CARGO_TARGET_DIR", "target") / "release/backstaff-instructions"
TOLERANCE = 1.05


def toolchain():
    """The compiler that the counts belong to."""
    return subprocess.check_output(["rustc", "--version"], text=True).split()[1]


def has_avx2():
    """Whether this machine can run what the baseline was counted of."""
    cpu = Path("/proc/cpuinfo")
    return platform.machine() == "x86_64" and cpu.exists() and " avx2 " in cpu.read_text()


def count(workload):
    """The instructions of one workload."""
    name, scope = workload.split()
    inside = ["--toggle-collect=*measured*"] if scope == "function" else []
    # Nothing of the caller's environment: its size moves the stack, its settings the allocator.
    environment = {"PATH": os.environ["PATH"], "RAYON_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out", *inside, PROGRAM, name]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or collected is None or int(collected[1]) == 0:
        sys.exit(f"{name} could not be counted:\n{done.stderr}")
    return name, int(collected[1])


def accept(counts):
    """Write a baseline."""
    baseline = {"toolchain": toolchain(), "instructions": dict(sorted(counts.items()))}
    BASELINE.write_text(json.dumps(baseline, indent=2) + "\n")
    print(f"wrote {BASELINE.relative_to(ROOT)}: {len(counts)} workloads, Rust {baseline['toolchain']}")


def compare(counts, baseline):
    """Print the table; the names of what takes too many instructions or has no baseline."""
    print(f"{'workload':<24}{'baseline':>16}{'now':>16}{'ratio':>8}")
    failed = []
    for name, now in counts.items():
        before = baseline["instructions"].get(name)
        ratio = now / before if before else float("inf")
        failed += [name] if ratio > TOLERANCE else []
        mark = "  TOO MANY" if ratio > TOLERANCE else ""
        print(f"{name:<24}{before or 0:>16,}{now:>16,}{ratio:>8.3f}{mark}")
    gone = sorted(set(baseline["instructions"]) - set(counts))
    if gone:
        print(f"in the baseline, but no workload any more: {', '.join(gone)}")
    return failed + gone


def main():
    """Count all workloads, two at a time."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--accept", action="store_true", help="write the counts as the new baseline")
    options = options.parse_args()
    if not has_avx2():
        sys.exit("the baseline is one of x86-64 with AVX2, which this machine lacks: nothing can be compared")
    workloads = subprocess.check_output([PROGRAM], text=True).splitlines()
    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        counts = dict(pool.map(count, workloads))
    if options.accept:
        accept(counts)
        return
    baseline = json.loads(BASELINE.read_text())
    failed = compare(counts, baseline)
    if baseline["toolchain"] != toolchain():
        print(f"the baseline is one of Rust {baseline['toolchain']}, this is {toolchain()}")
    if failed:
        sys.exit(f"more than {TOLERANCE - 1:.0%} above: {', '.join(failed)}\nif that is worth it: make bench-accept")
    print(f"{len(counts)} passed, 0 failed")


if __name__ == "__main__":
    main()
