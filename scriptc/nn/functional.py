"""torch.nn.functional: functions of tensors, within TorchScript's rules.

Where Python's result type depends on a flag (`return_indices`), there are three functions: `_x`, `x_with_indices`, and
`x`, which chooses. The layers call the first two; `x` is compiled with its flag as a constant.
"""

import math
from typing import List, Optional, Tuple, Union

import torch
from torch import Tensor
from torch._jit_internal import BroadcastingList1, BroadcastingList2, BroadcastingList3


# A scalar reaches these from eager code, and from compiled code as a constant; TorchScript passes lists.


def _single(values: BroadcastingList1[int]) -> List[int]:
    if isinstance(values, int):
        return [values]
    return list(values)


def _pair(values: BroadcastingList2[int]) -> List[int]:
    if isinstance(values, int):
        return [values, values]
    return list(values)


def _triple(values: BroadcastingList3[int]) -> List[int]:
    if isinstance(values, int):
        return [values, values, values]
    return list(values)


# ---- Operators that are functions as they are

conv1d = torch.conv1d
conv2d = torch.conv2d
conv3d = torch.conv3d
conv_transpose1d = torch.conv_transpose1d
conv_transpose2d = torch.conv_transpose2d
conv_transpose3d = torch.conv_transpose3d
conv_tbc = torch.conv_tbc
linear = torch._C._nn.linear
bilinear = torch.bilinear
avg_pool1d = torch.avg_pool1d
avg_pool2d = torch._C._nn.avg_pool2d
avg_pool3d = torch._C._nn.avg_pool3d
adaptive_avg_pool1d = torch.adaptive_avg_pool1d
gelu = torch._C._nn.gelu
logsigmoid = torch._C._nn.log_sigmoid
softplus = torch._C._nn.softplus
softshrink = torch._C._nn.softshrink
hardshrink = torch.hardshrink
prelu = torch.prelu
relu_ = torch.relu_
elu_ = torch._C._nn.elu_
celu_ = torch.celu_
selu_ = torch.selu_
rrelu_ = torch.rrelu_
leaky_relu_ = torch._C._nn.leaky_relu_
hardtanh_ = torch._C._nn.hardtanh_
threshold_ = torch.threshold_
one_hot = torch._C._nn.one_hot
pixel_shuffle = torch.pixel_shuffle
pixel_unshuffle = torch.pixel_unshuffle
channel_shuffle = torch.channel_shuffle
native_channel_shuffle = torch.native_channel_shuffle
cosine_similarity = torch.cosine_similarity
pairwise_distance = torch.pairwise_distance
pdist = torch.pdist


# ---- Activations


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    if inplace:
        result = torch.relu_(input)
    else:
        result = torch.relu(input)
    return result


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    if inplace:
        result = torch._C._nn.relu6_(input)
    else:
        result = torch._C._nn.relu6(input)
    return result


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    if inplace:
        result = torch.threshold_(input, threshold, value)
    else:
        result = torch.threshold(input, threshold, value)
    return result


_threshold = threshold


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if inplace:
        result = torch._C._nn.hardtanh_(input, min_val, max_val)
    else:
        result = torch._C._nn.hardtanh(input, min_val, max_val)
    return result


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    if inplace:
        result = torch._C._nn.elu_(input, alpha)
    else:
        result = torch._C._nn.elu(input, alpha)
    return result


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    if inplace:
        result = torch.selu_(input)
    else:
        result = torch.selu(input)
    return result


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    if inplace:
        result = torch.celu_(input, alpha)
    else:
        result = torch.celu(input, alpha)
    return result


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    if inplace:
        result = torch._C._nn.leaky_relu_(input, negative_slope)
    else:
        result = torch._C._nn.leaky_relu(input, negative_slope)
    return result


def rrelu(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
          inplace: bool = False) -> Tensor:
    if inplace:
        result = torch.rrelu_(input, lower, upper, training)
    else:
        result = torch.rrelu(input, lower, upper, training)
    return result


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    if inplace:
        return torch._C._nn.silu_(input)
    return torch._C._nn.silu(input)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    if inplace:
        return torch._C._nn.mish_(input)
    return torch._C._nn.mish(input)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    if inplace:
        return torch._C._nn.hardswish_(input)
    return torch._C._nn.hardswish(input)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    if inplace:
        return torch._C._nn.hardsigmoid_(input)
    return torch._C._nn.hardsigmoid(input)


def glu(input: Tensor, dim: int = -1) -> Tensor:
    if input.dim() == 0:
        raise RuntimeError("glu does not support scalars because halving size must be even")
    return torch._C._nn.glu(input, dim)


def sigmoid(input: Tensor) -> Tensor:
    return input.sigmoid()


def tanh(input: Tensor) -> Tensor:
    return input.tanh()


def tanhshrink(input: Tensor) -> Tensor:
    return input - input.tanh()


def softsign(input: Tensor) -> Tensor:
    return input / (input.abs() + 1)


def _get_softmax_dim(name: str, ndim: int, stacklevel: int) -> int:
    if ndim == 0 or ndim == 1 or ndim == 3:
        dim = 0
    else:
        dim = 1
    return dim


def softmax(input: Tensor, dim: Optional[int] = None, _stacklevel: int = 3, dtype: Optional[int] = None) -> Tensor:
    if dim is None:
        dim = _get_softmax_dim("softmax", input.dim(), _stacklevel)
    if dtype is None:
        result = input.softmax(dim)
    else:
        result = input.softmax(dim, dtype=dtype)
    return result


def softmin(input: Tensor, dim: Optional[int] = None, _stacklevel: int = 3, dtype: Optional[int] = None) -> Tensor:
    if dim is None:
        dim = _get_softmax_dim("softmin", input.dim(), _stacklevel)
    if dtype is None:
        result = (-input).softmax(dim)
    else:
        result = (-input).softmax(dim, dtype=dtype)
    return result


def log_softmax(input: Tensor, dim: Optional[int] = None, _stacklevel: int = 3,
                dtype: Optional[int] = None) -> Tensor:
    if dim is None:
        dim = _get_softmax_dim("log_softmax", input.dim(), _stacklevel)
    if dtype is None:
        result = input.log_softmax(dim)
    else:
        result = input.log_softmax(dim, dtype=dtype)
    return result


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1) -> Tensor:
    noise = -torch.empty_like(logits, memory_format=torch.contiguous_format).exponential_().log()
    soft = ((logits + noise) / tau).softmax(dim)
    if hard:
        # One-hot forward, the gradient of the soft sample backward.
        index = soft.max(dim, keepdim=True)[1]
        one = torch.zeros_like(logits, memory_format=torch.contiguous_format).scatter_(dim, index, 1.0)
        result = one - soft.detach() + soft
    else:
        result = soft
    return result


# ---- Dropout


def _check_probability(p: float) -> None:
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    _check_probability(p)
    if inplace:
        result = torch.dropout_(input, p, training)
    else:
        result = torch.dropout(input, p, training)
    return result


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    _check_probability(p)
    if inplace:
        result = torch.alpha_dropout_(input, p, training)
    else:
        result = torch.alpha_dropout(input, p, training)
    return result


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    _check_probability(p)
    if inplace:
        result = torch.feature_alpha_dropout_(input, p, training)
    else:
        result = torch.feature_alpha_dropout(input, p, training)
    return result


def _feature_dropout(input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    _check_probability(p)
    if inplace:
        result = torch.feature_dropout_(input, p, training)
    else:
        result = torch.feature_dropout(input, p, training)
    return result


def _feature_dropout_of(input: Tensor, p: float, training: bool, inplace: bool, unbatched_dims: int) -> Tensor:
    # The operator takes dimension 0 for the batch: an unbatched input gets one.
    if input.dim() == unbatched_dims:
        result = _feature_dropout(input.unsqueeze(0), p, training, inplace).squeeze(0)
    else:
        result = _feature_dropout(input, p, training, inplace)
    return result


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    if input.dim() != 2 and input.dim() != 3:
        raise RuntimeError(f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input")
    return _feature_dropout_of(input, p, training, inplace, 2)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    # A 3D input counts as batched here, unlike in dropout1d and dropout3d: PyTorch keeps that for compatibility.
    return _feature_dropout(input, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    return _feature_dropout_of(input, p, training, inplace, 4)


# ---- Pooling


def _max_pool1d(input: Tensor, kernel_size: BroadcastingList1[int],
                stride: Optional[BroadcastingList1[int]] = None, padding: BroadcastingList1[int] = 0,
                dilation: BroadcastingList1[int] = 1, ceil_mode: bool = False) -> Tensor:
    if stride is None:
        stride = torch.jit.annotate(List[int], [])
    return torch.max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d_with_indices(input: Tensor, kernel_size: BroadcastingList1[int],
                            stride: Optional[BroadcastingList1[int]] = None, padding: BroadcastingList1[int] = 0,
                            dilation: BroadcastingList1[int] = 1, ceil_mode: bool = False,
                            return_indices: bool = False) -> Tuple[Tensor, Tensor]:
    if stride is None:
        stride = torch.jit.annotate(List[int], [])
    return torch.max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d(input: Tensor, kernel_size: BroadcastingList1[int], stride: Optional[BroadcastingList1[int]] = None,
               padding: BroadcastingList1[int] = 0, dilation: BroadcastingList1[int] = 1, ceil_mode: bool = False,
               return_indices: bool = False):
    if return_indices:
        return max_pool1d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    else:
        return _max_pool1d(input, kernel_size, stride, padding, dilation, ceil_mode)


def _max_pool2d(input: Tensor, kernel_size: BroadcastingList2[int],
                stride: Optional[BroadcastingList2[int]] = None, padding: BroadcastingList2[int] = 0,
                dilation: BroadcastingList2[int] = 1, ceil_mode: bool = False) -> Tensor:
    if stride is None:
        stride = torch.jit.annotate(List[int], [])
    return torch.max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d_with_indices(input: Tensor, kernel_size: BroadcastingList2[int],
                            stride: Optional[BroadcastingList2[int]] = None, padding: BroadcastingList2[int] = 0,
                            dilation: BroadcastingList2[int] = 1, ceil_mode: bool = False,
                            return_indices: bool = False) -> Tuple[Tensor, Tensor]:
    if stride is None:
        stride = torch.jit.annotate(List[int], [])
    return torch._C._nn.max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(input: Tensor, kernel_size: BroadcastingList2[int], stride: Optional[BroadcastingList2[int]] = None,
               padding: BroadcastingList2[int] = 0, dilation: BroadcastingList2[int] = 1, ceil_mode: bool = False,
               return_indices: bool = False):
    if return_indices:
        return max_pool2d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    else:
        return _max_pool2d(input, kernel_size, stride, padding, dilation, ceil_mode)


def _max_pool3d(input: Tensor, kernel_size: BroadcastingList3[int],
                stride: Optional[BroadcastingList3[int]] = None, padding: BroadcastingList3[int] = 0,
                dilation: BroadcastingList3[int] = 1, ceil_mode: bool = False) -> Tensor:
    if stride is None:
        stride = torch.jit.annotate(List[int], [])
    return torch.max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d_with_indices(input: Tensor, kernel_size: BroadcastingList3[int],
                            stride: Optional[BroadcastingList3[int]] = None, padding: BroadcastingList3[int] = 0,
                            dilation: BroadcastingList3[int] = 1, ceil_mode: bool = False,
                            return_indices: bool = False) -> Tuple[Tensor, Tensor]:
    if stride is None:
        stride = torch.jit.annotate(List[int], [])
    return torch._C._nn.max_pool3d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool3d(input: Tensor, kernel_size: BroadcastingList3[int], stride: Optional[BroadcastingList3[int]] = None,
               padding: BroadcastingList3[int] = 0, dilation: BroadcastingList3[int] = 1, ceil_mode: bool = False,
               return_indices: bool = False):
    if return_indices:
        return max_pool3d_with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
    else:
        return _max_pool3d(input, kernel_size, stride, padding, dilation, ceil_mode)


def _given_sizes(output_size, input: Tensor, dims: int):
    # Eager code may ask to keep a size of the input with None; compiled code has lists of int.
    if output_size is None or isinstance(output_size, int):
        output_size = [output_size] * dims
    kept = input.shape[-dims:]
    return [kept[i] if size is None else size for i, size in enumerate(output_size)]


def _sizes_or_input(sizes: List[int], input: Tensor) -> List[int]:
    """The sizes to pool to, where -1 keeps the input's."""
    first = input.dim() - len(sizes)
    result: List[int] = []
    for i in range(len(sizes)):
        if sizes[i] < 0:
            result.append(input.size(first + i))
        else:
            result.append(sizes[i])
    return result


def adaptive_avg_pool2d(input: Tensor, output_size: BroadcastingList2[int]) -> Tensor:
    if not torch.jit.is_scripting():
        output_size = _given_sizes(output_size, input, 2)
    return torch._C._nn.adaptive_avg_pool2d(input, output_size)


def adaptive_avg_pool3d(input: Tensor, output_size: BroadcastingList3[int]) -> Tensor:
    if not torch.jit.is_scripting():
        output_size = _given_sizes(output_size, input, 3)
    return torch._C._nn.adaptive_avg_pool3d(input, output_size)


def adaptive_max_pool1d_with_indices(input: Tensor, output_size: BroadcastingList1[int],
                                     return_indices: bool = False) -> Tuple[Tensor, Tensor]:
    return torch.adaptive_max_pool1d(input, output_size)


def _adaptive_max_pool1d(input: Tensor, output_size: BroadcastingList1[int]) -> Tensor:
    return torch.adaptive_max_pool1d(input, output_size)[0]


def adaptive_max_pool1d(input: Tensor, output_size: BroadcastingList1[int], return_indices: bool = False):
    if return_indices:
        return adaptive_max_pool1d_with_indices(input, output_size)
    else:
        return _adaptive_max_pool1d(input, output_size)


def adaptive_max_pool2d_with_indices(input: Tensor, output_size: BroadcastingList2[int],
                                     return_indices: bool = False) -> Tuple[Tensor, Tensor]:
    if not torch.jit.is_scripting():
        output_size = _given_sizes(output_size, input, 2)
    return torch._C._nn.adaptive_max_pool2d(input, output_size)


def _adaptive_max_pool2d(input: Tensor, output_size: BroadcastingList2[int]) -> Tensor:
    return adaptive_max_pool2d_with_indices(input, output_size)[0]


def adaptive_max_pool2d(input: Tensor, output_size: BroadcastingList2[int], return_indices: bool = False):
    if return_indices:
        return adaptive_max_pool2d_with_indices(input, output_size)
    else:
        return _adaptive_max_pool2d(input, output_size)


def adaptive_max_pool3d_with_indices(input: Tensor, output_size: BroadcastingList3[int],
                                     return_indices: bool = False) -> Tuple[Tensor, Tensor]:
    if not torch.jit.is_scripting():
        output_size = _given_sizes(output_size, input, 3)
    return torch._C._nn.adaptive_max_pool3d(input, output_size)


def _adaptive_max_pool3d(input: Tensor, output_size: BroadcastingList3[int]) -> Tensor:
    return adaptive_max_pool3d_with_indices(input, output_size)[0]


def adaptive_max_pool3d(input: Tensor, output_size: BroadcastingList3[int], return_indices: bool = False):
    if return_indices:
        return adaptive_max_pool3d_with_indices(input, output_size)
    else:
        return _adaptive_max_pool3d(input, output_size)


# ---- Normalisation


def _verify_batch_size(size: List[int]) -> None:
    values = size[0]
    for i in range(len(size) - 2):
        values *= size[i + 2]
    if values == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")


def batch_norm(input: Tensor, running_mean: Optional[Tensor], running_var: Optional[Tensor],
               weight: Optional[Tensor] = None, bias: Optional[Tensor] = None, training: bool = False,
               momentum: float = 0.1, eps: float = 1e-5) -> Tensor:
    if training:
        _verify_batch_size(input.size())
    return torch.batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps, True)


def _verify_spatial_size(size: List[int]) -> None:
    values = 1
    for i in range(2, len(size)):
        values *= size[i]
    if values == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {size}")


def instance_norm(input: Tensor, running_mean: Optional[Tensor] = None, running_var: Optional[Tensor] = None,
                  weight: Optional[Tensor] = None, bias: Optional[Tensor] = None, use_input_stats: bool = True,
                  momentum: float = 0.1, eps: float = 1e-5) -> Tensor:
    if use_input_stats:
        _verify_spatial_size(input.size())
    return torch.instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum, eps, True)


def layer_norm(input: Tensor, normalized_shape: List[int], weight: Optional[Tensor] = None,
               bias: Optional[Tensor] = None, eps: float = 1e-5) -> Tensor:
    return torch.layer_norm(input, normalized_shape, weight, bias, eps, True)


def rms_norm(input: Tensor, normalized_shape: List[int], weight: Optional[Tensor] = None,
             eps: Optional[float] = None) -> Tensor:
    return torch.rms_norm(input, normalized_shape, weight, eps)


def group_norm(input: Tensor, num_groups: int, weight: Optional[Tensor] = None, bias: Optional[Tensor] = None,
               eps: float = 1e-5) -> Tensor:
    if input.dim() < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.dim()}")
    _verify_batch_size([input.size(0) * input.size(1) // num_groups, num_groups] + list(input.size())[2:])
    return torch.group_norm(input, num_groups, weight, bias, eps, True)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """input / (k + alpha * mean of the squares of `size` neighbouring channels) ** beta."""
    dim = input.dim()
    if dim < 3:
        raise ValueError(f"Expected 3D or higher dimensionality input (got {dim} dimensions)")
    if input.numel() == 0:
        return input
    # The mean over channels is an average pool over a plane whose rows are the channels.
    squares = input.mul(input)
    if dim == 3:
        padded = pad(squares.unsqueeze(1), [0, 0, size // 2, (size - 1) // 2])
        mean = avg_pool2d(padded, (size, 1), stride=1).squeeze(1)
    else:
        sizes = input.size()
        cube = squares.view(sizes[0], 1, sizes[1], sizes[2], -1)
        padded = pad(cube, [0, 0, 0, 0, size // 2, (size - 1) // 2])
        mean = avg_pool3d(padded, (size, 1, 1), stride=1).squeeze(1).view(sizes)
    return input / mean.mul(alpha).add(k).pow(beta)


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Optional[Tensor] = None) -> Tensor:
    length = input.norm(p, dim, keepdim=True).clamp_min(eps).expand_as(input)
    if out is None:
        return input / length
    return torch.div(input, length, out=out)


# ---- Padding, resizing, sampling


def pad(input: Tensor, pad: List[int], mode: str = "constant", value: Optional[float] = None) -> Tensor:
    return torch._C._nn.pad(input, pad, mode, value)


def _spread_int(values: BroadcastingList1[int], dims: int) -> List[int]:
    """One number for each of the spatial dimensions, from one for all or one for each."""
    if isinstance(values, int):
        return [values] * dims
    else:
        sizes = list(values)
        if len(sizes) == 1:
            return [sizes[0]] * dims
        if len(sizes) != dims:
            raise ValueError("size must have one number for each of the input's spatial dimensions")
        return sizes


def _spread_float(values: BroadcastingList1[float], dims: int) -> List[float]:
    if isinstance(values, (int, float)):
        return [float(values)] * dims
    else:
        factors = [float(factor) for factor in values]
        if len(factors) == 1:
            return [factors[0]] * dims
        if len(factors) != dims:
            raise ValueError("scale_factor must have one number for each of the input's spatial dimensions")
        return factors


def _scaled_sizes(input: Tensor, scales: List[float]) -> List[int]:
    sizes: List[int] = []
    for i in range(len(scales)):
        sizes.append(int(math.floor(float(input.size(i + 2)) * scales[i])))
    return sizes


def interpolate(input: Tensor, size: Optional[BroadcastingList1[int]] = None,
                scale_factor: Optional[BroadcastingList1[float]] = None, mode: str = 'nearest',
                align_corners: Optional[bool] = None, recompute_scale_factor: Optional[bool] = None,
                antialias: bool = False) -> Tensor:
    dims = input.dim() - 2
    if mode in ('nearest', 'area', 'nearest-exact'):
        if align_corners is not None:
            raise ValueError("align_corners option can only be set with the interpolating modes: "
                             "linear | bilinear | bicubic | trilinear")
        align = False
    elif align_corners is None:
        align = False
    else:
        align = align_corners

    sizes: Optional[List[int]] = None
    scales: Optional[List[float]] = None
    if size is not None:
        if scale_factor is not None:
            raise ValueError("only one of size or scale_factor should be defined")
        sizes = _spread_int(size, dims)
        if recompute_scale_factor is not None and recompute_scale_factor:
            raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    elif scale_factor is not None:
        factors = _spread_float(scale_factor, dims)
        # The operators take either; an area needs sizes, and so does who wants the scale derived from them again.
        if mode == 'area' or (recompute_scale_factor is not None and recompute_scale_factor):
            sizes = _scaled_sizes(input, factors)
        else:
            scales = factors
    else:
        raise ValueError("either size or scale_factor should be defined")

    if antialias:
        if dims == 2 and mode == 'bilinear':
            return torch._C._nn._upsample_bilinear2d_aa(input, sizes, align, scales)
        if dims == 2 and mode == 'bicubic':
            return torch._C._nn._upsample_bicubic2d_aa(input, sizes, align, scales)
        raise ValueError("Anti-alias option is only supported for bilinear and bicubic modes on 4-D input")
    if mode == 'nearest':
        if dims == 1:
            return torch._C._nn.upsample_nearest1d(input, sizes, scales)
        if dims == 2:
            return torch._C._nn.upsample_nearest2d(input, sizes, scales)
        if dims == 3:
            return torch._C._nn.upsample_nearest3d(input, sizes, scales)
    if mode == 'nearest-exact':
        if dims == 1:
            return torch._C._nn._upsample_nearest_exact1d(input, sizes, scales)
        if dims == 2:
            return torch._C._nn._upsample_nearest_exact2d(input, sizes, scales)
        if dims == 3:
            return torch._C._nn._upsample_nearest_exact3d(input, sizes, scales)
    if mode == 'area' and sizes is not None:
        if dims == 1:
            return torch.adaptive_avg_pool1d(input, sizes)
        if dims == 2:
            return torch._C._nn.adaptive_avg_pool2d(input, sizes)
        if dims == 3:
            return torch._C._nn.adaptive_avg_pool3d(input, sizes)
    if dims == 1 and mode == 'linear':
        return torch._C._nn.upsample_linear1d(input, sizes, align, scales)
    if dims == 2 and mode == 'bilinear':
        return torch._C._nn.upsample_bilinear2d(input, sizes, align, scales)
    if dims == 3 and mode == 'trilinear':
        return torch._C._nn.upsample_trilinear3d(input, sizes, align, scales)
    if dims == 2 and mode == 'bicubic':
        return torch._C._nn.upsample_bicubic2d(input, sizes, align, scales)
    raise NotImplementedError(f"Input of {input.dim()} dimensions cannot be resized with mode '{mode}'")


def upsample(input: Tensor, size: Optional[BroadcastingList1[int]] = None,
             scale_factor: Optional[BroadcastingList1[float]] = None, mode: str = 'nearest',
             align_corners: Optional[bool] = None) -> Tensor:
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Optional[BroadcastingList1[int]] = None,
                     scale_factor: Optional[BroadcastingList1[float]] = None) -> Tensor:
    return interpolate(input, size, scale_factor, mode='nearest')


def upsample_bilinear(input: Tensor, size: Optional[BroadcastingList1[int]] = None,
                      scale_factor: Optional[BroadcastingList1[float]] = None) -> Tensor:
    return interpolate(input, size, scale_factor, mode='bilinear', align_corners=True)


def grid_sample(input: Tensor, grid: Tensor, mode: str = 'bilinear', padding_mode: str = 'zeros',
                align_corners: Optional[bool] = None) -> Tensor:
    if mode == 'bilinear':
        interpolation = 0
    elif mode == 'nearest':
        interpolation = 1
    elif mode == 'bicubic':
        interpolation = 2
    else:
        raise ValueError(f"mode must be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'")
    if padding_mode == 'zeros':
        padding = 0
    elif padding_mode == 'border':
        padding = 1
    elif padding_mode == 'reflection':
        padding = 2
    else:
        raise ValueError(f"padding_mode must be 'zeros', 'border' or 'reflection', but got: '{padding_mode}'")
    if align_corners is None:
        align_corners = False
    return torch.grid_sampler(input, grid, interpolation, padding, align_corners)


def affine_grid(theta: Tensor, size: List[int], align_corners: Optional[bool] = None) -> Tensor:
    if align_corners is None:
        align_corners = False
    return torch.affine_grid_generator(theta, size, align_corners)


def unfold(input: Tensor, kernel_size: BroadcastingList2[int], dilation: BroadcastingList2[int] = 1,
           padding: BroadcastingList2[int] = 0, stride: BroadcastingList2[int] = 1) -> Tensor:
    return torch._C._nn.im2col(input, _pair(kernel_size), _pair(dilation), _pair(padding), _pair(stride))


def fold(input: Tensor, output_size: BroadcastingList2[int], kernel_size: BroadcastingList2[int],
         dilation: BroadcastingList2[int] = 1, padding: BroadcastingList2[int] = 0,
         stride: BroadcastingList2[int] = 1) -> Tensor:
    return torch._C._nn.col2im(input, _pair(output_size), _pair(kernel_size), _pair(dilation), _pair(padding),
                               _pair(stride))


# ---- Embeddings


def embedding(input: Tensor, weight: Tensor, padding_idx: Optional[int] = None, max_norm: Optional[float] = None,
              norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False) -> Tensor:
    if padding_idx is not None:
        if padding_idx >= weight.size(0) or padding_idx < -weight.size(0):
            raise AssertionError("Padding_idx must be within num_embeddings")
        if padding_idx < 0:
            padding_idx = weight.size(0) + padding_idx
    else:
        padding_idx = -1
    if max_norm is not None:
        input = input.contiguous()
        torch.embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    return torch.embedding(weight, input, padding_idx, scale_grad_by_freq, sparse)


def embedding_bag(input: Tensor, weight: Tensor, offsets: Optional[Tensor] = None, max_norm: Optional[float] = None,
                  norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = 'mean', sparse: bool = False,
                  per_sample_weights: Optional[Tensor] = None, include_last_offset: bool = False,
                  padding_idx: Optional[int] = None) -> Tensor:
    if input.dim() == 2:
        # Every row is a bag.
        if offsets is not None:
            raise ValueError("if input is 2D, then offsets has to be None, as input is treated as a mini-batch of "
                             "fixed length sequences")
        bags = torch.arange(0, input.numel(), input.size(1), dtype=input.dtype, device=input.device)
        if per_sample_weights is not None:
            per_sample_weights = per_sample_weights.reshape(-1)
        input = input.reshape(-1)
    elif input.dim() == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        bags = offsets
    else:
        raise ValueError(f"input has to be 1D or 2D Tensor, but got Tensor of dimension {input.dim()}")
    if mode == 'sum':
        reduction = 0
    elif mode == 'mean':
        reduction = 1
    elif mode == 'max':
        reduction = 2
    else:
        raise ValueError("mode has to be one of sum, mean or max")
    if max_norm is not None:
        torch.embedding_renorm_(weight.detach(), input, max_norm, norm_type)
    if per_sample_weights is not None and mode != 'sum':
        raise NotImplementedError(f"embedding_bag: per_sample_weights is only supported for mode='sum', got '{mode}'")
    return torch.embedding_bag(weight, input, bags, scale_grad_by_freq, reduction, sparse, per_sample_weights,
                               include_last_offset, padding_idx)[0]


# ---- Further pools


def lp_pool1d(input: Tensor, norm_type: Union[int, float], kernel_size: int,
              stride: Optional[BroadcastingList1[int]] = None, ceil_mode: bool = False) -> Tensor:
    if stride is not None:
        mean = avg_pool1d(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)
    else:
        mean = avg_pool1d(input.pow(norm_type), kernel_size, padding=0, ceil_mode=ceil_mode)
    return (torch.sign(mean) * torch.relu(torch.abs(mean))).mul(kernel_size).pow(1.0 / norm_type)


def lp_pool2d(input: Tensor, norm_type: Union[int, float], kernel_size: BroadcastingList2[int],
              stride: Optional[BroadcastingList2[int]] = None, ceil_mode: bool = False) -> Tensor:
    size = _pair(kernel_size)
    if stride is not None:
        mean = avg_pool2d(input.pow(norm_type), size, stride, 0, ceil_mode)
    else:
        mean = avg_pool2d(input.pow(norm_type), size, padding=0, ceil_mode=ceil_mode)
    return (torch.sign(mean) * torch.relu(torch.abs(mean))).mul(size[0] * size[1]).pow(1.0 / norm_type)


def lp_pool3d(input: Tensor, norm_type: Union[int, float], kernel_size: BroadcastingList3[int],
              stride: Optional[BroadcastingList3[int]] = None, ceil_mode: bool = False) -> Tensor:
    size = _triple(kernel_size)
    if stride is not None:
        mean = avg_pool3d(input.pow(norm_type), size, stride, 0, ceil_mode)
    else:
        mean = avg_pool3d(input.pow(norm_type), size, padding=0, ceil_mode=ceil_mode)
    return (torch.sign(mean) * torch.relu(torch.abs(mean))).mul(size[0] * size[1] * size[2]).pow(1.0 / norm_type)


def _sizes_by_ratio(input: Tensor, ratios: List[float]) -> List[int]:
    sizes: List[int] = []
    first = input.dim() - len(ratios)
    for i in range(len(ratios)):
        sizes.append(int(input.size(first + i) * ratios[i]))
    return sizes


def _fractional_samples(input: Tensor, dims: int) -> Tensor:
    batch = 1
    if input.dim() == dims + 2:
        batch = input.size(0)
    return torch.rand([batch, input.size(-(dims + 1)), dims], dtype=input.dtype, device=input.device)


def fractional_max_pool2d_with_indices(input: Tensor, kernel_size: BroadcastingList2[int],
                                       output_size: Optional[BroadcastingList2[int]] = None,
                                       output_ratio: Optional[BroadcastingList2[float]] = None,
                                       return_indices: bool = False,
                                       _random_samples: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
    if output_size is not None:
        sizes = _pair(output_size)
    elif output_ratio is not None:
        sizes = _sizes_by_ratio(input, _spread_float(output_ratio, 2))
    else:
        raise ValueError("fractional_max_pool2d requires specifying either an output_size or an output_ratio")
    if _random_samples is None:
        _random_samples = _fractional_samples(input, 2)
    return torch._C._nn.fractional_max_pool2d(input, kernel_size, sizes, _random_samples)


def _fractional_max_pool2d(input: Tensor, kernel_size: BroadcastingList2[int],
                           output_size: Optional[BroadcastingList2[int]] = None,
                           output_ratio: Optional[BroadcastingList2[float]] = None, return_indices: bool = False,
                           _random_samples: Optional[Tensor] = None) -> Tensor:
    return fractional_max_pool2d_with_indices(input, kernel_size, output_size, output_ratio, True,
                                              _random_samples)[0]


def fractional_max_pool2d(input: Tensor, kernel_size: BroadcastingList2[int],
                          output_size: Optional[BroadcastingList2[int]] = None,
                          output_ratio: Optional[BroadcastingList2[float]] = None, return_indices: bool = False,
                          _random_samples: Optional[Tensor] = None):
    if return_indices:
        return fractional_max_pool2d_with_indices(input, kernel_size, output_size, output_ratio, True,
                                                  _random_samples)
    else:
        return _fractional_max_pool2d(input, kernel_size, output_size, output_ratio, False, _random_samples)


def fractional_max_pool3d_with_indices(input: Tensor, kernel_size: BroadcastingList3[int],
                                       output_size: Optional[BroadcastingList3[int]] = None,
                                       output_ratio: Optional[BroadcastingList3[float]] = None,
                                       return_indices: bool = False,
                                       _random_samples: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
    if output_size is not None:
        sizes = _triple(output_size)
    elif output_ratio is not None:
        sizes = _sizes_by_ratio(input, _spread_float(output_ratio, 3))
    else:
        raise ValueError("fractional_max_pool3d requires specifying either an output_size or an output_ratio")
    if _random_samples is None:
        _random_samples = _fractional_samples(input, 3)
    return torch._C._nn.fractional_max_pool3d(input, kernel_size, sizes, _random_samples)


def _fractional_max_pool3d(input: Tensor, kernel_size: BroadcastingList3[int],
                           output_size: Optional[BroadcastingList3[int]] = None,
                           output_ratio: Optional[BroadcastingList3[float]] = None, return_indices: bool = False,
                           _random_samples: Optional[Tensor] = None) -> Tensor:
    return fractional_max_pool3d_with_indices(input, kernel_size, output_size, output_ratio, True,
                                              _random_samples)[0]


def fractional_max_pool3d(input: Tensor, kernel_size: BroadcastingList3[int],
                          output_size: Optional[BroadcastingList3[int]] = None,
                          output_ratio: Optional[BroadcastingList3[float]] = None, return_indices: bool = False,
                          _random_samples: Optional[Tensor] = None):
    if return_indices:
        return fractional_max_pool3d_with_indices(input, kernel_size, output_size, output_ratio, True,
                                                  _random_samples)
    else:
        return _fractional_max_pool3d(input, kernel_size, output_size, output_ratio, False, _random_samples)


def _unpool_output_size(input: Tensor, kernel_size: List[int], stride: List[int], padding: List[int],
                        output_size: Optional[List[int]]) -> List[int]:
    """The size that a pool with these arguments would have had before, or the given one if it is within a stride."""
    dims = len(kernel_size)
    first = input.dim() - dims
    sizes: List[int] = []
    for d in range(dims):
        sizes.append((input.size(first + d) - 1) * stride[d] + kernel_size[d] - 2 * padding[d])
    if output_size is None:
        return sizes
    wanted = list(output_size)
    if len(wanted) == dims + 2:
        wanted = wanted[2:]
    if len(wanted) != dims:
        raise ValueError(f"output_size should be a sequence containing {dims} or {dims + 2} elements, but it has a "
                         f"length of {len(output_size)}")
    for d in range(dims):
        if wanted[d] <= sizes[d] - stride[d] or wanted[d] >= sizes[d] + stride[d]:
            raise ValueError(f"invalid output_size {wanted}: dim {d} must be between {sizes[d] - stride[d]} and "
                             f"{sizes[d] + stride[d]}")
    return wanted


def max_unpool1d(input: Tensor, indices: Tensor, kernel_size: BroadcastingList1[int],
                 stride: Optional[BroadcastingList1[int]] = None, padding: BroadcastingList1[int] = 0,
                 output_size: Optional[BroadcastingList1[int]] = None) -> Tensor:
    kernel = _single(kernel_size)
    step = kernel
    if stride is not None:
        step = _single(stride)
    sizes = _unpool_output_size(input, kernel, step, _single(padding), output_size)
    # There is no operator for one dimension: it is a plane of width 1.
    return torch._C._nn.max_unpool2d(input.unsqueeze(-1), indices.unsqueeze(-1), sizes + [1]).squeeze(-1)


def max_unpool2d(input: Tensor, indices: Tensor, kernel_size: BroadcastingList2[int],
                 stride: Optional[BroadcastingList2[int]] = None, padding: BroadcastingList2[int] = 0,
                 output_size: Optional[BroadcastingList2[int]] = None) -> Tensor:
    kernel = _pair(kernel_size)
    step = kernel
    if stride is not None:
        step = _pair(stride)
    sizes = _unpool_output_size(input, kernel, step, _pair(padding), output_size)
    return torch._C._nn.max_unpool2d(input, indices, sizes)


def max_unpool3d(input: Tensor, indices: Tensor, kernel_size: BroadcastingList3[int],
                 stride: Optional[BroadcastingList3[int]] = None, padding: BroadcastingList3[int] = 0,
                 output_size: Optional[BroadcastingList3[int]] = None) -> Tensor:
    kernel = _triple(kernel_size)
    step = kernel
    if stride is not None:
        step = _triple(stride)
    pads = _triple(padding)
    sizes = _unpool_output_size(input, kernel, step, pads, output_size)
    return torch._C._nn.max_unpool3d(input, indices, sizes, step, pads)


# ---- Losses


def _reduction_name(size_average: Optional[bool], reduce: Optional[bool], reduction: str) -> str:
    """What the two deprecated flags mean, if one of them is given."""
    if size_average is None and reduce is None:
        return reduction
    if reduce is not None and not reduce:
        return 'none'
    if size_average is not None and not size_average:
        return 'sum'
    return 'mean'


def _reduction_number(size_average: Optional[bool], reduce: Optional[bool], reduction: str) -> int:
    name = _reduction_name(size_average, reduce, reduction)
    if name == 'none':
        return 0
    if name == 'mean':
        return 1
    if name == 'sum':
        return 2
    raise ValueError(f"{name} is not a valid value for reduction")


def l1_loss(input: Tensor, target: Tensor, size_average: Optional[bool] = None, reduce: Optional[bool] = None,
            reduction: str = 'mean') -> Tensor:
    input, target = torch.broadcast_tensors(input, target)
    return torch._C._nn.l1_loss(input, target, _reduction_number(size_average, reduce, reduction))


def mse_loss(input: Tensor, target: Tensor, size_average: Optional[bool] = None, reduce: Optional[bool] = None,
             reduction: str = 'mean') -> Tensor:
    input, target = torch.broadcast_tensors(input, target)
    return torch._C._nn.mse_loss(input, target, _reduction_number(size_average, reduce, reduction))


def smooth_l1_loss(input: Tensor, target: Tensor, size_average: Optional[bool] = None, reduce: Optional[bool] = None,
                   reduction: str = 'mean', beta: float = 1.0) -> Tensor:
    input, target = torch.broadcast_tensors(input, target)
    number = _reduction_number(size_average, reduce, reduction)
    if beta == 0.0:
        return torch._C._nn.l1_loss(input, target, number)
    return torch._C._nn.smooth_l1_loss(input, target, number, beta)


def huber_loss(input: Tensor, target: Tensor, reduction: str = 'mean', delta: float = 1.0) -> Tensor:
    input, target = torch.broadcast_tensors(input, target)
    return torch._C._nn.huber_loss(input, target, _reduction_number(None, None, reduction), delta)


def kl_div(input: Tensor, target: Tensor, size_average: Optional[bool] = None, reduce: Optional[bool] = None,
           reduction: str = 'mean', log_target: bool = False) -> Tensor:
    if reduction == 'batchmean':
        # The operator knows no such mean: it sums, and the batch divides.
        result = torch.kl_div(input, target, 2, log_target=log_target)
        if input.dim() != 0:
            result = result / input.size(0)
    else:
        result = torch.kl_div(input, target, _reduction_number(size_average, reduce, reduction),
                              log_target=log_target)
    return result


def nll_loss(input: Tensor, target: Tensor, weight: Optional[Tensor] = None, size_average: Optional[bool] = None,
             ignore_index: int = -100, reduce: Optional[bool] = None, reduction: str = 'mean') -> Tensor:
    return torch._C._nn.nll_loss_nd(input, target, weight, _reduction_number(size_average, reduce, reduction),
                                    ignore_index)


def cross_entropy(input: Tensor, target: Tensor, weight: Optional[Tensor] = None,
                  size_average: Optional[bool] = None, ignore_index: int = -100, reduce: Optional[bool] = None,
                  reduction: str = 'mean', label_smoothing: float = 0.0) -> Tensor:
    return torch._C._nn.cross_entropy_loss(input, target, weight,
                                           _reduction_number(size_average, reduce, reduction), ignore_index,
                                           label_smoothing)


def binary_cross_entropy(input: Tensor, target: Tensor, weight: Optional[Tensor] = None,
                         size_average: Optional[bool] = None, reduce: Optional[bool] = None,
                         reduction: str = 'mean') -> Tensor:
    if target.size() != input.size():
        raise ValueError(f"Using a target size ({target.size()}) that is different to the input size "
                         f"({input.size()}) is deprecated. Please ensure they have the same size.")
    if weight is not None:
        weight = weight.expand_as(target)
    return torch._C._nn.binary_cross_entropy(input, target, weight,
                                             _reduction_number(size_average, reduce, reduction))


def binary_cross_entropy_with_logits(input: Tensor, target: Tensor, weight: Optional[Tensor] = None,
                                     size_average: Optional[bool] = None, reduce: Optional[bool] = None,
                                     reduction: str = 'mean', pos_weight: Optional[Tensor] = None) -> Tensor:
    if target.size() != input.size():
        raise ValueError(f"Target size ({target.size()}) must be the same as input size ({input.size()})")
    return torch.binary_cross_entropy_with_logits(input, target, weight, pos_weight,
                                                  _reduction_number(size_average, reduce, reduction))


def soft_margin_loss(input: Tensor, target: Tensor, size_average: Optional[bool] = None,
                     reduce: Optional[bool] = None, reduction: str = 'mean') -> Tensor:
    return torch._C._nn.soft_margin_loss(input, target, _reduction_number(size_average, reduce, reduction))


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, size_average: Optional[bool] = None,
                         reduce: Optional[bool] = None, reduction: str = 'mean') -> Tensor:
    return torch.hinge_embedding_loss(input, target, margin, _reduction_number(size_average, reduce, reduction))


def margin_ranking_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
                        size_average: Optional[bool] = None, reduce: Optional[bool] = None,
                        reduction: str = 'mean') -> Tensor:
    return torch.margin_ranking_loss(input1, input2, target, margin,
                                     _reduction_number(size_average, reduce, reduction))


def cosine_embedding_loss(input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
                          size_average: Optional[bool] = None, reduce: Optional[bool] = None,
                          reduction: str = 'mean') -> Tensor:
    return torch.cosine_embedding_loss(input1, input2, target, margin,
                                       _reduction_number(size_average, reduce, reduction))


def triplet_margin_loss(anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
                        eps: float = 1e-6, swap: bool = False, size_average: Optional[bool] = None,
                        reduce: Optional[bool] = None, reduction: str = 'mean') -> Tensor:
    return torch.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap,
                                     _reduction_number(size_average, reduce, reduction))


def multi_margin_loss(input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0,
                      weight: Optional[Tensor] = None, size_average: Optional[bool] = None,
                      reduce: Optional[bool] = None, reduction: str = 'mean') -> Tensor:
    return torch._C._nn.multi_margin_loss(input, target, p, margin, weight,
                                          _reduction_number(size_average, reduce, reduction))


def multilabel_margin_loss(input: Tensor, target: Tensor, size_average: Optional[bool] = None,
                           reduce: Optional[bool] = None, reduction: str = 'mean') -> Tensor:
    return torch._C._nn.multilabel_margin_loss(input, target, _reduction_number(size_average, reduce, reduction))


def _reduced(loss: Tensor, reduction: str) -> Tensor:
    if reduction == 'none':
        return loss
    if reduction == 'mean':
        return loss.mean()
    if reduction == 'sum':
        return loss.sum()
    raise ValueError(f"{reduction} is not a valid value for reduction")


def multilabel_soft_margin_loss(input: Tensor, target: Tensor, weight: Optional[Tensor] = None,
                                size_average: Optional[bool] = None, reduce: Optional[bool] = None,
                                reduction: str = 'mean') -> Tensor:
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return _reduced(loss.sum(dim=input.dim() - 1) / input.size(-1), _reduction_name(size_average, reduce, reduction))


def poisson_nll_loss(input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
                     size_average: Optional[bool] = None, eps: float = 1e-8, reduce: Optional[bool] = None,
                     reduction: str = 'mean') -> Tensor:
    return torch.poisson_nll_loss(input, target, log_input, full, eps,
                                  _reduction_number(size_average, reduce, reduction))


def ctc_loss(log_probs: Tensor, targets: Tensor, input_lengths: Tensor, target_lengths: Tensor, blank: int = 0,
             reduction: str = 'mean', zero_infinity: bool = False) -> Tensor:
    return torch.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank,
                          _reduction_number(None, None, reduction), zero_infinity)


# ---- Attention


def scaled_dot_product_attention(query: Tensor, key: Tensor, value: Tensor, attn_mask: Optional[Tensor] = None,
                                 dropout_p: float = 0.0, is_causal: bool = False, scale: Optional[float] = None,
                                 enable_gqa: bool = False) -> Tensor:
    """Needs LibTorch 2.5: the operator, or its last arguments, are newer than 1.13."""
    return torch._C._nn.scaled_dot_product_attention(query, key, value, attn_mask, dropout_p, is_causal, scale=scale,
                                                     enable_gqa=enable_gqa)


def _in_projection_packed(q: Tensor, k: Tensor, v: Tensor, w: Tensor, b: Optional[Tensor]) -> List[Tensor]:
    """Projections by one matrix of three parts; equal inputs share a product."""
    width = q.size(-1)
    if k is v:
        if q is k:
            return list(linear(q, w, b).split(width, -1))
        w_q, w_kv = w.split([width, width * 2])
        if b is None:
            b_q = b_kv = None
        else:
            b_q, b_kv = b.split([width, width * 2])
        return [linear(q, w_q, b_q)] + list(linear(k, w_kv, b_kv).split(width, -1))
    w_q, w_k, w_v = w.chunk(3)
    if b is None:
        b_q = b_k = b_v = None
    else:
        b_q, b_k, b_v = b.chunk(3)
    return [linear(q, w_q, b_q), linear(k, w_k, b_k), linear(v, w_v, b_v)]


def _in_projection(q: Tensor, k: Tensor, v: Tensor, w_q: Tensor, w_k: Tensor, w_v: Tensor,
                   b: Optional[Tensor]) -> List[Tensor]:
    if b is None:
        return [linear(q, w_q), linear(k, w_k), linear(v, w_v)]
    b_q, b_k, b_v = b.chunk(3)
    return [linear(q, w_q, b_q), linear(k, w_k, b_k), linear(v, w_v, b_v)]


def _additive_mask(mask: Tensor, dtype: int) -> Tensor:
    """A boolean mask (True: ignore) as numbers to add before the softmax."""
    if mask.dtype == torch.bool:
        return torch.zeros_like(mask, dtype=dtype).masked_fill_(mask, float('-inf'))
    if not mask.is_floating_point():
        raise AssertionError("attention masks must be of a floating point or bool type")
    return mask


def _into_heads(x: Tensor, heads: int) -> Tensor:
    """(length, batch, heads * width) → (batch * heads, length, width)."""
    return x.reshape(x.size(0), x.size(1) * heads, x.size(2) // heads).transpose(0, 1)


def _join_masks(attn_mask: Optional[Tensor], key_padding_mask: Optional[Tensor], batch: int, heads: int,
                target_length: int, dtype: int, added_keys: int) -> Optional[Tensor]:
    """One additive mask for all heads, with `added_keys` columns of zeros, or None."""
    mask: Optional[Tensor] = None
    if attn_mask is not None:
        mask = _additive_mask(attn_mask, dtype)
        if mask.dim() == 2:
            mask = mask.unsqueeze(0)
        elif mask.dim() != 3:
            raise RuntimeError(f"attn_mask's dimension {mask.dim()} is not supported")
        if mask.size(1) != target_length or (mask.size(0) != 1 and mask.size(0) != batch * heads):
            raise RuntimeError(f"The shape of the attn_mask is {mask.size()}, which fits neither "
                               f"({target_length}, S) nor ({batch * heads}, {target_length}, S)")
        if added_keys > 0:
            mask = pad(mask, [0, added_keys])
    if key_padding_mask is not None:
        padding = _additive_mask(key_padding_mask, dtype)
        if added_keys > 0:
            padding = pad(padding, [0, added_keys])
        padding = padding.view(batch, 1, 1, padding.size(1)).expand(-1, heads, -1, -1)
        padding = padding.reshape(batch * heads, 1, padding.size(3))
        if mask is None:
            mask = padding
        else:
            mask = mask + padding
    return mask


def multi_head_attention_forward(query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
                                 in_proj_weight: Optional[Tensor], in_proj_bias: Optional[Tensor],
                                 bias_k: Optional[Tensor], bias_v: Optional[Tensor], add_zero_attn: bool,
                                 dropout_p: float, out_proj_weight: Tensor, out_proj_bias: Optional[Tensor],
                                 training: bool = True, key_padding_mask: Optional[Tensor] = None,
                                 need_weights: bool = True, attn_mask: Optional[Tensor] = None,
                                 use_separate_proj_weight: bool = False, q_proj_weight: Optional[Tensor] = None,
                                 k_proj_weight: Optional[Tensor] = None, v_proj_weight: Optional[Tensor] = None,
                                 static_k: Optional[Tensor] = None, static_v: Optional[Tensor] = None,
                                 average_attn_weights: bool = True,
                                 is_causal: bool = False) -> Tuple[Tensor, Optional[Tensor]]:
    """Attention over (length, batch, width), or (length, width). `is_causal` is a hint about attn_mask, not needed."""
    if is_causal and attn_mask is None:
        raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
    batched = query.dim() == 3
    if not batched:
        if key is value:
            if query is key:
                query = query.unsqueeze(1)
                key = query
            else:
                query = query.unsqueeze(1)
                key = key.unsqueeze(1)
            value = key
        else:
            query = query.unsqueeze(1)
            key = key.unsqueeze(1)
            value = value.unsqueeze(1)
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)
    target_length = query.size(0)
    batch = query.size(1)
    width = query.size(2)
    if width != embed_dim_to_check:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim_to_check}, but got {width}")

    if use_separate_proj_weight:
        if q_proj_weight is None or k_proj_weight is None or v_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is True but one of the projection weights is None")
        q, k, v = _in_projection(query, key, value, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias)
    else:
        if in_proj_weight is None:
            raise AssertionError("use_separate_proj_weight is False but in_proj_weight is None")
        q, k, v = _in_projection_packed(query, key, value, in_proj_weight, in_proj_bias)

    added_keys = 0
    if bias_k is not None and bias_v is not None:
        k = torch.cat([k, bias_k.repeat(1, batch, 1)])
        v = torch.cat([v, bias_v.repeat(1, batch, 1)])
        added_keys += 1
    q = _into_heads(q, num_heads)
    if static_k is None:
        k = _into_heads(k, num_heads)
    else:
        k = static_k
    if static_v is None:
        v = _into_heads(v, num_heads)
    else:
        v = static_v
    if add_zero_attn:
        k = torch.cat([k, torch.zeros([k.size(0), 1, k.size(2)], dtype=k.dtype, device=k.device)], dim=1)
        v = torch.cat([v, torch.zeros([v.size(0), 1, v.size(2)], dtype=v.dtype, device=v.device)], dim=1)
        added_keys += 1
    mask = _join_masks(attn_mask, key_padding_mask, batch, num_heads, target_length, q.dtype, added_keys)

    q = q * math.sqrt(1.0 / float(q.size(-1)))
    if mask is not None:
        scores = torch.baddbmm(mask, q, k.transpose(-2, -1))
    else:
        scores = torch.bmm(q, k.transpose(-2, -1))
    weights = scores.softmax(-1)
    if training and dropout_p > 0.0:
        weights = dropout(weights, p=dropout_p)
    output = torch.bmm(weights, v).transpose(0, 1).reshape(target_length * batch, width)
    output = linear(output, out_proj_weight, out_proj_bias).view(target_length, batch, -1)
    if not batched:
        output = output.squeeze(1)
    if not need_weights:
        return output, None
    weights = weights.view(batch, num_heads, target_length, k.size(1))
    if average_attn_weights:
        weights = weights.mean(dim=1)
    if not batched:
        weights = weights.squeeze(0)
    return output, weights
