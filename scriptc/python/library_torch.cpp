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

}  // namespace scriptc::python
