// Package qemu turns a disk image into a running machine: it boots the image under
// emulation on a LAN of its own, reads its console, and can pull its plug.
package qemu

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

// Machine is what Boot starts.
type Machine struct {
	Image    string // the disk image; it is only read
	Arch     string // Debian architecture: "amd64" or "arm64"
	Firmware string // "bios" or "uefi"; arm64 has only "uefi"
	MemoryMB int    // 0 is 1024
	CardMB   int    // size of the card the image is written to; 0 is 2048
	Dir      string // where the overlay disk and the console log lie; they survive a power cut
	Tap      string // interface made by LAN.Tap; "" is QEMU's user network
	Forward  []string
	Accel    string    // "" is "tcg": KVM may be present and broken
	Terminal bool      // console on our own terminal instead of a log
	RTC      time.Time // what the clock of the board says at the start; the zero time is now
	Echo     io.Writer // also gets the console, when set
}

// disk is the overlay: the card with what was written to it since the image. It is
// made once and used again by the next Boot in the same Dir.
//
// QEMU keeps the tables of this format in memory until the guest asks for a flush,
// so killing QEMU loses what the guest did not flush, as pulling a plug does.
func (m Machine) disk() (string, error) {
	path := filepath.Join(m.Dir, "card.qcow2")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	image, err := filepath.Abs(m.Image)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(image); err != nil {
		return "", err
	}
	tool, err := find("qemu-img", "qemu-utils")
	if err != nil {
		return "", err
	}
	size := strconv.Itoa(orDefault(m.CardMB, 2048)) + "M"
	out, err := exec.Command(tool, "create", "-q", "-f", "qcow2", "-F", "raw", "-b", image, path, size).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("make the card %s: %w: %s", path, err, out)
	}
	return path, nil
}

// firmware gives the flash images of UEFI: code read-only, variables a copy of our own.
func (m Machine) firmware() (code, vars string, err error) {
	if m.Firmware == "bios" {
		return "", "", nil
	}
	pairs := [][2]string{{"/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"}}
	pack := "ovmf"
	if m.Arch == "arm64" {
		pairs = [][2]string{{"/usr/share/AAVMF/AAVMF_CODE.no-secboot.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"},
			{"/usr/share/AAVMF/AAVMF_CODE.fd", "/usr/share/AAVMF/AAVMF_VARS.fd"}}
		pack = "qemu-efi-aarch64"
	}
	for _, p := range pairs {
		if _, err := os.Stat(p[0]); err != nil {
			continue
		}
		vars = filepath.Join(m.Dir, "vars.fd")
		if _, err := os.Stat(vars); err == nil {
			return p[0], vars, nil
		}
		b, err := os.ReadFile(p[1])
		if err != nil {
			return "", "", err
		}
		return p[0], vars, os.WriteFile(vars, b, 0o600)
	}
	return "", "", fmt.Errorf("%s is missing: apt install %s", pairs[0][0], pack)
}

// Command gives the program and its arguments, without starting it.
func (m Machine) Command() (*exec.Cmd, error) {
	program, pack := "qemu-system-x86_64", "qemu-system-x86"
	if m.Arch == "arm64" {
		program, pack = "qemu-system-aarch64", "qemu-system-arm"
	}
	bin, err := find(program, pack)
	if err != nil {
		return nil, err
	}
	card, err := m.disk()
	if err != nil {
		return nil, err
	}
	code, vars, err := m.firmware()
	if err != nil {
		return nil, err
	}
	args := []string{"-accel", orDefault(m.Accel, "tcg"), "-m", strconv.Itoa(orDefault(m.MemoryMB, 1024)), "-smp", "2",
		"-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
		"-drive", "if=none,id=card,format=qcow2,cache=writeback,file=" + escape(card)}
	net := "user,id=lan"
	for _, f := range m.Forward {
		net += ",hostfwd=" + f
	}
	if m.Tap != "" {
		net = "tap,id=lan,script=no,downscript=no,ifname=" + m.Tap
	}
	args = append(args, "-netdev", net)
	switch {
	case m.Arch == "amd64":
		// What old PCs have: SATA and an Intel network card.
		args = append(args, "-M", "q35", "-device", "ide-hd,drive=card,bus=ide.0", "-device", "e1000e,netdev=lan,romfile=,mac="+BoxMAC)
	case m.Arch == "arm64" && m.Firmware == "bios":
		return nil, errors.New("an arm64 machine has no BIOS: use --firmware uefi")
	case m.Arch == "arm64":
		args = append(args, "-M", "virt", "-cpu", "cortex-a72", "-device", "virtio-blk-pci,drive=card,romfile=",
			"-device", "virtio-net-pci,netdev=lan,romfile=,mac="+BoxMAC, "-device", "virtio-rng-pci")
	default:
		return nil, fmt.Errorf("%q is no architecture that can be booted: amd64 or arm64", m.Arch)
	}
	if code != "" {
		args = append(args, "-drive", "if=pflash,unit=0,format=raw,readonly=on,file="+code,
			"-drive", "if=pflash,unit=1,format=raw,file="+escape(vars))
	}
	if !m.RTC.IsZero() {
		args = append(args, "-rtc", "base="+m.RTC.UTC().Format("2006-01-02T15:04:05"))
	}
	if m.Terminal {
		args = append(args, "-serial", "mon:stdio")
	} else {
		args = append(args, "-serial", "stdio", "-monitor", "none")
	}
	return exec.Command(bin, args...), nil
}

// BoxMAC is the hardware address of every machine we boot, of QEMU's own prefix.
const BoxMAC = "52:54:00:a0:70:01"

// find says which Debian package holds a missing program.
func find(program, pack string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%s is missing: apt install %s", program, pack)
	}
	return path, nil
}

// escape doubles the commas of a file name, which QEMU would take for options.
func escape(path string) string {
	out := make([]byte, 0, len(path))
	for i := range len(path) {
		if path[i] == ',' {
			out = append(out, ',')
		}
		out = append(out, path[i])
	}
	return string(out)
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}
