package inspect

import (
	"bytes"
	"regexp"
	"strings"
)

var (
	grubSlot     = regexp.MustCompile(`(?m)^slot=([ab])$`)
	diskArgument = regexp.MustCompile(`\bautocom\.disk=(\S*)`)
)

// readLoader finds out which slot is started.
func (x *examination) readLoader() {
	if x.boot.has("config.txt") {
		text, _ := x.boot.read("config.txt") // unreadable: every board's files are missing then
		x.report.Boards = boardFiles(x.boot, string(text))
		for _, b := range x.report.Boards {
			x.report.Starts = strings.TrimSuffix(b.prefix, "/")
		}
		return
	}
	env, _ := x.boot.read("grub/grubenv")
	x.report.Starts = "a" // grub.cfg's own default
	if m := grubSlot.FindSubmatch(env); m != nil {
		x.report.Starts = string(m[1])
	}
}

// checkLoader compares the boot loader's files with the disk.
func (x *examination) checkLoader() {
	const part = "boot loader"
	var commands []string // files with a kernel command line
	if x.boot.has("config.txt") {
		for _, b := range x.report.Boards {
			for _, missing := range b.Missing {
				x.problem(part, "%s would not start: %s", b.Board, missing)
			}
			commands = append(commands, b.cmdline)
		}
	} else {
		commands = []string{"grub/grub.cfg"}
		x.checkGRUB()
	}
	seen := map[string]bool{"": true}
	for _, name := range commands {
		if seen[name] {
			continue
		}
		seen[name] = true
		text, err := x.boot.read(name)
		if err != nil {
			x.problem(part, "%s cannot be read: %v", name, err)
			continue
		}
		m := diskArgument.FindSubmatch(text)
		switch {
		case m == nil:
			x.problem(part, "%s has no autocom.disk=: init would not know its card", name)
		case string(m[1]) != x.report.Signature:
			x.problem(part, "%s says autocom.disk=%s and the disk signature is %s: init would not find its card", name, m[1], x.report.Signature)
		}
		if name != "grub/grub.cfg" && bytes.Contains(bytes.TrimSpace(text), []byte("\n")) {
			x.problem(part, "%s has more than one line: the firmware reads only the first", name)
		}
	}
}

// checkGRUB looks for the programs that BIOS and UEFI start, by the architecture of the
// first slot: one loader serves both.
func (x *examination) checkGRUB() {
	const part = "boot loader"
	if len(x.report.Slots) == 0 {
		return // said already
	}
	switch x.report.Slots[0].Arch {
	case "amd64":
		if !x.boot.has("EFI/BOOT/BOOTX64.EFI") {
			x.problem(part, "EFI/BOOT/BOOTX64.EFI is missing: no PC with UEFI would start")
		}
		code, core := make([]byte, sector), make([]byte, sector)
		_, err1 := x.file.ReadAt(code, 0)
		_, err2 := x.file.ReadAt(core, sector)
		// x86 code starts with a jump, in boot.img as in any other (GRUB, boot.S).
		if err1 != nil || err2 != nil || code[0] != 0xeb || bytes.Equal(core, make([]byte, sector)) {
			x.problem(part, "the disk has no boot code before its first partition: no PC with BIOS would start")
		}
	case "arm64":
		if !x.boot.has("EFI/BOOT/BOOTAA64.EFI") {
			x.problem(part, "EFI/BOOT/BOOTAA64.EFI is missing: no arm64 machine with UEFI would start")
		}
	}
}
