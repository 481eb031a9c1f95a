"""scriptc/nn under CPython, as packages beside torch.nn, and how results of the two are compared."""

import importlib
import importlib.util
import pathlib
import sys

import torch

SOURCE = pathlib.Path(__file__).resolve().parents[2] / 'scriptc' / 'nn'


def load_package(name, replaced=()):
    """scriptc/nn as a package of that name; `replaced` submodules are torch.nn's own."""
    for submodule in replaced:
        sys.modules[f'{name}.{submodule}'] = importlib.import_module(f'torch.nn.{submodule}')
    spec = importlib.util.spec_from_file_location(name, SOURCE / '__init__.py',
                                                  submodule_search_locations=[str(SOURCE)])
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    spec.loader.exec_module(package)
    return package


ours = load_package('scriptc_nn')
# torch.jit.script knows torch's own ModuleList by its class: with it, it unrolls the loops over ours' children.
scriptable = load_package('scriptc_nn_scriptable', ['modules.container'])


def expect_same(actual, expected):
    """Equal but for rounding, NaN in the same places."""
    torch.testing.assert_close(actual, expected, rtol=1e-5, atol=1e-6, equal_nan=True)
