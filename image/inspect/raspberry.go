package inspect

import (
	"fmt"
	"slices"
	"strings"
)

// BoardFiles are the files that a Raspberry board's firmware would load, in order.
type BoardFiles struct {
	Board   string   `json:"board"`
	Loads   []string `json:"loads"`
	Missing []string `json:"missing,omitempty"` // sentences

	prefix, cmdline string
}

// raspberry is what the firmware of a board looks for. Names of device trees: first
// those of mainline (upstream_kernel=1), then Raspberry's own.
type raspberry struct {
	name     string
	filters  []string // sections of config.txt that apply
	firmware []string
	trees    []string
}

// Boards that the debian base may claim: those whose card, network and USB Debian's kernel
// drives with nothing but its own device trees. The Pi 4 has its first stage in an EEPROM,
// the Pi 3 reads bootcode.bin.
var raspberries = []raspberry{
	{"Raspberry Pi 3B", []string{"all", "pi3"}, []string{"bootcode.bin", "start.elf", "fixup.dat"},
		[]string{"bcm2837-rpi-3-b.dtb", "bcm2710-rpi-3-b.dtb"}},
	{"Raspberry Pi 3B+", []string{"all", "pi3", "pi3+"}, []string{"bootcode.bin", "start.elf", "fixup.dat"},
		[]string{"bcm2837-rpi-3-b-plus.dtb", "bcm2710-rpi-3-b-plus.dtb"}},
	{"Raspberry Pi 4", []string{"all", "pi4"}, []string{"start4.elf", "fixup4.dat"},
		[]string{"bcm2711-rpi-4-b.dtb"}},
	{"Raspberry Pi 400", []string{"all", "pi4", "pi400"}, []string{"start4.elf", "fixup4.dat"},
		[]string{"bcm2711-rpi-400.dtb"}},
}

// settings reads config.txt as a board does: sections that apply, later lines win.
func settings(text string, filters []string) map[string]string {
	set, applies := map[string]string{}, true
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			applies = slices.Contains(filters, strings.Trim(line, "[]"))
		case applies && strings.HasPrefix(line, "initramfs "): // the one line without "="
			set["initramfs"] = strings.Fields(line)[1]
		case applies:
			if key, value, ok := strings.Cut(line, "="); ok {
				set[key] = value
			}
		}
	}
	return set
}

// boardFiles follows the firmware's rules (Raspberry documentation, os_prefix): the prefix
// is ignored without a word when kernel or device tree are not there, and overlays come
// from it only when overlays/README is there.
func boardFiles(f *files, config string) []BoardFiles {
	var list []BoardFiles
	for _, r := range raspberries {
		b := BoardFiles{Board: r.name}
		load := func(name, why string) {
			if f.has(name) {
				b.Loads = append(b.Loads, name)
			} else {
				b.Missing = append(b.Missing, name+" is missing: "+why)
			}
		}
		for _, name := range append(r.firmware, "config.txt") {
			load(name, "the firmware reads it before anything else")
		}
		set := settings(config, r.filters)
		kernel := set["kernel"]
		if kernel == "" {
			kernel = "kernel8.img"
		}
		trees := r.trees
		if set["upstream_kernel"] != "1" {
			trees = slices.Clone(trees)
			slices.Reverse(trees)
		}
		prefix := set["os_prefix"]
		tree := first(f, prefix, trees)
		if prefix != "" && (!f.has(prefix+kernel) || tree == "") {
			b.Missing = append(b.Missing, fmt.Sprintf("%s or one of %s is missing: the firmware would ignore os_prefix=%s without a word",
				prefix+kernel, strings.Join(withPrefix(prefix, trees), ", "), prefix))
			prefix = ""
			tree = first(f, prefix, trees)
		}
		b.prefix, b.cmdline = prefix, prefix+"cmdline.txt"
		load(prefix+kernel, "it is the kernel")
		if tree != "" {
			b.Loads = append(b.Loads, tree)
		} else {
			b.Missing = append(b.Missing, "none of "+strings.Join(withPrefix(prefix, trees), ", ")+" is there: the kernel would know no device")
		}
		if set["initramfs"] != "" {
			load(prefix+set["initramfs"], "it holds init")
		} else {
			b.Missing = append(b.Missing, "config.txt names no initramfs: nothing would start after the kernel")
		}
		load(b.cmdline, "the kernel would not know its card")
		if set["arm_64bit"] != "1" {
			b.Missing = append(b.Missing, "config.txt has no arm_64bit=1: the kernel is for 64 bits")
		}
		if prefix != "" && !f.has(prefix+"overlays/README") {
			b.Missing = append(b.Missing, prefix+"overlays/README is missing: the firmware would take no overlay from the slot")
		}
		list = append(list, b)
	}
	return list
}

// first is the first of these device trees that exists, "" when none does.
func first(f *files, prefix string, trees []string) string {
	for _, t := range withPrefix(prefix, trees) {
		if f.has(t) {
			return t
		}
	}
	return ""
}

func withPrefix(prefix string, names []string) []string {
	var list []string
	for _, n := range names {
		list = append(list, prefix+n)
	}
	return list
}
