"""`scriptc inspect`: what a checkpoint holds, without running any of it."""

import json
import os
import re

import pytest
import torch

#: Python's own reader as it was for years; 1.13 knows no other.
UNSAFE = {"weights_only": False} if torch.__version__.startswith("2") else {}


@pytest.fixture
def saved(tmp_path):
    """saved(object, **options of torch.save) -> path."""

    def save(content, **options):
        path = tmp_path / "net.pth"
        torch.save(content, path, **options)
        return path

    return save


def test_lists_names_dtypes_and_shapes(run, saved):
    path = saved({"conv.weight": torch.zeros(4, 3, 1, 1), "steps": torch.tensor(7), "mask": torch.ones(2, dtype=torch.bool)})
    assert run("scriptc", "inspect", path.name, cwd=path.parent).stdout == (
        "net.pth: torch zip, 3 tensors, 58 B\n"
        "  Python's pickle would import: collections.OrderedDict, torch.BoolStorage, torch.FloatStorage, torch.LongStorage, "
        "torch._utils._rebuild_tensor_v2\n"
        "  conv.weight  float32[4,3,1,1]\n"
        "  steps        int64[]\n"
        "  mask         bool[2]\n")


def test_tells_the_key_the_prefix_and_shared_storages(run, saved):
    tied = torch.zeros(5, 2)
    path = saved({"epoch": 3, "state_dict": {"module.embed.weight": tied, "module.head.weight": tied}},
                 _use_new_zipfile_serialization=False)
    assert run("scriptc", "inspect", path.name, cwd=path.parent).stdout == (
        "net.pth: torch legacy, 2 tensors, 80 B\n"
        "  under key 'state_dict'\n"
        "  names are shown without their leading 'module.'\n"
        "  Python's pickle would import: collections.OrderedDict, torch.FloatStorage, torch._utils._rebuild_tensor_v2\n"
        "  embed.weight  float32[5,2]\n"
        "  head.weight   float32[5,2]  (storage of 'embed.weight')\n")


def test_a_long_name_leaves_the_column_as_it_is(run, saved):
    path = saved({"a" * 61: torch.zeros(1), "bias": torch.zeros(2), "c" * 60: torch.zeros(3)})
    assert run("scriptc", "inspect", path.name, cwd=path.parent).stdout.splitlines()[2:] == [
        "  " + "a" * 61 + "  float32[1]",
        "  bias" + " " * 58 + "float32[2]",
        "  " + "c" * 60 + "  float32[3]"]


def test_json(run, saved):
    path = saved({"ema": {"w\n": torch.zeros(2, 3, dtype=torch.float16)}})
    listed = json.loads(run("scriptc", "inspect", path, "--json", "--key", "ema").stdout)
    assert listed == {"path": str(path), "format": "torch zip", "key": "ema", "module_prefix_removed": False,
                      "imports": ["collections.OrderedDict", "torch.HalfStorage", "torch._utils._rebuild_tensor_v2"],
                      "bytes": 12,
                      "tensors": [{"name": "w\n", "dtype": "float16", "shape": [2, 3], "storage_of": None}]}


def test_runs_nothing_of_the_file(run, tmp_path):
    class MakeFolder:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    path = tmp_path / "evil.pth"
    torch.save({"state_dict": {"weight": torch.zeros(1)}, "payload": MakeFolder()}, path)
    result = run("scriptc", "inspect", path.name, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, (
        "evil.pth: torch zip, 1 tensor, 4 B\n"
        "  under key 'state_dict'\n"
        "  Python's pickle would import: collections.OrderedDict, posix.mkdir, torch.FloatStorage, "
        "torch._utils._rebuild_tensor_v2\n"
        "  weight  float32[1]\n"))
    assert not (tmp_path / "made").exists()
    torch.load(path, **UNSAFE)
    assert (tmp_path / "made").exists()


def test_a_damaged_file_is_refused(run, saved):
    path = saved({"weight": torch.zeros(1000)})
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(bytes(4000)) + 2000] ^= 1
    path.write_bytes(damaged)
    result = run("scriptc", "inspect", path.name, cwd=path.parent)
    assert (result.returncode, result.stdout) == (3, "")
    assert re.fullmatch(r"error: 'net\.pth': record 'net/data/0': is damaged: wrong CRC-32 \(got \d+, expected \d+\) \[Z18\]\n",
                        result.stderr)


def test_a_missing_file(run, tmp_path):
    result = run("scriptc", "inspect", "none.pth", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (5, "")
    assert result.stderr == "error: 'none.pth': cannot be read: No such file or directory [E03]\n"


def test_maps_no_libtorch(run, saved):
    path = saved({"weight": torch.zeros(1)})
    assert "libtorch" not in run("scriptc", "inspect", path, env={**os.environ, "LD_DEBUG": "files"}).stderr
