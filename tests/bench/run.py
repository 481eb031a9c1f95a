"""Time and memory of the tool against the same job in Python, alternating, on one thread each.

    .venv/bin/python tests/bench/run.py [BUILD] [--rounds 5] [--only MODEL …]

Every round runs each program once; the tables show medians. Both sides find their inputs in the page cache, and `sync`
comes before each run, so that no run waits for what an earlier one wrote. The tool flushes its output to the disk before
it renames it; Python does not. Weights are random (once, into build/cache/bench) but for MiniLM's and facenet's,
which tests/oracle/test_mtcnn.py has fetched into build/cache. The stage `build` of ONet from its .py is what parsing and
evaluating mtcnn.py takes (limit: 20 ms); where a constructor makes tensors, it includes waiting for LibTorch.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

import models

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / "build" / "cache" / "bench"

ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@dataclass
class Measured:
    """Runs of one program. The kernel counts into a child's peak what its parent had when it was forked: this process
    must stay small."""

    wall: list = field(default_factory=list)    # seconds
    cpu: list = field(default_factory=list)     # seconds, user and system
    memory: list = field(default_factory=list)  # MB at the peak
    stages: list = field(default_factory=list)  # {stage: seconds} of each run

    def add(self, command):
        os.sync()
        start = time.perf_counter()
        process = subprocess.Popen([str(word) for word in command], env=ONE_THREAD, stdout=subprocess.PIPE, text=True)
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.wall.append(time.perf_counter() - start)
        if status != 0:
            sys.exit(f"failed: {' '.join(map(str, command))}")
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        self.memory.append(usage.ru_maxrss / 1000)
        if output.startswith("{"):
            self.stages.append(json.loads(output))

    def medians(self):
        return [statistics.median(values) for values in (self.wall, self.cpu, self.memory)]

    def stage_text(self):
        names = self.stages[0]
        return ", ".join(f"{name} {statistics.median(run[name] for run in self.stages):.3f}" for name in names)


@dataclass
class Result:
    measured: dict  # by what ran
    size: float     # of the weights, MB
    specs: list     # of the inputs that both sides compared


def weights_of(name, model):
    if model.weights:
        return model.weights()
    path = CACHE / f"{name}.pth"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, HERE / "python_models.py", name, path], check=True)
    return path


class Bench:
    def __init__(self, build, work):
        self.build = build
        self.work = work
        self.floor = work / "load_library"
        subprocess.run(["g++", "-O2", HERE / "load_library.cpp", "-o", self.floor], check=True)

    def tool(self, model, weights, source, *options):
        module = [model.source(), *model.expression] if source else [
            self.build / "lib/scriptc/plugins" / f"{model.plugin}.so", model.name]
        inputs = [word for spec in model.inputs for word in ("--input", spec)]
        return [self.build / "bin/pytorch_to_torch", *module, "-w", weights, "-s", self.work / "tool.pt", *inputs, *options]

    def python(self, name, weights, *specs):
        return [sys.executable, HERE / "python_job.py", name, weights, self.work / "python.pt", *specs]

    def report(self, command):
        """What the tool says of one run, which is not timed: the digests in a report take their time, too."""
        path = self.work / "report.json"
        subprocess.run([str(word) for word in [*command, "--report", path]], env=ONE_THREAD, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return json.loads(path.read_text())

    def verified_specs(self, model, report):
        """The inputs that the tool compared, for Python to compare the same: `N=3, H=96` put into the model's specs."""
        specs = []
        for run in report["verification"]["runs"]:
            sizes = dict(re.findall(r"(\w+)=(\d+)", run["shapes"]))
            specs.append(re.sub(r"(\w+)=\d+(%\d+)?", lambda found: sizes[found[1]], " ".join(model.inputs)))
        return specs

    def measure(self, name, rounds):
        model = models.MODELS[name]
        weights = weights_of(name, model)
        checked = self.tool(model, weights, False, "--quiet")
        specs = self.verified_specs(model, self.report(checked))  # warms the page cache, too
        commands = {"load LibTorch": [self.floor, self.build / "lib/libscriptc_torch.so"],
                    "cp": ["cp", weights, self.work / "copy"],
                    "tool": self.tool(model, weights, False, "--no-verify", "--quiet"),
                    "tool, from .py": self.tool(model, weights, True, "--no-verify", "--quiet"),
                    "python": self.python(name, weights),
                    "tool, checked": checked,
                    "python, checked": self.python(name, weights, *specs)}
        measured = {what: Measured() for what in commands}
        for _ in range(rounds):
            for what, command in commands.items():
                measured[what].add(command)
            for what in ("tool, checked", "tool, from .py"):
                measured[what].stages.append(self.report(commands[what])["seconds"])
        return Result(measured, weights.stat().st_size / 1e6, specs)


def ratio_rows(results):
    rows = [["", "weights", "tool", "Python", "time", "memory", "from .py", "floor"]]
    for name, result in results.items():
        load, copy = result.measured["load LibTorch"].medians(), result.measured["cp"].medians()
        for label, tool, python in (("(a)", "tool", "python"), ("(b)", "tool, checked", "python, checked")):
            ours, theirs = result.measured[tool].medians(), result.measured[python].medians()
            from_source = result.measured["tool, from .py"].medians()
            rows.append([f"{name} {label}", f"{result.size:.0f} MB", f"{ours[0]:.2f} s, {ours[2]:.0f} MB",
                         f"{theirs[0]:.2f} s, {theirs[2]:.0f} MB",
                         f"{theirs[0] / ours[0]:.1f}× (CPU {theirs[1] / ours[1]:.1f}×)", f"{ours[2] / theirs[2]:.0%}",
                         f"{from_source[0] / ours[0]:.2f}×" if tool == "tool" else "",
                         f"{load[0]:.2f} + {copy[0]:.2f} s"])
    return rows


def growth_rows(results):
    """What a byte of weights costs beyond the start of a program that loads LibTorch: at most 2.2 bytes."""
    rows = [["", "weights", "(a) a GB", "(a) memory beyond the start", "(b) memory beyond the start"]]
    for name, result in results.items():
        if result.size < 10:  # what the model itself takes would hide it
            continue
        start, plain, checked = (result.measured[what].medians() for what in ("load LibTorch", "tool", "tool, checked"))
        rows.append([name, f"{result.size:.0f} MB", f"{(plain[0] - start[0]) / result.size * 1000:.1f} s",
                     f"{(plain[2] - start[2]) / result.size:.2f} × weights",
                     f"{(checked[2] - start[2]) / result.size:.2f} × weights"])
    return rows


def print_table(rows):
    print("| " + " | ".join(rows[0]) + " |\n|" + "---|" * len(rows[0]))
    for row in rows[1:]:
        print("| " + " | ".join(row) + " |")
    print()


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())[1]
    return f"{datetime.date.today()}, {cpu}, {os.cpu_count()} cores"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", nargs="?", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=models.MODELS, default=list(models.MODELS))
    options = parser.parse_args()
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as work:
        bench = Bench(options.build.resolve(), pathlib.Path(work))
        results = {name: bench.measure(name, options.rounds) for name in options.only}
    print(f"{machine()}; medians of {options.rounds}; (a) without verification, (b) with\n")
    print_table(ratio_rows(results))
    print_table(growth_rows(results))
    for name, result in results.items():
        print(f"{name}, seconds a stage, compared at {'; '.join(result.specs)}:\n"
              f"  tool      {result.measured['tool, checked'].stage_text()}\n"
              f"  from .py  {result.measured['tool, from .py'].stage_text()}\n"
              f"  Python    {result.measured['python, checked'].stage_text()}")


if __name__ == "__main__":
    main()
