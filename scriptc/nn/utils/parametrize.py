import torch
from torch.nn.modules.container import ModuleDict, ModuleList
from torch.nn.parameter import Parameter

_computed_classes = {}


def with_computed(module, name, compute, *key):
    """Makes `module.name` what `compute(module)` gives. Equal `key`s with the same class share a class."""
    base = type(module)
    cls = _computed_classes.get((base, name) + key)
    if cls is None:
        class Computed(base):
            pass

        cls = Computed
        cls.__name__ = 'Parametrized' + base.__name__
        cls.computed_from = base
        setattr(cls, name, property(compute))
        _computed_classes[(base, name) + key] = cls
    module.__class__ = cls


def without_computed(module, name, value):
    """Undoes `with_computed`: `value` becomes a parameter."""
    module.__class__ = type(module).computed_from
    module.register_parameter(name, Parameter(value))


class ParametrizationList(ModuleList):
    """What `module.name` is computed from: `original`, or `original0`, `original1`… where a parametrization has several."""

    def __init__(self, modules, original):
        super().__init__(modules)
        pieces = [module.right_inverse(original) if hasattr(module, 'right_inverse') else original for module in modules[:1]]
        original = pieces[0] if pieces else original
        self.is_tensor = not isinstance(original, (list, tuple))
        if self.is_tensor:
            self.original = original if isinstance(original, Parameter) else Parameter(original)
        else:
            self.ntensors = len(original)
            for i, piece in enumerate(original):
                self.register_parameter('original' + str(i), Parameter(piece))

    def forward(self):
        if self.is_tensor:
            x = self[0](self.original)
        else:
            x = self[0](*[getattr(self, 'original' + str(i)) for i in range(self.ntensors)])
        for i in range(1, len(self)):
            x = self[i](x)
        return x


def is_parametrized(module, tensor_name=None):
    parametrizations = getattr(module, 'parametrizations', None)
    if parametrizations is None or not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def register_parametrization(module, tensor_name, parametrization, *, unsafe=False):
    if is_parametrized(module, tensor_name):
        module.parametrizations[tensor_name].append(parametrization)
        return module
    original = getattr(module, tensor_name)
    delattr(module, tensor_name)
    if not is_parametrized(module):
        module.parametrizations = ModuleDict()
    module.parametrizations[tensor_name] = ParametrizationList([parametrization], original)
    with_computed(module, tensor_name, lambda self: self.parametrizations[tensor_name](), 'parametrization')
    return module


def remove_parametrizations(module, tensor_name, leave_parametrized=True):
    value = getattr(module, tensor_name)
    del module.parametrizations[tensor_name]
    if len(module.parametrizations) == 0:
        delattr(module, 'parametrizations')
    without_computed(module, tensor_name, value)
    return module
