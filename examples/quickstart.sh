#!/usr/bin/env bash
# From nothing to a checked TorchScript file: installs what is missing, builds, compiles a trained LeNet from its C++
# definition and runs the saved file on digits that training never saw.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scriptc/setup.sh
setup_build

say "building (the first time takes some minutes, most of it LibTorch's headers)"
[ -f build/build.ninja ] || cmake --preset default >/dev/null
cmake --build build --target program_pytorch_to_torch program_scriptc scriptc_torch lenet run_digits

say "what the plugin offers"
build/bin/scriptc list build/lib/scriptc/plugins/lenet.so

say "pytorch_to_torch: C++ model + state dict -> checked file"
mkdir -p build/quickstart
(set -x; build/bin/pytorch_to_torch build/lib/scriptc/plugins/lenet.so LeNet \
  --kwargs num_classes 10 -w examples/digits/lenet_digits.pth -s build/quickstart/lenet.pt)

say "the saved file on the held-out digits, from a program that knows only LibTorch"
build/bin/run_digits build/quickstart/lenet.pt examples/digits/held_out.csv
