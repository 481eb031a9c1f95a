"""Random inputs from specifications in the grammar of `--input` (no named dimensions), for tests in Python."""

import re

import torch

_SPEC = re.compile(r'(?P<dtype>\w+)\[(?P<sizes>[\d,]*)\](?:<(?P<below>\d+)|:(?P<low>[-\d.]+)\.\.(?P<high>[-\d.]+))?')


def make_input(spec, generator):
    """A tensor for a specification, a tuple for a tuple; anything else (None, bool) is the input itself."""
    if isinstance(spec, tuple):
        return tuple(make_input(item, generator) for item in spec)
    if not isinstance(spec, str):
        return spec
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise ValueError(f"not an input specification: '{spec}'")
    dtype = getattr(torch, match['dtype'])
    shape = [int(size) for size in match['sizes'].split(',') if size]
    if dtype == torch.bool:
        return torch.rand(shape, generator=generator) < 0.5
    if not dtype.is_floating_point:
        return torch.randint(int(match['below'] or 10), shape, generator=generator, dtype=dtype)
    if match['low'] is not None:
        low, high = float(match['low']), float(match['high'])
        return (low + (high - low) * torch.rand(shape, generator=generator)).to(dtype)
    return torch.randn(shape, generator=generator).to(dtype)


def make_inputs(specs, seed=7):
    """The arguments of forward, the same ones for the same seed."""
    generator = torch.Generator().manual_seed(seed)
    return [make_input(spec, generator) for spec in specs]
