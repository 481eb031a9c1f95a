"""The models of the bench in Python.

    python_models.py MODEL PATH     writes random weights
"""

import importlib
import math
import pathlib
import re
import sys
import types
from typing import Optional

import torch
import torch.nn.functional as F

from models import CACHE, MODELS, ROOT, root_of


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


def torchvision(model):
    others = ["transforms._presets", "utils", "models._api", "models._meta", "models._utils"]
    return eval(model.expression[0], vars(alone("torchvision", model.plugin, *(f"torchvision.{other}" for other in others))))


def facenet(name):
    sys.path.insert(0, str(CACHE))
    return getattr(alone("facenet_pytorch", "mtcnn", "facenet_pytorch.models.utils.detect_face"), name)(pretrained=False)


def bert():
    sys.path.insert(0, str(ROOT / "tests" / "oracle" / "eager"))
    return importlib.import_module("bert")


def attend(self, hidden_states: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
    query, key = self.heads(self.query(hidden_states)), self.heads(self.key(hidden_states))
    scores = torch.einsum("bhqd,bhkd->bhqk", query, key) / math.sqrt(self.attention_head_size)
    weights = F.softmax(scores.masked_fill(attention_mask[:, None, None, :] == 0, -1e30), dim=-1)
    mixed = torch.einsum("bhqk,bhkd->bqhd", weights, self.heads(self.value(hidden_states)))
    return mixed.reshape(hidden_states.shape)


def embed(self, input_ids: torch.Tensor, attention_mask: torch.Tensor,
          token_type_ids: Optional[torch.Tensor] = None) -> torch.Tensor:
    if token_type_ids is None:
        token_type_ids = torch.zeros_like(input_ids)
    hidden_states = self.encoder(self.embeddings(input_ids, token_type_ids), attention_mask)
    mask = attention_mask.unsqueeze(-1).expand(hidden_states.size()).float()
    return F.normalize(torch.sum(hidden_states * mask, 1) / torch.clamp(mask.sum(1), min=1e-9), p=2.0, dim=1)


def minilm():
    """Of tests/oracle/eager/bert.py, without the loop over modules and the super() that Python's script refuses."""
    bert().BertSelfAttention.forward = attend
    bert().SentenceEmbedding.forward = embed
    return bert().SentenceEmbedding()


def build(name):
    made = {"ONet": lambda: facenet("ONet"), "MiniLM": minilm}
    return made[name]() if name in made else torchvision(MODELS[name])


def read_weights(path):
    return bert().read_safetensors(pathlib.Path(path)) if path.endswith(".safetensors") else torch.load(path)


def example(spec):
    """Random tensors for specs without named dimensions: `float32[2,3,48,48]`, `int64[2,16]<100 int64[2,16]<2 none`."""
    tensors = []
    for dtype, sizes, below in re.findall(r"(\w+)\[([\d,]*)\](?:<(\d+))?", spec):
        shape = [int(size) for size in sizes.split(",")]
        tensors.append(torch.rand(shape) if dtype == "float32" else torch.randint(int(below or 2), shape))
    return tensors


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "tests" / "oracle"))
    from compare import randomise

    torch.save(randomise(build(sys.argv[1])).state_dict(), sys.argv[2])
