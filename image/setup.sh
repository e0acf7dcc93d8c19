#!/bin/bash
# Installs on Debian 12 or 13 what this project needs and the machine lacks, and says what
# for. It changes nothing that is already there, and asks sudo only when it must.
#
#   image/setup.sh image    what building images takes (the default)
#   image/setup.sh test     that, and what the tests run
#   image/setup.sh --list   only print what would be installed
set -euo pipefail
cd "$(dirname "$0")/.."

# package, the program that shows it is there, what for
image_needs='
mmdebstrap            mmdebstrap             makes the Debian root file system
arch-test             arch-test              asks whether arm64 programs run here
gpg                   gpg                    finds which key signs the suite
uidmap                newuidmap              lets it do so without root
debian-archive-keyring -/usr/share/keyrings/debian-archive-keyring.gpg checks the signatures of what it downloads
dpkg                  dpkg-deb               unpacks the kernel packages
kmod                  depmod                 indexes the kernel modules
xz-utils              xz                     unpacks the modules
squashfs-tools-ng     tar2sqfs               packs the system into one read-only file
dosfstools            mkfs.vfat              makes the boot partition
mtools                mcopy                  fills it without mounting it
grub-common           grub-mkimage           makes the boot loader of PCs
qemu-user-static      qemu-aarch64-static|qemu-aarch64 runs arm64 programs while installing them
binfmt-support        update-binfmts         tells the kernel to do so
ca-certificates       -/etc/ssl/certs/ca-certificates.crt   lets go fetch modules
git                   git                    keeps the source
nodejs                node|nodejs            bundles the browser phone
npm                   npm                    fetches what it is made of
'
test_needs='
qemu-system-x86       qemu-system-x86_64     boots the PC image
qemu-system-arm       qemu-system-aarch64    boots the arm64 image
ovmf                  -/usr/share/OVMF/OVMF_CODE_4M.fd      its UEFI
qemu-efi-aarch64      -/usr/share/AAVMF/AAVMF_CODE.fd       the same for arm64
qemu-utils            qemu-img               makes the disk that a trial may spoil
iproute2              ip                     makes the tests own networks
dnsmasq-base          dnsmasq                the office router of the lab
kea-dhcp4-server      kea-dhcp4              another one, whose leases are read
isc-dhcp-server       dhcpd                  a third
isc-dhcp-client       dhclient               asks them for addresses, as phones do
udhcpc                udhcpc                 so does this
lldpd                 lldpd                  says what it is, as phones do
e2fsprogs             fsck.ext4              checks the data partition
fdisk                 sfdisk                 checks the partition table
curl                  curl                   asks for files by TFTP
busybox               busybox                the same, another client
sip-tester            sipp                   calls a hundred times a minute
baresip-core          baresip                a telephone that somebody else wrote
chromium              chromium               opens the pages and the browser phone
'

go_needed=$(sed -n 's/^go \([0-9]*\.[0-9]*\).*/\1/p' go.mod)
# A Go from 1.21 on fetches the toolchain that go.mod names (GOTOOLCHAIN=auto).
go_enough=1.21

say() { printf '%s\n' "$*" >&2; }
die() { say "setup: $*"; exit 1; }

have() {
	local one # Debian releases differ in names: a|b
	for one in ${1//|/ }; do
		case $one in
		-*) [ -e "${one#-}" ] && return ;;
		*) PATH="$PATH:/usr/sbin:/sbin" command -v "$one" >/dev/null && return ;;
		esac
	done
	return 1
}

go_version() ( # prints 1.26, or nothing
	set +o pipefail
	PATH="$PATH:/usr/local/go/bin:/usr/lib/go/bin" GOTOOLCHAIN=local go version 2>/dev/null |
		sed -n 's/.* go\([0-9]*\.[0-9]*\).*/\1/p'
)
at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

mode=image list=
for arg; do
	case $arg in
	image | test) mode=$arg ;;
	--list) list=1 ;;
	*) die "unknown argument $arg: it is image, test or --list" ;;
	esac
done
needs=$image_needs
[ "$mode" = image ] || needs=$image_needs$test_needs

missing=()
while read -r package program why; do
	[ -n "$package" ] || continue
	have "$program" && continue
	missing+=("$package")
	say "$(printf '%-24s %s' "$package" "$why")"
done <<<"$needs"

go_package=
go_now=$(go_version)
if [ -z "$go_now" ] || ! at_least "$go_now" "$go_enough"; then
	go_package=golang-go
	say "$(printf '%-24s %s' golang-go "compiles our programs (go $go_needed; now: ${go_now:-none})")"
fi
[ -z "$list" ] || exit 0

root() {
	if [ "$(id -u)" = 0 ]; then "$@"
	elif command -v sudo >/dev/null; then sudo "$@"
	else die "not root and no sudo: run as root once: image/setup.sh $mode"; fi
}

# Quiet unless it fails.
install() {
	local words
	words=$(root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@" 2>&1) || {
		say "$words"
		return 1
	}
}

if [ ${#missing[@]} -gt 0 ] || [ -n "$go_package" ]; then
	command -v apt-get >/dev/null || die "this is no Debian: install the list above in your system's way"
	# One dead source must not stop the others: what counts is whether the install works.
	root apt-get -qq update || say "setup: a package source did not answer; going on with the others"
fi
# The tests start these themselves, in networks of their own: the machine must not.
unstarted=' kea-dhcp4-server isc-dhcp-server lldpd '
policy=/usr/sbin/policy-rc.d # what Debian asks before it starts a service
for package in "${missing[@]}"; do
	[[ $unstarted = *" $package "* ]] || continue
	unit=/etc/systemd/system/$package.service
	if [ ! -e "$unit" ] && [ ! -L "$unit" ]; then # masked, also for the next boot; systemctl unmask gives it back
		root mkdir -p /etc/systemd/system
		root ln -s /dev/null "$unit"
	fi
	if [ ! -e "$policy" ]; then
		trap 'root rm -f "$policy"' EXIT
		printf '#!/bin/sh\nexit 101\n' | root tee "$policy" >/dev/null
		root chmod 755 "$policy"
	fi
done
if [ ${#missing[@]} -gt 0 ]; then
	install "${missing[@]}" ||
		die "apt could not install: ${missing[*]}: see its words above"
fi

if [ -n "$go_package" ]; then
	. /etc/os-release
	from=()
	# Debian 12's own Go is 1.19; its backports have one that is new enough.
	if ! apt-cache policy golang-go | grep -A1 Candidate | grep -Eq '1\.(2[1-9]|[3-9][0-9])'; then
		backports=$VERSION_CODENAME-backports
		if ! apt-cache policy | grep -q "$backports"; then
			say "adding $backports to the package sources, for Go"
			# From the mirror that this machine already uses.
			uri=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $VERSION_CODENAME" | sed -n 1p)
			[ -n "$uri" ] || die "no package source for $VERSION_CODENAME: install go $go_enough or newer from https://go.dev/dl"
			printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
				"$uri" "$backports" | root tee /etc/apt/sources.list.d/autocom-backports.sources >/dev/null
			root apt-get -qq update || say "setup: a package source did not answer; going on with the others"
		fi
		from=(-t "$backports")
	fi
	install "${from[@]}" golang-go ||
		die "apt could not install Go: install go $go_enough or newer from https://go.dev/dl"
	go_now=$(go_version)
	at_least "${go_now:-0}" "$go_enough" || die "Go is still ${go_now:-missing}: install go $go_enough or newer from https://go.dev/dl"
fi

# The kernel must know how to run arm64 programs; a container often has the entry of its
# host, a fresh machine has it since the package was installed, others need a push.
if [ "$(uname -m)" != aarch64 ] && [ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]; then
	say "enabling arm64 programs on this machine"
	[ -e /proc/sys/fs/binfmt_misc/register ] || root mount -t binfmt_misc none /proc/sys/fs/binfmt_misc ||
		say "setup: cannot mount binfmt_misc here; only the pc board can be built"
	root update-binfmts --enable qemu-aarch64 || say "setup: cannot enable arm64 programs here; only the pc board can be built"
fi
