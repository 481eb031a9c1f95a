"""Files that nobody here wrote: facenet-pytorch's three networks with their trained weights, and our plugin of them.

The wheel is downloaded once, into build/cache; its own model file, imported here, is what both are compared with.
"""

import subprocess
import sys
import types
import zipfile

import pytest
import torch

from compare import TOLERANCE, example, load_saved, relative_difference
from conftest import ROOT

WHEEL = "facenet_pytorch-2.6.0-py3-none-any.whl"
SPECS = {"PNet": "float32[N=2,3,H=12,W=12]", "RNet": "float32[N=2,3,24,24]", "ONet": "float32[N=2,3,48,48]"}
SHAPES = {
    "PNet": [(2, 3, 12, 12), (1, 3, 37, 50), (3, 3, 64, 33)],
    "RNet": [(2, 3, 24, 24), (5, 3, 24, 24)],
    "ONet": [(2, 3, 48, 48), (5, 3, 48, 48)],
}


@pytest.fixture(scope="session")
def package():
    """The folder of the unpacked wheel."""
    cache = ROOT / "build" / "cache"
    if not (cache / WHEEL).exists():
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", cache, "facenet-pytorch==2.6.0"]
        subprocess.run(command, check=True)
    if not (cache / "facenet_pytorch").exists():
        with zipfile.ZipFile(cache / WHEEL) as wheel:
            wheel.extractall(cache)
    return cache / "facenet_pytorch"


@pytest.fixture(scope="session")
def eager(package):
    """eager("PNet") -> the wheel's network in Python, trained. What its file imports for reading images is left out."""
    detect_face = types.ModuleType("facenet_models.utils.detect_face")
    detect_face.detect_face = detect_face.extract_face = None
    for name, folder in (("facenet_models", package / "models"), ("facenet_models.utils", package / "models" / "utils")):
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [str(folder)]
    sys.modules[detect_face.__name__] = detect_face
    from facenet_models import mtcnn
    return lambda name: getattr(mtcnn, name)().eval()


@pytest.fixture(scope="session")
def save(run, plugin, package, tmp_path_factory):
    """save("PNet", "file" or "plugin", ".pt" or ".ptl") -> path of the saved file"""
    made = {}

    def save_once(name, source, extension):
        if (name, source, extension) not in made:
            out = tmp_path_factory.mktemp(f"{name}-{source}") / f"out{extension}"
            model = {"file": [package / "models" / "mtcnn.py", name, "--kwargs", "pretrained", 0, "--input", SPECS[name]],
                     "plugin": [plugin("mtcnn"), name]}[source]
            result = run("pytorch_to_torch", *model, "-w", package / "data" / f"{name.lower()}.pt", "-s", out)
            assert result.returncode == 0, result.stderr
            made[name, source, extension] = out
        return made[name, source, extension]

    return save_once


def difference(model, compiled, shapes):
    worst = 0.0
    with torch.no_grad():
        for shape in shapes:
            inputs = [example(shape, seed) for seed in range(4)]
            worst = max(worst, relative_difference([model(x) for x in inputs], [compiled(x) for x in inputs]))
    return worst


@pytest.mark.parametrize("extension", [".pt", ".ptl"])
@pytest.mark.parametrize("source", ["file", "plugin"])
@pytest.mark.parametrize("name", SPECS)
def test_equals_eager(name, source, extension, save, eager):
    assert difference(eager(name), load_saved(save(name, source, extension)), SHAPES[name]) <= TOLERANCE


@pytest.mark.parametrize("source", ["file", "plugin"])
@pytest.mark.parametrize("name", SPECS)
def test_a_weight_changed_by_one_percent_fails(name, source, save, eager):
    model = eager(name)
    with torch.no_grad():
        model.conv2.weight *= 1.01
    assert difference(model, load_saved(save(name, source, ".pt")), SHAPES[name]) > TOLERANCE


def test_the_constructor_loads_no_weights(run, package, tmp_path):
    file = package / "models" / "mtcnn.py"
    result = run("pytorch_to_torch", file, "PNet", "-s", tmp_path / "out.pt", "--input", SPECS["PNet"])
    assert (result.returncode, result.stderr) == (7, f"""\
error: RuntimeError: torch.load() is not available: constructors have no access to files
  {file}:34: in PNet.__init__
      state_dict = torch.load(state_dict_path)
  help: leave the weights to -w FILE, and pass what keeps the constructor from loading, as in --kwargs pretrained 0
""")
    assert not (tmp_path / "out.pt").exists()


def test_docs_are_listed_as_prose(run, plugin):
    assert "      MTCNN's refinement of 24x24 proposals\n" in run("scriptc", "list", plugin("mtcnn")).stdout
