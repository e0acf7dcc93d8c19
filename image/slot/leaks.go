package slot

// leaks are what must not travel from the build machine, or from the moment of building,
// into every card: names, keys, identities, lists, logs. image/inspect looks for the same
// in the finished image, with a list of its own.
var leaks = []string{
	"etc/hostname", "etc/resolv.conf", // mmdebstrap copies the build machine's
	"etc/machine-id", "var/lib/dbus/machine-id", // init gives each card its own
	"etc/ssh/ssh_host_*", // openssh-server's postinst made them
	"etc/ssl/private/*",
	"etc/.pwd.lock", "etc/passwd-", "etc/group-", "etc/shadow-", "etc/gshadow-", "etc/subuid-", "etc/subgid-",
	"etc/apt/sources.list", "etc/apt/sources.list.d/*", // may name a private mirror
	"etc/apt/apt.conf.d/99mmdebstrap", "etc/dpkg/dpkg.cfg.d/99mmdebstrap",
	"var/lib/apt/lists/*", "var/lib/apt/extended_states", "var/cache/apt/*", "var/cache/ldconfig/*",
	"var/cache/debconf/*", "var/lib/dpkg/status-old", "var/lib/dpkg/available", "var/lib/dpkg/lock*",
	"var/lib/dpkg/triggers/Lock", "var/lib/systemd/random-seed", "var/lib/systemd/catalog/*",
	"var/log/*", "var/mail/*", "var/tmp/*", "var/backups/*", "tmp/*", "run/*", "root/*",
	"usr/bin/qemu-*-static", "usr/libexec/qemu-binfmt/*", // the emulator, when it was copied in
	"dev/*", // devtmpfs brings them
}

// unwanted are parts of the distribution that this image has no use for.
var unwanted = []string{
	"etc/asterisk/*", "usr/share/asterisk/conf/*", // asterisk-conf renders all of it
	"etc/init.d/*", "etc/rc?.d/*", "etc/cron.d/*", "etc/cron.daily/*",
	"etc/systemd/system/*", // what packages enabled; the overlay says what starts
	"boot/*",
	"usr/lib/udev/hwdb.d/*",                        // sources of hwdb.bin
	"usr/share/perl/*", "usr/lib/*-linux-gnu/perl", // scripts of packages; perl-base stays
	"usr/lib/*-linux-gnu/libcodec2.so*", // 17 MB for a codec that no phone of ours speaks
	"usr/lib/*-linux-gnu/asterisk/modules/codec_codec2.so",
}
