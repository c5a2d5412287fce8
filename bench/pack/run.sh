#!/bin/sh
# Runs the packed bench; ./run.sh --help names its options. Wants a Vulkan driver, or one named by
# VK_ICD_FILENAMES. Libraries that come along are used only where the system has none.
here=$(cd "$(dirname "$0")" && pwd)
PATH="${PATH:-/usr/bin:/bin}:/usr/sbin:/sbin"

use() { export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib/$1"; }

"$here/node" --version >/dev/null 2>&1 || use standard
if ! ldconfig -p 2>/dev/null | grep -q libvulkan.so.1; then use vulkan; fi
exec "$here/node" "$here/bench.mjs" "$@"
