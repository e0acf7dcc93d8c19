# Fetches the board's kernel and firmware packages beside the root file system $1 without
# installing them: no initramfs generator, no depmod, no hook of theirs ever runs.
# packages and debs are set by the caller. apt checks every package against the signed
# suite, as it did for the installed ones.
set -eu
export APT_CONFIG="$MMDEBSTRAP_APT_CONFIG"
wanted=
for package in $packages; do
	case $package in
	linux-image-*)
		# linux-image-arm64 depends on linux-image-<abi>. Since forky the files are in
		# linux-{base,binary,modules}-<abi>; linux-image-<abi> itself is empty.
		abi=$(apt-cache show --no-all-versions "$package" |
			sed -n 's/^Depends:.*linux-image-\([^ ,]*\).*/\1/p' | head -n 1)
		[ -n "$abi" ] || { echo "E: $package names no kernel version" >&2; exit 1; }
		wanted="$wanted linux-base-$abi linux-binary-$abi linux-modules-$abi"
		;;
	*) wanted="$wanted $package" ;;
	esac
done
mkdir "$1/$debs"
cd "$1/$debs"
# The sandbox user _apt may not write here; the verification is the same.
apt-get -o APT::Sandbox::User=root download $wanted
