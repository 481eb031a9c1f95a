"""The layers of torch.nn that scriptc embeds, with arguments and inputs to try. Data only: used by several tests.

A row is a Layer. `inputs` holds one specification for each argument of forward in the grammar of `--input`
(`float32[2,3,8,8]`, `int64[2,5]<10`, `float32[3]:0..1`), tuples of them for tuples, None for an omitted optional.
Arguments that are layers or tensors are given as Make: the caller builds them from its own torch.nn.
"""

from typing import Any, Dict, NamedTuple, Tuple


class Make(NamedTuple):
    """An argument to be built: a layer of torch.nn, or a tensor if the name is `tensor`."""

    name: str
    args: Tuple[Any, ...] = ()
    kwargs: Dict[str, Any] = {}


class Layer(NamedTuple):
    name: str                         # below torch.nn
    args: Tuple[Any, ...]
    kwargs: Dict[str, Any]
    inputs: Tuple[Any, ...]
    since: Tuple[int, int] = (1, 13)  # the first LibTorch that has the layer, or takes these arguments
    python_scripts: bool = True       # False: torch.jit.script refuses Python's own layer with these arguments


def _row(name, *args, inputs, since=(1, 13), python_scripts=True, **kwargs):
    return Layer(name, args, kwargs, inputs if isinstance(inputs, tuple) else (inputs,), since, python_scripts)


ROWS = 'float32[3,6]'
SIGNAL = 'float32[2,4,9]'
IMAGE = 'float32[2,4,8,10]'
VOLUME = 'float32[2,4,5,6,7]'

_LINEAR = [
    _row('Identity', inputs=ROWS),
    _row('Identity', 54, unused=0.1, inputs=ROWS),
    _row('Linear', 6, 4, inputs=ROWS),
    _row('Linear', 6, 4, bias=False, inputs=ROWS),
    _row('Linear', 6, 4, inputs='float32[2,3,6]'),
    _row('Bilinear', 6, 5, 4, inputs=(ROWS, 'float32[3,5]')),
    _row('Bilinear', 6, 5, 4, bias=False, inputs=(ROWS, 'float32[3,5]')),
    _row('Flatten', inputs=IMAGE),
    _row('Flatten', 0, 1, inputs=IMAGE),
    _row('Flatten', start_dim=2, inputs=IMAGE),
    _row('Unflatten', 1, (2, 3), inputs=ROWS),
    _row('Unflatten', dim=-1, unflattened_size=[3, -1], inputs=ROWS),
]

_CONVOLUTION = [
    _row('Conv1d', 4, 6, 3, inputs=SIGNAL),
    _row('Conv1d', 4, 6, 3, 2, 1, 2, 2, False, inputs=SIGNAL),
    _row('Conv1d', 4, 6, 3, padding='same', inputs=SIGNAL),
    _row('Conv1d', 4, 6, 3, padding=1, padding_mode='reflect', inputs=SIGNAL),
    _row('Conv2d', 4, 6, 3, inputs=IMAGE),
    _row('Conv2d', 4, 6, 3, bias=False, inputs=IMAGE),
    _row('Conv2d', 4, 6, (3, 1), stride=(2, 1), padding=(1, 0), dilation=(1, 2), groups=2, inputs=IMAGE),
    _row('Conv2d', 4, 4, [3, 3], groups=4, inputs=IMAGE),
    _row('Conv2d', 4, 6, 3, padding='same', dilation=2, inputs=IMAGE),
    _row('Conv2d', 4, 6, 3, padding='valid', inputs=IMAGE),
    _row('Conv2d', 4, 6, (3, 4), padding='same', padding_mode='replicate', inputs=IMAGE),
    _row('Conv2d', 4, 6, 3, padding=(1, 2), padding_mode='circular', inputs=IMAGE),
    _row('Conv2d', 4, 6, 3, padding=2, padding_mode='reflect', bias=False, inputs=IMAGE),
    _row('Conv2d', 4, 6, 3, inputs='float32[4,8,10]'),
    _row('Conv3d', 4, 6, 3, inputs=VOLUME),
    _row('Conv3d', 4, 6, (1, 3, 3), padding=(0, 1, 1), stride=2, inputs=VOLUME),
    _row('Conv3d', 4, 6, 3, padding=1, padding_mode='replicate', inputs=VOLUME),
    _row('ConvTranspose1d', 4, 6, 3, stride=2, inputs=SIGNAL),
    _row('ConvTranspose1d', 4, 6, 3, 2, 1, 1, 2, False, 2, inputs=SIGNAL),
    _row('ConvTranspose2d', 4, 6, 3, inputs=IMAGE),
    _row('ConvTranspose2d', 4, 6, 3, stride=2, padding=1, output_padding=1, inputs=IMAGE),
    _row('ConvTranspose2d', 4, 6, (2, 3), (2, 1), groups=2, bias=False, inputs=IMAGE),
    _row('ConvTranspose3d', 4, 6, 3, stride=2, inputs=VOLUME),
    _row('ConvTranspose3d', 4, 6, (1, 2, 3), output_padding=0, dilation=2, inputs=VOLUME),
]

_NORMALISATION = [
    _row('BatchNorm1d', 6, inputs=ROWS),
    _row('BatchNorm1d', 4, inputs=SIGNAL),
    _row('BatchNorm1d', 4, 1e-3, None, inputs=SIGNAL),
    _row('BatchNorm2d', 4, inputs=IMAGE),
    _row('BatchNorm2d', 4, eps=1e-3, momentum=0.01, inputs=IMAGE),
    _row('BatchNorm2d', 4, affine=False, inputs=IMAGE),
    _row('BatchNorm2d', 4, track_running_stats=False, inputs=IMAGE),
    _row('BatchNorm2d', 4, momentum=None, inputs=IMAGE),
    _row('BatchNorm2d', 4, bias=False, inputs=IMAGE, since=(2, 13)),
    _row('BatchNorm3d', 4, inputs=VOLUME),
    _row('BatchNorm3d', 4, affine=False, track_running_stats=False, inputs=VOLUME),
    _row('SyncBatchNorm', 4, inputs=IMAGE, since=(2, 1), python_scripts=False),
    _row('LayerNorm', 6, inputs=ROWS),
    _row('LayerNorm', (8, 10), eps=1e-3, inputs=IMAGE),
    _row('LayerNorm', [10], elementwise_affine=False, inputs=IMAGE),
    _row('LayerNorm', 6, bias=False, inputs=ROWS, since=(2, 1)),
    _row('RMSNorm', 6, inputs=ROWS, since=(2, 4)),
    _row('RMSNorm', [8, 10], 1e-5, False, inputs=IMAGE, since=(2, 4)),
    _row('GroupNorm', 2, 4, inputs=IMAGE),
    _row('GroupNorm', 1, 4, 1e-3, False, inputs=SIGNAL),
    _row('InstanceNorm1d', 4, inputs=SIGNAL),
    _row('InstanceNorm1d', 4, affine=True, inputs='float32[4,9]'),
    _row('InstanceNorm2d', 4, inputs=IMAGE),
    _row('InstanceNorm2d', 4, affine=True, track_running_stats=True, inputs=IMAGE),
    _row('InstanceNorm3d', 4, eps=1e-3, affine=True, inputs=VOLUME),
    _row('LocalResponseNorm', 2, inputs=IMAGE),
    _row('LocalResponseNorm', 3, alpha=0.1, beta=0.5, k=2.0, inputs=SIGNAL),
    _row('LocalResponseNorm', 5, 1e-3, inputs=VOLUME),
    _row('CrossMapLRN2d', 3, inputs='float32[2,9,4,5]'),
    _row('CrossMapLRN2d', 4, 0.1, 0.5, 2, inputs=IMAGE),
]

_DROPOUT = [
    _row('Dropout', inputs=ROWS),
    _row('Dropout', 0.2, inputs=IMAGE),
    _row('Dropout', p=0, inputs=ROWS, python_scripts=False),
    _row('Dropout', 0.3, True, inputs=ROWS),
    _row('Dropout1d', inputs=SIGNAL),
    _row('Dropout1d', 0.3, inputs='float32[4,9]'),
    _row('Dropout2d', inputs=IMAGE),
    _row('Dropout2d', 0.3, True, inputs=IMAGE),
    _row('Dropout3d', inputs=VOLUME),
    _row('Dropout3d', 0.3, inputs='float32[4,5,6,7]'),
    _row('AlphaDropout', 0.3, inputs=ROWS),
    _row('FeatureAlphaDropout', 0.3, inputs=IMAGE),
]

_ACTIVATION = [
    _row('ReLU', inputs=ROWS),
    _row('ReLU', True, inputs=ROWS),
    _row('ReLU6', inputs='float32[40]:-2..9'),
    _row('ReLU6', inplace=True, inputs='float32[40]:-2..9'),
    _row('LeakyReLU', inputs=ROWS),
    _row('LeakyReLU', 0.2, True, inputs=ROWS),
    _row('PReLU', inputs=IMAGE),
    _row('PReLU', 4, init=0.1, inputs=IMAGE),
    _row('RReLU', inputs=ROWS),
    _row('RReLU', 0.1, 0.2, inplace=True, inputs=ROWS),
    _row('ELU', inputs=ROWS),
    _row('ELU', 0.5, True, inputs=ROWS),
    _row('ELU', 1, inputs=ROWS, python_scripts=False),
    _row('CELU', 0.5, inputs=ROWS),
    _row('SELU', inputs=ROWS),
    _row('SELU', True, inputs=ROWS),
    _row('GELU', inputs=ROWS),
    _row('GELU', approximate='tanh', inputs=ROWS),
    _row('SiLU', inputs=ROWS),
    _row('SiLU', inplace=True, inputs=ROWS),
    _row('Mish', inputs=ROWS),
    _row('Hardswish', inputs=ROWS),
    _row('Hardswish', True, inputs=ROWS),
    _row('Hardsigmoid', inputs=ROWS),
    _row('Hardtanh', inputs=ROWS),
    _row('Hardtanh', -0.5, 0.25, True, inputs=ROWS),
    _row('Hardshrink', inputs=ROWS),
    _row('Softshrink', 0.3, inputs=ROWS),
    _row('Tanhshrink', inputs=ROWS),
    _row('Softsign', inputs=ROWS),
    _row('Softplus', inputs=ROWS),
    _row('Softplus', 2, 1, inputs=ROWS),
    _row('Sigmoid', inputs=ROWS),
    _row('LogSigmoid', inputs=ROWS),
    _row('Tanh', inputs=ROWS),
    _row('Threshold', 0.1, 20.0, inputs=ROWS),
    _row('Threshold', 0, 1, True, inputs=ROWS, python_scripts=False),
    _row('GLU', inputs=ROWS),
    _row('GLU', 1, inputs=IMAGE),
    _row('Softmax', inputs=ROWS),
    _row('Softmax', 1, inputs=IMAGE),
    _row('Softmax', dim=-1, inputs=IMAGE),
    _row('LogSoftmax', 1, inputs=ROWS),
    _row('Softmin', 0, inputs=ROWS),
    _row('Softmax2d', inputs=IMAGE),
]

_POOLING = [
    _row('MaxPool1d', 3, inputs=SIGNAL),
    _row('MaxPool1d', 3, 2, 1, 2, True, True, inputs=SIGNAL),
    _row('MaxPool2d', 2, inputs=IMAGE),
    _row('MaxPool2d', (3, 2), stride=(2, 1), padding=(1, 0), inputs=IMAGE),
    _row('MaxPool2d', [3, 3], dilation=2, inputs=IMAGE),
    _row('MaxPool2d', 3, 2, ceil_mode=True, inputs=IMAGE),
    _row('MaxPool2d', 2, return_indices=True, inputs=IMAGE),
    _row('MaxPool3d', 2, inputs=VOLUME),
    _row('MaxPool3d', (1, 2, 2), 1, return_indices=True, inputs=VOLUME),
    _row('MaxUnpool1d', 2, inputs=('float32[2,4,3]', 'int64[2,4,3]<6')),
    _row('MaxUnpool2d', 2, inputs=('float32[2,4,3,3]', 'int64[2,4,3,3]<36')),
    _row('MaxUnpool2d', 3, 2, 1, inputs=('float32[2,4,3,3]', 'int64[2,4,3,3]<25')),
    _row('MaxUnpool3d', 2, inputs=('float32[2,4,2,2,2]', 'int64[2,4,2,2,2]<64')),
    _row('AvgPool1d', 3, inputs=SIGNAL),
    _row('AvgPool1d', 3, 2, 1, True, False, inputs=SIGNAL),
    _row('AvgPool2d', 2, inputs=IMAGE),
    _row('AvgPool2d', (3, 2), (2, 1), (1, 0), True, False, inputs=IMAGE),
    _row('AvgPool2d', 3, divisor_override=2, inputs=IMAGE),
    _row('AvgPool3d', 2, inputs=VOLUME),
    _row('AvgPool3d', 3, 2, 1, count_include_pad=False, inputs=VOLUME),
    _row('LPPool1d', 2, 3, inputs='float32[2,4,9]:0..1'),
    _row('LPPool2d', 2, 3, inputs='float32[2,4,8,10]:0..1'),
    _row('LPPool2d', 1.5, (3, 2), stride=(2, 1), ceil_mode=True, inputs='float32[2,4,8,10]:0..1'),
    _row('LPPool3d', 2, 2, inputs='float32[2,4,5,6,7]:0..1', since=(2, 2)),
    _row('AdaptiveAvgPool1d', 3, inputs=SIGNAL),
    _row('AdaptiveAvgPool2d', 1, inputs=IMAGE),
    _row('AdaptiveAvgPool2d', (3, 4), inputs=IMAGE),
    _row('AdaptiveAvgPool2d', (None, 4), inputs=IMAGE, python_scripts=False),
    _row('AdaptiveAvgPool3d', (1, 2, 3), inputs=VOLUME),
    _row('AdaptiveAvgPool3d', (1, None, 3), inputs=VOLUME, python_scripts=False),
    _row('AdaptiveMaxPool1d', 3, inputs=SIGNAL),
    _row('AdaptiveMaxPool1d', 3, True, inputs=SIGNAL),
    _row('AdaptiveMaxPool2d', (3, 4), inputs=IMAGE),
    _row('AdaptiveMaxPool2d', (3, None), return_indices=True, inputs=IMAGE, python_scripts=False),
    _row('AdaptiveMaxPool3d', 2, inputs=VOLUME),
    _row('FractionalMaxPool2d', 2, output_size=(3, 4), inputs=IMAGE),
    _row('FractionalMaxPool2d', (2, 3), output_ratio=0.5, return_indices=True, inputs=IMAGE),
    _row('FractionalMaxPool3d', 2, output_ratio=(0.5, 0.5, 0.6), inputs=VOLUME),
]

_PADDING = [
    _row('ConstantPad1d', 2, 3.5, inputs=SIGNAL),
    _row('ConstantPad1d', (1, 2), 1, inputs=SIGNAL, python_scripts=False),
    _row('ConstantPad2d', (1, 0, 2, 3), 0.5, inputs=IMAGE),
    _row('ConstantPad3d', 1, -1.0, inputs=VOLUME),
    _row('ZeroPad1d', 1, inputs=SIGNAL, since=(2, 1)),
    _row('ZeroPad2d', 1, inputs=IMAGE),
    _row('ZeroPad2d', (1, -1, 2, 0), inputs=IMAGE),
    _row('ZeroPad3d', 1, inputs=VOLUME, since=(2, 1)),
    _row('ReflectionPad1d', (2, 1), inputs=SIGNAL),
    _row('ReflectionPad2d', 2, inputs=IMAGE),
    _row('ReflectionPad3d', 1, inputs=VOLUME),
    _row('ReplicationPad1d', 2, inputs=SIGNAL),
    _row('ReplicationPad2d', (1, 2, 3, 0), inputs=IMAGE),
    _row('ReplicationPad3d', 1, inputs=VOLUME),
    _row('CircularPad1d', 2, inputs=SIGNAL, since=(2, 1)),
    _row('CircularPad2d', (1, 2, 0, 1), inputs=IMAGE, since=(2, 1)),
    _row('CircularPad3d', 1, inputs=VOLUME, since=(2, 1)),
]

_VISION = [
    _row('Upsample', scale_factor=2, inputs=IMAGE),
    _row('Upsample', scale_factor=2, inputs=SIGNAL),
    _row('Upsample', scale_factor=2, inputs=VOLUME),
    _row('Upsample', size=(5, 7), inputs=IMAGE),
    _row('Upsample', 6, inputs=IMAGE),
    _row('Upsample', scale_factor=(1.5, 2), mode='bilinear', inputs=IMAGE),
    _row('Upsample', scale_factor=1.7, mode='bilinear', align_corners=True, inputs=IMAGE),
    _row('Upsample', scale_factor=1.7, mode='bilinear', recompute_scale_factor=True, inputs=IMAGE),
    _row('Upsample', scale_factor=2, mode='bicubic', align_corners=False, inputs=IMAGE),
    _row('Upsample', scale_factor=2, mode='linear', inputs=SIGNAL),
    _row('Upsample', scale_factor=2, mode='trilinear', inputs=VOLUME),
    _row('Upsample', scale_factor=0.5, mode='area', inputs=IMAGE),
    _row('Upsample', scale_factor=1.5, mode='nearest-exact', inputs=IMAGE),
    _row('UpsamplingNearest2d', scale_factor=2, inputs=IMAGE),
    _row('UpsamplingNearest2d', size=(5, 6), inputs=IMAGE),
    _row('UpsamplingBilinear2d', scale_factor=2, inputs=IMAGE),
    _row('PixelShuffle', 2, inputs=IMAGE),
    _row('PixelUnshuffle', 2, inputs=IMAGE),
    _row('ChannelShuffle', 2, inputs=IMAGE),
    _row('Fold', (4, 5), 2, inputs='float32[2,12,12]'),
    _row('Fold', (4, 5), (2, 2), padding=1, stride=2, inputs='float32[2,12,9]'),
    _row('Unfold', 3, inputs=IMAGE),
    _row('Unfold', (2, 3), dilation=2, padding=1, stride=2, inputs=IMAGE),
]

_INDICES = 'int64[3,5]<10'
_EMBEDDING = [
    _row('Embedding', 10, 4, inputs=_INDICES),
    _row('Embedding', 10, 4, padding_idx=0, inputs=_INDICES),
    _row('Embedding', 10, 4, -2, inputs=_INDICES),
    _row('Embedding', 10, 4, max_norm=1.0, inputs=_INDICES),
    _row('EmbeddingBag', 10, 4, inputs=_INDICES),
    _row('EmbeddingBag', 10, 4, mode='sum', inputs=(_INDICES, None, 'float32[3,5]')),
    _row('EmbeddingBag', 10, 4, mode='max', padding_idx=1, inputs=_INDICES),
]

_RECURRENT = [
    _row('RNN', 4, 3, inputs='float32[5,2,4]'),
    _row('RNN', 4, 3, 2, 'relu', bias=False, inputs=('float32[5,2,4]', 'float32[2,2,3]'), since=(2, 2)),
    _row('RNN', 4, 3, nonlinearity='relu', batch_first=True, inputs='float32[2,5,4]'),
    _row('LSTM', 4, 3, inputs='float32[5,2,4]'),
    _row('LSTM', 4, 3, 2, batch_first=True, bidirectional=True, inputs='float32[2,5,4]'),
    _row('LSTM', 4, 3, 2, bias=False, dropout=0.5,
         inputs=('float32[5,2,4]', ('float32[2,2,3]', 'float32[2,2,3]'))),
    _row('LSTM', 4, 3, proj_size=2, inputs='float32[5,2,4]'),
    _row('LSTM', 4, 3, inputs='float32[5,4]'),
    _row('GRU', 4, 3, inputs='float32[5,2,4]'),
    _row('GRU', 4, 3, 2, True, True, 0.2, True, inputs=('float32[2,5,4]', 'float32[4,2,3]')),
    _row('GRU', 4, 3, inputs=('float32[5,4]', 'float32[1,3]')),
    _row('RNNCell', 4, 3, inputs='float32[2,4]'),
    _row('RNNCell', 4, 3, False, 'relu', inputs=('float32[2,4]', 'float32[2,3]')),
    _row('LSTMCell', 4, 3, inputs='float32[2,4]'),
    _row('LSTMCell', 4, 3, bias=False, inputs=('float32[2,4]', ('float32[2,3]', 'float32[2,3]'))),
    _row('GRUCell', 4, 3, inputs='float32[4]'),
    _row('GRUCell', 4, 3, inputs=('float32[2,4]', 'float32[2,3]')),
]

_SEQUENCE = 'float32[5,2,8]'
_ATTENTION = [
    _row('MultiheadAttention', 8, 2, inputs=(_SEQUENCE,) * 3),
    _row('MultiheadAttention', 8, 2, bias=False, batch_first=True,
         inputs=('float32[2,5,8]', 'float32[2,6,8]', 'float32[2,6,8]')),
    _row('MultiheadAttention', 8, 2, dropout=0.3, add_bias_kv=True, add_zero_attn=True, inputs=(_SEQUENCE,) * 3),
    _row('MultiheadAttention', 8, 2, kdim=6, vdim=7, inputs=(_SEQUENCE, 'float32[4,2,6]', 'float32[4,2,7]')),
    _row('MultiheadAttention', 8, 4, inputs=(_SEQUENCE, _SEQUENCE, _SEQUENCE, None, False, 'float32[5,5]')),
    _row('MultiheadAttention', 8, 2, inputs=(_SEQUENCE, _SEQUENCE, _SEQUENCE, 'float32[2,5]', True, 'float32[4,5,5]'),
         since=(2, 0)),
    _row('MultiheadAttention', 8, 2, inputs=('float32[5,8]',) * 3),
    _row('TransformerEncoderLayer', 8, 2, 16, inputs=_SEQUENCE),
    _row('TransformerEncoderLayer', 8, 2, 16, 0.0, 'gelu', norm_first=True, batch_first=True,
         inputs=('float32[2,5,8]', 'float32[5,5]')),
    _row('TransformerEncoderLayer', 8, 2, 16, bias=False, inputs=_SEQUENCE, since=(2, 1)),
    _row('TransformerDecoderLayer', 8, 2, 16, inputs=(_SEQUENCE, 'float32[4,2,8]')),
    _row('TransformerDecoderLayer', 8, 2, 16, activation='gelu', norm_first=True,
         inputs=(_SEQUENCE, 'float32[4,2,8]', 'float32[5,5]')),
    _row('TransformerEncoder', Make('TransformerEncoderLayer', (8, 2, 16)), 2, inputs=_SEQUENCE),
    _row('TransformerEncoder', Make('TransformerEncoderLayer', (8, 2, 16)), 2, Make('LayerNorm', (8,)),
         inputs=(_SEQUENCE, 'float32[5,5]')),
    _row('TransformerDecoder', Make('TransformerDecoderLayer', (8, 2, 16)), 2,
         inputs=(_SEQUENCE, 'float32[4,2,8]')),
    _row('Transformer', 8, 2, 1, 2, 16, inputs=(_SEQUENCE, 'float32[4,2,8]')),
    _row('Transformer', d_model=8, nhead=4, num_encoder_layers=2, num_decoder_layers=1, dim_feedforward=16,
         batch_first=True, inputs=('float32[2,5,8]', 'float32[2,4,8]')),
]

_CLASSES = (ROWS, 'int64[3]<6')
_PAIR = (ROWS, ROWS)
_SIGNS = 'float32[3]:1..1'
_LOSS = [
    _row('CosineSimilarity', inputs=_PAIR),
    _row('CosineSimilarity', dim=0, eps=1e-6, inputs=_PAIR),
    _row('PairwiseDistance', inputs=_PAIR),
    _row('PairwiseDistance', 1.0, keepdim=True, inputs=_PAIR),
    _row('L1Loss', inputs=_PAIR),
    _row('MSELoss', inputs=_PAIR),
    _row('MSELoss', reduction='none', inputs=_PAIR),
    _row('MSELoss', size_average=False, inputs=_PAIR),
    _row('SmoothL1Loss', beta=0.5, inputs=_PAIR),
    _row('HuberLoss', 'sum', 0.5, inputs=_PAIR),
    _row('KLDivLoss', reduction='batchmean', inputs=(ROWS, 'float32[3,6]:0..1')),
    _row('KLDivLoss', log_target=True, reduction='sum', inputs=_PAIR),
    _row('NLLLoss', inputs=_CLASSES),
    _row('NLLLoss', weight=Make('tensor', ([1.0, 2.0, 3.0, 1.0, 0.5, 1.0],)), inputs=_CLASSES),
    _row('CrossEntropyLoss', inputs=_CLASSES),
    _row('CrossEntropyLoss', ignore_index=2, label_smoothing=0.1, reduction='sum', inputs=_CLASSES),
    _row('BCELoss', inputs=('float32[3,6]:0..1', 'float32[3,6]:0..1')),
    _row('BCEWithLogitsLoss', inputs=(ROWS, 'float32[3,6]:0..1')),
    _row('BCEWithLogitsLoss', pos_weight=Make('tensor', ([2.0],)), inputs=(ROWS, 'float32[3,6]:0..1')),
    _row('SoftMarginLoss', inputs=_PAIR),
    _row('HingeEmbeddingLoss', inputs=(ROWS, 'float32[3,6]:1..1')),
    _row('MarginRankingLoss', 0.5, inputs=('float32[3]', 'float32[3]', _SIGNS)),
    _row('CosineEmbeddingLoss', margin=0.1, inputs=(ROWS, ROWS, _SIGNS)),
    _row('PoissonNLLLoss', inputs=(ROWS, 'float32[3,6]:0..1')),
    _row('PoissonNLLLoss', False, True, reduction='sum', inputs=('float32[3,6]:0..1', 'float32[3,6]:0..3')),
    _row('MultiMarginLoss', 2, 0.5, inputs=_CLASSES),
    _row('MultiLabelMarginLoss', inputs=(ROWS, 'int64[3,6]<6')),
    _row('MultiLabelSoftMarginLoss', inputs=(ROWS, 'float32[3,6]:0..1')),
    _row('CTCLoss', inputs=('float32[7,2,5]:-2..-1', 'int64[2,3]<4', 'int64[2]<7', 'int64[2]<3')),
    _row('TripletMarginLoss', inputs=(ROWS, ROWS, ROWS)),
    _row('TripletMarginLoss', 0.5, swap=True, reduction='none', inputs=(ROWS, ROWS, ROWS)),
]

LAYERS = (_LINEAR + _CONVOLUTION + _NORMALISATION + _DROPOUT + _ACTIVATION + _POOLING + _PADDING + _VISION +
          _EMBEDDING + _RECURRENT + _ATTENTION + _LOSS)


def describe(layer):
    """`Conv2d(4, 6, 3, bias=False)`: a test's name."""
    def show(value):
        if isinstance(value, Make):
            return f"{value.name}({', '.join(map(repr, value.args))})"
        return repr(value)
    arguments = [show(a) for a in layer.args] + [f'{k}={show(v)}' for k, v in layer.kwargs.items()]
    return f"{layer.name}({', '.join(arguments)})"
