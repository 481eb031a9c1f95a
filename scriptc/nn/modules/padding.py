from torch import Tensor
from torch.nn.modules.module import Module

from .. import functional as F
from .utils import _ntuple


class _Padding(Module):
    __constants__ = ['padding']

    def extra_repr(self):
        return f'{self.padding}'


class _ConstantPadNd(_Padding):
    __constants__ = ['padding', 'value']
    _sides = 2

    def __init__(self, padding, value):
        super().__init__()
        self.padding = _ntuple(self._sides)(padding)
        self.value = float(value)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, 'constant', self.value)


class ConstantPad1d(_ConstantPadNd):
    _sides = 2


class ConstantPad2d(_ConstantPadNd):
    _sides = 4


class ConstantPad3d(_ConstantPadNd):
    _sides = 6


class ZeroPad1d(ConstantPad1d):
    def __init__(self, padding):
        super().__init__(padding, 0.0)


class ZeroPad2d(ConstantPad2d):
    def __init__(self, padding):
        super().__init__(padding, 0.0)


class ZeroPad3d(ConstantPad3d):
    def __init__(self, padding):
        super().__init__(padding, 0.0)


class _ReflectionPadNd(_Padding):
    _sides = 2

    def __init__(self, padding):
        super().__init__()
        self.padding = _ntuple(self._sides)(padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, 'reflect')


class ReflectionPad1d(_ReflectionPadNd):
    _sides = 2


class ReflectionPad2d(_ReflectionPadNd):
    _sides = 4


class ReflectionPad3d(_ReflectionPadNd):
    _sides = 6


class _ReplicationPadNd(_Padding):
    _sides = 2

    def __init__(self, padding):
        super().__init__()
        self.padding = _ntuple(self._sides)(padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, 'replicate')


class ReplicationPad1d(_ReplicationPadNd):
    _sides = 2


class ReplicationPad2d(_ReplicationPadNd):
    _sides = 4


class ReplicationPad3d(_ReplicationPadNd):
    _sides = 6


class _CircularPadNd(_Padding):
    _sides = 2

    def __init__(self, padding):
        super().__init__()
        self.padding = _ntuple(self._sides)(padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, 'circular')


class CircularPad1d(_CircularPadNd):
    _sides = 2


class CircularPad2d(_CircularPadNd):
    _sides = 4


class CircularPad3d(_CircularPadNd):
    _sides = 6
