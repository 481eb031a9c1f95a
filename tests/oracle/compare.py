"""Comparing a saved file with Python eager: how inputs, statistics and differences are made. No tests here."""

import dataclasses

import torch

#: A difference is measured against how much outputs move when inputs change: untrained nets hardly react to theirs.
TOLERANCE = 1e-3


def randomise(module, seed=1):
    """Random weights and BatchNorm statistics in place: the default statistics hide folding bugs.

    Buffers that are not persistent stay as they are: no checkpoint carries them.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if not tensor.is_floating_point():
                continue
            noise = torch.rand(tensor.shape, generator=generator)
            if name.endswith("running_var"):
                tensor.copy_(0.5 + noise)
            elif name.endswith("running_mean") or tensor.dim() < 2:
                tensor.copy_((tensor if name.endswith("weight") else 0) + noise - 0.5)
            else:
                tensor.add_((noise - 0.5) * tensor.std())
    return module.eval()


def settle(module, shape):
    """BatchNorm statistics of an input of this shape: with others, what a deep net puts out hardly depends on its input."""
    for layer in module.modules():
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
            layer.momentum = 1.0
    module.train()
    with torch.no_grad():
        module(example(shape, 0))
    return module.eval()


def example(shape, seed, dtype=torch.float32, low=None, high=None):
    generator = torch.Generator().manual_seed(seed)
    if not dtype.is_floating_point:
        return torch.randint(low or 0, high or 10, shape, generator=generator, dtype=dtype)
    return torch.randn(shape, generator=generator, dtype=dtype)


def load_saved(path):
    """The saved file as a callable: TorchScript, or lite by its extension."""
    if str(path).endswith(".ptl"):
        from torch.jit.mobile import _load_for_lite_interpreter
        return _load_for_lite_interpreter(str(path))
    return torch.jit.load(str(path))


def flatten(output):
    """The tensors of a nested output, in order; plain numbers become tensors."""
    if isinstance(output, torch.Tensor):
        return [output]
    if isinstance(output, dict):
        return [t for key in output for t in flatten(output[key])]
    if isinstance(output, (list, tuple)):
        return [t for item in output for t in flatten(item)]
    if dataclasses.is_dataclass(output):
        return flatten([getattr(output, field.name) for field in dataclasses.fields(output)])
    if output is None:
        return []
    return [torch.tensor(output)]


def relative_difference(expected, actual):
    """Largest difference over a list of runs (one output each) in units of the spread of the outputs over inputs."""
    expected = [flatten(o) for o in expected]
    actual = [flatten(o) for o in actual]
    worst = 0.0
    assert len(expected) == len(actual) and len(expected) > 1
    for position in range(len(expected[0])):
        want = [run[position] for run in expected]
        got = [run[position] for run in actual]
        assert all(len(a) == len(b) for a, b in zip(expected, actual))
        for w, g in zip(want, got):
            assert w.shape == g.shape and w.dtype == g.dtype, (w.shape, w.dtype, g.shape, g.dtype)
        if not want[0].is_floating_point():
            assert all(torch.equal(w, g) for w, g in zip(want, got))
            continue
        stacked = torch.stack(want)
        spread = (stacked.amax(0) - stacked.amin(0)).mean().item()
        difference = max((w - g).abs().max().item() for w, g in zip(want, got))
        assert difference == difference, "NaN in an output"
        if difference > 0:
            assert spread > 0, "the outputs do not depend on the inputs"
            worst = max(worst, difference / spread)
    return worst
