def _ntuple(n, name='parse'):
    def parse(x):
        if isinstance(x, (list, tuple)):
            return tuple(x)
        return (x,) * n

    return parse


_single = _ntuple(1)
_pair = _ntuple(2)
_triple = _ntuple(3)
_quadruple = _ntuple(4)


def _reverse_repeat_tuple(values, times):
    """(1, 2), 2 → (2, 2, 1, 1): the order and the two sides that F.pad wants."""
    return tuple(value for value in reversed(values) for _ in range(times))
