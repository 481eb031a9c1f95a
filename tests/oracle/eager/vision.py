"""torchvision: the truth for the models of its names in model_defs/, and a package that is compiled from source."""

import importlib
import pathlib

import torch

if torch.__version__.split(".")[0] != "1":
    # Its wheel from PyPI brings operators for CUDA's torch only, and registers more about these two when it is imported.
    operators = torch.library.Library("torchvision", "DEF")
    operators.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    operators.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import torchvision  # noqa: E402


def source(file):
    """The Python file of a model: source("resnet"), source("segmentation.fcn")."""
    return (pathlib.Path(torchvision.__file__).parent / "models").joinpath(*file.split(".")).with_suffix(".py")


def build(file, expression):
    """The module that an expression over the file's names makes: build("resnet", "resnet50()")."""
    return eval(expression, vars(importlib.import_module(f"torchvision.models.{file}")))
