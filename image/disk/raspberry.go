package disk

import (
	"fmt"
	"strings"

	"autocom/image"
)

// config is config.txt (Raspberry documentation, config_txt). Every line has its reason.
const config = `# The firmware of the Raspberry Pi reads this file first.
[all]
arm_64bit=1
# Device trees named as Debian's kernel names them.
upstream_kernel=1
# The slot: a/ or b/. Kernel, initramfs, cmdline.txt, device trees and overlays are read from it.
os_prefix=a/
kernel=vmlinuz
initramfs initramfs followkernel
# Messages also on the serial pins 8 and 10, 115200 baud: Linux's ttyS1.
enable_uart=1
disable_splash=1
# No desktop: the memory is for Linux.
gpu_mem=32
`

// raspberry adds the firmware's files. cmdline.txt stands in the slot, where os_prefix
// looks for it, and at the root, where the firmware looks when it ignores the prefix.
func raspberry(tree map[string]content, slot image.Slot, r image.Recipe) error {
	if slot.Firmware == "" {
		return fmt.Errorf("slot of board %s has no Raspberry firmware", r.Board.Name)
	}
	if err := addDir(tree, "", slot.Firmware); err != nil {
		return fmt.Errorf("take the Raspberry firmware: %w", err)
	}
	line := cmdline(r) + "\n"
	tree["config.txt"] = content{data: []byte(config)}
	tree["cmdline.txt"] = content{data: []byte(line)}
	tree[pathOfSlot+"/cmdline.txt"] = content{data: []byte(line)}
	return nil
}

// cmdline is the kernel's command line without the slot.
func cmdline(r image.Recipe) string {
	return strings.TrimSpace(fmt.Sprintf("%s autocom.disk=%08x", r.Board.Cmdline, r.DiskSignature))
}
