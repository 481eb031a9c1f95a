import torch
import torch.nn.functional as F
from torch.nn.parameter import Parameter
from torch.nn.utils.parametrize import with_computed, without_computed


def as_matrix(weight, dim: int):
    if dim != 0:
        weight = weight.permute([dim] + [d for d in range(weight.dim()) if d != dim])
    return weight.reshape(weight.size(0), -1)


def spectral_norm(module, name='weight', n_power_iterations=1, eps=1e-12, dim=None):
    if dim is None:
        transposed = (torch.nn.ConvTranspose1d, torch.nn.ConvTranspose2d, torch.nn.ConvTranspose3d)
        dim = 1 if isinstance(module, transposed) else 0
    weight = getattr(module, name)
    rows = weight.shape[dim]
    u = F.normalize(torch.empty(rows).normal_(0, 1), dim=0, eps=eps)
    v = F.normalize(torch.empty(weight.numel() // rows).normal_(0, 1), dim=0, eps=eps)
    delattr(module, name)
    module.register_parameter(name + '_orig', Parameter(weight.data))
    module.register_buffer(name + '_u', u)
    module.register_buffer(name + '_v', v)

    def compute(self):
        original, u, v = getattr(self, name + '_orig'), getattr(self, name + '_u'), getattr(self, name + '_v')
        matrix = as_matrix(original, dim)
        if self.training:
            for _ in range(n_power_iterations):
                v.copy_(F.normalize(torch.mv(matrix.t(), u), dim=0, eps=eps))
                u.copy_(F.normalize(torch.mv(matrix, v), dim=0, eps=eps))
        return original / torch.dot(u, torch.mv(matrix, v))

    with_computed(module, name, compute, 'spectral_norm', n_power_iterations, eps, dim)
    return module


def remove_spectral_norm(module, name='weight'):
    if not hasattr(module, name + '_orig'):
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    weight = getattr(module, name)
    for suffix in ('_orig', '_u', '_v'):
        delattr(module, name + suffix)
    without_computed(module, name, weight)
    return module
