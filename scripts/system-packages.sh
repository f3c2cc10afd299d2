#!/bin/sh
# System libraries that Python packages cannot bring: Pango (PDF) and, for the browser tests, Chromium.
# Installs what is missing as root on a Debian-like system; anywhere else it says what to install and goes on,
# because everything but the PDF and the browser tests works without them.
set -u

missing=""
ldconfig -p 2>/dev/null | grep -q 'libpango-1.0.so' || missing="$missing libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
fc-list 2>/dev/null | grep -qi . || missing="$missing fonts-dejavu-core"
command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || missing="$missing chromium"
python3 -c 'import ensurepip' >/dev/null 2>&1 || missing="$missing python3-venv"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing system packages:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
    echo "could not install:$missing" >&2
fi
echo "PDF reports need Pango, browser tests need Chromium. Missing here:$missing" >&2
echo "On Debian or Ubuntu: sudo apt-get install$missing" >&2
exit 0
