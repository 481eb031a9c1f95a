#!/usr/bin/env bash
# The test command: installs what is missing, builds for LibTorch 2.13 and 1.13.1, runs every test on both, and closes
# with `N passed, N failed`. Exit code 0 only if nothing failed.
#   tests/run.sh            everything
#   tests/run.sh STEP …     these steps only: `format build@2.13 ctest@2.13`, or `build oracle` for all versions
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scriptc/setup.sh

logs=build/test-logs
mkdir -p "$logs"
passed=0
failed=0
failures=()
wanted=("$@")

# Adds what a log's closing lines count. CTest: "98% tests passed, 1 tests failed out of 50"; pytest: "3 failed, 10 passed".
count_tests() {
  local log=$1 p f
  read -r p f < <(awk '
    /tests passed, [0-9]+ tests failed out of [0-9]+/ {
      for (i = 1; i <= NF; ++i) { if ($i == "tests" && $(i + 1) == "failed") bad = $(i - 1); if ($i == "of") all = $(i + 1) }
      p += all - bad; f += bad }
    /^(=+ )?[0-9]+ (passed|failed|error).* in [0-9.]+s/ {
      for (i = 2; i <= NF; ++i) { if ($i ~ /^passed/) p += $(i - 1); if ($i ~ /^(failed|error)/) f += $(i - 1) } }
    END { print p + 0, f + 0 }' "$log")
  passed=$((passed + p))
  failed=$((failed + f))
  ((p + f > 0))
}

# step NAME COMMAND …: runs it with a log; a step that counts no tests is one test itself.
step() {
  local name=$1 start=$SECONDS log="$logs/$1.log" status
  shift
  if [ ${#wanted[@]} -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* && " ${wanted[*]} " != *" ${name%%@*} "* ]]; then
    return 0
  fi
  "$@" >"$log" 2>&1
  status=$?
  local before=$failed
  if ! count_tests "$log"; then
    if [ $status -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); fi
  elif [ $status -ne 0 ] && [ "$failed" -eq "$before" ]; then
    failed=$((failed + 1))  # the runner itself failed: a test that cannot be collected is not a pass
  fi
  if [ $status -eq 0 ]; then
    say "$name: ok ($((SECONDS - start)) s)"
  else
    failures+=("$name")
    say "$name: FAILED ($((SECONDS - start)) s), log: $log"
    tail -n 60 "$log" >&2
  fi
  return 0
}

configure() { cmake --preset "$1" && cmake --build --preset "$1"; }

check_format() {
  git ls-files '*.h' '*.cpp' | grep -v '/goldens/' | xargs clang-format --dry-run --Werror
}

# The compiler's own options are GCC's; those that clang does not know are no finding.
run_tidy() {
  git ls-files 'scriptc/model/*.cpp' 'scriptc/python/*.cpp' 'scriptc/cli/*.cpp' 'weights/*.cpp' 'plugins/*.cpp' |
    xargs -P 2 -n 4 clang-tidy -p build --quiet --warnings-as-errors='*' --extra-arg=-Wno-unknown-warning-option
}

run_oracle() { SCRIPTC_BUILD=$PWD/$2 "$1" -m pytest -q -p no:cacheprovider tests/oracle; }

# Installs into a fresh prefix and builds a plugin against the installed package.
run_consumer() {
  rm -rf build/consumer-prefix && cmake --install build --prefix build/consumer-prefix &&
    bash tests/consumer/run.sh "$PWD/build/consumer-prefix"
}

# One described plugin serves every LibTorch: both trees must have built the same bytes.
same_plugins() {
  local plugin
  for plugin in lenet mlp branchy resnet bert; do
    sha256sum "build/lib/scriptc/plugins/$plugin.so" "build-1.13/lib/scriptc/plugins/$plugin.so"
    cmp "build/lib/scriptc/plugins/$plugin.so" "build-1.13/lib/scriptc/plugins/$plugin.so" || return 1
  done
}

main() {
  say "set-up"
  setup_build && setup_tests || exit 1
  step format check_format
  step build@2.13 configure dev
  step build@1.13 configure dev-1.13
  step build@asan configure asan
  step tidy run_tidy
  step same_plugins same_plugins
  step ctest@asan ctest --test-dir build-asan -j 2 --output-on-failure
  step ctest@2.13 ctest --test-dir build -j 2 --output-on-failure
  step ctest@1.13 ctest --test-dir build-1.13 -j 2 --output-on-failure
  step oracle@2.13 run_oracle .venv/bin/python build
  step oracle@1.13 run_oracle /usr/bin/python3 build-1.13
  step consumer run_consumer
  [ ${#failures[@]} -eq 0 ] || say "failed: ${failures[*]}"
  echo "$passed passed, $failed failed"
  [ ${#failures[@]} -eq 0 ] && [ "$failed" -eq 0 ]
}

main
