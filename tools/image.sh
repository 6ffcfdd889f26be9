#!/usr/bin/env bash
# image.sh PROGRAM OUT.tar REFERENCE VERSION REVISION - a container image around a self-contained program, without a daemon and
# without a base image. Two layers: the few files of Debian that .NET needs on this machine's architecture, and /app.
# OUT.tar is an OCI layout and a docker-archive in one: docker load, podman load, ctr images import, kind load image-archive.
# The same input gives the same bytes: entries sorted, owners and times fixed. SOURCE_DATE_EPOCH is the image's own date.
set -euo pipefail
PROGRAM=$(realpath "${1:?the folder of the program}") OUT=$(realpath -m "${2:?the tar to write}") REFERENCE=${3:?} VERSION=${4:?} REVISION=${5:?}
CREATED=$(date -u -d "@${SOURCE_DATE_EPOCH:-0}" +%Y-%m-%dT%H:%M:%SZ)
WORK=$(mktemp -d); trap 'rm -rf "$WORK"' EXIT
command -v dpkg-query >/dev/null || { echo "error: the image's system files come from Debian's packages, and this is not Debian or Ubuntu" >&2; echo "hint: docker build . makes an image of the same layout" >&2; exit 69; }
umask 022

# ---- the system's layer
ROOT=$WORK/system; PACKAGES=$WORK/packages; mkdir -p "$ROOT"/{etc/ssl/certs,usr/lib/ssl,usr/share/zoneinfo,home,app}; : >"$PACKAGES"

# A file of a package at its own path, and the package noted: what is shipped is named, with its licence.
take() {
  local path=$1 owner
  mkdir -p "$ROOT$(dirname "$path")"; cp -L "$path" "$ROOT$path"
  # Debian's packages say /lib or /usr/lib, whichever; both are the same folder.
  owner=$(dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "$(realpath "$path")" 2>/dev/null || dpkg-query -S "${path#/usr}" 2>/dev/null || dpkg-query -S "/usr$path" 2>/dev/null) \
    || { echo "error: $path belongs to no package" >&2; exit 1; }
  sed 's/:.*//; s/,.*//' <<<"$owner" | head -1 >>"$PACKAGES"
}

# Where the loader finds a library that .NET opens by name.
library() { ldconfig -p 2>/dev/null | awk -v n="$1" '$1 == n { print $NF; exit }'; }
OPENED=(libssl.so.3 libcrypto.so.3)
LIBRARIES=()
for name in "${OPENED[@]}"; do
  path=$(PATH=$PATH:/sbin:/usr/sbin library "$name")
  [ -n "$path" ] || { echo "error: $name is not on this machine" >&2; echo "hint: apt-get install libssl3" >&2; exit 69; }
  LIBRARIES+=("$path")
done
while read -r path; do LIBRARIES+=("$path"); done < <(find "$PROGRAM" -maxdepth 1 \( -name openclaw -o -name '*.so' \) -exec ldd {} + | grep -oE '(^|[[:space:]])/[^ :]+ \(0x' | awk '{print $1}'; ldd "${LIBRARIES[@]}" | grep -oE '(^|[[:space:]])/[^ :]+ \(0x' | awk '{print $1}')
while read -r path; do take "$path"; done < <(printf '%s\n' "${LIBRARIES[@]}" | sort -u)

# Mozilla's authorities as the package has them: what this machine trusts besides is its own affair.
[ -d /usr/share/ca-certificates/mozilla ] || { echo "error: the certificate authorities are not on this machine" >&2; echo "hint: apt-get install ca-certificates" >&2; exit 69; }
LC_ALL=C find /usr/share/ca-certificates/mozilla -name '*.crt' -print0 | LC_ALL=C sort -z | xargs -0 cat >"$ROOT/etc/ssl/certs/ca-certificates.crt"
ln -s /etc/ssl/certs "$ROOT/usr/lib/ssl/certs"; echo ca-certificates >>"$PACKAGES"
# Days and months of budgets and of usage are those of a zone.
[ -d /usr/share/zoneinfo/Europe ] || { echo "error: the time zones are not on this machine" >&2; echo "hint: apt-get install tzdata" >&2; exit 69; }
(cd /usr/share/zoneinfo && find . -type f -o -type l | grep -Ev '^\./(posix|right|localtime|posixrules|.*\.(tab|list|zi)$)' | LC_ALL=C sort | tar -cf - -T -) | tar -xf - -C "$ROOT/usr/share/zoneinfo"; echo tzdata >>"$PACKAGES"

printf 'root:x:0:0:root:/:/sbin/nologin\nopenclaw:x:1000:1000:openclaw:/home/openclaw:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin\n' >"$ROOT/etc/passwd"
printf 'root:x:0:\nopenclaw:x:1000:\nnonroot:x:65532:\n' >"$ROOT/etc/group"
echo 'hosts: files dns' >"$ROOT/etc/nsswitch.conf"
cp -L /etc/os-release "$ROOT/etc/os-release"
# Scanners read status.d as they do in other images without a package manager.
mkdir -p "$ROOT/var/lib/dpkg/status.d"
while read -r package; do
  dpkg-query -s "$package" >"$ROOT/var/lib/dpkg/status.d/$package"
  mkdir -p "$ROOT/usr/share/doc/$package"; cp -L "/usr/share/doc/$package/copyright" "$ROOT/usr/share/doc/$package/copyright"
done < <(sort -u "$PACKAGES")
mkdir -p "$WORK/home/home/openclaw/.openclaw" "$WORK/tmp/tmp"; chmod 1777 "$WORK/tmp/tmp"

# ---- the program's layer
mkdir -p "$WORK/program/app"; cp -a "$PROGRAM/." "$WORK/program/app/"

# pack LAYER FOLDER UID [FOLDER UID]...: one tar of all of them
pack() {
  local layer=$1 first=-c; shift
  while [ $# -gt 0 ]; do
    (cd "$1" && find . -mindepth 1 | sed 's|^\./||' | LC_ALL=C sort | tar $first --format=gnu --no-recursion --mtime=@0 --numeric-owner --owner="$2" --group="$2" -f "$layer" -T -)
    first=-r; shift 2
  done
}
chmod -R u=rwX,go=rX "$ROOT" "$WORK/program"
pack "$WORK/1.tar" "$ROOT" 0 "$WORK/tmp" 0
# Only what lies below /home is the user's; /home itself is in the layer already.
(cd "$WORK/home" && printf 'home/openclaw\nhome/openclaw/.openclaw\n' | tar -r --format=gnu --no-recursion --mtime=@0 --numeric-owner --owner=1000 --group=1000 -f "$WORK/1.tar" -T -)
pack "$WORK/2.tar" "$WORK/program" 0

# ---- the image
BLOBS=$WORK/image/blobs/sha256; mkdir -p "$BLOBS"
digest() { sha256sum "$1" | cut -d' ' -f1; }
size() { stat -c %s "$1"; }
# blob FILE: moves it to its place, prints its digest
blob() { local d; d=$(digest "$1"); mv "$1" "$BLOBS/$d"; echo "$d"; }
DIFF1=$(digest "$WORK/1.tar") DIFF2=$(digest "$WORK/2.tar")
gzip -n "$WORK/1.tar" "$WORK/2.tar"
LAYER1=$(blob "$WORK/1.tar.gz") LAYER2=$(blob "$WORK/2.tar.gz")
ARCHITECTURE=$(dpkg --print-architecture)
cat >"$WORK/config" <<JSON
{
  "architecture": "$ARCHITECTURE", "os": "linux", "created": "$CREATED",
  "config": {
    "User": "1000:1000",
    "Env": ["PATH=/app", "HOME=/home/openclaw", "DOTNET_EnableDiagnostics=0"],
    "Entrypoint": ["/app/openclaw"],
    "Cmd": ["gateway"],
    "WorkingDir": "/home/openclaw",
    "ExposedPorts": { "18789/tcp": {} },
    "StopSignal": "SIGTERM",
    "Labels": {
      "org.opencontainers.image.title": "OpenClaw for .NET",
      "org.opencontainers.image.description": "One address for every model provider, and its Kubernetes operator",
      "org.opencontainers.image.version": "$VERSION",
      "org.opencontainers.image.revision": "$REVISION",
      "org.opencontainers.image.licenses": "Apache-2.0"
    }
  },
  "rootfs": { "type": "layers", "diff_ids": ["sha256:$DIFF1", "sha256:$DIFF2"] },
  "history": [
    { "created": "1970-01-01T00:00:00Z", "created_by": "libraries, certificate authorities and time zones of Debian's packages" },
    { "created": "$CREATED", "created_by": "openclaw $VERSION" }
  ]
}
JSON
CONFIG=$(blob "$WORK/config")
layer() { echo "{ \"mediaType\": \"application/vnd.oci.image.layer.v1.tar+gzip\", \"digest\": \"sha256:$1\", \"size\": $(size "$BLOBS/$1") }"; }
cat >"$WORK/manifest" <<JSON
{
  "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
  "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": "sha256:$CONFIG", "size": $(size "$BLOBS/$CONFIG") },
  "layers": [$(layer "$LAYER1"), $(layer "$LAYER2")]
}
JSON
MANIFEST=$(blob "$WORK/manifest")
echo '{ "imageLayoutVersion": "1.0.0" }' >"$WORK/image/oci-layout"
cat >"$WORK/image/index.json" <<JSON
{
  "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
  "manifests": [{
    "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": "sha256:$MANIFEST", "size": $(size "$BLOBS/$MANIFEST"),
    "platform": { "architecture": "$ARCHITECTURE", "os": "linux" },
    "annotations": { "io.containerd.image.name": "$REFERENCE", "org.opencontainers.image.ref.name": "${REFERENCE##*:}" }
  }]
}
JSON
# For docker load, older ones too.
echo "[{ \"Config\": \"blobs/sha256/$CONFIG\", \"RepoTags\": [\"$REFERENCE\"], \"Layers\": [\"blobs/sha256/$LAYER1\", \"blobs/sha256/$LAYER2\"] }]" >"$WORK/image/manifest.json"
mkdir -p "$(dirname "$OUT")"
(cd "$WORK/image" && find . -type f | sed 's|^\./||' | LC_ALL=C sort | tar -c --format=gnu --mtime=@0 --numeric-owner --owner=0 --group=0 -f "$OUT.new" -T -)
mv "$OUT.new" "$OUT"
echo "$REFERENCE sha256:$MANIFEST"
echo "$OUT: $(($(size "$OUT") / 1048576)) MiB packed, $(du -sm --apparent-size "$ROOT" "$WORK/program" | awk '{s+=$1} END {print s}') MiB unpacked"
