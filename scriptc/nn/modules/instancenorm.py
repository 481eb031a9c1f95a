from torch import Tensor

from .. import functional as F
from .batchnorm import _NormBase


class _InstanceNorm(_NormBase):
    __constants__ = ['track_running_stats', 'momentum', 'eps', 'num_features', 'affine', '_spatial_dims']
    _spatial_dims = 1

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=False, track_running_stats=False, device=None,
                 dtype=None, *, bias=True):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self._spatial_dims = type(self)._spatial_dims

    def _apply_instance_norm(self, input: Tensor) -> Tensor:
        momentum = 0.0
        if self.momentum is not None:
            momentum = self.momentum
        return F.instance_norm(input, self.running_mean, self.running_var, self.weight, self.bias,
                               self.training or not self.track_running_stats, momentum, self.eps)

    def forward(self, input: Tensor) -> Tensor:
        if input.dim() != self._spatial_dims + 1 and input.dim() != self._spatial_dims + 2:
            raise ValueError(f"expected {self._spatial_dims + 1}D or {self._spatial_dims + 2}D input "
                             f"(got {input.dim()}D input)")
        channel_dim = input.dim() - self._spatial_dims - 1
        if self.affine and input.size(channel_dim) != self.num_features:
            raise ValueError(f"expected input's size at dim={channel_dim} to match num_features "
                             f"({self.num_features}), but got: {input.size(channel_dim)}.")
        if channel_dim == 0:
            return self._apply_instance_norm(input.unsqueeze(0)).squeeze(0)
        return self._apply_instance_norm(input)


class InstanceNorm1d(_InstanceNorm):
    _spatial_dims = 1


class InstanceNorm2d(_InstanceNorm):
    _spatial_dims = 2


class InstanceNorm3d(_InstanceNorm):
    _spatial_dims = 3
