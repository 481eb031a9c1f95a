from typing import List, Optional

from torch import Tensor
from torch.nn.modules.module import Module

from .. import functional as F
from .utils import _ntuple, _single


class _MaxPoolNd(Module):
    __constants__ = ['kernel_size', 'stride', 'padding', 'dilation', 'return_indices', 'ceil_mode']

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def extra_repr(self):
        return (f'kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, '
                f'dilation={self.dilation}, ceil_mode={self.ceil_mode}')


class MaxPool1d(_MaxPoolNd):
    def forward(self, input: Tensor):
        if self.return_indices:
            return F.max_pool1d_with_indices(input, self.kernel_size, self.stride, self.padding, self.dilation,
                                             self.ceil_mode)
        else:
            return F._max_pool1d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)


class MaxPool2d(_MaxPoolNd):
    def forward(self, input: Tensor):
        if self.return_indices:
            return F.max_pool2d_with_indices(input, self.kernel_size, self.stride, self.padding, self.dilation,
                                             self.ceil_mode)
        else:
            return F._max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)


class MaxPool3d(_MaxPoolNd):
    def forward(self, input: Tensor):
        if self.return_indices:
            return F.max_pool3d_with_indices(input, self.kernel_size, self.stride, self.padding, self.dilation,
                                             self.ceil_mode)
        else:
            return F._max_pool3d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)


class _AvgPoolNd(Module):
    __constants__ = ['kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad']

    def extra_repr(self):
        return f'kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}'


class AvgPool1d(_AvgPoolNd):
    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
        super().__init__()
        self.kernel_size = _single(kernel_size)
        self.stride = _single(stride if stride is not None else kernel_size)
        self.padding = _single(padding)
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                            self.count_include_pad)


class AvgPool2d(_AvgPoolNd):
    __constants__ = ['kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad', 'divisor_override']

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
                 divisor_override=None):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool2d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                            self.count_include_pad, self.divisor_override)


class AvgPool3d(_AvgPoolNd):
    __constants__ = ['kernel_size', 'stride', 'padding', 'ceil_mode', 'count_include_pad', 'divisor_override']

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True,
                 divisor_override=None):
        super().__init__()
        self.kernel_size = kernel_size
        self.stride = stride if stride is not None else kernel_size
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        return F.avg_pool3d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                            self.count_include_pad, self.divisor_override)


def _kept_as_minus_one(output_size, dims):
    """The sizes to pool to as ints, -1 for None (keep the input's), or None when every size is given."""
    sizes = list(output_size) if isinstance(output_size, (list, tuple)) else [output_size] * dims
    if all(size is not None for size in sizes):
        return None
    return tuple(-1 if size is None else size for size in sizes)


class _AdaptiveAvgPoolNd(Module):
    __constants__ = ['output_size', '_kept_sizes']
    _dims = 1

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size
        self._kept_sizes = _kept_as_minus_one(output_size, self._dims)

    def extra_repr(self):
        return f'output_size={self.output_size}'


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    def forward(self, input: Tensor) -> Tensor:
        return F.adaptive_avg_pool1d(input, self.output_size)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    _dims = 2

    def forward(self, input: Tensor) -> Tensor:
        if self._kept_sizes is None:
            return F.adaptive_avg_pool2d(input, self.output_size)
        else:
            return F.adaptive_avg_pool2d(input, F._sizes_or_input(self._kept_sizes, input))


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    _dims = 3

    def forward(self, input: Tensor) -> Tensor:
        if self._kept_sizes is None:
            return F.adaptive_avg_pool3d(input, self.output_size)
        else:
            return F.adaptive_avg_pool3d(input, F._sizes_or_input(self._kept_sizes, input))


class _AdaptiveMaxPoolNd(Module):
    __constants__ = ['output_size', 'return_indices', '_kept_sizes']
    _dims = 1

    def __init__(self, output_size, return_indices=False):
        super().__init__()
        self.output_size = output_size
        self.return_indices = return_indices
        self._kept_sizes = _kept_as_minus_one(output_size, self._dims)

    def extra_repr(self):
        return f'output_size={self.output_size}'


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    def forward(self, input: Tensor):
        if self.return_indices:
            return F.adaptive_max_pool1d_with_indices(input, self.output_size)
        else:
            return F._adaptive_max_pool1d(input, self.output_size)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    _dims = 2

    def _sizes(self, input: Tensor) -> List[int]:
        return F._sizes_or_input(self._kept_sizes, input)

    def forward(self, input: Tensor):
        if self.return_indices:
            if self._kept_sizes is None:
                return F.adaptive_max_pool2d_with_indices(input, self.output_size)
            else:
                return F.adaptive_max_pool2d_with_indices(input, self._sizes(input))
        else:
            if self._kept_sizes is None:
                return F._adaptive_max_pool2d(input, self.output_size)
            else:
                return F._adaptive_max_pool2d(input, self._sizes(input))


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    _dims = 3

    def _sizes(self, input: Tensor) -> List[int]:
        return F._sizes_or_input(self._kept_sizes, input)

    def forward(self, input: Tensor):
        if self.return_indices:
            if self._kept_sizes is None:
                return F.adaptive_max_pool3d_with_indices(input, self.output_size)
            else:
                return F.adaptive_max_pool3d_with_indices(input, self._sizes(input))
        else:
            if self._kept_sizes is None:
                return F._adaptive_max_pool3d(input, self.output_size)
            else:
                return F._adaptive_max_pool3d(input, self._sizes(input))


class _LPPoolNd(Module):
    __constants__ = ['norm_type', 'kernel_size', 'stride', 'ceil_mode']

    def __init__(self, norm_type, kernel_size, stride=None, ceil_mode=False):
        super().__init__()
        self.norm_type = float(norm_type)
        self.kernel_size = kernel_size
        self.stride = stride
        self.ceil_mode = ceil_mode


class LPPool1d(_LPPoolNd):
    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool1d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool2d(_LPPoolNd):
    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool2d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class LPPool3d(_LPPoolNd):
    def forward(self, input: Tensor) -> Tensor:
        return F.lp_pool3d(input, self.norm_type, self.kernel_size, self.stride, self.ceil_mode)


class _FractionalMaxPoolNd(Module):
    __constants__ = ['kernel_size', 'return_indices', 'output_size', 'output_ratio']
    _dims = 2

    def __init__(self, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        super().__init__()
        tuple_of = _ntuple(self._dims)
        self.kernel_size = tuple_of(kernel_size)
        self.return_indices = return_indices
        self.register_buffer('_random_samples', _random_samples)
        self.output_size = tuple_of(output_size) if output_size is not None else None
        self.output_ratio = tuple_of(output_ratio) if output_ratio is not None else None
        if output_size is None and output_ratio is None:
            raise ValueError(f"{type(self).__name__} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio is not None and not all(0 < ratio < 1 for ratio in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    _dims = 2

    def forward(self, input: Tensor):
        if self.return_indices:
            return F.fractional_max_pool2d_with_indices(input, self.kernel_size, self.output_size, self.output_ratio,
                                                        True, self._random_samples)
        else:
            return F._fractional_max_pool2d(input, self.kernel_size, self.output_size, self.output_ratio, False,
                                            self._random_samples)


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    _dims = 3

    def forward(self, input: Tensor):
        if self.return_indices:
            return F.fractional_max_pool3d_with_indices(input, self.kernel_size, self.output_size, self.output_ratio,
                                                        True, self._random_samples)
        else:
            return F._fractional_max_pool3d(input, self.kernel_size, self.output_size, self.output_ratio, False,
                                            self._random_samples)


class _MaxUnpoolNd(Module):
    __constants__ = ['kernel_size', 'stride', 'padding']
    _dims = 1

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        tuple_of = _ntuple(self._dims)
        self.kernel_size = tuple_of(kernel_size)
        self.stride = tuple_of(stride if stride is not None else kernel_size)
        self.padding = tuple_of(padding)


class MaxUnpool1d(_MaxUnpoolNd):
    _dims = 1

    def forward(self, input: Tensor, indices: Tensor, output_size: Optional[List[int]] = None) -> Tensor:
        return F.max_unpool1d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool2d(_MaxUnpoolNd):
    _dims = 2

    def forward(self, input: Tensor, indices: Tensor, output_size: Optional[List[int]] = None) -> Tensor:
        return F.max_unpool2d(input, indices, self.kernel_size, self.stride, self.padding, output_size)


class MaxUnpool3d(_MaxUnpoolNd):
    _dims = 3

    def forward(self, input: Tensor, indices: Tensor, output_size: Optional[List[int]] = None) -> Tensor:
        return F.max_unpool3d(input, indices, self.kernel_size, self.stride, self.padding, output_size)
