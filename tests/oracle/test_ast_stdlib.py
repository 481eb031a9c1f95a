"""Our parser gives the tree of CPython's for every file of the installed standard library (Python 3.11).

As a program it compares other folders too: `python test_ast_stdlib.py FOLDER…` lists what differs.
"""

import ast
import multiprocessing
import os
import pathlib
import subprocess
import sys
import sysconfig
import warnings

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Refused on purpose: character names need Unicode's table of names (1 MB), other encodings theirs.
NOT_SUPPORTED = ("character names are not supported", "unsupported encoding")


def tool() -> pathlib.Path:
    return pathlib.Path(os.environ.get("SCRIPTC_BIN", ROOT / "build/bin")) / "ast_dump_tool"


def python_files(folder: str) -> list[str]:
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in ("site-packages", "dist-packages", "__pycache__")]
        found += [os.path.join(place, name) for name in names if name.endswith((".py", ".pyi"))]
    return sorted(found)


def python_dump(path: str) -> str | None:
    """None: CPython refuses the file."""
    text = pathlib.Path(path).read_bytes()
    try:
        return ast.dump(ast.parse(text, path), include_attributes=True)
    except (SyntaxError, ValueError):
        return None


def python_compiles(path: str) -> bool:
    try:
        compile(pathlib.Path(path).read_bytes(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def first_difference(ours: str, theirs: str) -> str:
    length = min(len(ours), len(theirs))
    step = next((i for i in range(0, length, 4096) if ours[i : i + 4096] != theirs[i : i + 4096]), 0)
    at = next((i for i in range(step, length) if ours[i] != theirs[i]), length)
    return f"\n    ours   {ours[max(0, at - 60) : at + 60]!r}\n    theirs {theirs[max(0, at - 60) : at + 60]!r}"


def compare(paths: list[str]) -> list[str]:
    """What differs, a line or three for each file."""
    warnings.simplefilter("ignore")
    process = subprocess.Popen([tool()], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    wrong = []
    for path in paths:
        process.stdin.write(os.fsencode(path) + b"\n")
        process.stdin.flush()
        status, length = process.stdout.readline().split()
        ours = process.stdout.read(int(length)).decode()
        theirs = python_dump(path)
        if status == b"error":
            supported = not any(reason in ours for reason in NOT_SUPPORTED)
            if supported and theirs is not None and python_compiles(path):
                wrong.append(f"{path}: refused: {ours}")
        elif theirs is None:
            wrong.append(f"{path}: accepted, but CPython refuses it")
        elif ours != theirs:
            wrong.append(f"{path}: {first_difference(ours, theirs)}")
    process.stdin.close()
    assert process.wait() == 0
    return wrong


def compare_all(paths: list[str]) -> list[str]:
    with multiprocessing.Pool() as pool:
        parts = [paths[i : i + 20] for i in range(0, len(paths), 20)]
        return [line for part in pool.imap_unordered(compare, parts) for line in part]


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the trees of other versions differ")
def test_standard_library_gives_the_same_trees():
    paths = python_files(sysconfig.get_path("stdlib"))
    assert len(paths) > 500
    assert compare_all(paths) == []


if __name__ == "__main__":
    files = [name for folder in sys.argv[1:] or [sysconfig.get_path("stdlib")] for name in python_files(folder)]
    differences = compare_all(files)
    print("\n".join(differences))
    print(f"{len(files)} files, {sum(os.path.getsize(f) for f in files)} bytes, {len(differences)} differ")
    sys.exit(bool(differences))
