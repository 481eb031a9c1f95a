#!/bin/bash
# Builds a plugin against the package installed in PREFIX, lists it, and compiles it where a back end is installed.
#   tests/consumer/run.sh PREFIX
set -euo pipefail
prefix=$(realpath "${1:?usage: tests/consumer/run.sh PREFIX}")
source=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { echo "consumer: $*" >&2; exit 1; }

cmake -S "$source" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" > "$work/log" || { cat "$work/log"; exit 1; }
cmake --build "$work/build" > "$work/log" || { cat "$work/log"; exit 1; }
plugin=$work/build/tiny.so

needed=$(readelf -d "$plugin" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
for library in $needed; do
  case $library in
    libstdc++.so.*|libgcc_s.so.*|libc.so.*|libm.so.*|ld-linux*) ;;
    *) fail "the plugin links $library" ;;
  esac
done

"$prefix/bin/scriptc" list "$plugin" > "$work/list"
grep -q "Tiny" "$work/list" || { cat "$work/list"; fail "scriptc list does not name the model"; }
# Installed plugins are found by their bare names.
"$prefix/bin/scriptc" list lenet > "$work/list"
grep -q "LeNet" "$work/list" || { cat "$work/list"; fail "scriptc list lenet does not name the model"; }

if compgen -G "$prefix/lib*/libscriptc_torch.so" > /dev/null; then
  "$prefix/bin/pytorch_to_torch" "$plugin" Tiny -s "$work/tiny.pt" --kwargs width 5
  [ -s "$work/tiny.pt" ] || fail "no file was written"
fi
echo "consumer: passed"
