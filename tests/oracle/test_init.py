"""scriptc/nn/init.py, run by CPython, against torch.nn.init: equal seeds give equal bits."""

import inspect
import math

import pytest
import torch

from nn_packages import ours

CASES = [
    ('uniform_', (4, 5), {}), ('uniform_', (4, 5), dict(a=-2.0, b=3.0)), ('normal_', (40,), dict(mean=1.0, std=0.1)),
    ('constant_', (4,), dict(val=0.3)), ('ones_', (4,), {}), ('zeros_', (4,), {}), ('eye_', (4, 6), {}),
    ('dirac_', (4, 3, 5), {}), ('dirac_', (6, 3, 3, 3), dict(groups=2)), ('dirac_', (3, 4, 3, 3, 3), {}),
    ('xavier_uniform_', (6, 5), {}), ('xavier_uniform_', (6, 5, 3, 3), dict(gain=2.0)), ('xavier_normal_', (6, 5), {}),
    ('kaiming_uniform_', (6, 5), {}), ('kaiming_uniform_', (6, 5, 3, 3), dict(mode='fan_out', nonlinearity='relu')),
    ('kaiming_normal_', (6, 5), dict(a=0.1)), ('kaiming_normal_', (6, 5, 3), dict(nonlinearity='tanh')),
    ('kaiming_uniform_', (0, 5), {}), ('orthogonal_', (6, 5), {}), ('orthogonal_', (5, 6), {}),
    ('orthogonal_', (4, 3, 3), dict(gain=0.5)), ('sparse_', (10, 4), dict(sparsity=0.3)),
    ('trunc_normal_', (300,), {}), ('trunc_normal_', (20, 30), dict(std=0.02)),
    ('trunc_normal_', (20, 30), dict(mean=0.5, std=1.5, a=-1.0, b=1.0)),
    ('trunc_normal_', (300,), dict(a=2.0, b=3.0)), ('trunc_normal_', (300,), dict(std=2.0, a=-0.1, b=0.1)),
    ('trunc_normal_', (3,), dict(std=10.0, a=-1e-4, b=1e-4)),
]
GAINS = [('linear', None), ('conv2d', None), ('conv_transpose3d', None), ('sigmoid', None), ('tanh', None),
         ('relu', None), ('leaky_relu', None), ('leaky_relu', 0.2), ('selu', None)]


def filled(library, name, shape, arguments):
    torch.manual_seed(11)
    tensor = torch.nn.Parameter(torch.empty(shape))
    returned = getattr(library, name)(tensor, **arguments)
    assert returned is tensor
    # What follows must draw the same numbers too.
    return tensor, torch.rand(3)


@pytest.mark.parametrize('name, shape, arguments', CASES, ids=[f'{c[0]}{c[1]}{c[2]}' for c in CASES])
def test_equal_seeds_give_equal_bits(name, shape, arguments):
    mine, next_mine = filled(ours.init, name, shape, arguments)
    theirs, next_theirs = filled(torch.nn.init, name, shape, arguments)
    assert torch.equal(mine, theirs)
    assert torch.equal(next_mine, next_theirs)


@pytest.mark.parametrize('nonlinearity, param', GAINS)
def test_gain(nonlinearity, param):
    assert ours.init.calculate_gain(nonlinearity, param) == torch.nn.init.calculate_gain(nonlinearity, param)


def test_unknown_gain_is_an_error():
    with pytest.raises(ValueError, match='Unsupported nonlinearity swish'):
        ours.init.calculate_gain('swish')


@pytest.mark.parametrize('shape', [(4, 3), (4, 3, 5), (4, 3, 5, 2)])
def test_fans(shape):
    assert ours.init._calculate_fan_in_and_fan_out(torch.empty(shape)) == \
        torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


def test_fan_of_a_vector_is_an_error():
    with pytest.raises(ValueError, match='fewer than 2 dimensions'):
        ours.init.kaiming_uniform_(torch.empty(3), a=math.sqrt(5))


def test_every_function_is_tested():
    public = {name for name, value in vars(ours.init).items() if inspect.isfunction(value) and name.endswith('_')}
    assert public == {case[0] for case in CASES}
