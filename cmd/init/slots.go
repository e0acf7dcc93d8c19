package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"autocom/image"
)

// otherKernel is the refusal to stack a slot under the other slot's kernel: its drivers
// would not load. The boot loader has to start it.
type otherKernel struct{ slot, has, runs string }

func (e *otherKernel) Error() string {
	return fmt.Sprintf("slot %s is for kernel %s, and %s is running", e.slot, e.has, e.runs)
}

// slotsOn lists the slots of a card. A directory without slot.json is an update that was
// interrupted or has never happened.
func slotsOn(card string) []string {
	var found []string
	for _, s := range []string{"a", "b"} {
		if info, err := os.Stat(filepath.Join(card, s, "slot.json")); err == nil && info.Size() > 0 {
			found = append(found, s)
		}
	}
	return found
}

// slotOrder puts the slot that the boot loader has started before the other.
func slotOrder(started string, found []string) []string {
	if i := slices.Index(found, started); i > 0 {
		return []string{found[i], found[1-i]}
	}
	return found
}

// readSlot reads slot.json and checks that the system has its size. The hash of 120 MB
// would cost a slow card 6 s at every start; the update that wrote it has checked it.
func readSlot(card, slot string) (image.SlotInfo, error) {
	dir := filepath.Join(card, slot)
	data, err := os.ReadFile(filepath.Join(dir, "slot.json"))
	if err != nil {
		return image.SlotInfo{}, err
	}
	var info image.SlotInfo
	if err := json.Unmarshal(data, &info); err != nil {
		return image.SlotInfo{}, fmt.Errorf("read %s/slot.json: %w", slot, err)
	}
	for _, f := range info.Files {
		if f.Name != "system.squashfs" {
			continue
		}
		is, err := os.Stat(filepath.Join(dir, f.Name))
		switch {
		case err != nil:
			return image.SlotInfo{}, err
		case is.Size() < f.Size: // preallocated ones are larger
			return image.SlotInfo{}, fmt.Errorf("%s/%s has %d of %d bytes: write the image to the card again", slot, f.Name, is.Size(), f.Size)
		}
		return info, nil
	}
	return image.SlotInfo{}, fmt.Errorf("%s/slot.json names no system.squashfs: write the image to the card again", slot)
}

// selectors are the files in which a boot loader finds its slot, and the text before the
// letter. Both files keep their size, so that the change is one write into one sector.
var selectors = []struct{ file, before, after string }{
	{"grub/grubenv", "\nslot=", "\n"},
	{"config.txt", "\nos_prefix=", "/"},
}

// turn finds the letter of the slot in a selector's text and where it stands.
func turn(text []byte, before, after, to string) (at int, changed bool, err error) {
	i := bytes.Index(text, []byte(before))
	if i < 0 {
		return 0, false, errors.New("names no slot")
	}
	at = i + len(before)
	rest := text[at:]
	if len(rest) < 2 || rest[0] != 'a' && rest[0] != 'b' || !bytes.HasPrefix(rest[1:], []byte(after)) {
		return 0, false, errors.New("names no slot a or b")
	}
	return at, string(rest[:1]) != to, nil
}

// startNext tells the boot loader to start the other slot from now on. The FAT must be
// writable.
func startNext(card, slot string) error {
	for _, s := range selectors {
		name := filepath.Join(card, s.file)
		text, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		at, changed, err := turn(text, s.before, s.after, slot)
		if err != nil {
			return fmt.Errorf("%s %w", s.file, err)
		}
		if !changed {
			return nil
		}
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_SYNC, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteAt([]byte(slot), int64(at))
		return errors.Join(err, f.Close())
	}
	return errors.New("the card has neither grub/grubenv nor config.txt")
}
