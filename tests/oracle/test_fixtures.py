"""Model files against Python: adding a case is adding a file below fixtures/.

scripted/     torch.jit.script compiles it, and so do we: both equal eager
specialised/  torch.jit.script refuses it; we compile it, equal to eager
refused/      we refuse it; the message stands in NAME.txt beside NAME.py
Each file defines `Model` (no required arguments) and INPUTS (specs, one for each argument of forward).
"""

import importlib.util
import pathlib
import re
import sys

import pytest
import torch

from compare import TOLERANCE, example, load_saved, randomise, relative_difference

FIXTURES = pathlib.Path(__file__).parent / "fixtures"


def files(kind):
    return sorted(FIXTURES.glob(f"{kind}/*.py"), key=lambda p: p.name)


def name_of(path):
    return path.stem


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # torch.jit asks for the sources of its classes
    spec.loader.exec_module(module)
    return module


def tensor_for(spec, seed, sizes):
    """A random tensor for a spec such as `float32[N=2,3,8,8]` or `int64[N=2,T=4]<10`."""
    dtype, shape, high = re.fullmatch(r"(\w+)\[(.*)\](?:<(\d+))?", spec).groups()
    dims = []
    for part in shape.split(",") if shape else []:
        name, _, size = part.rpartition("=")
        dims.append(sizes.get(name, int(size.split("%")[0])) if name else int(size))
    return example(dims, seed, getattr(torch, dtype), high=int(high) if high else None)


def runs(module):
    """Inputs at two sizes of every named dimension, several each: lists of argument tuples."""
    for sizes in ({}, {"N": 5}):
        yield [tuple(tensor_for(s, 10 * seed + i, sizes) for i, s in enumerate(module.INPUTS)) for seed in range(3)]


@pytest.fixture(scope="module")
def saved(tmp_path_factory, run):
    def compile_model(path):
        module = load(path)
        torch.manual_seed(3)
        model = randomise(module.Model())
        folder = tmp_path_factory.mktemp(path.stem)
        torch.save(model.state_dict(), folder / "weights.pth")
        inputs = [part for spec in module.INPUTS for part in ("--input", spec)]
        weights = ["-w", folder / "weights.pth"] if model.state_dict() else []
        result = run("pytorch_to_torch", path, "Model", *weights, "-s", folder / "out.pt", *inputs)
        assert result.returncode == 0, result.stderr
        return module, model, folder / "out.pt"

    return compile_model


def assert_equal_to_eager(module, model, path):
    compiled = load_saved(path)
    with torch.no_grad():
        for batch in runs(module):
            want = [model(*args) for args in batch]
            got = [compiled(*args) for args in batch]
            assert relative_difference(want, got) <= TOLERANCE


@pytest.mark.parametrize("path", files("scripted"), ids=name_of)
def test_scripted(path, saved):
    torch.jit.script(load(path).Model().eval())
    assert_equal_to_eager(*saved(path))


@pytest.mark.parametrize("path", files("specialised"), ids=name_of)
def test_specialised(path, saved):
    with pytest.raises(Exception):
        torch.jit.script(load(path).Model().eval())
    assert_equal_to_eager(*saved(path))


@pytest.mark.parametrize("path", files("refused"), ids=name_of)
def test_refused(path, run, tmp_path):
    result = run("pytorch_to_torch", path, "Model", "-s", tmp_path / "out.pt")
    assert result.stderr.replace(str(path.parent) + "/", "") == path.with_suffix(".txt").read_text()
    assert result.returncode == 7
    assert not list(tmp_path.iterdir())
