"""scriptc/nn/functional.py, run by CPython, against torch.nn.functional; and TorchScript's acceptance of it."""

import inspect
import warnings

import pytest
import torch

from function_table import CALLS, describe
from input_specs import make_input
from nn_packages import expect_same, ours

VERSION = tuple(int(part) for part in torch.__version__.split('.')[:2])
HERE = [call for call in CALLS if call.since <= VERSION]

warnings.filterwarnings('ignore')
each_call = pytest.mark.parametrize('call', HERE, ids=[describe(call) for call in HERE])


def is_spec(value):
    return isinstance(value, str) and '[' in value


def run(function, call, signature=None):
    generator = torch.Generator().manual_seed(7)
    args = [make_input(value, generator) if is_spec(value) else value for value in call.args]
    # Defaults spelt out: a scripted function called from Python does not broadcast `padding: BroadcastingList2 = 0`.
    if signature is not None:
        bound = signature.bind(*args, **call.kwargs)
        bound.apply_defaults()
        args, kwargs = bound.args, bound.kwargs
    else:
        kwargs = call.kwargs
    torch.manual_seed(5)
    return function(*args, **kwargs)


@each_call
def test_result_is_pythons(call):
    expect_same(run(getattr(ours.functional, call.name), call), run(getattr(torch.nn.functional, call.name), call))


scripted = [call for call in HERE if call.scripted and inspect.isfunction(getattr(ours.functional, call.name))]


@pytest.mark.parametrize('call', scripted, ids=[describe(call) for call in scripted])
def test_is_within_the_rules_of_scripting(call):
    function = getattr(ours.functional, call.name)
    expect_same(run(torch.jit.script(function), call, inspect.signature(function)), run(function, call))


def functions(module):
    return {name for name, value in vars(module).items() if callable(value) and name.islower() and name[0] != '_'}


def test_table_calls_every_function():
    tested = {call.name for call in CALLS}
    # In-place twins, the attention that its layer tests, and what only differs by dimension.
    elsewhere = {name for name in functions(ours.functional) if name.endswith('_')} | {
        'multi_head_attention_forward', 'conv_tbc', 'conv_transpose1d', 'conv_transpose3d', 'native_channel_shuffle',
        'lp_pool3d'} | {name for name in functions(ours.functional) if name.endswith('_with_indices')}
    assert functions(ours.functional) - tested - elsewhere == set()


def parameters(function):
    return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]


@pytest.mark.skipif(VERSION < (2, 13), reason="the newest signatures are the ones that we have")
@pytest.mark.parametrize('name', sorted(functions(ours.functional)))
def test_arguments_begin_as_pythons(name):
    """Same names, order and defaults, as far as we have them; flag-dispatching ones hide theirs in Python."""
    mine, theirs = getattr(ours.functional, name), getattr(torch.nn.functional, name)
    if not inspect.isfunction(mine) or not inspect.isfunction(theirs):
        pytest.skip('an operator')
    if 'args' in inspect.signature(theirs).parameters:
        theirs = getattr(torch.nn.functional, name + '_with_indices')
    assert parameters(mine) == parameters(theirs)[:len(parameters(mine))]


@pytest.mark.parametrize('name', ['max_pool2d', 'adaptive_max_pool2d'])
def test_flag_chooses_the_type(name):
    x = torch.randn(1, 2, 4, 4)
    assert isinstance(getattr(ours.functional, name)(x, 2), torch.Tensor)
    assert isinstance(getattr(ours.functional, name)(x, 2, return_indices=True), tuple)
