"""The output file, and what surrounds the back end: a back end without LibTorch (tests/cli/fake_backend.cpp) that fails
on demand stands in for the real one."""

import hashlib
import json
import os
import re
import resource
import select
import subprocess

import pytest
import torch

MODEL = "import torch\n\n\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x\n"
INPUT = ["--input", "float32[N=2,3]"]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "net.py").write_text(MODEL)
    (tmp_path / "out.pt").write_text("old")
    return tmp_path


@pytest.fixture
def environment(build):
    def with_failure(stage=""):
        backend = build / "lib/scriptc/test_plugins/fake_backend.so"
        return {**os.environ, "SCRIPTC_BACKEND": str(backend), "FAKE_BACKEND": stage}

    return with_failure


@pytest.fixture
def compile_net(run, folder, environment):
    """compile_net(*options, failing="save") in the folder."""
    return lambda *options, failing="", **more: run("pytorch_to_torch", "net.py", "Net", "-s", "out.pt", *options,
                                                    cwd=folder, env=environment(failing), **more)


def assert_untouched(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["net.py", "out.pt"]
    assert (folder / "out.pt").read_text() == "old"


def test_summary(compile_net, folder):
    result = compile_net(*INPUT)
    assert result.stdout == ("wrote: out.pt, TorchScript, 11 B\n"
                             "inputs: float32[N=2,3]\n"
                             "outputs: float32[2,10]\n"
                             "verified: N=2: largest difference 1e-07, outputs spread over 2\n")
    assert (result.returncode, result.stderr) == (0, "")
    assert (folder / "out.pt").read_text() == "torchscript"
    assert sorted(path.name for path in folder.iterdir()) == ["net.py", "out.pt"]


def test_progress_is_a_line_a_stage(compile_net):
    assert compile_net().progress == ("[1/7] building 'Net'\n"
                                      "[2/7] loading LibTorch\n"
                                      "[3/7] compiling to TorchScript\n"
                                      "[4/7] no example inputs: nothing to run\n"
                                      "[5/7] freezing\n"
                                      "[6/7] saving\n"
                                      "[7/7] reloading and comparing\n")


def test_progress_is_a_bar_on_a_terminal(build, folder, environment):
    theirs, ours = os.openpty()
    subprocess.run([build / "bin/pytorch_to_torch", "net.py", "Net", "-s", "out.pt"], cwd=folder, env=environment(),
                   stderr=ours, stdout=subprocess.PIPE, check=True)
    os.close(ours)
    shown = ""
    while not shown.endswith("\r\x1b[K") or "7/7" not in shown:  # a terminal hands on what it has by and by
        assert select.select([theirs], [], [], 20)[0], shown
        shown += os.read(theirs, 100_000).decode()
    assert "\r\x1b[K[========================] 7/7 reloading and comparing" in shown


def test_structure_only_is_said(compile_net):
    assert "verified: structure only: no example inputs are known\n" in compile_net().stdout


def test_quiet(compile_net):
    result = compile_net("--quiet")
    assert (result.stdout, result.stderr, result.progress, result.returncode) == ("", "", "", 0)


def test_print_code(compile_net):
    assert compile_net("--print-code", "--quiet").stdout == "def forward(self):\n    pass\n"


def test_report(compile_net, folder):
    result = compile_net("--report", "report.json", "--json-kwargs", "{}", *INPUT)
    assert result.returncode == 0, result.stderr
    report = json.loads((folder / "report.json").read_text())
    assert list(report) == ["scriptc", "libtorch", "module", "model", "arguments", "seed", "weights", "output", "inputs",
                            "outputs", "methods", "parameters", "operators", "verification", "seconds"]
    assert report["operators"] is None
    assert report["output"] == {"path": "out.pt", "format": "torchscript", "size": 11,
                                "sha256": hashlib.sha256(b"torchscript").hexdigest()}
    assert report["module"] == {"path": "net.py", "sha256": hashlib.sha256(MODEL.encode()).hexdigest()}
    assert report["verification"]["runs"] == [{"shapes": "N=2", "skipped": False, "max_difference": 1e-7, "spread": 2.0}]
    assert list(report["seconds"]) == ["build", "load LibTorch", "script", "run reference", "freeze", "save", "verify"]


def test_report_of_weights(compile_net, folder):
    torch.save({"a": torch.rand(3)}, folder / "w.pth")
    (folder / "net.py").write_text(MODEL.replace("    def forward", "    def __init__(self):\n        super().__init__()\n"
                                                 "        self.a = torch.nn.Parameter(torch.zeros(3))\n\n    def forward"))
    result = compile_net("--report", "report.json", "-w", "w.pth")
    assert result.returncode == 0, result.stderr
    weights = json.loads((folder / "report.json").read_text())["weights"]
    assert weights == {"path": "w.pth", "sha256": hashlib.sha256((folder / "w.pth").read_bytes()).hexdigest(),
                       "format": "torch zip", "bytes": 12, "loaded": 1, "missing": [], "unexpected": []}


@pytest.mark.parametrize("stage, code, message", [
    ("script", 7, "the model cannot be compiled"),
    ("verify", 8, "output differs from the model's"),
])
def test_failure_leaves_the_old_file(compile_net, folder, stage, code, message):
    result = compile_net(failing=stage)
    assert (result.stderr, result.returncode) == (f"error: {message}\n", code)
    assert_untouched(folder)


def test_full_disk_leaves_the_old_file(compile_net, folder):
    def small_disk():
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))

    result = compile_net(failing="save", preexec_fn=small_disk)
    assert (result.stderr, result.returncode) == ("error: output 'out.pt' cannot be written: File too large\n", 5)
    assert_untouched(folder)


def test_report_that_cannot_be_written_leaves_the_old_file(compile_net, folder):
    result = compile_net("--report", "net.py/report.json")
    assert (result.stderr, result.returncode) == ("error: report folder 'net.py' is no folder\n", 5)
    assert_untouched(folder)


@pytest.mark.parametrize("option", ["-s", "--report"])
@pytest.mark.parametrize("file, what", [("net.py", "module"), ("w.pth", "weights file")])
def test_inputs_are_not_replaced(run, folder, environment, option, file, what):
    (folder / "w.pth").write_text("weights")
    os.link(folder / file, folder / "link")
    result = run("pytorch_to_torch", "net.py", "Net", "-w", "w.pth", option, "./link", cwd=folder, env=environment())
    subject = {"-s": "output", "--report": "report"}[option]
    assert (result.stderr, result.returncode) == (f"error: {subject} './link' is the {what} itself\n", 2)
    (folder / "link").unlink()
    assert (folder / "w.pth").read_text() == "weights"
    (folder / "w.pth").unlink()
    assert_untouched(folder)


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_harmless(build, folder, environment, closed):
    """The output's file must not get the number of a closed one: the messages would be written into it."""
    command = f"exec {build}/bin/pytorch_to_torch net.py Net -s out.pt --report r.json --print-code {closed}"
    assert subprocess.run(["sh", "-c", command], cwd=folder, env=environment(), capture_output=True).returncode == 0
    assert (folder / "out.pt").read_text() == "torchscript"
    assert json.loads((folder / "r.json").read_text())["model"] == "Net"


@pytest.mark.parametrize("name, shown", [
    ("a\nb\x1b[31m.pt", "a\\nb\\x1b[31m.pt"),
    ("x" * 252 + ".pt", "x" * 252 + ".pt"),
    ("-s", "-s"),
    ("no ending", "no ending"),
    ("\u00e9.pt", "\u00e9.pt"),
    ("a\udcff.pt", "a\\xff.pt"),
], ids=ascii)
def test_names_of_any_kind(run, folder, environment, name, shown):
    result = run("pytorch_to_torch", "net.py", "Net", f"--save_path={name}", cwd=folder, env=environment())
    assert (result.stdout.splitlines()[0], result.returncode) == (f"wrote: {shown}, TorchScript, 11 B", 0)
    assert {path.name for path in folder.iterdir()} == {"net.py", "out.pt", name}
    assert (folder / name).read_text() == "torchscript"


def test_a_link_is_followed(run, folder, environment):
    (folder / "far").mkdir()
    for target in ("out.pt", "far/new.pt"):
        (folder / "link.pt").symlink_to(target)
        assert run("pytorch_to_torch", "net.py", "Net", "-s", "link.pt", cwd=folder, env=environment()).returncode == 0
        assert os.readlink(folder / "link.pt") == target
        assert (folder / target).read_text() == "torchscript"
        (folder / "link.pt").unlink()
    assert sorted(path.name for path in (folder / "far").iterdir()) == ["new.pt"]


def test_libtorch_warns_only_if_asked(run, folder):
    (folder / "net.py").write_text(MODEL.replace("return x", "d = {'a': x, 'b': 1}\n        return torch.cross(x, x)"))
    for options, warns in ([], False), (["--debug"], True):
        result = run("pytorch_to_torch", "net.py", "Net", "--input", "float32[2,3]", "-s", "out.pt", *options, cwd=folder)
        assert result.returncode == 0
        assert ("Dict values consist of heterogeneous types" in result.stderr) == warns
        assert (result.stderr == "") != warns


def test_a_reader_that_goes_away_is_harmless(build, folder, environment):
    command = f"{build}/bin/pytorch_to_torch net.py Net -s out.pt 2>&1 | true"
    assert subprocess.run(["sh", "-c", command], cwd=folder, env=environment()).returncode == 0
    assert (folder / "out.pt").read_text() == "torchscript"


def test_a_full_stdout_is_told(build, folder, environment):
    with open("/dev/full", "w") as full:
        result = subprocess.run([build / "bin/scriptc", "help"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (result.stderr, result.returncode) == ("error: standard output cannot be written\n", 5)


GREEDY = ("import torch\n\n\nclass Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n"
          "        self.items = [[i, i + 1] for i in range(3000000)]\n")


@pytest.mark.parametrize("model, megabytes, code, message", [
    (MODEL, 16, 0, ""),  # too little for one more thread
    (GREEDY, 120, 4, "error: out of memory\n"),
])
def test_little_memory(compile_net, folder, model, megabytes, code, message):
    (folder / "net.py").write_text(model)
    limit = megabytes << 20
    result = compile_net(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    assert (result.stderr, result.returncode) == (message, code)
    if code != 0:
        assert_untouched(folder)


@pytest.mark.parametrize("args, code", [
    (["--help"], 0),
    (["--version"], 0),
    (["lenet", "LeNet", "--bogus"], 2),
    (["lenet", "LeNte"], 7),
    (["lenet", "LeNet", "--kwargs", "num_classes", "x"], 7),
])
def test_answers_without_the_back_end(run, folder, environment, args, code):
    """LibTorch comes with the back end only: here none can be loaded, and nobody asks for it."""
    result = run("pytorch_to_torch", *args, cwd=folder, env={**environment(), "SCRIPTC_BACKEND": "/none"})
    assert result.returncode == code
    assert "/none" not in result.stderr


@pytest.mark.parametrize("args", [["pytorch_to_torch", "--help"], ["scriptc", "list"], ["scriptc", "list", "lenet"],
                                  ["pytorch_to_torch", "lenet", "LeNet", "--bogus"]], ids=" ".join)
def test_maps_no_libtorch(run, args):
    mapped = run(*args, env={**os.environ, "LD_DEBUG": "files"}).stderr
    assert "libscriptc.so" in mapped
    assert not re.search(r"libtorch|libc10|libscriptc_torch", mapped)
