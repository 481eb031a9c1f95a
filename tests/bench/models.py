"""The models of the bench: how each is made here, in Python, and by the tool."""

import functools
import importlib
import importlib.util
import pathlib
import re
import sys
import types
from dataclasses import dataclass
from typing import Callable

import torch

CACHE = pathlib.Path(__file__).resolve().parents[2] / "build" / "cache"


@functools.cache
def root_of(package):
    """The folder of a package that is not imported. None: it is not installed."""
    spec = importlib.util.find_spec(package)
    return spec and pathlib.Path(spec.origin).parent


class AnyName(type):
    def __getattr__(cls, name):
        return Absent


class Absent(metaclass=AnyName):
    """Stands for whatever a module that is left out defines: a base, a decorator, a function."""

    def __new__(cls, *args, **kwargs):
        return Absent


def leave_out(name):
    module = sys.modules[name] = types.ModuleType(name)
    module.__path__ = []
    module.__getattr__ = lambda attribute: Absent


def alone(package, file, *others):
    """The module package.models.file without `others`, which it imports: all of torchvision takes 1.7 s of CPU, which
    would only flatter us."""
    folder = root_of(package) / "models"
    for other in others:
        leave_out(other)
    leave_out(package)
    models = sys.modules[f"{package}.models"] = types.ModuleType(f"{package}.models")
    models.__path__ = [str(folder)]
    return importlib.import_module(f"{package}.models.{file}")


def torchvision(file, expression):
    others = ["transforms._presets", "utils", "models._api", "models._meta", "models._utils"]
    return eval(expression, vars(alone("torchvision", file, *(f"torchvision.{other}" for other in others))))


def facenet(name):
    sys.path.insert(0, str(CACHE))
    return getattr(alone("facenet_pytorch", "mtcnn", "facenet_pytorch.models.utils.detect_face"), name)(pretrained=False)


@dataclass
class Model:
    build: Callable      # in Python
    plugin: str          # model_defs/PLUGIN.cpp
    name: str            # of the plugin's model
    source: Callable     # path of the Python file
    expression: list     # that makes the model in that file, and further options
    spec: str            # of the input
    weights: Callable = None  # path of trained weights; None: random ones


def vision(file, plugin_model, expression):
    return Model(functools.partial(torchvision, file, expression), file, plugin_model,
                 lambda: root_of("torchvision") / "models" / f"{file}.py", [expression],
                 "float32[N=2,3,H=224%32,W=224%32]")


MODELS = {
    "ONet": Model(lambda: facenet("ONet"), "mtcnn", "ONet", lambda: CACHE / "facenet_pytorch/models/mtcnn.py",
                  ["ONet", "--kwargs", "pretrained", "0"], "float32[N=2,3,48,48]",
                  lambda: CACHE / "facenet_pytorch/data/onet.pt"),
    "ResNet-18": vision("resnet", "ResNet18", "ResNet(BasicBlock, [2, 2, 2, 2])"),
    "ResNet-50": vision("resnet", "ResNet50", "ResNet(Bottleneck, [3, 4, 6, 3])"),
    "ResNet-152": vision("resnet", "ResNet152", "ResNet(Bottleneck, [3, 8, 36, 3])"),
    "VGG-16": vision("vgg", "VGG16", "VGG(make_layers(cfgs['D']))"),
}


def example(spec):
    """Seeded tensors for a spec without named dimensions: float32[2,3,48,48]; int64[2,16]<100."""
    tensors = []
    for dtype, sizes, below in re.findall(r"(\w+)\[([\d,]*)\](?:<(\d+))?", spec):
        shape = [int(size) for size in sizes.split(",")]
        tensors.append(torch.rand(shape) if dtype == "float32" else torch.randint(int(below or 2), shape))
    return tensors
