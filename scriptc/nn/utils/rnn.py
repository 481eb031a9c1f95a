"""Sequences of different lengths in one tensor: padded, or packed step after step."""

from typing import List, NamedTuple, Optional, Tuple

import torch
from torch import Tensor


class PackedSequence_(NamedTuple):
    data: Tensor  # the first items of all sequences, the second ones…
    batch_sizes: Tensor  # how many sequences reach each step, on the CPU
    sorted_indices: Optional[Tensor]  # from the caller's order to that of falling lengths; None: they are the same
    unsorted_indices: Optional[Tensor]


class PackedSequence(PackedSequence_):
    def __new__(cls, data: Tensor, batch_sizes: Tensor, sorted_indices: Optional[Tensor] = None,
                unsorted_indices: Optional[Tensor] = None):
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)


def invert_permutation(permutation: Optional[Tensor]) -> Optional[Tensor]:
    if permutation is None:
        return None
    places = torch.arange(permutation.numel(), device=permutation.device)
    return torch.empty_like(permutation).scatter_(0, permutation, places)


def pack_padded_sequence(input: Tensor, lengths, batch_first: bool = False,
                         enforce_sorted: bool = True) -> PackedSequence:
    if isinstance(lengths, Tensor):
        sizes = lengths.to(torch.int64)
    else:
        sizes = torch.tensor(lengths, dtype=torch.int64)
    order: Optional[Tensor] = None
    if not enforce_sorted:
        sizes, by_length = torch.sort(sizes, descending=True)
        by_length = by_length.to(input.device)
        input = input.index_select(0 if batch_first else 1, by_length)
        order = by_length
    data, batch_sizes = torch._VF._pack_padded_sequence(input, sizes, batch_first)
    return PackedSequence(data, batch_sizes, order, None)


def pad_packed_sequence(sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
                        total_length: Optional[int] = None) -> Tuple[Tensor, Tensor]:
    steps = sequence.batch_sizes.size(0)
    if total_length is not None:
        if total_length < steps:
            raise ValueError(f"Expected total_length to be at least the length of the longest sequence in input, "
                             f"but got total_length={total_length} and max sequence length being {steps}")
        steps = total_length
    padded, lengths = torch._VF._pad_packed_sequence(sequence.data, sequence.batch_sizes, batch_first, padding_value,
                                                     steps)
    order = sequence.unsorted_indices
    if order is not None:
        padded = padded.index_select(0 if batch_first else 1, order)
        lengths = lengths[order.cpu()]
    return padded, lengths


def pad_sequence(sequences, batch_first: bool = False, padding_value: float = 0.0,
                 padding_side: str = 'right') -> Tensor:
    if isinstance(sequences, Tensor):
        pieces = sequences.unbind(0)
    else:
        pieces = sequences
    if padding_side == 'right':
        return torch._C._nn.pad_sequence(pieces, batch_first, padding_value)
    if padding_side != 'left':
        raise RuntimeError(f"padding_side should be 'left' or 'right', got '{padding_side}'")
    # LibTorch knows sides since 2.6 only.
    backwards = torch._C._nn.pad_sequence([piece.flip(0) for piece in pieces], batch_first, padding_value)
    return backwards.flip(1 if batch_first else 0)


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> List[Tensor]:
    if not batch_first:
        padded_sequences.transpose_(0, 1)  # in place, as Python's does: the caller sees it
    steps = torch.arange(padded_sequences.size(1), device=lengths.device)
    result: List[Tensor] = []
    for i in range(padded_sequences.size(0)):
        result.append(padded_sequences[i][steps < lengths[i]])
    return result


def pack_sequence(sequences, enforce_sorted: bool = True) -> PackedSequence:
    lengths = [sequence.size(0) for sequence in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> List[Tensor]:
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
