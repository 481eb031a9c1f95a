"""Recurrent layers on LibTorch's fused operators, for tensors and packed sequences."""

import math
from typing import Optional, Tuple

import torch
from torch import Tensor
from torch.nn.modules.module import Module
from torch.nn.parameter import Parameter
from torch.nn.utils.rnn import PackedSequence

from .. import init


class RNNBase(Module):
    __constants__ = ['mode', 'input_size', 'hidden_size', 'num_layers', 'bias', 'batch_first', 'dropout',
                     'bidirectional', 'proj_size']
    # For constructors and other Python: TorchScript has no getattr by a name that varies.
    __jit_unused_properties__ = ['all_weights']

    def __init__(self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0,
                 bidirectional=False, proj_size=0, device=None, dtype=None):
        super().__init__()
        if isinstance(dropout, bool) or not isinstance(dropout, (int, float)) or not 0 <= dropout <= 1:
            raise ValueError("dropout should be a number in range [0, 1] representing the probability of an element "
                             "being zeroed")
        if hidden_size <= 0:
            raise ValueError("hidden_size must be greater than zero")
        if num_layers <= 0:
            raise ValueError("num_layers must be greater than zero")
        if proj_size < 0 or proj_size >= hidden_size:
            raise ValueError("proj_size should be a positive integer or zero to disable projections, "
                             "and smaller than hidden_size")
        if mode not in ('LSTM', 'GRU', 'RNN_TANH', 'RNN_RELU'):
            raise ValueError(f"Unrecognized RNN mode: {mode}")
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size

        gates = {'LSTM': 4, 'GRU': 3, 'RNN_TANH': 1, 'RNN_RELU': 1}[mode] * hidden_size
        directions = 2 if bidirectional else 1
        output_size = proj_size if proj_size > 0 else hidden_size
        self._all_weights = []
        for layer in range(num_layers):
            layer_input = input_size if layer == 0 else output_size * directions
            for suffix in ('', '_reverse')[:directions]:
                shapes = {'weight_ih': (gates, layer_input), 'weight_hh': (gates, output_size)}
                if bias:
                    shapes['bias_ih'] = (gates,)
                    shapes['bias_hh'] = (gates,)
                if proj_size > 0:
                    shapes['weight_hr'] = (proj_size, hidden_size)
                names = [f'{kind}_l{layer}{suffix}' for kind in shapes]
                for name, shape in zip(names, shapes.values()):
                    setattr(self, name, Parameter(torch.empty(shape, device=device, dtype=dtype)))
                self._all_weights.append(names)
        # The operators take the parameters as one list.
        self._flat_weights_names = [name for names in self._all_weights for name in names]
        self._flat_weights = [getattr(self, name) for name in self._flat_weights_names]
        self.reset_parameters()

    @property
    def all_weights(self):
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    def flatten_parameters(self) -> None:
        """Only cuDNN wants its weights in one piece."""

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _check_input(self, input: Tensor) -> None:
        if input.dim() != 2 and input.dim() != 3:
            raise ValueError(f"{self.mode}: Expected input to be 2D or 3D, got {input.dim()}D instead")
        if self.input_size != input.size(-1):
            raise RuntimeError(f"input.size(-1) must be equal to input_size. Expected {self.input_size}, "
                               f"got {input.size(-1)}")

    def _check_state(self, state: Tensor, batch: int, size: int, name: str) -> None:
        layers = self.num_layers * (2 if self.bidirectional else 1)
        if state.dim() != 3 or state.size(0) != layers or state.size(1) != batch or state.size(2) != size:
            raise RuntimeError(f"Expected {name} size {[layers, batch, size]}, got {list(state.size())}")

    def _zeros(self, input: Tensor, batch: int, size: int) -> Tensor:
        layers = self.num_layers * (2 if self.bidirectional else 1)
        return torch.zeros(layers, batch, size, dtype=input.dtype, device=input.device)

    def _check_packed(self, input: PackedSequence) -> None:
        if input.data.dim() != 2:
            raise RuntimeError(f"input must have 2 dimensions, got {input.data.dim()}")
        self._check_input(input.data)

    def _reordered(self, state: Tensor, order: Optional[Tensor]) -> Tensor:
        """A state of each sequence, in the order of a packed sequence or back in the caller's."""
        return state if order is None else state.index_select(1, order)

    def extra_repr(self):
        return f'{self.input_size}, {self.hidden_size}, num_layers={self.num_layers}'


class _OneState(RNNBase):
    """What RNN and GRU share: their state is one tensor."""

    def _forward_tensor(self, input: Tensor, hx: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        self._check_input(input)
        batched = input.dim() == 3
        if not batched:
            input = input.unsqueeze(0 if self.batch_first else 1)
            if hx is not None:
                hx = hx.unsqueeze(1)
        batch = input.size(0 if self.batch_first else 1)
        if hx is None:
            hx = self._zeros(input, batch, self.hidden_size)
        self._check_state(hx, batch, self.hidden_size, 'hidden')
        output, state = self._run(input, hx)
        if not batched:
            output = output.squeeze(0 if self.batch_first else 1)
            state = state.squeeze(1)
        return output, state

    def _forward_packed(self, input: PackedSequence, hx: Optional[Tensor] = None) -> Tuple[PackedSequence, Tensor]:
        self._check_packed(input)
        batch = int(input.batch_sizes[0])
        if hx is None:
            hx = self._zeros(input.data, batch, self.hidden_size)
        else:
            hx = self._reordered(hx, input.sorted_indices)
        self._check_state(hx, batch, self.hidden_size, 'hidden')
        output, state = self._run_packed(input.data, input.batch_sizes, hx)
        packed = PackedSequence(output, input.batch_sizes, input.sorted_indices, input.unsorted_indices)
        return packed, self._reordered(state, input.unsorted_indices)

    # The type of `input` is the caller's.
    def forward(self, input, hx: Optional[Tensor] = None):
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        else:
            return self._forward_tensor(input, hx)


class RNN(_OneState):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity='tanh', bias=True, batch_first=False,
                 dropout=0.0, bidirectional=False, device=None, dtype=None):
        if nonlinearity not in ('tanh', 'relu'):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        mode = 'RNN_TANH' if nonlinearity == 'tanh' else 'RNN_RELU'
        super().__init__(mode, input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0,
                         device, dtype)
        self.nonlinearity = nonlinearity

    def _run(self, input: Tensor, state: Tensor) -> Tuple[Tensor, Tensor]:
        if self.mode == 'RNN_TANH':
            result = torch._VF.rnn_tanh(input, state, self._flat_weights, self.bias, self.num_layers, self.dropout,
                                        self.training, self.bidirectional, self.batch_first)
        else:
            result = torch._VF.rnn_relu(input, state, self._flat_weights, self.bias, self.num_layers, self.dropout,
                                        self.training, self.bidirectional, self.batch_first)
        return result[0], result[1]

    def _run_packed(self, data: Tensor, batch_sizes: Tensor, state: Tensor) -> Tuple[Tensor, Tensor]:
        if self.mode == 'RNN_TANH':
            result = torch._VF.rnn_tanh(data, batch_sizes, state, self._flat_weights, self.bias, self.num_layers,
                                        self.dropout, self.training, self.bidirectional)
        else:
            result = torch._VF.rnn_relu(data, batch_sizes, state, self._flat_weights, self.bias, self.num_layers,
                                        self.dropout, self.training, self.bidirectional)
        return result[0], result[1]


class GRU(_OneState):
    def __init__(self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0,
                 bidirectional=False, device=None, dtype=None):
        super().__init__('GRU', input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0,
                         device, dtype)

    def _run(self, input: Tensor, state: Tensor) -> Tuple[Tensor, Tensor]:
        return torch._VF.gru(input, state, self._flat_weights, self.bias, self.num_layers, self.dropout,
                             self.training, self.bidirectional, self.batch_first)

    def _run_packed(self, data: Tensor, batch_sizes: Tensor, state: Tensor) -> Tuple[Tensor, Tensor]:
        return torch._VF.gru(data, batch_sizes, state, self._flat_weights, self.bias, self.num_layers, self.dropout,
                             self.training, self.bidirectional)


class LSTM(RNNBase):
    def __init__(self, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0,
                 bidirectional=False, proj_size=0, device=None, dtype=None):
        super().__init__('LSTM', input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional,
                         proj_size, device, dtype)

    def _forward_tensor(self, input: Tensor,
                        hx: Optional[Tuple[Tensor, Tensor]] = None) -> Tuple[Tensor, Tuple[Tensor, Tensor]]:
        self._check_input(input)
        batched = input.dim() == 3
        if not batched:
            input = input.unsqueeze(0 if self.batch_first else 1)
        batch = input.size(0 if self.batch_first else 1)
        output_size = self.proj_size if self.proj_size > 0 else self.hidden_size
        if hx is None:
            hidden = self._zeros(input, batch, output_size)
            cell = self._zeros(input, batch, self.hidden_size)
        else:
            hidden, cell = hx
            if not batched:
                hidden = hidden.unsqueeze(1)
                cell = cell.unsqueeze(1)
        self._check_state(hidden, batch, output_size, 'hidden[0]')
        self._check_state(cell, batch, self.hidden_size, 'hidden[1]')
        output, hidden, cell = torch._VF.lstm(input, [hidden, cell], self._flat_weights, self.bias, self.num_layers,
                                              self.dropout, self.training, self.bidirectional, self.batch_first)
        if not batched:
            output = output.squeeze(0 if self.batch_first else 1)
            hidden = hidden.squeeze(1)
            cell = cell.squeeze(1)
        return output, (hidden, cell)

    def _forward_packed(self, input: PackedSequence, hx: Optional[Tuple[Tensor, Tensor]] = None) -> Tuple[
            PackedSequence, Tuple[Tensor, Tensor]]:
        self._check_packed(input)
        batch = int(input.batch_sizes[0])
        output_size = self.proj_size if self.proj_size > 0 else self.hidden_size
        if hx is None:
            hidden = self._zeros(input.data, batch, output_size)
            cell = self._zeros(input.data, batch, self.hidden_size)
        else:
            hidden = self._reordered(hx[0], input.sorted_indices)
            cell = self._reordered(hx[1], input.sorted_indices)
        self._check_state(hidden, batch, output_size, 'hidden[0]')
        self._check_state(cell, batch, self.hidden_size, 'hidden[1]')
        output, hidden, cell = torch._VF.lstm(input.data, input.batch_sizes, [hidden, cell], self._flat_weights,
                                              self.bias, self.num_layers, self.dropout, self.training,
                                              self.bidirectional)
        packed = PackedSequence(output, input.batch_sizes, input.sorted_indices, input.unsorted_indices)
        order = input.unsorted_indices
        return packed, (self._reordered(hidden, order), self._reordered(cell, order))

    def forward(self, input, hx: Optional[Tuple[Tensor, Tensor]] = None):
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        else:
            return self._forward_tensor(input, hx)


class RNNCellBase(Module):
    __constants__ = ['input_size', 'hidden_size', 'bias']
    bias_ih: Optional[Tensor]
    bias_hh: Optional[Tensor]

    def __init__(self, input_size, hidden_size, bias, num_chunks, device=None, dtype=None):
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        gates = num_chunks * hidden_size
        self.weight_ih = Parameter(torch.empty((gates, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(torch.empty((gates, hidden_size), device=device, dtype=dtype))
        if bias:
            self.bias_ih = Parameter(torch.empty(gates, device=device, dtype=dtype))
            self.bias_hh = Parameter(torch.empty(gates, device=device, dtype=dtype))
        else:
            self.register_parameter('bias_ih', None)
            self.register_parameter('bias_hh', None)
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def _check_input(self, input: Tensor) -> None:
        if input.dim() != 1 and input.dim() != 2:
            raise ValueError(f"Expected input to be 1D or 2D, got {input.dim()}D instead")

    def _zeros(self, input: Tensor) -> Tensor:
        return torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)

    def extra_repr(self):
        return f'{self.input_size}, {self.hidden_size}'


class RNNCell(RNNCellBase):
    __constants__ = ['input_size', 'hidden_size', 'bias', 'nonlinearity']

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity='tanh', device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Optional[Tensor] = None) -> Tensor:
        self._check_input(input)
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            hx = self._zeros(input)
        elif not batched:
            hx = hx.unsqueeze(0)
        if self.nonlinearity == 'tanh':
            state = torch._VF.rnn_tanh_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        elif self.nonlinearity == 'relu':
            state = torch._VF.rnn_relu_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        else:
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        if not batched:
            state = state.squeeze(0)
        return state


class LSTMCell(RNNCellBase):
    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: Optional[Tuple[Tensor, Tensor]] = None) -> Tuple[Tensor, Tensor]:
        self._check_input(input)
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            hidden = self._zeros(input)
            cell = hidden
        else:
            hidden, cell = hx
            if not batched:
                hidden = hidden.unsqueeze(0)
                cell = cell.unsqueeze(0)
        hidden, cell = torch._VF.lstm_cell(input, [hidden, cell], self.weight_ih, self.weight_hh, self.bias_ih,
                                           self.bias_hh)
        if not batched:
            hidden = hidden.squeeze(0)
            cell = cell.squeeze(0)
        return hidden, cell


class GRUCell(RNNCellBase):
    def __init__(self, input_size, hidden_size, bias=True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Tensor, hx: Optional[Tensor] = None) -> Tensor:
        self._check_input(input)
        batched = input.dim() == 2
        if not batched:
            input = input.unsqueeze(0)
        if hx is None:
            hx = self._zeros(input)
        elif not batched:
            hx = hx.unsqueeze(0)
        state = torch._VF.gru_cell(input, hx, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        if not batched:
            state = state.squeeze(0)
        return state
