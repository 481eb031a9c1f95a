import torch
from torch.nn.parameter import Parameter
from torch.nn.utils.parametrize import with_computed, without_computed


def weight_norm(module, name='weight', dim=0):
    weight = getattr(module, name)
    dim = -1 if dim is None else dim % weight.dim()
    delattr(module, name)
    module.register_parameter(name + '_g', Parameter(torch.norm_except_dim(weight, 2, dim)))
    module.register_parameter(name + '_v', Parameter(weight.data))

    def compute(self):
        return torch._weight_norm(getattr(self, name + '_v'), getattr(self, name + '_g'), dim)

    with_computed(module, name, compute, 'weight_norm', dim)
    return module


def remove_weight_norm(module, name='weight'):
    if not hasattr(module, name + '_g'):
        raise ValueError(f"weight_norm of '{name}' not found in {module}")
    weight = getattr(module, name)
    delattr(module, name + '_g')
    delattr(module, name + '_v')
    without_computed(module, name, weight)
    return module
