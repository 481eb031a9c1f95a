"""The job that the bench compares with, as one would write it: import, build, load_state_dict, eval, script, freeze, save;
with shapes also reload and compare.

    python_job.py MODEL WEIGHTS OUT [SPEC …]     MODEL is a key of models.py; a SPEC like float32[2,3,224,224] is an input

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
import models  # noqa: E402

model = models.MODELS[name].build()
stage("build")
model.load_state_dict(torch.load(weights))
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
            inputs = models.example(spec)
            assert torch.allclose(model(*inputs), loaded(*inputs), rtol=1e-3, atol=1e-4), spec
    stage("verify")
print(json.dumps(seconds))
