"""Every system call that writes into the output's folder fails once, or its process is killed there
(tests/cli/failing_io.cpp is preloaded): the older file stays as it was, or the new one is whole, and no temporary is left.

By default every call is tried with a back end without LibTorch, and some of those of the real one; SCRIPTC_FULL=1 tries
all."""

import errno
import itertools
import json
import os
import signal
import subprocess

import pytest
import torch

MODEL = "import torch\n\n\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x\n"
LAYERS = ("import torch\n\n\nclass Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
          "        self.a = torch.nn.Linear(3, 4)\n\n    def forward(self, x):\n        return self.a(x)\n")
#: Of some pages, so that a file cut in half loses whole ones.
WIDE = LAYERS.replace("Linear(3, 4)", "Linear(3, 40000)")
#: 20 MB: a record that is written before its checksum is known, and flushed while it is written.
LARGE = LAYERS.replace("Linear(3, 4)", "Linear(3, 1700000, bias=False)")
FULL = bool(os.environ.get("SCRIPTC_FULL"))


class Place:
    """A folder with an older output, and a report if wanted; runs with call `at` failing."""

    def __init__(self, run, folder, build, model, name, report):
        self.program, self.folder, self.build, self.name = run, folder, build, name
        (folder / "net.py").write_text(model)
        self.output = folder / "output"
        self.output.mkdir()
        self.old = {name: b"old"}
        self.options = ["-s", f"output/{name}", "--input", "float32[N=2,3]"]
        if report:
            self.old["report.json"] = b"old report"
            self.options += ["--report", "output/report.json"]
        self.backend = {"SCRIPTC_BACKEND": str(build / "lib/scriptc/test_plugins/fake_backend.so")}
        self.reset()

    def reset(self):
        for path in self.output.iterdir():
            path.unlink()
        for name, content in self.old.items():
            (self.output / name).write_bytes(content)

    def files(self):
        return {path.name: path.read_bytes() for path in self.output.iterdir()}

    def run(self, **settings):
        return self.program("pytorch_to_torch", "net.py", "Net", *self.options, cwd=self.folder,
                            env={**os.environ, **self.backend, **{key: str(value) for key, value in settings.items()}})

    def fail(self, at, **settings):
        """The result, and the call that failed; None if there are fewer."""
        log = self.folder / "log"
        log.unlink(missing_ok=True)
        self.reset()
        result = self.run(LD_PRELOAD=self.build / "lib/scriptc/test_plugins/failing_io.so", FAIL_FOLDER=self.output,
                          FAIL_AT=at, FAIL_LOG=log, **settings)
        return result, log.read_text() if log.exists() else None

    def sweep(self, **settings):
        """(at, result, call) for every call."""
        for at in itertools.count(1):
            result, call = self.fail(at, **settings)
            if call is None:
                assert result.returncode == 0, result.stderr
                self.assert_new()
                return
            yield at, result, call

    def expect(self):
        """Remembers what an undisturbed run makes."""
        result = self.run()
        assert result.returncode == 0, result.stderr
        self.new = self.files()
        assert set(self.new) == set(self.old) and self.new != self.old

    def assert_new(self):
        files = self.files()
        assert set(files) == set(self.new)
        assert files[self.name] == self.new[self.name]
        if "report.json" in files:  # it has times in it
            json.loads(files["report.json"])


@pytest.fixture
def place(run, tmp_path, build):
    """place(name="out.pt", report=False): with the back end without LibTorch."""

    def make(name="out.pt", report=False):
        made = Place(run, tmp_path, build, MODEL, name, report)
        made.expect()
        return made

    return make


@pytest.fixture
def real_place(run, tmp_path, build):
    """The same with LibTorch."""

    def make(name, model=LAYERS):
        made = Place(run, tmp_path, build, model, name, report=False)
        made.backend = {}
        made.expect()
        return made

    return make


NAMED = {"FAIL_UNNAMED": 1}
#: What the calls of a run are, with and without O_TMPFILE, and the exit code if one fails. The file gets its name with
#: rename: what fails later does not matter.
UNNAMED_CALLS = [("open unnamed", 0), ("fchmod", 5), ("write", 5), ("fsync", 5), ("linkat", 5), ("rename", 5), ("close", 0),
                 ("fsync", 0), ("close", 0)]
NAMED_CALLS = [("open", 5), ("fchmod", 5), ("write", 5), ("fsync", 5), ("rename", 5), ("close", 0), ("fsync", 0), ("close", 0)]


@pytest.mark.parametrize("mode, calls", [({}, UNNAMED_CALLS), (NAMED, NAMED_CALLS)], ids=["unnamed", "named"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EDQUOT], ids=errno.errorcode.get)
def test_every_call_fails_once(place, mode, calls, error):
    here = place()
    seen = []
    for _, result, call in here.sweep(FAIL_ERROR=error, **mode):
        seen.append((call, result.returncode))
        if result.returncode == 0:
            here.assert_new()
        else:
            assert here.files() == here.old
            what = {"open": "output folder 'output' is not writable", "fchmod": "output 'output/out.pt' cannot keep its permissions",
                    "rename": "output 'output/out.pt' cannot be replaced"}.get(call, "output 'output/out.pt' cannot be written")
            assert result.stderr == f"error: {what}: {os.strerror(error)}\n"
            assert result.stdout == ""
    assert seen == calls


@pytest.mark.parametrize("mode", [{}, NAMED], ids=["unnamed", "named"])
def test_every_call_fails_with_a_report(place, mode):
    here = place(report=True)
    codes = set()
    for _, result, call in here.sweep(FAIL_ERROR=errno.ENOSPC, **mode):
        codes.add((call, result.returncode))
        if result.returncode == 0:
            here.assert_new()
        else:
            assert here.files() == here.old, call
            assert result.returncode == 5
    assert {call for call, code in codes if code == 5} >= {"write", "fsync", "rename"}
    assert ("renameat2", 0) in codes  # there is a plain way


@pytest.mark.parametrize("mode", [{}, NAMED], ids=["unnamed", "named"])
def test_a_new_report_goes_with_its_output(place, mode):
    here = place(report=True)
    del here.old["report.json"]
    for _, result, call in here.sweep(FAIL_ERROR=errno.EIO, **mode):
        assert result.returncode in (0, 5)
        if result.returncode == 5:
            assert here.files() == here.old, call
        else:
            here.assert_new()


@pytest.mark.parametrize("mode", [{}, NAMED], ids=["unnamed", "named"])
def test_the_disk_stays_full(place, mode):
    here = place()
    for at, result, call in here.sweep(FAIL_ERROR=errno.ENOSPC, FAIL_FOREVER=1, **mode):
        late = at > [name for name, _ in (NAMED_CALLS if mode else UNNAMED_CALLS)].index("rename") + 1
        assert result.returncode == (0 if late else 5), call
        if late:
            here.assert_new()
        else:
            assert here.files() == here.old


def test_interrupted_calls_are_repeated(place):
    here = place()
    for mode in ({}, NAMED):
        for _, result, call in here.sweep(FAIL_ERROR=errno.EINTR, **mode):
            if call in ("open", "open unnamed", "write", "fsync", "close"):
                assert result.returncode == 0, result.stderr
                here.assert_new()


@pytest.mark.parametrize("mode", [{}, NAMED], ids=["unnamed", "named"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT], ids=lambda s: s.name)
def test_signals_at_every_call(place, mode, number):
    here = place()
    for _, result, call in here.sweep(FAIL_SIGNAL=int(number), **mode):
        assert result.returncode == -number
        assert here.files() in (here.old, here.new), call


@pytest.mark.parametrize("mode", [{}, NAMED], ids=["unnamed", "named"])
def test_killed_at_every_call(place, mode):
    """Nothing can be removed then: what has a name is left to the next run."""
    here = place()
    left_at = []
    for _, result, call in here.sweep(FAIL_SIGNAL=int(signal.SIGKILL), **mode):
        assert result.returncode == -signal.SIGKILL
        files = here.files()
        left = set(files) - set(here.old)
        if left:
            left_at.append(call)
        assert files.pop("out.pt") in (b"old", here.new["out.pt"])
        assert here.run().returncode == 0
        here.assert_new()
    assert left_at == (["fchmod", "write", "fsync", "rename"] if mode else ["rename"])


def test_closed_streams_without_dev(place):
    """The numbers of closed streams are held even if /dev/null cannot be: messages never go to the output."""
    here = place()
    preload = {"LD_PRELOAD": here.build / "lib/scriptc/test_plugins/failing_io.so", "FAIL_FOLDER": "/dev", "FAIL_AT": 1,
               "FAIL_FOREVER": 1, "FAIL_ERROR": errno.ENOENT, "FAIL_LOG": here.folder / "log"}
    settings = " ".join(f"{name}={value}" for name, value in preload.items())  # not for the shell, which closes them
    command = (f"exec env {settings} {here.build}/bin/pytorch_to_torch net.py Net -s output/out.pt "
               "--input 'float32[N=2,3]' --print-code <&- >&- 2>&-")
    subprocess.run(["sh", "-c", command], cwd=here.folder, env={**os.environ, **here.backend})
    assert (here.folder / "log").read_text() == "open"
    here.assert_new()


@pytest.mark.parametrize("name", ["out.pt", "out.ptl"])
def test_short_writes(real_place, name):
    here = real_place(name)
    result, _ = here.fail(0, FAIL_SHORT=1)
    assert result.returncode == 0, result.stderr
    here.assert_new()


@pytest.mark.parametrize("name", ["out.pt", "out.ptl"])
def test_an_archive_fails_at_every_call(real_place, name):
    here = real_place(name)
    tries = itertools.count(1) if FULL else (1, 3, 10, 24, 25)
    for at in tries:
        result, call = here.fail(at, FAIL_ERROR=errno.ENOSPC)
        if call is None:
            assert FULL, f"only {at - 1} calls"
            break
        if result.returncode == 0:
            here.assert_new()
            assert call in ("open unnamed", "close", "fsync")
        else:
            assert here.files() == here.old, call
            assert result.returncode == 5
            assert result.stderr.endswith(": No space left on device\n")


@pytest.mark.parametrize("call", ["pwrite", "sync_file_range"])
def test_large_records_fail_late(real_place, call):
    here = real_place("out.pt", LARGE)
    result, failed = here.fail(1, FAIL_CALL=call, FAIL_ERROR=errno.ENOSPC)
    assert failed == call
    assert here.files() == here.old
    assert (result.stderr, result.returncode) == (
        "error: output 'output/out.pt' cannot be written: No space left on device\n", 5)
    result, failed = here.fail(1, FAIL_CALL=call, FAIL_ERROR=errno.ENOSYS if call == "sync_file_range" else errno.EINTR)
    assert failed == call
    assert result.returncode == 0, result.stderr
    here.assert_new()


@pytest.mark.parametrize("name", ["out.pt", "out.ptl"])
def test_weights_that_shrink_while_they_are_saved(real_place, tmp_path, name):
    """They are a map of the file, whose lost pages can be neither read nor written."""
    here = real_place(name, WIDE)
    weights = tmp_path / "w.pth"
    here.options += ["-w", weights]
    for at in (1, 3):
        torch.save({"a.weight": torch.rand(40000, 3), "a.bias": torch.rand(40000)}, weights)
        result, _ = here.fail(at, FAIL_CUT=weights)
        assert (result.stderr, result.returncode) == (f"error: '{weights}': was changed while it was read [E02]\n", 3)
        assert here.files() == here.old
