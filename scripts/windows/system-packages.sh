#!/bin/sh
# Wine and the compiler for Windows, which the Windows tests need. Installs what is missing as root on a
# Debian-like system; fails, and says what to install, anywhere else.
set -u

missing=""
command -v wine >/dev/null 2>&1 || missing="$missing wine wine64"
command -v x86_64-w64-mingw32-gcc >/dev/null 2>&1 || missing="$missing gcc-mingw-w64-x86-64-win32"
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "installing system packages:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
    echo "could not install:$missing" >&2
fi
echo "the Windows tests need Wine and MinGW. Missing here:$missing" >&2
echo "On Debian or Ubuntu: sudo apt-get install$missing" >&2
exit 1
