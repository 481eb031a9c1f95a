"""Bad input, as the user sees it: the whole message, the exit code, no output and no temporary file."""

import io
import os
import resource
import zipfile

import pytest
import torch

LENET = "\n  LeNet(num_classes: int = 10)"
MLP = ("\n  MLP(in_features: int = 16, hidden: list of int = [64, 32], out_features: int = 10, "
       "batch_norm: bool = False, dropout: float = 0.0, activation: str = 'relu')")
NET = "import torch\n\n\nclass Net(torch.nn.Module):\n    def forward(self, x):\n        return x\n"
SEE_HELP = "\n  help: see 'pytorch_to_torch --help'"


@pytest.fixture
def refuse(run, tmp_path):
    """refuse(code, message, *args): pytorch_to_torch fails so, and leaves an older output as it was."""

    def check(code, message, *args, program="pytorch_to_torch", **options):
        output = tmp_path / "output"
        output.mkdir(exist_ok=True)
        (output / "out.pt").write_text("old")
        result = run(program, *args, cwd=output, **options)
        assert result.stderr == f"error: {message}\n"
        assert result.returncode == code
        assert result.stdout == ""
        assert {path.name: path.read_text() for path in output.iterdir()} == {"out.pt": "old"}

    return check


@pytest.fixture
def to_out(refuse):
    """The same with `-s out.pt` at the end."""
    return lambda code, message, *args, **options: refuse(code, message, *args, "-s", "out.pt", **options)


# 2: usage

def test_nothing_given(refuse):
    refuse(2, "the following arguments are required: MODULE, MODEL_NAME" + SEE_HELP)


def test_unknown_option(to_out):
    to_out(2, "unknown option '--sav_path'\n  help: did you mean '--save_path'?", "lenet", "LeNet", "--sav_path", "x")


def test_greedy_args_swallow_the_positionals(refuse):
    refuse(2, "the following arguments are required: MODULE, MODEL_NAME\n  help: '--args' takes every value up to the "
              "next option; put MODULE first, or '--' before it", "--args", "1", "lenet", "LeNet")


def test_odd_kwargs(refuse):
    refuse(2, "--kwargs must be pairs of name and value, got 1 words: 'num_classes' has no value\n"
              "  help: write --kwargs NAME VALUE [NAME VALUE ...]", "lenet", "LeNet", "--kwargs", "num_classes")


def test_duplicate_keyword(refuse):
    refuse(2, "keyword argument 'num_classes' is given twice",
           "lenet", "LeNet", "--kwargs", "num_classes", 1, "num_classes", 2)


def test_bad_input_spec(to_out):
    to_out(2, "input spec 'flot32[2]': no dtype is called 'flot32'\n    flot32[2]\n    ^\n"
              "  help: did you mean 'float32'?", "lenet", "LeNet", "--input", "flot32[2]")


def test_unknown_command(refuse):
    refuse(2, "unknown command 'complie'\n  help: did you mean 'compile'?", "complie", program="scriptc")


def test_report_over_the_output(to_out):
    to_out(2, "report and output are one file, 'out.pt'", "lenet", "LeNet", "--report", "./out.pt")


# 3 and 4: input files

@pytest.fixture
def refuse_weights(to_out, tmp_path, build):
    """refuse_weights(code, message, bytes, *options): of a file NET/w.pth; NET stands for its folder."""
    (tmp_path / "net.py").write_text(NET)
    backend = {**os.environ, "SCRIPTC_BACKEND": str(build / "lib/scriptc/test_plugins/fake_backend.so")}

    def check(code, message, content, *options):
        (tmp_path / "w.pth").write_bytes(content)
        to_out(code, f"'{tmp_path}/w.pth': {message}", tmp_path / "net.py", "Net", "-w", tmp_path / "w.pth", *options,
               env=backend)

    return check


def saved(state):
    file = io.BytesIO()
    torch.save(state, file)
    return file.getvalue()


def test_truncated_checkpoint(refuse_weights):
    whole = saved({"a": torch.zeros(3)})
    cut = whole[:len(whole) // 2]
    refuse_weights(3, f"offset {len(cut)}: the zip archive is cut short: it has no end record [Z06]", cut)


def test_web_page_as_checkpoint(refuse_weights):
    refuse_weights(3, "looks like HTML; download failed? [Z03]", b"<!DOCTYPE html><html></html>")


def test_weights_of_another_model(refuse_weights):
    refuse_weights(7, "does not fit the model: 1 unexpected\n  the model lacks:\n    'a'\n"
                      "  help: --no-strict loads the names that both have", saved({"a": torch.zeros(3)}))


def test_unknown_key(refuse_weights):
    refuse_weights(2, "has no key 'ema.model'\n  it holds:\n    'a': tensor[3]\n  help: give one of these with --key",
                   saved({"a": torch.zeros(3)}), "--key", "ema.model")


def test_cap_names_its_flag(refuse_weights):
    content = saved({"a": torch.zeros(3)})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        records = len(archive.infolist())
    refuse_weights(4, f"offset {len(content) - 22}: too many entries (got {records}, limit 1) [Z30]\n"
                      "  help: if you trust the file, raise the limit with --max-entries", content, "--max-entries", 1)


def limited_memory():
    resource.setrlimit(resource.RLIMIT_AS, (64 << 30, 64 << 30))


def test_forward_takes_too_much_memory(to_out, tmp_path):
    (tmp_path / "net.py").write_text(NET.replace("return x", "return torch.ones([x.size(0) * 10**12])"))
    to_out(4, "forward refuses its example input (sample): out of memory, 4000000000000 bytes were asked for",
           tmp_path / "net.py", "Net", "--input", "float32[1]", preexec_fn=limited_memory)


def no_file_grows():
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize("options", [[], ["--print-operators"]], ids=["", "operators"])
def test_forward_refuses_its_input_while_the_disk_is_full(to_out, tmp_path, options):
    """The file is written while the model runs: that it cannot run is the better reason, and all that is said."""
    layer = "        self.a = torch.nn.Linear(3, 4)\n"
    (tmp_path / "net.py").write_text(NET.replace("    def forward", "    def __init__(self):\n        super().__init__()\n"
                                                 + layer + "\n    def forward").replace("return x", "return self.a(x)"))
    to_out(7, "forward refuses its example input (N=2): mat1 and mat2 shapes cannot be multiplied (2x5 and 3x4)",
           tmp_path / "net.py", "Net", "--input", "float32[N=2,5]", *options, preexec_fn=no_file_grows)
    to_out(5, "output 'out.pt' cannot be written: File too large",
           tmp_path / "net.py", "Net", "--input", "float32[N=2,3]", *options, preexec_fn=no_file_grows)


def test_python_file_with_a_syntax_error(to_out, tmp_path):
    (tmp_path / "net.py").write_text("import torch\n\n\ndef make(:\n    pass\n")
    to_out(3, f"{tmp_path}/net.py:4:10: invalid syntax\n    def make(:\n             ^", tmp_path / "net.py", "make")


# 5: files and folders

def test_module_is_missing(to_out, build):
    to_out(5, f"plugin 'lenat' was not found\n  searched: {build}/lib/scriptc/plugins\n  help: did you mean 'lenet'?",
           "lenat", "LeNet")


def test_module_path_is_missing(to_out, plugin):
    path = str(plugin("lenat"))
    to_out(5, f"plugin '{path}' was not found: No such file or directory\n"
              "  help: did you mean 'lenet.so'?", path, "LeNet")


def test_python_file_is_missing(to_out):
    to_out(5, "module 'none.py' cannot be read: No such file or directory", "none.py", "Net")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink("/dev/zero", path)],
                         ids=["FIFO", "folder", "device"])
def test_python_file_is_no_file(to_out, tmp_path, make):
    make(tmp_path / "net.py")
    to_out(5, f"'{tmp_path}/net.py' is no file that can be read", tmp_path / "net.py", "Net", timeout=20)


def test_weights_are_missing(to_out):
    to_out(5, "'none.pth': cannot be read: No such file or directory [E03]", "lenet", "LeNet", "-w", "none.pth")


def test_output_folder_is_missing(refuse):
    refuse(5, "output folder 'none' does not exist\n  help: mkdir -p 'none'", "lenet", "LeNet", "-s", "none/out.pt")


def test_report_folder_is_missing(to_out):
    to_out(5, "report folder 'none' does not exist\n  help: mkdir -p 'none'", "lenet", "LeNet", "--report", "none/r")


def test_output_is_a_folder(refuse, tmp_path):
    refuse(5, f"output '{tmp_path}' is a folder, not a file", "lenet", "LeNet", "-s", tmp_path)


def test_output_folder_is_not_writable(run):
    nobody = {"user": 65534} if os.geteuid() == 0 else {}  # root may write anywhere
    result = run("pytorch_to_torch", "lenet", "LeNet", "-s", "/usr/out.pt", cwd="/", **nobody)
    assert result.stderr == "error: output folder '/usr' is not writable: Permission denied\n"
    assert result.returncode == 5


def test_back_end_is_missing(to_out):
    to_out(5, "back end 'libscriptc_torch.so' was not found\n  searched: /none/torch.so\n"
              "  help: build with SCRIPTC_TORCH=ON, or name the file in SCRIPTC_BACKEND", "lenet", "LeNet",
           env={**os.environ, "SCRIPTC_BACKEND": "/none/torch.so"})


# 6: plugins

def test_plugin_is_a_text_file(to_out, tmp_path):
    (tmp_path / "text.so").write_text("just text, and then some")
    to_out(6, f"'{tmp_path}/text.so' is no plugin: expected an ELF shared library, got a file that starts with "
              "'just text, and t'\n  help: build plugins with scriptc_add_plugin, as examples/plugin does",
           tmp_path / "text.so", "Net")


def test_plugin_without_note(to_out, test_plugin):
    to_out(6, f"'{test_plugin('no_note')}' is no plugin: it is a shared library without scriptc's note\n"
              "  help: build plugins with scriptc_add_plugin, as examples/plugin does", test_plugin("no_note"), "Net")


def test_plugin_for_another_abi(to_out, test_plugin):
    to_out(6, f"plugin '{test_plugin('other_abi')}' does not fit this program: built for ABI version 99, this is ABI "
              "version 1\n  help: rebuild it with scriptc_add_plugin of this installation", test_plugin("other_abi"), "Net")


def test_plugin_without_models(to_out, test_plugin):
    to_out(6, f"plugin '{test_plugin('no_models')}' has no models\n"
              '  help: add one in SCRIPTC_PLUGIN(m) with m.model("Name", &builder, …)', test_plugin("no_models"), "Net")


# 7: the model

def test_model_is_missing(to_out, plugin):
    to_out(7, f"'{plugin('lenet')}' has no model 'LeNte'\n  models: 'LeNet'\n  help: did you mean 'LeNet'?",
           plugin("lenet"), "LeNte")


def test_python_model_is_missing(to_out, tmp_path):
    (tmp_path / "net.py").write_text("import torch\nclass Net(torch.nn.Module):\n    pass\ndef make():\n    return Net()\n")
    to_out(7, f"'{tmp_path}/net.py' has no model 'net2'\n  models: 'Net', 'make'\n  help: did you mean 'Net'?",
           tmp_path / "net.py", "net2")


def test_unknown_argument(to_out):
    to_out(7, "model 'LeNet' has no parameter 'num_clases'" + LENET + "\n  help: did you mean 'num_classes'?",
           "lenet", "LeNet", "--kwargs", "num_clases", 3)


def test_argument_of_wrong_type(to_out):
    to_out(7, "model 'MLP' needs list of int for parameter 'hidden', got 'wide'" + MLP,
           "mlp", "MLP", "--kwargs", "hidden", "wide")


def test_constructor_takes_too_much_memory(to_out, tmp_path):
    (tmp_path / "net.py").write_text("import torch\ndef make():\n    return torch.ones(10**12)\n")
    to_out(7, "RuntimeError: operator 'ones': out of memory, 4000000000000 bytes were asked for\n"
              f"  {tmp_path}/net.py:3: in make\n      return torch.ones(10**12)", tmp_path / "net.py", "make",
           preexec_fn=limited_memory)


def test_too_many_arguments(to_out):
    to_out(7, "model 'LeNet' takes at most 1 argument, got 2" + LENET, "lenet", "LeNet", "--args", 1, 2)


def test_argument_by_position_and_by_name(to_out):
    to_out(7, "model 'LeNet' got parameter 'num_classes' twice, by position and by name" + LENET,
           "lenet", "LeNet", "--args", 1, "--kwargs", "num_classes", 2)


def test_missing_argument(to_out, test_plugin):
    to_out(7, "model 'Narrow' needs parameter 'value'\n  Narrow(value: int)\n"
              "  help: pass values with --args or --kwargs NAME VALUE", test_plugin("throwing"), "Narrow")


def test_plugin_that_throws(to_out, test_plugin):
    to_out(7, f"model 'Throws' of plugin '{test_plugin('throwing')}' cannot be built: "
              "the moon is in the wrong phase", test_plugin("throwing"), "Throws")


def test_unknown_layer_argument(to_out, test_plugin):
    to_out(7, "wrong_calls.cpp:8: TypeError: Conv2d.__init__() got an unexpected keyword argument 'paddin'\n"
              "  help: did you mean 'padding'?", test_plugin("wrong_calls"), "WrongKeyword")


def test_bad_weights_that_are_read_while_the_constructor_waits(run, tmp_path):
    (tmp_path / "net.py").write_text("""\
import torch


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        try:
            self.register_buffer("count", torch.tensor(0))
        except Exception:
            self.count = None

    def forward(self, x):
        return x
""")
    (tmp_path / "net.pth").write_text("<!doctype html>")
    result = run("pytorch_to_torch", "net.py", "Net", "-w", "net.pth", "-s", "out.pt", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (3, "error: 'net.pth': looks like HTML; download failed? [Z03]\n")


def test_an_exception_cannot_command_the_terminal(run, tmp_path):
    (tmp_path / "net.py").write_text("import torch\n\n\nclass Net(torch.nn.Module):\n    def __init__(self):\n"
                                     "        super().__init__()\n        raise ValueError('\\x1b[31mred\\x07')\n")
    result = run("pytorch_to_torch", tmp_path / "net.py", "Net", "-s", tmp_path / "out.pt")
    assert result.returncode == 7
    assert result.stderr.startswith("error: ValueError: \\x1b[31mred\\x07\n")
