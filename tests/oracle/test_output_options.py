"""Options that say what the file holds: --no-freeze, --print-operators."""

import json

import pytest
import torch

MODEL = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(3, 2)
        self.inner = Inner()

    def forward(self, x):
        return self.inner(torch.relu(self.fc(x)))


class Inner(nn.Module):
    def forward(self, x):
        if self.training:
            return x + 1
        return x
"""


@pytest.fixture
def compiled(run, tmp_path):
    """compiled("--no-freeze") -> (the finished program, the loaded file)."""

    def compile_with(*options):
        (tmp_path / "net.py").write_text(MODEL)
        result = run("pytorch_to_torch", "net.py", "Net", "-s", "out.pt", "--input", "float32[N=2,3]", *options, cwd=tmp_path)
        assert (result.returncode, result.stderr) == (0, "")
        return result, torch.jit.load(tmp_path / "out.pt")

    return compile_with


def test_training_can_be_switched_without_freezing(compiled):
    _, model = compiled("--no-freeze")
    x = torch.ones(2, 3)
    expected = torch.relu(model.fc(x))
    assert not model.training
    assert torch.equal(model(x), expected)
    assert torch.equal(model.train()(x), expected + 1)


def test_a_frozen_file_has_no_training_left(compiled):
    _, model = compiled()
    assert "aten::add" not in str(model.graph)


def test_a_model_that_mobile_cannot_run_has_no_list(run, tmp_path):
    (tmp_path / "net.py").write_text(
        "import torch\n\n\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        with torch.no_grad():\n"
        "            return x + 1\n")
    command = ["pytorch_to_torch", "net.py", "Net", "-s", "out.pt", "--input", "float32[N=2,3]"]
    assert run(*command, cwd=tmp_path).returncode == 0
    result = run(*command, "--print-operators", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (
        7, "error: the operators cannot be listed: ENTER is not supported in mobile module\n")


def test_operators_are_those_that_python_lists(compiled, tmp_path):
    result, model = compiled("--print-operators", "--quiet", "--report", str(tmp_path / "report.json"))
    expected = sorted(torch.jit.export_opnames(model))
    assert "aten::relu" in expected
    assert result.stdout.splitlines() == expected
    assert json.loads((tmp_path / "report.json").read_text())["operators"] == expected
