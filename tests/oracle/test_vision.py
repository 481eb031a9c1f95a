"""Vision models, from their plugins and from torchvision's own files, against torchvision with the same weights."""

import re
import zipfile
from dataclasses import dataclass, field

import pytest
import torch

from compare import TOLERANCE, example, load_saved, randomise, relative_difference
from eager import vision


@dataclass
class Case:
    file: str                                      # torchvision/models/FILE.py; our plugin has the same name
    name: str                                      # of the plugin's model
    expression: str                                # that makes it in the file
    shapes: list                                   # of the input, one for each size that is tried
    kwargs: list = field(default_factory=list)     # of the plugin's model, as on the command line


SMALL = [(2, 3, 64, 64), (3, 3, 96, 64)]

CASES = [
    Case("resnet", "ResNet50", "resnet50()", [(2, 3, 224, 224), (3, 3, 96, 128)]),
    Case("resnet", "ResNet18", "resnet18(num_classes=7)", SMALL, ["num_classes", 7]),
    Case("resnet", "ResNet", "ResNet(Bottleneck, [1, 2, 1, 2], num_classes=20, groups=8, width_per_group=16)", SMALL,
         ["block", "bottleneck", "layers", "1,2,1,2", "num_classes", 20, "groups", 8, "width_per_group", 16]),
]


def name_of(case):
    return case.name


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """trained(case) -> (model, path of its weights)"""
    made = {}

    def train_once(case):
        if case.name not in made:
            model = randomise(vision.build(case.file, case.expression))
            path = tmp_path_factory.mktemp(case.name) / "weights.pth"
            torch.save(model.state_dict(), path)
            made[case.name] = model, path
        return made[case.name]

    return train_once


def input_of(case):
    """Of the smallest size that is tried."""
    batch, channels, height, width = case.shapes[-1]
    return f"float32[N={batch},{channels},H={height}%32,W={width}%32]"


@pytest.fixture
def compile_with(run, tmp_path):
    """compile_with(module, model, extension, option …) -> path of the saved file"""

    def compile_it(module, model, extension, *options):
        path = tmp_path / f"out{extension}"
        result = run("pytorch_to_torch", module, model, "-s", path, *options)
        assert result.returncode == 0, result.stderr
        return path

    return compile_it


def assert_equal(case, model, path):
    compiled = load_saved(path)
    with torch.no_grad():
        for shape in case.shapes:
            inputs = [example(shape, seed) for seed in range(3)]
            assert relative_difference([model(x) for x in inputs], [compiled(x) for x in inputs]) <= TOLERANCE


@pytest.mark.parametrize("extension", [".pt", ".ptl"])
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_plugin_equals_torchvision(case, extension, trained, compile_with, plugin):
    model, weights = trained(case)
    options = ["--kwargs", *case.kwargs] if case.kwargs else []
    path = compile_with(plugin(case.file), case.name, extension, "-w", weights, "--input", input_of(case), *options)
    assert_equal(case, model, path)
    if extension == ".pt":
        assert "batch_norm" not in str(torch.jit.load(str(path)).inlined_graph)


@pytest.mark.parametrize("extension", [".pt", ".ptl"])
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_source_equals_torchvision(case, extension, trained, compile_with):
    model, weights = trained(case)
    path = compile_with(vision.source(case.file), case.expression, extension, "-w", weights, "--input", input_of(case))
    assert_equal(case, model, path)
