#!/usr/bin/env bash
# pip takes every option from a variable, PIP_NO_INDEX too: with it, only local wheels are installed. Most of uv's
# options have a variable of the same form (UV_FIND_LINKS, UV_DEFAULT_INDEX, UV_OFFLINE), so that a translation of names
# looks complete. In uv 0.13.8 UV_NO_INDEX does not exist and is ignored without a word: what is not among the local
# wheels comes from PyPI. `no-index = true` in uv.toml and the option --no-index do what they say.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3.11 -m venv "$work/tools"
"$work/tools/bin/pip" install --quiet uv==0.13.8 pip==26.2
mkdir "$work/wheels" # no wheel in it
# Settings of whoever runs this are none of pip's or uv's here.
for name in $(env | sed -n 's/^\(\(PIP\|UV\)_[A-Z_]*\)=.*/\1/p' | grep -v CERT); do unset "$name"; done
export PIP_CONFIG_FILE=/dev/null UV_NO_CONFIG=1 UV_CACHE_DIR=$work/cache
uv=$work/tools/bin/uv
"$uv" --version
"$uv" venv --quiet --python python3.11 "$work/target"

try() { # a title, then a command: prints whether it would install the package
    local title=$1
    shift
    if "$@" >"$work/output" 2>&1; then result=installs; else result=refuses; fi
    printf '%-28s %s\n' "$title" "$result"
}

package=iniconfig==2.1.0
dry=(pip install --dry-run --find-links "$work/wheels" "$package")
export PIP_NO_INDEX=1
try "pip, PIP_NO_INDEX=1" "$work/tools/bin/python" -m "${dry[@]}"
[ "$result" = refuses ]
unset PIP_NO_INDEX
export UV_NO_INDEX=1
try "uv, UV_NO_INDEX=1" "$uv" "${dry[@]}" --python "$work/target"
[ "$result" = installs ]
unset UV_NO_INDEX
try "uv, --no-index" "$uv" "${dry[@]}" --python "$work/target" --no-index
[ "$result" = refuses ]
unset UV_NO_CONFIG
echo 'no-index = true' >"$work/uv.toml"
UV_CONFIG_FILE=$work/uv.toml try "uv, no-index in uv.toml" "$uv" "${dry[@]}" --python "$work/target"
[ "$result" = refuses ]
