"""scriptc/nn, run by CPython, against torch.nn: parameters, initial values, outputs, and TorchScript's acceptance."""

import inspect
import warnings

import pytest
import torch

from input_specs import make_inputs
from layer_table import LAYERS, Make, describe
from nn_packages import expect_same, ours, scriptable

VERSION = tuple(int(part) for part in torch.__version__.split('.')[:2])
HERE = [layer for layer in LAYERS if layer.since <= VERSION]

# Python's deprecations (size_average, align_corners…) are not what is tested.
warnings.filterwarnings('ignore')


def build(nn, layer, seed=3):
    """The layer from one of the libraries, its random numbers from the seed."""
    def make(value):
        if not isinstance(value, Make):
            return value
        if value.name == 'tensor':
            return torch.tensor(*value.args)
        return getattr(nn, value.name)(*value.args, **value.kwargs)

    torch.manual_seed(seed)
    args = [make(value) for value in layer.args]
    kwargs = {name: make(value) for name, value in layer.kwargs.items()}
    return getattr(nn, layer.name)(*args, **kwargs)


def run(module, layer, seed=5):
    """The output for the layer's inputs, with the generator seeded for dropout."""
    inputs = make_inputs(layer.inputs)
    torch.manual_seed(seed)
    return module(*inputs)


def expect_same_state(actual, expected):
    actual, expected = actual.state_dict(), expected.state_dict()
    assert list(actual) == list(expected)
    for name, tensor in expected.items():
        assert actual[name].dtype == tensor.dtype, name
        assert actual[name].shape == tensor.shape, name
        assert torch.equal(actual[name], tensor), name


each_layer = pytest.mark.parametrize('layer', HERE, ids=[describe(layer) for layer in HERE])


@each_layer
def test_state_is_equal_bit_by_bit(layer):
    mine, theirs = build(ours, layer), build(torch.nn, layer)
    expect_same_state(mine, theirs)
    assert [n for n, p in mine.named_parameters() if p.requires_grad] == [
        n for n, p in theirs.named_parameters() if p.requires_grad]


@each_layer
def test_children_are_equal(layer):
    def kinds(module):
        return [(name, type(child).__name__) for name, child in module.named_modules()]
    assert kinds(build(ours, layer)) == kinds(build(torch.nn, layer))


@each_layer
def test_outputs_are_equal(layer):
    mine, theirs = build(ours, layer), build(torch.nn, layer)
    expect_same(run(mine.eval(), layer), run(theirs.eval(), layer))


@each_layer
def test_outputs_and_statistics_are_equal_in_training(layer):
    if layer.name == 'SyncBatchNorm':
        pytest.skip("Python's trains on a GPU only")
    mine, theirs = build(ours, layer).train(), build(torch.nn, layer).train()
    expect_same(run(mine, layer), run(theirs, layer))
    expect_same_state(mine, theirs)


@each_layer
def test_is_within_the_rules_of_scripting(layer):
    eager = build(scriptable, layer)
    script = torch.jit.script(build(scriptable, layer))
    # Without gradients: 1.13's differentiated dropout draws in another order for transposed inputs.
    with torch.no_grad():
        expect_same(run(script.eval(), layer), run(eager.eval(), layer))
        expect_same(run(script.train(), layer), run(eager.train(), layer))


refused = [layer for layer in HERE if not layer.python_scripts]


@pytest.mark.parametrize('layer', refused, ids=[describe(layer) for layer in refused])
def test_python_refuses_to_script(layer):
    """So that the rows which show more than Python can do stay true."""
    with pytest.raises(Exception):
        run(torch.jit.script(build(torch.nn, layer)).eval(), layer)


def classes():
    containers = {'ModuleDict', 'ModuleList', 'ParameterDict', 'ParameterList', 'Sequential'}
    bases = {'Module', 'RNNBase', 'RNNCellBase'}
    return [name for name, value in sorted(vars(ours).items())
            if inspect.isclass(value) and issubclass(value, ours.Module) and name not in containers | bases]


def test_table_has_every_layer():
    assert sorted({layer.name for layer in LAYERS}) == classes()


@pytest.mark.skipif(VERSION < (2, 13), reason="the newest signatures are the ones that we have")
@pytest.mark.parametrize('name', classes())
def test_constructor_takes_what_pythons_takes(name):
    def parameters(nn):
        given = inspect.signature(getattr(nn, name).__init__).parameters.values()
        # The default of `activation` is each library's own relu.
        return [(p.name, p.kind, getattr(p.default, '__name__', p.default)) for p in given if p.name != 'activation']
    if name in ('LSTM', 'GRU', 'RNN'):
        pytest.skip("Python's takes *args")
    assert parameters(ours) == parameters(torch.nn)


def test_output_size_of_transposed_convolution():
    mine, theirs = ours.ConvTranspose2d(2, 3, 3, 2), torch.nn.ConvTranspose2d(2, 3, 3, 2)
    theirs.load_state_dict(mine.state_dict())
    x = torch.randn(1, 2, 4, 5)
    expect_same(mine(x, [10, 12]), theirs(x, [10, 12]))
    with pytest.raises(ValueError, match='must be between 9 and 10'):
        mine(x, [20, 12])


def test_size_of_none_is_kept():
    assert ours.AdaptiveAvgPool2d((None, 1))(torch.zeros(1, 2, 5, 6)).shape == (1, 2, 5, 1)
