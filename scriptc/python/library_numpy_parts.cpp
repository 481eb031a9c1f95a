#include "scriptc/python/library.h"

namespace scriptc::python {

const LibraryFile kNumpyTransformsLibrary = {"numpy.fft", R"py(
import numpy as _np
import torch as _torch


def _transform(compute):
    def apply(a, n=None, axis=-1, norm=None):
        tensor = _np._tensor(_np.asarray(a))
        return _np.ndarray(compute(tensor.double() if _np._is_whole(tensor) else tensor, n, axis, norm))
    return apply


fft, ifft, rfft, irfft = [_transform(f) for f in (_torch.fft.fft, _torch.fft.ifft, _torch.fft.rfft, _torch.fft.irfft)]


def fftfreq(n, d=1.0): return _np.ndarray(_torch.fft.fftfreq(n, d, dtype=_torch.float64))
def rfftfreq(n, d=1.0): return _np.ndarray(_torch.fft.rfftfreq(n, d, dtype=_torch.float64))
def fftshift(x): return _np.ndarray(_torch.fft.fftshift(_np._tensor(_np.asarray(x))))
def ifftshift(x): return _np.ndarray(_torch.fft.ifftshift(_np._tensor(_np.asarray(x))))
)py",
                                             true};

// RandomState's streams are numpy's: a seed gives the same numbers. Without one they are some numbers, as in Python.
const LibraryFile kNumpyRandomLibrary = {"numpy.random", R"py(
import numpy as _np
import torch as _torch
from _scriptc import mersenne_twister as _mersenne_twister


def _count(size):
    count = 1
    for side in (size if isinstance(size, (list, tuple)) else (size,)):
        count *= side
    return count


class RandomState:
    def __init__(self, seed=None): self.seed(seed)
    def seed(self, seed=None): self._draw = _mersenne_twister(5489 if seed is None else int(seed))

    def _array(self, kind, size, bound=0):
        numbers = self._draw(kind, 1 if size is None else _count(size), bound)
        if size is None:
            return numbers[0]
        return _np.array(numbers, _np.int64 if kind == 'integer' else _np.float64).reshape(size)

    def random_sample(self, size=None): return self._array('double', size)
    def random(self, size=None): return self.random_sample(size)
    def rand(self, *size): return self.random_sample(size or None)
    def uniform(self, low=0.0, high=1.0, size=None): return low + (high - low) * self.random_sample(size)
    def standard_normal(self, size=None): return self._array('normal', size)
    def randn(self, *size): return self.standard_normal(size or None)
    def normal(self, loc=0.0, scale=1.0, size=None): return loc + scale * self.standard_normal(size)

    def randint(self, low, high=None, size=None, dtype=int):
        if dtype not in (int, _np.int64):
            raise NotImplementedError('randint() of a dtype other than int')
        if high is None:
            low, high = 0, low
        if low >= high:
            raise ValueError('low >= high')
        return low + self._array('integer', size, high - 1 - low)

    def _order(self, n):
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self._draw('integer', 1, i)[0]
            order[i], order[j] = order[j], order[i]
        return order

    def permutation(self, x):
        return _np.array(self._order(x), _np.int64) if isinstance(x, int) else _np.asarray(x)[self._order(len(x))]

    def shuffle(self, x):
        items = [x[i] for i in self._order(len(x))] if isinstance(x, list) else x[self._order(len(x))]
        x[:] = items

    def choice(self, a, size=None, replace=True, p=None):
        if p is not None:
            raise NotImplementedError('choice() with probabilities')
        n = a if isinstance(a, int) else len(a)
        if replace:
            chosen = self.randint(0, n, size)
        else:
            chosen = self.permutation(n)[:1 if size is None else _count(size)]
            chosen = chosen[0] if size is None else chosen.reshape(size)
        return chosen if isinstance(a, int) else _np.asarray(a)[chosen]


_global = RandomState()
seed, random_sample, random, ranf, sample = _global.seed, _global.random_sample, _global.random, _global.random, _global.random
rand, uniform, standard_normal, randn, normal = _global.rand, _global.uniform, _global.standard_normal, _global.randn, _global.normal
randint, permutation, shuffle, choice = _global.randint, _global.permutation, _global.shuffle, _global.choice
)py",
                                         true};

}  // namespace scriptc::python
