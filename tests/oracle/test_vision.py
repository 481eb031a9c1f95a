"""Vision models, from their plugins and from torchvision's own files, against torchvision with the same weights.

SCRIPTC_FULL=1: the numbers of every variant, too (some GB, and some minutes)."""

import os
import re
import zipfile
from dataclasses import dataclass

import pytest
import torch

from compare import TOLERANCE, example, load_saved, randomise, relative_difference, settle
from eager import vision


@dataclass
class Case:
    plugin: str
    model: str                                     # of the plugin
    kwargs: list                                   # of the model, as on the command line
    file: str                                      # torchvision/models/FILE.py
    expression: str                                # that makes the same model in the file
    shapes: list                                   # of the input, one for each size that is tried
    extensions: tuple = (".pt", ".ptl")
    step: int = 32                                 # of height and width; 0: they are fixed


LARGE = [(1, 3, 224, 224), (2, 3, 64, 96)]
SMALL = [(2, 3, 64, 64), (3, 3, 32, 64)]

CASES = [
    Case("resnet", "ResNet50", [], "resnet", "resnet50()", LARGE, (".pt",)),
    Case("resnet", "ResNet18", ["num_classes", 7], "resnet", "resnet18(num_classes=7)", SMALL),
    Case("resnet", "ResNet", ["block", "bottleneck", "layers", "1,2,1,2", "num_classes", 20, "groups", 8, "width_per_group", 16],
         "resnet", "ResNet(Bottleneck, [1, 2, 1, 2], num_classes=20, groups=8, width_per_group=16)", SMALL),
    Case("vgg", "VGG11", ["num_classes", 11], "vgg", "vgg11(num_classes=11)", SMALL, (".ptl",)),
    Case("vgg", "VGG13_bn", ["num_classes", 11], "vgg", "vgg13_bn(num_classes=11)", SMALL, (".pt",)),
    Case("mobilenet_v2", "MobileNetV2", [], "mobilenetv2", "mobilenet_v2()", LARGE, (".pt",)),
    Case("mobilenet_v2", "MobileNetV2", ["num_classes", 5, "width_mult", 0.35], "mobilenetv2",
         "MobileNetV2(num_classes=5, width_mult=0.35)", SMALL),
    Case("vit", "ViT_B_16", ["image_size", 64], "vision_transformer", "vit_b_16(image_size=64)",
         [(1, 3, 64, 64), (2, 3, 64, 64)], (".pt",), 0),
    Case("vit", "ViT", ["patch_size", 8, "num_layers", 2, "num_heads", 4, "hidden_dim", 32, "mlp_dim", 48, "image_size", 40,
                        "num_classes", 9], "vision_transformer",
         "VisionTransformer(40, 8, 2, 4, 32, 48, num_classes=9)", [(2, 3, 40, 40), (5, 3, 40, 40)], step=0),
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """trained(case) -> (inputs and outputs of the model for each shape, path of its weights)"""
    made = {}

    def train_once(case):
        if case.expression not in made:
            model = settle(randomise(vision.build(case.file, case.expression)), case.shapes[-1])
            path = tmp_path_factory.mktemp(case.model) / "weights.pth"
            torch.save(model.state_dict(), path)
            with torch.no_grad():
                inputs = [[example(shape, seed) for seed in range(2)] for shape in case.shapes]
                made[case.expression] = [(batch, [model(x) for x in batch]) for batch in inputs], path
        return made[case.expression]

    return train_once


def input_of(case):
    batch, channels, height, width = case.shapes[-1]
    if case.step == 0:
        return f"float32[N={batch},{channels},{height},{width}]"
    return f"float32[N={batch},{channels},H={height}%{case.step},W={width}%{case.step}]"


@pytest.fixture
def compile_with(run, tmp_path):
    """compile_with(module, model, extension, option …) -> path of the saved file"""

    def compile_it(module, model, extension, *options):
        path = tmp_path / f"{module.stem}{extension}"
        result = run("pytorch_to_torch", module, model, "-s", path, *options)
        assert result.returncode == 0, result.stderr
        return path

    return compile_it


def assert_equal(runs, path, tolerance=TOLERANCE):
    compiled = load_saved(path)
    with torch.no_grad():
        for inputs, outputs in runs:
            assert relative_difference(outputs, [compiled(x) for x in inputs]) <= tolerance


@pytest.mark.parametrize("case, extension", [pytest.param(case, extension, id=case.expression.partition("(")[0] + extension)
                                             for case in CASES for extension in case.extensions])
def test_plugin_and_source_equal_torchvision(case, extension, trained, compile_with, plugin):
    runs, weights = trained(case)
    options = ["-w", weights, "--input", input_of(case)]
    kwargs = ["--kwargs", *case.kwargs] if case.kwargs else []
    from_plugin = compile_with(plugin(case.plugin), case.model, extension, *options, *kwargs)
    assert_equal(runs, from_plugin)
    from_source = compile_with(vision.source(case.file), case.expression, extension, *options)
    assert_equal(runs, from_source)
    if extension == ".pt":
        for path in (from_plugin, from_source):
            assert "batch_norm" not in str(torch.jit.load(str(path)).inlined_graph)


def test_published_names_of_vision_transformers(trained, compile_with, plugin, tmp_path):
    """linear_1 and linear_2, which torchvision's own loading translates."""
    case = next(c for c in CASES if c.model == "ViT")
    runs, weights = trained(case)
    state = {name.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."): tensor
             for name, tensor in torch.load(str(weights)).items()}
    assert sum("linear_" in name for name in state) == 8
    model = vision.build(case.file, case.expression)
    model.load_state_dict(state)
    for name, tensor in torch.load(str(weights)).items():
        assert torch.equal(model.state_dict()[name], tensor)
    torch.save(state, tmp_path / "published.pth")
    path = compile_with(plugin(case.plugin), case.model, ".pt", "-w", tmp_path / "published.pth", "--kwargs", *case.kwargs,
                        "legacy_names", "true")
    assert_equal(runs, path)


#: More of torchvision's files: attention over windows, channel shuffles, squeeze and excitation, dictionaries as output.
SOURCES = [("mobilenetv3", "mobilenet_v3_small(num_classes=6)"), ("regnet", "regnet_y_400mf(num_classes=6)"),
           ("segmentation.lraspp", "lraspp_mobilenet_v3_large(weights_backbone=None, num_classes=6)"),
           ("shufflenetv2", "shufflenet_v2_x0_5(num_classes=6)"), ("squeezenet", "squeezenet1_1(num_classes=6)"),
           ("swin_transformer", "SwinTransformer([4, 4], 24, [2, 2], [3, 6], [7, 7], num_classes=6)")]


@pytest.mark.parametrize("file, expression", SOURCES, ids=[file for file, _ in SOURCES])
def test_more_sources_equal_torchvision(file, expression, compile_with, tmp_path):
    model = settle(randomise(vision.build(file, expression)), (4, 3, 96, 96))
    torch.save(model.state_dict(), tmp_path / "weights.pth")
    compiled = load_saved(compile_with(vision.source(file), expression, ".pt", "-w", tmp_path / "weights.pth", "--no-verify"))
    with torch.no_grad():
        for shape in ((2, 3, 64, 64), (1, 3, 64, 96)):
            inputs = [example(shape, seed) for seed in range(2)]
            assert relative_difference([model(x) for x in inputs], [compiled(x) for x in inputs]) <= TOLERANCE


#: By default only names and shapes of these are compared.
OTHERS = [("resnet", model, "resnet", model.lower()) for model in
          ("ResNet34", "ResNet101", "ResNet152", "ResNeXt50_32x4d", "ResNeXt101_32x8d", "ResNeXt101_64x4d")]
OTHERS += [("resnet", "WideResNet50_2", "resnet", "wide_resnet50_2"), ("resnet", "WideResNet101_2", "resnet", "wide_resnet101_2")]
OTHERS += [("vgg", model, "vgg", model.lower()) for model in
           ("VGG13", "VGG16", "VGG19", "VGG11_bn", "VGG16_bn", "VGG19_bn")]
OTHERS += [("vit", model, "vision_transformer", model.lower()) for model in ("ViT_B_16", "ViT_B_32", "ViT_L_16", "ViT_L_32")]


@pytest.fixture
def uninitialised(monkeypatch):
    """Modules are made without writing to their weights, so that the largest cost no time and no memory."""
    for name, function in list(vars(torch.nn.init).items()):
        if name.endswith("_") and callable(function):
            monkeypatch.setattr(torch.nn.init, name, lambda tensor, *_, **__: tensor)


@pytest.mark.parametrize("plugin_name, model, file, builder", OTHERS, ids=[row[1] for row in OTHERS])
def test_names_and_shapes_are_those_of_torchvision(plugin_name, model, file, builder, uninitialised, run, plugin, tmp_path):
    """A name too many is all that is wrong with a checkpoint of torchvision's names and shapes."""
    weights = {name: torch.zeros((), dtype=tensor.dtype).expand(tensor.shape)
               for name, tensor in vision.build(file, f"{builder}()").state_dict().items()}
    torch.save({**weights, "one_too_many": torch.zeros(1)}, tmp_path / "weights.pth")
    result = run("pytorch_to_torch", plugin(plugin_name), model, "-w", tmp_path / "weights.pth", "-s", tmp_path / "out.pt")
    assert result.returncode == 7
    assert result.stderr.endswith(f"error: '{tmp_path}/weights.pth': does not fit the model: 1 unexpected\n"
                                  "  the model lacks:\n    'one_too_many'\n"
                                  "  help: --no-strict loads the names that both have\n")


@pytest.mark.parametrize("plugin_name, model, file, builder", OTHERS if os.environ.get("SCRIPTC_FULL") else [],
                         ids=[row[1] for row in OTHERS] if os.environ.get("SCRIPTC_FULL") else None)
def test_every_variant_equals_torchvision(plugin_name, model, file, builder, compile_with, plugin, tmp_path):
    fixed = file == "vision_transformer"
    torch_model = settle(randomise(vision.build(file, f"{builder}()")), (2, 3, 224, 224) if fixed else (2, 3, 64, 64))
    torch.save(torch_model.state_dict(), tmp_path / "weights.pth")
    shapes = [(1, 3, 224, 224), (2, 3, 224, 224)] if fixed else SMALL
    with torch.no_grad():
        batches = [[example(shape, seed) for seed in range(2)] for shape in shapes]
        runs = [(batch, [torch_model(x) for x in batch]) for batch in batches]
        # What 152 layers with random weights make of rounding is no fault of either side.
        exact = torch_model.double()
        rounding = max(relative_difference(outputs, [exact(x.double()).float() for x in batch]) for batch, outputs in runs)
    del torch_model, exact
    for module, name in ((plugin(plugin_name), model), (vision.source(file), f"{builder}()")):
        path = compile_with(module, name, ".pt", "-w", tmp_path / "weights.pth", "--no-verify")
        assert_equal(runs, path, max(TOLERANCE, 3 * rounding))
        path.unlink()


def contents(path):
    """(number of classes that the code of an archive declares, bytes of all its records)"""
    with zipfile.ZipFile(path) as archive:
        code = [archive.read(name).decode() for name in archive.namelist() if "/code/" in name and name.endswith(".py")]
        return sum(len(re.findall(r"^class ", text, re.M)) for text in code), sum(r.file_size for r in archive.infolist())


def test_archive_of_a_deep_model_is_as_small_as_pythons(plugin, compile_with, tmp_path):
    model = vision.build("resnet", "resnet152()").eval()
    torch.save(model.state_dict(), tmp_path / "weights.pth")
    scripted = torch.jit.script(model)
    scripted.save(str(tmp_path / "scripted.pt"))
    torch.jit.freeze(scripted).save(str(tmp_path / "frozen.pt"))
    for module, name in ((plugin("resnet"), "ResNet152"), (vision.source("resnet"), "resnet152")):
        for kind, option in (("scripted.pt", ["--no-freeze"]), ("frozen.pt", [])):
            ours = compile_with(module, name, ".pt", "-w", tmp_path / "weights.pth", "--no-verify", *option)
            (classes, size), (most_classes, most) = contents(ours), contents(tmp_path / kind)
            assert 1 <= classes <= most_classes
            assert size <= most
            assert ours.stat().st_size <= (tmp_path / kind).stat().st_size
