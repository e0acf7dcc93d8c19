package disk

import (
	"encoding/binary"
	"fmt"
	"os"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/partition/mbr"

	"autocom/image"
)

// writeTable writes the partition table by go-diskfs, then what it has no setter for:
// the disk signature, and the boot loader's code.
func writeTable(f *os.File, l image.Layout, code loader) error {
	table := &mbr.Table{LogicalSectorSize: sector, PhysicalSectorSize: sector}
	for i, p := range []image.Partition{l.Boot, l.Data} {
		table.Partitions = append(table.Partitions, &mbr.Partition{
			Index: i + 1,
			Type:  mbr.Type(p.Type), Start: uint32(p.Start / sector), Size: uint32(p.Size / sector),
			// Some BIOSes boot only a disk that has one active partition.
			Bootable: i == 0,
			// CHS counts to 8 GB; beyond, and for us, this says "see LBA".
			StartHead: 0xfe, StartSector: 0xff, StartCylinder: 0xff,
			EndHead: 0xfe, EndSector: 0xff, EndCylinder: 0xff,
		})
	}
	w, err := file.New(f, false).Writable()
	if err != nil {
		return fmt.Errorf("write the partition table: %w", err)
	}
	if err := table.Write(w, l.Data.Start+l.Data.Size); err != nil {
		return fmt.Errorf("write the partition table: %w", err)
	}
	if len(code.boot) > 440 || int64(len(code.core)) > l.Boot.Start-sector {
		return fmt.Errorf("GRUB's core.img of %d bytes does not fit before the first partition", len(code.core))
	}
	if _, err := f.WriteAt(code.boot, 0); err != nil {
		return fmt.Errorf("write the boot code: %w", err)
	}
	if _, err := f.WriteAt(code.core, sector); err != nil {
		return fmt.Errorf("write the boot code: %w", err)
	}
	if _, err := f.WriteAt(binary.LittleEndian.AppendUint32(nil, l.Signature), 440); err != nil {
		return fmt.Errorf("write the disk signature: %w", err)
	}
	return nil
}
