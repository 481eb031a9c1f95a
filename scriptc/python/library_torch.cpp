#include "scriptc/python/library.h"

namespace scriptc::python {

// Nothing is differentiated here: a Function is its forward.
const LibraryFile kAutogradFunctionLibrary = {"torch.autograd.function", R"py(
class FunctionCtx:
    def save_for_backward(self, *tensors):
        self.saved_tensors = tensors

    def save_for_forward(self, *tensors):
        pass

    def mark_dirty(self, *tensors):
        pass

    def mark_non_differentiable(self, *tensors):
        pass

    def set_materialize_grads(self, value):
        pass


class Function:
    @classmethod
    def apply(cls, *args):
        if hasattr(cls, 'setup_context'):
            return cls.forward(*args)
        ctx = FunctionCtx()
        return cls.forward(ctx, *args)


InplaceFunction = Function


def once_differentiable(function):
    return function
)py",
                                              true};

const LibraryFile kAutogradLibrary = {"torch.autograd", R"py(
from torch.autograd.function import Function, once_differentiable


def Variable(data, requires_grad=False, volatile=False):
    return data
)py",
                                      true};

const LibraryFile kCheckpointLibrary = {"torch.utils.checkpoint", R"py(
def checkpoint(function, *args, use_reentrant=None, preserve_rng_state=True, context_fn=None,
               determinism_check='default', debug=False, early_stop=True, **kwargs):
    return function(*args, **kwargs)


def checkpoint_sequential(functions, segments, input, use_reentrant=None, preserve_rng_state=True):
    for function in functions:
        input = function(input)
    return input
)py",
                                        true};

// What stands in compiled code for builtins that TorchScript has for other types only.
const LibraryFile kFoldsLibrary = {"torch._folds", R"py(
from typing import List

from torch import Tensor


def sum_of_tensors(items: List[Tensor]) -> Tensor:
    assert len(items) > 0, 'the sum of no tensors is the number 0, which is no tensor'
    total = 0 + items[0]
    for item in items[1:]:
        total = total + item
    return total


def larger_tensor(first: Tensor, second: Tensor) -> Tensor:
    return second if bool(second > first) else first


def smaller_tensor(first: Tensor, second: Tensor) -> Tensor:
    return second if bool(second < first) else first


def largest_tensor(items: List[Tensor]) -> Tensor:
    best = items[0]
    for item in items[1:]:
        best = larger_tensor(best, item)
    return best


def smallest_tensor(items: List[Tensor]) -> Tensor:
    best = items[0]
    for item in items[1:]:
        best = smaller_tensor(best, item)
    return best


def assign_slice(items, lower: int, upper: int, given):
    head, rest = items[:lower], items[upper:]
    if len(head) + len(rest) > len(items):  # the slice ends before it begins: nothing is replaced
        rest = items[lower:]
    items.clear()
    items.extend(head)
    items.extend(given)
    items.extend(rest)


# What these do depends on types: the lowering has its own.
def present(*items):
    return tuple(item for item in items if item is not None)


def unpacked(items):
    return list(items)


def columns(rows):
    return tuple(zip(*rows))


def columns_as_lists(rows):
    return tuple(map(list, zip(*rows)))


def product_of_ints(items: List[int]) -> int:
    product = 1
    for item in items:
        product *= item
    return product


def product_of_floats(items: List[float]) -> float:
    product = 1.0
    for item in items:
        product *= item
    return product
)py"};

}  // namespace scriptc::python
