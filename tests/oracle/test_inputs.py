"""What --input says of forward's arguments: their types where the file says none, and what they are fixed at."""

import pytest
import torch

from compare import TOLERANCE, example, load_saved, relative_difference

SPEC = "float32[N=2,3]"


def x(seed, batch=2):
    return example((batch, 3), seed)


CASES = {
    "dict": ("def forward(self, d):\n        return self.fc(d['a']) + d['b']", [f"{{a: {SPEC}, b: {SPEC}}}"],
             lambda n, s: [{"a": x(s, n), "b": x(s + 5, n)}]),
    "list": ("def forward(self, xs):\n        xs = [self.fc(x) for x in xs]\n        return torch.cat(xs, 1)",
             [f"[{SPEC}, {SPEC}]"], lambda n, s: [[x(s, n), x(s + 5, n)]]),
    "tuple": ("def forward(self, x, state):\n        a, b = state\n        return self.fc(x) + a, b", [SPEC, f"({SPEC}, {SPEC})"],
              lambda n, s: [x(s, n), (x(s + 5, n), x(s + 9, n))]),
    "union": ("def forward(self, x: Union[torch.Tensor, Dict[str, torch.Tensor]], scale: Union[int, torch.Tensor] = 2):\n"
              "        y = x['y'] if isinstance(x, dict) else x\n        return self.fc(y) * scale", [SPEC],
              lambda n, s: [x(s, n)]),
}


def write(folder, forward):
    path = folder / "net.py"
    path.write_text("from typing import Dict, Union\n\nimport torch\n\n\nclass Net(torch.nn.Module):\n    def __init__(self):\n"
                    "        super().__init__()\n        self.fc = torch.nn.Linear(3, 3)\n\n"
                    f"    {forward}\n")
    namespace = {}
    exec(path.read_text(), namespace)
    return path, namespace["Net"]


@pytest.mark.parametrize("name", CASES)
def test_types_come_from_the_inputs(name, run, tmp_path):
    forward, specs, make = CASES[name]
    path, net = write(tmp_path, forward)
    model = net().eval()
    torch.save(model.state_dict(), tmp_path / "w.pth")
    options = [word for spec in specs for word in ("--input", spec)]
    result = run("pytorch_to_torch", path, "Net", "-w", tmp_path / "w.pth", "-s", tmp_path / "out.pt", *options)
    assert result.returncode == 0, result.stderr
    compiled = load_saved(tmp_path / "out.pt")
    with torch.no_grad():
        for batch in (2, 5):
            inputs = [make(batch, seed) for seed in range(3)]
            assert relative_difference([model(*one) for one in inputs], [compiled(*one) for one in inputs]) <= TOLERANCE


FIXED = ("def forward(self, x, target=None, flag=True):\n        y = self.fc(x)\n        if target is not None:\n"
         "            return (y - target).mean()\n        return (y, x) if flag else y")


def test_what_no_input_gives_is_fixed_and_said(run, tmp_path):
    path, _ = write(tmp_path, FIXED)
    result = run("pytorch_to_torch", path, "Net", "-s", tmp_path / "out.pt", "--input", SPEC)
    assert result.returncode == 0
    assert result.stderr == "".join(
        f"warning: forward's parameter '{name}' is fixed, {name}={value}: the model cannot be compiled with it open\n"
        "  help: give it an --input to keep it\n" for name, value in (("flag", "True"), ("target", "None")))
    compiled = load_saved(tmp_path / "out.pt")
    assert [argument.name for argument in compiled._c._get_method("forward").schema.arguments] == ["self", "x"]


def test_what_an_input_gives_is_kept(run, tmp_path):
    path, net = write(tmp_path, FIXED)
    result = run("pytorch_to_torch", path, "Net", "-s", tmp_path / "out.pt", "--input", SPEC, "--input", SPEC)
    assert result.returncode == 0
    assert "'target'" not in result.stderr
    compiled = load_saved(tmp_path / "out.pt")
    assert compiled(x(1), x(2)).shape == ()


def test_the_first_refusal_is_told(run, tmp_path):
    path, _ = write(tmp_path, "def forward(self, x, mask=None):\n        return self.fc(x).no_such_method()")
    result = run("pytorch_to_torch", path, "Net", "-s", tmp_path / "out.pt", "--input", SPEC)
    assert result.returncode == 7
    assert result.stderr.startswith(f"error: {path}:12:16: a value of type 'Tensor' has no attribute 'no_such_method'")
