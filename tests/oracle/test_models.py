"""The shipped models, as .pt and .ptl, against Python eager with the same weights and the same LibTorch."""

import hashlib
import os
import re
import subprocess
import zipfile
from dataclasses import dataclass, field

import pytest
import torch

from compare import TOLERANCE, example, load_saved, randomise, relative_difference
from eager import models


@dataclass
class Case:
    name: str
    plugin: str
    model: str
    eager: torch.nn.Module
    shapes: list                                   # of the input, one for each size that is tried
    kwargs: list = field(default_factory=list)     # as on the command line


CASES = [
    Case("lenet", "lenet", "LeNet", models.LeNet(), [(2, 1, 8, 8), (5, 1, 8, 8), (3, 1, 16, 12)]),
    Case("lenet-3", "lenet", "LeNet", models.LeNet(3), [(2, 1, 8, 8), (5, 1, 8, 8)], ["num_classes", 3]),
    Case("mlp", "mlp", "MLP", models.MLP(), [(2, 16), (7, 16)]),
    Case("mlp-deep", "mlp", "MLP", models.MLP(12, (20, 18, 16, 14), 5, True, 0.3, "tanh"), [(2, 12), (9, 12)],
         ["in_features", 12, "hidden", "20,18,16,14", "out_features", 5, "batch_norm", "true", "dropout", 0.3,
          "activation", "tanh"]),
    Case("branchy", "branchy", "Branchy", models.Branchy(), [(2, 8), (5, 8)]),
    Case("native", "native_mlp", "NativeMlp", models.NativeMlp(), [(2, 16), (6, 16)]),
]


def by_name(case):
    return case.name


@pytest.fixture(scope="module")
def save(run, plugin, tmp_path_factory):
    """save(case, extension) -> (model, path of the saved file)"""
    made = {}

    def save_once(case, extension):
        if (case.name, extension) not in made:
            folder = tmp_path_factory.mktemp(case.name)
            model = randomise(case.eager)
            torch.save(model.state_dict(), folder / "weights.pth")
            options = ["--kwargs", *case.kwargs] if case.kwargs else []
            result = run("pytorch_to_torch", plugin(case.plugin), case.model, "-w", folder / "weights.pth",
                         "-s", folder / f"out{extension}", *options)
            assert result.returncode == 0, result.stderr
            made[case.name, extension] = model, folder / f"out{extension}"
        return made[case.name, extension]

    return save_once


def differences(model, compiled, shapes):
    with torch.no_grad():
        for shape in shapes:
            inputs = [example(shape, seed) for seed in range(4)]
            yield relative_difference([model(x) for x in inputs], [compiled(x) for x in inputs])


@pytest.mark.parametrize("extension", [".pt", ".ptl"])
@pytest.mark.parametrize("case", [c for c in CASES if c.name != "branchy"], ids=by_name)
def test_equals_eager(case, extension, save):
    model, path = save(case, extension)
    assert max(differences(model, load_saved(path), case.shapes)) <= TOLERANCE


@pytest.mark.parametrize("case", [c for c in CASES if c.name != "branchy"], ids=by_name)
def test_a_weight_changed_by_one_percent_fails(case, save):
    model, path = save(case, ".pt")
    weight = next(p for name, p in model.named_parameters() if name.endswith("weight") and p.dim() > 1)
    kept = weight.detach().clone()
    with torch.no_grad():
        weight *= 1.01
    try:
        assert max(differences(model, load_saved(path), case.shapes)) > TOLERANCE
    finally:
        with torch.no_grad():
            weight.copy_(kept)


def branchy_inputs():
    """Inputs that take both branches, after different numbers of rounds."""
    for sign in (1, -1):
        for scale in (0.1, 1.5, 40.0):
            for batch in (2, 5):
                yield example((batch, 8), batch).abs() * sign * scale


@pytest.mark.parametrize("extension", [".pt", ".ptl"])
def test_branchy_follows_the_data(extension, save):
    model, path = save(next(c for c in CASES if c.name == "branchy"), extension)
    compiled = load_saved(path)
    rounds, signs = set(), set()
    with torch.no_grad():
        for x in branchy_inputs():
            for bias in (None, torch.full((8,), 0.25)):
                want, got = model(x, bias), compiled(x, bias)
                assert want[1] == got[1]
                assert torch.allclose(want[0], got[0], rtol=1e-4, atol=1e-5)
                rounds.add(want[1])
                signs.add(bool((x + (0 if bias is None else bias)).sum() > 0))
    assert len(rounds) >= 3 and signs == {True, False}


def test_branchy_keeps_its_control_flow(save):
    _, path = save(next(c for c in CASES if c.name == "branchy"), ".pt")
    graph = torch.jit.load(str(path)).inlined_graph
    assert len(graph.findAllNodes("prim::Loop")) == 1
    # bias given or not, x.sum() > 0, and the loop's `and`
    assert len(graph.findAllNodes("prim::If")) == 3


def test_frozen_graph_has_no_batch_norm(save):
    for name in ("mlp-deep", "native"):
        _, path = save(next(c for c in CASES if c.name == name), ".pt")
        module = torch.jit.load(str(path))
        kinds = set(re.findall(r"aten::\w+", str(module.inlined_graph)))
        assert "aten::linear" in kinds or "aten::addmm" in kinds
        assert "aten::dropout" not in kinds


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("extension", [".pt", ".ptl"])
@pytest.mark.parametrize("case", [CASES[0], CASES[-1]], ids=by_name)
def test_same_bytes_whatever_name_folder_locale_threads(case, extension, save, run, plugin, tmp_path):
    _, path = save(case, extension)
    weights = path.parent / "weights.pth"
    other = tmp_path / "a folder"
    other.mkdir()
    for name, environment, options in (("x", {"LC_ALL": "C"}, []), ("model of mine", {"LC_ALL": "de_DE.UTF-8", "TZ": "Asia/Tokyo"}, ["--threads", 2])):
        result = run("pytorch_to_torch", plugin(case.plugin), case.model, "-w", weights, "-s", other / (name + extension), *options,
                     env={**os.environ, **environment})
        assert result.returncode == 0, result.stderr
        assert digest(other / (name + extension)) == digest(path)


def test_archive_is_wholly_readable(save):
    _, path = save(CASES[0], ".pt")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {name.split("/")[0] for name in archive.namelist()} == {"archive"}


def test_digits_are_predicted_as_in_python(run, plugin, build, tmp_path):
    """Image by image, from the program that knows only LibTorch."""
    here = models.pathlib.Path(models.__file__).parents[3] / "examples" / "digits"
    result = run("pytorch_to_torch", plugin("lenet"), "LeNet", "-w", here / "lenet_digits.pth", "-s", tmp_path / "lenet.pt")
    assert result.returncode == 0, result.stderr
    program = subprocess.run([build / "bin" / "run_digits", tmp_path / "lenet.pt", here / "held_out.csv", "--predictions"],
                             capture_output=True, text=True, check=True)
    rows = torch.tensor([[int(v) for v in line.split(",")] for line in (here / "held_out.csv").read_text().split()])
    model = models.LeNet()
    model.load_state_dict(torch.load(str(here / "lenet_digits.pth")))
    with torch.no_grad():
        want = model.eval()(rows[:, 1:].float().reshape(-1, 1, 8, 8) / 16).argmax(1)
    assert [int(line) for line in program.stdout.split()] == want.tolist()
    assert (want == rows[:, 0]).float().mean() >= 0.97
