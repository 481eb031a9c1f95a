"""The containers of scriptc/nn, run by CPython: the same operations as on torch.nn's give the same state."""

import collections

import pytest
import torch

from nn_packages import expect_same, ours

SINCE_2 = tuple(int(part) for part in torch.__version__.split('.')[:2]) >= (2, 0)


def three(nn):
    torch.manual_seed(1)
    return [nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4, bias=False)]


def names(module):
    return [(name, type(child).__name__) for name, child in module.named_modules()], list(module.state_dict())


def changed(nn, container, change):
    module = getattr(nn, container)(*three(nn)) if container == 'Sequential' else getattr(nn, container)(three(nn))
    result = change(nn, module)
    return module, result


CHANGES = {
    'nothing': lambda nn, m: None,
    'index': lambda nn, m: m[0],
    'negative index': lambda nn, m: m[-1],
    'slice': lambda nn, m: m[1:],
    'step': lambda nn, m: m[::2],
    'length': lambda nn, m: len(m),
    'iterate': lambda nn, m: [type(child).__name__ for child in m],
    'append': lambda nn, m: m.append(nn.Tanh()),
    'extend': lambda nn, m: m.extend(nn.Sequential(nn.Tanh(), nn.Identity())),
    'insert': lambda nn, m: m.insert(1, nn.Tanh()),
    'insert at end': lambda nn, m: m.insert(3, nn.Tanh()),
    'set': lambda nn, m: m.__setitem__(1, nn.Tanh()),
    'set last': lambda nn, m: m.__setitem__(-1, nn.Tanh()),
    'delete': lambda nn, m: m.__delitem__(0),
    'delete slice': lambda nn, m: m.__delitem__(slice(0, 2)),
    'pop': lambda nn, m: m.pop(1),
    'add': lambda nn, m: m + type(m)(nn.Tanh()) if isinstance(m, nn.Sequential) else m + nn.ModuleList([nn.Tanh()]),
    'add in place': lambda nn, m: m.__iadd__(nn.Sequential(nn.Tanh())),
}


@pytest.mark.parametrize('container', ['Sequential', 'ModuleList'])
@pytest.mark.parametrize('change', CHANGES, ids=str)
def test_change(container, change):
    mine, my_result = changed(ours, container, CHANGES[change])
    theirs, their_result = changed(torch.nn, container, CHANGES[change])
    assert names(mine) == names(theirs)
    if isinstance(their_result, torch.nn.Module):
        assert names(my_result) == names(their_result)
    else:
        assert my_result == their_result


def test_sequential_takes_names():
    def build(nn):
        return nn.Sequential(collections.OrderedDict(zip(['fc', 'act', 'out'], three(nn))))
    mine, theirs = build(ours), build(torch.nn)
    assert names(mine) == names(theirs)
    assert names(mine[:2]) == names(theirs[:2])
    x = torch.randn(2, 4)
    expect_same(mine(x), theirs(x))


@pytest.mark.skipif(not SINCE_2, reason='newer than 1.13')
def test_sequential_times_number():
    assert names(ours.Sequential(*three(ours)) * 2) == names(torch.nn.Sequential(*three(torch.nn)) * 2)


@pytest.mark.parametrize('container', ['Sequential', 'ModuleList'])
def test_index_out_of_range(container):
    module, _ = changed(ours, container, CHANGES['nothing'])
    with pytest.raises(IndexError, match='index 3 is out of range'):
        module[3]


def test_module_dict():
    def use(nn):
        module = nn.ModuleDict({'a': nn.Linear(2, 2), 'b': nn.ReLU()})
        module['c'] = nn.Tanh()
        module.update([('d', nn.Sigmoid()), ('a', nn.Linear(2, 3))])
        module.pop('b')
        kinds = [type(child).__name__ for child in module.values()]
        keys = list(module.keys()), list(module), 'c' in module, len(module)
        return names(module), kinds, keys, [key for key, _ in module.items()]
    assert use(ours) == use(torch.nn)


def test_parameter_list():
    def use(nn):
        torch.manual_seed(1)
        module = nn.ParameterList([nn.Parameter(torch.randn(2)), nn.Parameter(torch.randn(3))])
        module.append(nn.Parameter(torch.zeros(1)))
        module += [torch.ones(4)]
        module[0] = nn.Parameter(torch.full((2,), 5.0))
        state = {name: tensor.tolist() for name, tensor in module.state_dict().items()}
        return state, len(module), [p.shape for p in module], module[-1].requires_grad, [p.shape for p in module[1:3]]
    assert use(ours) == use(torch.nn)


def test_parameter_dict():
    def use(nn):
        module = nn.ParameterDict({'left': nn.Parameter(torch.ones(2)), 'right': torch.zeros(3)})
        module['up'] = nn.Parameter(torch.ones(1))
        module.pop('left')
        return list(module.state_dict()), list(module.keys()), len(module), 'up' in module, list(module)
    assert use(ours) == use(torch.nn)
