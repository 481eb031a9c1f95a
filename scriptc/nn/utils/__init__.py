import torch

from . import parametrizations, parametrize, rnn
from .spectral_norm import remove_spectral_norm, spectral_norm
from .weight_norm import remove_weight_norm, weight_norm


def parameters_to_vector(parameters):
    return torch.cat([parameter.reshape(-1) for parameter in parameters])
