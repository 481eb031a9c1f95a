"""Calls of torch.nn.functional that scriptc embeds. Data only; tensors are specifications, as in layer_table.py."""

from typing import Any, Dict, NamedTuple, Tuple


class Call(NamedTuple):
    name: str                         # below torch.nn.functional
    args: Tuple[Any, ...]
    kwargs: Dict[str, Any]
    since: Tuple[int, int] = (1, 13)
    scripted: bool = True             # False: what it returns depends on a flag, or it takes what lists cannot hold


def _call(name, *args, since=(1, 13), scripted=True, **kwargs):
    return Call(name, args, kwargs, since, scripted)


R = 'float32[3,6]'
S = 'float32[2,4,9]'
I = 'float32[2,4,8,10]'
V = 'float32[2,4,5,6,7]'
P = 'float32[3,6]:0..1'

CALLS = [
    _call('relu', R), _call('relu', R, True), _call('relu6', R), _call('threshold', R, 0.1, 2.0),
    _call('hardtanh', R, -0.5, 0.5), _call('elu', R, 0.5), _call('selu', R), _call('celu', R, 2.0),
    _call('leaky_relu', R, 0.2), _call('rrelu', R), _call('rrelu', R, 0.1, 0.3, True), _call('silu', R),
    _call('mish', R), _call('hardswish', R), _call('hardsigmoid', R), _call('glu', R), _call('sigmoid', R),
    _call('tanh', R), _call('tanhshrink', R), _call('softsign', R), _call('softmax', R, 1), _call('softmax', S),
    _call('softmin', R, dim=0), _call('log_softmax', R, -1), _call('gelu', R), _call('gelu', R, approximate='tanh'),
    _call('logsigmoid', R), _call('softplus', R), _call('softshrink', R), _call('hardshrink', R),
    _call('prelu', I, 'float32[4]'), _call('gumbel_softmax', R), _call('gumbel_softmax', R, 0.5, True),
    _call('dropout', R), _call('dropout', R, 0.3, False), _call('dropout1d', S), _call('dropout2d', I, 0.2),
    _call('dropout3d', V), _call('alpha_dropout', R, 0.4, True), _call('feature_alpha_dropout', I, 0.4, True),
    _call('max_pool1d', S, 2, scripted=False), _call('max_pool2d', I, 2, scripted=False),
    _call('max_pool2d', I, (2, 3), 1, 1, 1, True, True, scripted=False),
    _call('max_pool2d', I, kernel_size=3, stride=2, padding=1, scripted=False),
    _call('max_pool2d_with_indices', I, 2), _call('max_pool3d', V, 2, scripted=False),
    _call('max_pool1d', S, 3, return_indices=True, scripted=False),
    _call('avg_pool1d', S, 3), _call('avg_pool2d', I, 2), _call('avg_pool2d', I, (2, 3), 1), _call('avg_pool3d', V, 2),
    _call('lp_pool1d', 'float32[2,4,9]:0..1', 2.0, 3), _call('lp_pool2d', 'float32[2,4,8,10]:0..1', 2.0, 3, 2),
    _call('lp_pool2d', 'float32[2,4,8,10]:0..1', 2, (3, 2)),
    _call('adaptive_avg_pool1d', S, 3), _call('adaptive_avg_pool2d', I, 1), _call('adaptive_avg_pool2d', I, (2, 3)),
    _call('adaptive_avg_pool2d', I, (None, 3), scripted=False), _call('adaptive_avg_pool3d', V, 2),
    _call('adaptive_max_pool1d', S, 3, scripted=False), _call('adaptive_max_pool2d', I, 2, scripted=False),
    _call('adaptive_max_pool2d', I, (2, None), True, scripted=False),
    _call('adaptive_max_pool3d', V, 2, scripted=False),
    _call('fractional_max_pool2d', I, 2, (3, 4), scripted=False),
    _call('fractional_max_pool3d', V, 2, None, 0.6, True, scripted=False),
    _call('max_unpool1d', 'float32[2,4,3]', 'int64[2,4,3]<6', 2),
    _call('max_unpool2d', 'float32[2,4,3,3]', 'int64[2,4,3,3]<36', 2, output_size=[6, 6]),
    _call('max_unpool2d', 'float32[2,4,3,3]', 'int64[2,4,3,3]<36', 2, 2, 0, [2, 4, 7, 6]),
    _call('max_unpool3d', 'float32[2,4,2,2,2]', 'int64[2,4,2,2,2]<64', 2),
    _call('batch_norm', I, 'float32[4]', 'float32[4]:1..2'),
    _call('batch_norm', I, None, None, 'float32[4]', 'float32[4]', True, 0.2, 1e-3),
    _call('instance_norm', I), _call('layer_norm', I, (8, 10)),
    _call('layer_norm', R, [6], 'float32[6]', 'float32[6]'),
    _call('group_norm', I, 2), _call('rms_norm', R, [6], eps=1e-5, since=(2, 4)), _call('local_response_norm', I, 3),
    _call('normalize', R), _call('normalize', R, 1.0, 0), _call('normalize', I, dim=-1, eps=1e-6),
    _call('pad', I, (1, 2)), _call('pad', I, (1, 2, 0, 1), 'constant', 2.5), _call('pad', I, [1, 1, 2, 2], 'reflect'),
    _call('pad', I, (1, 1, 1, 1), mode='replicate'), _call('pad', I, (1, 1, 1, 1), mode='circular'),
    _call('pad', I, (-1, 0), value=1.0),
    _call('interpolate', I, 5), _call('interpolate', I, (5, 6)), _call('interpolate', I, scale_factor=2.0),
    _call('interpolate', I, scale_factor=2, scripted=False),
    _call('interpolate', I, scale_factor=(0.5, 2.0), mode='bilinear'),
    _call('interpolate', I, size=(16, 20), mode='bilinear', align_corners=True),
    _call('interpolate', I, size=(4, 5), mode='bilinear', antialias=True),
    _call('interpolate', I, scale_factor=1.3, mode='bicubic', recompute_scale_factor=True),
    _call('interpolate', I, scale_factor=0.5, mode='area'), _call('interpolate', S, 4, mode='linear'),
    _call('interpolate', V, scale_factor=2.0, mode='trilinear', align_corners=False),
    _call('interpolate', V, scale_factor=2.0, mode='nearest-exact'), _call('upsample', I, scale_factor=2.0),
    _call('upsample_nearest', I, 5), _call('upsample_bilinear', I, scale_factor=2.0),
    _call('grid_sample', I, 'float32[2,5,6,2]:-1..1'),
    _call('grid_sample', I, 'float32[2,5,6,2]:-2..2', 'nearest', 'border', True),
    _call('grid_sample', I, 'float32[2,5,6,2]:-2..2', mode='bicubic', padding_mode='reflection'),
    _call('affine_grid', 'float32[2,2,3]', [2, 4, 5, 6]), _call('affine_grid', 'float32[2,2,3]', [2, 4, 5, 6], True),
    _call('unfold', I, 3), _call('unfold', I, (2, 3), 1, 1, 2), _call('fold', 'float32[2,12,12]', (4, 5), 2),
    _call('pixel_shuffle', I, 2), _call('pixel_unshuffle', I, 2), _call('channel_shuffle', I, 2),
    _call('embedding', 'int64[3,5]<10', 'float32[10,4]'), _call('embedding', 'int64[3]<10', 'float32[10,4]', -1),
    _call('embedding_bag', 'int64[3,5]<10', 'float32[10,4]', mode='sum'), _call('one_hot', 'int64[4]<5', 7),
    _call('linear', R, 'float32[4,6]'), _call('linear', R, 'float32[4,6]', 'float32[4]'),
    _call('bilinear', R, R, 'float32[4,6,6]'), _call('conv1d', S, 'float32[5,4,3]'),
    _call('conv2d', I, 'float32[5,4,3,3]', 'float32[5]', padding=1),
    _call('conv2d', I, 'float32[4,4,3,3]', padding='same'),
    _call('conv3d', V, 'float32[5,4,3,3,3]'), _call('conv_transpose2d', I, 'float32[4,5,3,3]', stride=2),
    _call('cosine_similarity', R, R), _call('pairwise_distance', R, R), _call('pdist', R),
    _call('l1_loss', R, R), _call('mse_loss', R, R, reduction='sum'), _call('smooth_l1_loss', R, R, beta=0.5),
    _call('smooth_l1_loss', R, R, beta=0.0), _call('huber_loss', R, R, delta=0.5), _call('kl_div', R, P),
    _call('kl_div', R, P, reduction='batchmean'), _call('nll_loss', R, 'int64[3]<6'),
    _call('cross_entropy', R, 'int64[3]<6', label_smoothing=0.1), _call('cross_entropy', R, P),
    _call('binary_cross_entropy', P, P), _call('binary_cross_entropy_with_logits', R, P, reduction='none'),
    _call('soft_margin_loss', R, R), _call('hinge_embedding_loss', R, 'float32[3,6]:1..1'),
    _call('margin_ranking_loss', 'float32[3]', 'float32[3]', 'float32[3]:1..1'),
    _call('multi_margin_loss', R, 'int64[3]<6'), _call('multilabel_margin_loss', R, 'int64[3,6]<6'),
    _call('multilabel_soft_margin_loss', R, P, reduction='none'), _call('poisson_nll_loss', R, P),
    _call('ctc_loss', 'float32[7,2,5]:-2..-1', 'int64[2,3]<4', 'int64[2]<7', 'int64[2]<3', blank=4),
    _call('cosine_embedding_loss', R, R, 'float32[3]:1..1'), _call('triplet_margin_loss', R, R, R),
    _call('scaled_dot_product_attention', S, S, S, since=(2, 5)),
    _call('scaled_dot_product_attention', S, S, S, is_causal=True, scale=0.5, since=(2, 5)),
]


def describe(call):
    """`conv2d(float32[…], padding=1)`: a test's name."""
    arguments = [str(a) for a in call.args] + [f'{k}={v}' for k, v in call.kwargs.items()]
    return f"{call.name}({', '.join(arguments)})"
