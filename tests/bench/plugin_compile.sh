#!/bin/bash
# How much longer a described plugin compiles than a file that includes <string> and <vector>: the best of five each, at
# -O2, without ccache. The limit is 4.
#   tests/bench/plugin_compile.sh BUILD [PLUGIN.cpp]
set -euo pipefail
build=$(realpath "${1:?usage: tests/bench/plugin_compile.sh BUILD [PLUGIN.cpp]}")
top=$(dirname "$(dirname "$(dirname "$(realpath "$0")")")")
plugin=${2:-$top/model_defs/lenet.cpp}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf '#include <string>\n#include <vector>\n' > "$work/base.cpp"

# Milliseconds of CPU, which other jobs on the machine do not lengthen as they do the wall clock's.
best() {
  local least= times
  for _ in 1 2 3 4 5; do
    times=$( { TIMEFORMAT='%U %S'; time g++ -std=c++17 -O2 -fPIC -fvisibility=hidden -I "$build/include" \
             -I "$top/plugins/include" -c "$1" -o "$work/out.o"; } 2>&1 )
    times=$(awk '{ printf "%d", ($1 + $2) * 1000 }' <<< "$times")
    if [ -z "$least" ] || [ "$times" -lt "$least" ]; then least=$times; fi
  done
  echo "$least"
}

base=$(best "$work/base.cpp")
mine=$(best "$plugin")
ratio=$(awk -v a="$mine" -v b="$base" 'BEGIN { printf "%.2f", a / b }')
echo "plugin_compile: $(basename "$plugin") $mine ms, <string> and <vector> $base ms, ratio $ratio (limit 4)"
awk -v r="$ratio" 'BEGIN { exit !(r <= 4) }'
