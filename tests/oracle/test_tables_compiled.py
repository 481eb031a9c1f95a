"""The layers and functions of the tables, by the program: `--seed N` and results against Python's own torch.nn.

One model holds many rows as children, made in program order, with an exported method each: the very file that the
program compiles also runs in CPython, with torch.nn.
"""

import runpy
import warnings
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

import function_table
import layer_table
from input_specs import make_input, make_inputs
from layer_table import Make
from nn_packages import expect_same

VERSION = tuple(int(part) for part in torch.__version__.split('.')[:2])
LAYERS = [row for row in layer_table.LAYERS if row.since <= VERSION]
CALLS = [row for row in function_table.CALLS if row.since <= VERSION and
         not any(isinstance(value, tuple) and None in value for value in row.args)]  # no list holds both None and ints
SEED = 11

warnings.filterwarnings('ignore')


def chunks(rows, size):
    return [range(start, min(start + size, len(rows))) for start in range(0, len(rows), size)]


def spelled(value):
    if not isinstance(value, Make):
        return repr(value)
    return f"{'torch.' if value.name == 'tensor' else 'nn.'}{value.name}({arguments(value.args, value.kwargs)})"


def arguments(args, kwargs):
    return ', '.join([spelled(a) for a in args] + [f'{name}={spelled(value)}' for name, value in kwargs.items()])


def is_input(value):
    """Tensors are parameters of the method; None and flags stand in the call."""
    return isinstance(value, tuple) and all(map(is_input, value)) or isinstance(value, str) and '[' in value


def method(name, callee, args, kwargs=()):
    """A method that calls `callee`; inputs among the arguments become its parameters."""
    annotated, passed = [], []
    for i, value in enumerate(args):
        if is_input(value):
            kind = f"Tuple[{', '.join(['torch.Tensor'] * len(value))}]" if isinstance(value, tuple) else 'torch.Tensor'
            annotated.append(f'a{i}: {kind}')
        passed.append(f'a{i}' if is_input(value) else spelled(value))
    passed += [f'{key}={spelled(value)}' for key, value in dict(kwargs).items()]
    return (f"    @torch.jit.export\n    def {name}(self, {', '.join(annotated)}):\n"
            f"        return {callee}({', '.join(passed)})\n")


def program(children, methods):
    return '\n'.join(['from typing import Tuple', 'import torch', 'import torch.nn as nn', 'import torch.nn.functional as F',
                      '', 'class Rows(nn.Module):', '    def __init__(self):', '        super().__init__()',
                      *children, '', '    def forward(self, x):', '        return x', '', *methods])


def layers_program(rows):
    children = [f'        self.row_{i} = nn.{LAYERS[i].name}({arguments(LAYERS[i].args, LAYERS[i].kwargs)})' for i in rows]
    return program(children, [method(f'run_{i}', f'self.row_{i}', LAYERS[i].inputs) for i in rows])


def functions_program(rows):
    return program([], [method(f'run_{i}', f'F.{CALLS[i].name}', CALLS[i].args, CALLS[i].kwargs) for i in rows])


@pytest.fixture(scope='module')
def compiled(run, tmp_path_factory):
    """compiled(kind, i) -> the model that CPython makes of the program with row i, and the file that ours made of it."""
    folder = tmp_path_factory.mktemp('tables')
    jobs = {}

    def compile_rows(kind, rows, text):
        source, saved = folder / f'{kind}_{rows[0]}.py', folder / f'{kind}_{rows[0]}.pt'
        source.write_text(text)
        done = run('pytorch_to_torch', source, 'Rows', '--no-freeze', '--seed', SEED, '-s', saved)
        return source, saved, done

    with ThreadPoolExecutor(2) as pool:
        for rows in chunks(LAYERS, 32):
            job = pool.submit(compile_rows, 'layers', rows, layers_program(rows))
            jobs.update({('layers', i): job for i in rows})
        for rows in chunks(CALLS, 32):
            job = pool.submit(compile_rows, 'functions', rows, functions_program(rows))
            jobs.update({('functions', i): job for i in rows})
        loaded = {}

        def get(kind, i):
            source, saved, done = jobs[kind, i].result()
            assert done.returncode == 0, done.stderr
            if source not in loaded:
                torch.manual_seed(SEED)
                eager = runpy.run_path(str(source), run_name=source.stem)['Rows']().eval()
                loaded[source] = eager, torch.jit.load(str(saved))
            return loaded[source]

        yield get


def call(module, i, inputs):
    """What the row's method gives, with the generator where it was; under no_grad Python takes inexact short cuts."""
    torch.manual_seed(5)
    return getattr(module, f'run_{i}')(*inputs)


def names(rows, describe):
    return [describe(row) for row in rows]


@pytest.mark.parametrize('i', range(len(LAYERS)), ids=names(LAYERS, layer_table.describe))
def test_layer_of_a_seed(i, compiled):
    eager, saved = compiled('layers', i)

    def tensors(module):
        row = getattr(module, f'row_{i}')
        return [*row.named_parameters(), *row.named_buffers()]
    assert [(n, t.shape, t.dtype) for n, t in tensors(saved)] == [(n, t.shape, t.dtype) for n, t in tensors(eager)]
    for (name, mine), (_, theirs) in zip(tensors(saved), tensors(eager)):
        assert torch.equal(mine, theirs), name


@pytest.mark.parametrize('i', range(len(LAYERS)), ids=names(LAYERS, layer_table.describe))
def test_layer_computes(i, compiled):
    eager, saved = compiled('layers', i)
    inputs = [value for spec, value in zip(LAYERS[i].inputs, make_inputs(LAYERS[i].inputs)) if is_input(spec)]
    expect_same(call(saved, i, inputs), call(eager, i, inputs))


@pytest.mark.parametrize('i', range(len(CALLS)), ids=names(CALLS, function_table.describe))
def test_function_computes(i, compiled):
    eager, saved = compiled('functions', i)
    generator = torch.Generator().manual_seed(7)
    inputs = [make_input(value, generator) for value in CALLS[i].args if is_input(value)]
    expect_same(call(saved, i, inputs), call(eager, i, inputs))
