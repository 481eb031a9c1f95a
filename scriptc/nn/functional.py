"""torch.nn.functional: functions of tensors, within TorchScript's rules.

Where Python's result type depends on a flag (`return_indices`), there are three functions: `_x`, `x_with_indices`, and
`x`, which chooses. The layers call the first two; `x` is compiled with its flag as a constant.
"""

import math
from typing import List, Optional, Tuple, Union

import torch
from torch import Tensor
from torch._jit_internal import BroadcastingList1, BroadcastingList2, BroadcastingList3

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
    _verify_batch_size([input.size(0) * input.size(1) // num_groups, num_groups] + input.size()[2:])
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


def _per_dimension(values, dims: int, what: str):
    # Eager code gives one number or one for each dimension; TorchScript's broadcasting lists arrive as lists.
    if isinstance(values, (int, float)):
        return [values] * dims
    values = list(values)
    if len(values) != dims:
        raise ValueError(f"{what} must have one number or {dims}, got {len(values)}")
    return values


def _spread_int(values: List[int], dims: int) -> List[int]:
    if len(values) == 1 and dims > 1:
        return [values[0] for _ in range(dims)]
    if len(values) != dims:
        raise ValueError("size must have one number for each of the input's spatial dimensions")
    return values


def _spread_float(values: List[float], dims: int) -> List[float]:
    if len(values) == 1 and dims > 1:
        return [values[0] for _ in range(dims)]
    if len(values) != dims:
        raise ValueError("scale_factor must have one number for each of the input's spatial dimensions")
    return values


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
    if not torch.jit.is_scripting():
        if size is not None:
            size = _per_dimension(size, dims, 'size')
        if scale_factor is not None:
            scale_factor = [float(scale) for scale in _per_dimension(scale_factor, dims, 'scale_factor')]

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
