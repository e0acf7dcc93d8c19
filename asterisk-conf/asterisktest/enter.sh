# Runs in a new mount and UTS namespace: makes a root of the card's shape and
# becomes Asterisk in it, keeping the process id.
# The root file system is never written to: several tests share it.
set -e
root=$1 rootfs=$2 data=$3 hostname=$4 hosts=$5 resolv=$6

mount -t tmpfs -o size=128m,mode=755 tmpfs "$root"
cd "$root"
mkdir -p data dev/shm etc proc run/asterisk run/autocom tmp usr var/lib var/log/asterisk var/spool
chmod 1777 tmp dev/shm
for d in bin sbin lib lib32 lib64; do
	if [ -L "$rootfs/$d" ]; then ln -s "$(readlink "$rootfs/$d")" "$d"; fi
done
mount --bind "$rootfs/usr" usr
mount -o remount,bind,ro usr
mount --bind "$data" data
mount --rbind /proc proc
for d in null zero full random urandom; do
	: >dev/$d
	mount --bind /dev/$d dev/$d
done
# Not all of /etc: who runs this need not be root, and cannot read shadow.
for f in passwd group nsswitch.conf ld.so.cache ld.so.conf ld.so.conf.d alternatives protocols services; do
	if [ -e "$rootfs/etc/$f" ]; then cp -R "$rootfs/etc/$f" etc; fi
done
cp -R "$rootfs/var/lib/asterisk" var/lib/asterisk
ln -s /data/asterisk/current etc/asterisk
printf '%s\n' "$hosts" >etc/hosts
printf '%s\n' "$resolv" >etc/resolv.conf
printf '%s\n' "$hostname" >etc/hostname
chroot . /usr/bin/hostname "$hostname"
exec chroot . /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME=/tmp LANG=C.UTF-8 /usr/sbin/asterisk -f -C /etc/asterisk/asterisk.conf
