"""Model files against Python: adding a case is adding a file below fixtures/.

language/     sets RESULT to plain data: our evaluator's repr of it is CPython's
scripted/     torch.jit.script compiles it, and so do we: both equal eager
specialised/  torch.jit.script refuses it; we compile it, equal to eager
refused/      we refuse it; the message stands in NAME.txt beside NAME.py
wanted/       eager runs it and we do not compile it yet: refused in words, and a failure here once it compiles

Files of models define `Model` (no required arguments) and INPUTS (specs, one for each argument of forward). A refused
file may have a line `OPTIONS = [...]`, options of the command; its text may begin with a line `exit N` (default: 7).
"""

import ast
import importlib.util
import os
import pathlib
import re
import runpy
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from compare import TOLERANCE, example, load_saved, randomise, relative_difference

pytestmark = pytest.mark.filterwarnings("ignore")  # torch.jit is deprecated, says 2.13

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
    if dtype == "bool":
        return example(dims, seed) > 0
    return example(dims, seed, getattr(torch, dtype), high=int(high) if high else None)


def runs(module):
    """Inputs at two sizes of every named dimension, several each: lists of argument tuples."""
    for sizes in ({}, {"N": 5}):
        yield [tuple(tensor_for(s, 10 * seed + i, sizes) for i, s in enumerate(module.INPUTS)) for seed in range(3)]


@pytest.fixture(scope="module")
def evaluated(build):
    """evaluated(path) -> repr(RESULT), or the message; one process for all files."""
    tool = subprocess.Popen([build / "bin/python_eval_tool"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def evaluate(path):
        tool.stdin.write(os.fsencode(path) + b"\n")
        tool.stdin.flush()
        head = tool.stdout.readline()
        assert head, "python_eval_tool has died"
        return tool.stdout.read(int(head.split()[1])).decode()

    yield evaluate
    tool.stdin.close()
    tool.wait()


@pytest.mark.parametrize("path", files("language"), ids=name_of)
def test_language(path, evaluated):
    assert evaluated(path) == repr(runpy.run_path(str(path), run_name=path.stem)["RESULT"])


def prepare(path, folder):
    """The module and model of a file, and the arguments that compile it with the model's weights."""
    module = load(path)
    torch.manual_seed(3)
    model = randomise(module.Model())
    torch.save(model.state_dict(), folder / "weights.pth")
    weights = ["-w", folder / "weights.pth"] if model.state_dict() else []
    inputs = [part for spec in module.INPUTS for part in ("--input", spec)]
    return module, model, [path, "Model", *weights, "-s", folder / "out.pt", *inputs]


@pytest.fixture(scope="module")
def saved(request, tmp_path_factory, run):
    """saved(path) -> module, model, compiled file. What the selected tests want is compiled side by side."""
    wanted = [item.callspec.params["path"] for item in request.session.items
              if item.function in (test_scripted, test_specialised)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {}
        for path in wanted:
            folder = tmp_path_factory.mktemp(path.stem)
            module, model, args = prepare(path, folder)
            jobs[path] = module, model, folder / "out.pt", pool.submit(run, "pytorch_to_torch", *args)

        def wait_for(path):
            module, model, output, job = jobs[path]
            assert job.result().returncode == 0, job.result().stderr
            return module, model, output

        yield wait_for
        pool.shutdown(cancel_futures=True)


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


def options_of(path):
    """OPTIONS by its spelling: the file may be no Python."""
    line = re.search(r"^OPTIONS = (\[.*\])$", path.read_text(), re.MULTILINE)
    return ast.literal_eval(line[1]) if line else []


def expected_refusal(path):
    """The exit code and the message."""
    text = path.with_suffix(".txt").read_text()
    code = re.match(r"exit (\d)\n", text)
    return (int(code[1]), text[code.end():]) if code else (7, text)


@pytest.mark.parametrize("path", files("refused"), ids=name_of)
def test_refused(path, run, tmp_path):
    result = run("pytorch_to_torch", path, "Model", "-s", tmp_path / "out.pt", *options_of(path))
    assert (result.returncode, result.stderr.replace(f"{path.parent}/", "")) == expected_refusal(path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", files("wanted"), ids=name_of)
def test_wanted(path, run, tmp_path):
    """A known gap is refused in words and leaves nothing. One that compiles belongs into another folder."""
    _, _, args = prepare(path, tmp_path)
    result = run("pytorch_to_torch", *args)
    assert result.returncode == 7, "it compiles: move it" if result.returncode == 0 else result.stderr
    assert "error: " in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["weights.pth"]
