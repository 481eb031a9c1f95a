"""Where the programs are and how they are run. SCRIPTC_BUILD names the build folder (default: build)."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SCRIPTC_BUILD", ROOT / "build")).resolve()

# What runs in the background, or under nohup, has some signals ignored, and its children inherit that; tests send them.
signal.signal(signal.SIGINT, signal.default_int_handler)
for ignored in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(ignored, signal.SIG_DFL)

#: A stage as it is shown where stderr is no terminal: `[2/7] loading LibTorch`.
PROGRESS = re.compile(r"^\[\d+/\d+\] .*\n", re.MULTILINE)


@pytest.fixture(scope="session")
def build():
    return BUILD


@pytest.fixture(scope="session")
def plugin():
    """plugin("lenet") -> path of a plugin that ships."""
    return lambda name: BUILD / "lib/scriptc/plugins" / f"{name}.so"


@pytest.fixture(scope="session")
def test_plugin():
    """test_plugin("throwing") -> path of one made by tests/plugins."""
    return lambda name: BUILD / "lib/scriptc/test_plugins" / f"{name}.so"


@pytest.fixture(scope="session")
def run():
    """run("scriptc", "list", …) -> CompletedProcess; stderr without the lines of progress, which `progress` has."""

    def run_program(program, *args, **options):
        options = {"capture_output": True, "text": True, "timeout": 300, **options}
        result = subprocess.run([str(BUILD / "bin" / program), *map(str, args)], **options)
        if isinstance(result.stderr, str):
            result.progress = "".join(PROGRESS.findall(result.stderr))
            result.stderr = PROGRESS.sub("", result.stderr)
        return result

    return run_program
