"""Killed at random times, weights cut at random times, and several writers of one output.

SCRIPTC_FULL=1: 200 kills a format, 100 cuts, 8 writers × 50 rounds."""

import os
import random
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest
import torch

MODEL = ("import torch\n\n\nclass Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
         "        self.a = torch.nn.Linear(300, 1000)\n\n    def forward(self, x):\n        return self.a(x)\n")
FULL = bool(os.environ.get("SCRIPTC_FULL"))
KILLS, CUTS = (200, 100) if FULL else (12, 6)
PATIENCE = 120  #: seconds for one run, on a machine that has other things to do
WRITERS, ROUNDS = (8, 50) if FULL else (3, 3)


@pytest.fixture
def command(build, tmp_path):
    """command("out.pt", "--seed", 1): arguments that write output/out.pt."""
    (tmp_path / "net.py").write_text(MODEL)
    (tmp_path / "output").mkdir()
    return lambda name, *options: [build / "bin/pytorch_to_torch", tmp_path / "net.py", "Net", "-s",
                                   tmp_path / "output" / name, "--input", "float32[N=2,300]", "--quiet",
                                   *map(str, options)]


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["out.pt", "out.ptl"])
def test_sigkill_at_random_times(command, tmp_path, name):
    output = tmp_path / "output"
    subprocess.run(command(name), check=True, timeout=PATIENCE)
    start = time.monotonic()
    subprocess.run(command(name), check=True, timeout=PATIENCE)
    whole_run = time.monotonic() - start
    new = (output / name).read_bytes()
    rng = random.Random(name)
    outcomes = {"old": 0, "new": 0, "left over": 0}
    for round_ in range(KILLS):
        (output / name).write_bytes(b"old")
        program = subprocess.Popen(command(name))
        # Three of four late, where the file is written, checked and renamed.
        time.sleep(whole_run * (rng.uniform(0, 1) if round_ % 4 == 0 else rng.uniform(0.6, 1.1)))
        program.send_signal(signal.SIGKILL)
        assert program.wait(PATIENCE) in (0, -signal.SIGKILL)
        found = files(output)
        content = found.pop(name)
        assert content in (b"old", new)
        outcomes["old" if content == b"old" else "new"] += 1
        if found:  # killed between linkat and rename
            outcomes["left over"] += 1
            assert list(found.values()) == [new]
            subprocess.run(command(name), check=True, timeout=PATIENCE)
            assert set(files(output)) == {name}
    print(f"\n{name}: {KILLS} kills: {outcomes}")
    assert outcomes["old"] > 0
    subprocess.run(command(name), check=True, timeout=PATIENCE)
    assert files(output) == {name: new}


def test_weights_cut_at_random_times(build, tmp_path):
    """Whatever has read the map by then: a whole file, or an error of the weights."""
    (tmp_path / "net.py").write_text(MODEL.replace("300, 1000", "300, 20000"))
    weights, output = tmp_path / "w.pth", tmp_path / "output" / "out.pt"
    output.parent.mkdir()
    command = [build / "bin/pytorch_to_torch", tmp_path / "net.py", "Net", "-w", weights, "-s", output, "--quiet",
               "--input", "float32[N=2,300]"]
    torch.save({"a.weight": torch.rand(20000, 300), "a.bias": torch.rand(20000)}, tmp_path / "whole.pth")
    shutil.copy(tmp_path / "whole.pth", weights)
    start = time.monotonic()
    subprocess.run(command, check=True, timeout=PATIENCE)
    whole_run, new = time.monotonic() - start, output.read_bytes()
    rng, codes = random.Random(0), []
    for _ in range(CUTS):
        shutil.copy(tmp_path / "whole.pth", weights)
        output.write_bytes(b"old")
        program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        time.sleep(whole_run * rng.uniform(0, 1))
        os.truncate(weights, rng.randrange(weights.stat().st_size))
        message = program.communicate(timeout=PATIENCE)[1]
        codes.append(program.returncode)
        assert program.returncode in (0, 3), message
        assert output.read_bytes() == (new if program.returncode == 0 else b"old")
        if program.returncode == 3:
            assert re.fullmatch(rf"error: '{weights}': .* \[[A-Z]\d\d\]\n", message), message
        assert set(files(output.parent)) == {"out.pt"}
    print(f"\n{codes.count(3)} of {CUTS} refused")
    assert 3 in codes


def test_several_writers_of_one_output(command, tmp_path):
    """Each writes a file of its own; a reader sees whole ones only."""
    output = tmp_path / "output"
    whole = set()
    for seed in range(WRITERS):
        subprocess.run(command("out.pt", "--seed", seed), check=True, timeout=PATIENCE)
        whole.add((output / "out.pt").read_bytes())
    assert len(whole) == WRITERS
    failures, reads, seen = [], 0, set()

    def write(seed):
        for _ in range(ROUNDS):
            result = subprocess.run(command("out.pt", "--seed", seed), capture_output=True, text=True, timeout=PATIENCE)
            if result.returncode != 0:
                failures.append(result.stderr)

    writers = [threading.Thread(target=write, args=(seed,)) for seed in range(WRITERS)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        content = (output / "out.pt").read_bytes()
        assert content in whole
        seen.add(content)
        reads += 1
        time.sleep(0.002)
    print(f"\n{WRITERS} writers × {ROUNDS} rounds: {reads} reads, {len(seen)} of {WRITERS} files seen")
    assert failures == []
    assert len(seen) > 1
    assert set(files(output)) == {"out.pt"}
