"""Writes the golden checkpoints beside this file.

Run once by each writer, from any folder:
    .venv/bin/python tests/weights/goldens/gen_goldens.py       # torch 2.13
    /usr/bin/python3 tests/weights/goldens/gen_goldens.py       # torch 1.13.1
Files are named NAME-VERSION.EXT. The values are small integers, so that the tests can name them.
"""
import collections
import os
import pickle
import sys

import numpy
import torch

here = os.path.dirname(os.path.abspath(__file__))
version = "".join(torch.__version__.split(".")[:2])  # 213, 113


def path(name):
    stem, extension = name.rsplit(".", 1)
    return os.path.join(here, "%s-%s.%s" % (stem, version, extension))


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = torch.nn.Linear(3, 2)
        self.bn = torch.nn.BatchNorm1d(2)
        self.register_buffer("kept", torch.tensor([7.0]))
        self.register_buffer("dropped", torch.tensor([8.0]), persistent=False)

    def forward(self, x):
        return self.bn(self.fc(x)) + self.kept + self.dropped


def net():
    module = Net()
    with torch.no_grad():
        module.fc.weight.copy_(torch.arange(6.0).reshape(2, 3))
        module.fc.bias.copy_(torch.tensor([10.0, 11.0]))
    return module


def dtypes():
    names = "uint8 int8 int16 int32 int64 float16 float32 float64 complex64 complex128 bool bfloat16".split()
    if version != "113":
        names += "complex32 uint16 uint32 uint64 float8_e5m2 float8_e4m3fn".split()
    return {name: torch.tensor([1, 0, 1]).to(getattr(torch, name)) for name in names}


def views():
    base = torch.arange(12.0).reshape(3, 4)
    return {
        "base": base,
        "row": base[1],
        "column": base[:, 2],
        "transposed": base.t(),
        "expanded": torch.tensor([5.0]).expand(2, 3),
        "scalar": torch.tensor(9.0),
        "empty": torch.zeros(0, 3),
    }


torch.save(net().state_dict(), path("net.pt"))
torch.save({"state_dict": net().state_dict(), "epoch": 3, "best": torch.tensor(0.5)}, path("wrapped.pt"))
torch.save({"model": net().state_dict(), "ema": net().state_dict()}, path("two.pt"))
torch.save({"module." + k: v for k, v in net().state_dict().items()}, path("parallel.pt"))
torch.save(net(), path("module.pt"))
torch.save(dtypes(), path("dtypes.pt"))
torch.save(views(), path("views.pt"))
torch.save({"p": torch.nn.Parameter(torch.ones(2)), "n": numpy.arange(6.0, dtype="f4").reshape(2, 3)}, path("mixed.pt"))
torch.save({"q": torch.quantize_per_tensor(torch.ones(2), 0.5, 0, torch.quint8)}, path("quantised.pt"))
torch.save({"s": torch.eye(2).to_sparse()}, path("sparse.pt"))
torch.save({"m": torch.ones(2, device="meta")}, path("meta.pt"))
torch.save(net().state_dict(), path("legacy.pth"), _use_new_zipfile_serialization=False)
torch.save(views(), path("legacy_views.pth"), _use_new_zipfile_serialization=False)
for protocol in range(2, 6):
    torch.save(net().state_dict(), path("protocol%d.pt" % protocol), pickle_protocol=protocol)
torch.jit.save(torch.jit.script(net()), path("script.pt"))

if version != "113":
    arrays = collections.OrderedDict()
    arrays["f4"] = numpy.arange(6, dtype="<f4").reshape(2, 3)
    arrays["big"] = numpy.arange(6, dtype=">f4").reshape(2, 3)
    arrays["fortran"] = numpy.asfortranarray(numpy.arange(6, dtype="<i8").reshape(2, 3))
    for protocol in range(6):
        with open(os.path.join(here, "numpy%d.pkl" % protocol), "wb") as file:
            pickle.dump({"model": arrays, "__author__": "torchvision"}, file, protocol=protocol)
sys.exit(0)
