"""The job that the bench compares with, as one would write it: import, build, load_state_dict, eval, script, freeze, save;
with shapes also reload and compare.

    python_job.py MODEL WEIGHTS OUT [SPECS …]    MODEL is a key of models.py; SPECS are the inputs of one run

Prints the seconds of each stage as JSON.
"""

import json
import sys
import time

started = time.perf_counter()
seconds = {}


def stage(name):
    global started
    now = time.perf_counter()
    seconds[name] = now - started
    started = now


import torch  # noqa: E402

stage("import")
torch.set_num_threads(1)
name, weights, out, *specs = sys.argv[1:]
import python_models  # noqa: E402

model = python_models.build(name)
stage("build")
model.load_state_dict(python_models.read_weights(weights))
model.eval()
stage("read weights")
scripted = torch.jit.script(model)
stage("script")
frozen = torch.jit.freeze(scripted)
stage("freeze")
frozen.save(out)
stage("save")
if specs:
    loaded = torch.jit.load(out)
    with torch.no_grad():
        for spec in specs:
            torch.manual_seed(0)
            inputs = python_models.example(spec)
            expected, got = model(*inputs), loaded(*inputs)
            pairs = zip(expected, got) if isinstance(expected, tuple) else [(expected, got)]
            assert all((a - b).abs().max() <= 1e-3 * (a.max() - a.min()) for a, b in pairs), spec
    stage("verify")
print(json.dumps(seconds))
