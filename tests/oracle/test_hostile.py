"""What hostile checkpoints may cost: exit code 3 or 4, at most 64 MiB beside the file, no time to speak of."""

import io
import resource
import struct
import time
import zipfile

import pytest

MIB = 1 << 20


def archive(pickle, deflated=(), version=b"3\n", **records):
    """A torch.save file with this data.pkl and the records `data/NAME`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, content in {"data.pkl": b"\x80\x02" + pickle, "version": version,
                              **{f"data/{key[1:]}": value for key, value in records.items()}}.items():
            method = zipfile.ZIP_DEFLATED if name in deflated else zipfile.ZIP_STORED
            file.writestr(f"a/{name}", content, method)
    return out.getvalue()


def text(string):
    return b"X" + struct.pack("<I", len(string)) + string


def tensor(numel):
    """Code of {'w': a tensor of `numel` floats in storage 0}."""
    number = b"\x8a\x08" + struct.pack("<q", numel)
    storage = b"(" + text(b"storage") + b"ctorch\nFloatStorage\n" + text(b"0") + text(b"cpu") + number + b"tQ"
    return (b"}" + text(b"w") + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"K\x00" + number + b"\x85K\x01\x85\x89"
            b"ccollections\nOrderedDict\n)RtRs.")


def modules_of(memo, child, number):
    """A pickle of a module (put into the memo by `memo`) with `number` children made by the code `child`."""
    children = b"}(" + b"".join(text(b"%d" % i) + child for i in range(number)) + b"u"
    return (b"cm\nM\n)\x81" + memo + b"}" + text(b"_parameters") + b"}s" + text(b"_buffers") + b"}s"
            + text(b"_modules") + children + b"sb.")


def safetensors(header):
    return struct.pack("<Q", len(header)) + header


#: name: () -> (bytes, exit code, what the message says)
HOSTILE = {
    "a million dicts": lambda: (archive(b"}" * 1_000_000 + b"."), 4, "P31"),
    "a million lists in a list": lambda: (archive(b"](" + b"]" * 1_000_000 + b"e."), 4, "P31"),
    "nested tuples": lambda: (archive(b")" + b"\x85" * 300_000 + b"."), 4, "P14"),
    "tuples that double": lambda: (archive(b")" + b"2\x86" * 100_000 + b"."), 4, "P14"),
    "a memo with gaps": lambda: (archive(b"N" + b"".join(b"r" + struct.pack("<I", 7 * i + 9) for i in range(300_000))
                                         + b"."), 7, "state dict"),
    "a million imports": lambda: (archive(b"(" + b"cos\nsystem\n" * 1_000_000 + b"t."), 7, "state dict"),
    "a long string in escapes": lambda: (archive(b"V" + b"\\u20ac" * 1_000_000 + b"\n."), 7, "state dict"),
    "a pickle that inflates": lambda: (archive(b"N0" * 150_000_000 + b"N.", deflated=["data.pkl"]), 4, "P31"),
    "a storage that inflates": lambda: (archive(tensor(4), deflated=["data/0"], _0=bytes(300_000_000)), 3, "T02"),
    "an unused record that inflates": lambda: (archive(tensor(4), deflated=["data/1"], _0=bytes(16),
                                                       _1=bytes(300_000_000)), 0, ""),
    "a version that inflates": lambda: (archive(b"N.", deflated=["version"], version=b"3" * 300_000_000), 3, "Z33"),
    "a module that holds itself": lambda: (archive(modules_of(b"q\x01", b"h\x01", 1000)), 3, "P16"),
    "a module of shared modules": lambda: (archive(b"Np0\n0" + modules_of(b"", b"N", 20_000)[:-1] + b"p1\n0"
                                                   + modules_of(b"", b"g1\n", 20_000)), 4, "P15"),
    "one long module of many imports": lambda: (archive(text(b"m" * 60_000) + b"p0\n0" + b"".join(
        b"g0\n" + text(b"%d" % i) + b"\x930" for i in range(100_000)) + b"N."), 4, "P12"),
    "a hundred thousand warnings": lambda: (archive(b"}(" + (text(b"n") + b"K\x01") * 100_000 + b"u" + tensor(4)[1:-1] + b".",
                                           _0=bytes(16)), 0, "99999 more"),
    "a tensor of a terabyte": lambda: (archive(tensor(1 << 38), _0=bytes(16)), 3, "T01"),
    "deep JSON": lambda: (safetensors(b'{"w":' + b"[" * 5_000_000), 3, "S03"),
    "a long shape": lambda: (safetensors(b'{"w":{"dtype":"U8","shape":[' + b"1," * 2_000_000
                                         + b'1],"data_offsets":[0,1]}}') + b"x", 3, "T12"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_little(run, tmp_path, name):
    content, code, rule = HOSTILE[name]()
    (tmp_path / "w.pth").write_bytes(content)
    # The program itself takes some 16 MiB; of what it may take more, "out of memory" would tell.
    limit = len(content) + (32 + 64) * MIB
    start = time.monotonic()
    result = run("scriptc", "inspect", "w.pth", cwd=tmp_path,
                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    assert result.returncode == code, result.stderr
    assert rule in result.stderr.splitlines()[0] if rule else result.stderr == ""
    assert time.monotonic() - start < 20
