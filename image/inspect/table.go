package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"autocom/image"
)

const (
	sector = 512
	mebi   = 1 << 20
)

// readTable reads the MBR by its bytes and judges the layout: FAT32 from 4 MiB on, of at
// most 512, and the data partition right after it, the last, so that it can grow.
func (x *examination) readTable() error {
	info, err := x.file.Stat()
	if err != nil {
		return err
	}
	x.report.Bytes = info.Size()
	var b [sector]byte
	if _, err := x.file.ReadAt(b[:], 0); err != nil {
		return errors.New("it is shorter than one sector")
	}
	if b[510] != 0x55 || b[511] != 0xaa {
		return errors.New("it has no partition table")
	}
	entry := func(n int) Partition {
		e := b[446+16*n:]
		return Partition{
			Start: int64(binary.LittleEndian.Uint32(e[8:])) * sector,
			Size:  int64(binary.LittleEndian.Uint32(e[12:])) * sector, Type: e[4],
		}
	}
	x.report.Boot, x.report.Data = entry(0), entry(1)
	if x.report.Boot.Size == 0 || x.report.Data.Size == 0 {
		return errors.New("it has not two partitions")
	}
	signature := binary.LittleEndian.Uint32(b[440:])
	x.report.Signature = fmt.Sprintf("%08x", signature)

	const part = "partition table"
	boot, data := x.report.Boot, x.report.Data
	if signature == 0 {
		x.problem(part, "the disk signature is 0: init could not find the card, and Windows would write its own")
	}
	if boot.Start != 4*mebi || boot.Type != 0x0c {
		x.problem(part, "partition 1 starts at %d with type %#02x, not at 4 MiB with type 0x0c (FAT32)", boot.Start, boot.Type)
	}
	if boot.Size > 512*mebi {
		x.problem(part, "partition 1 has %d MiB: old Raspberry firmware reads no more than 512", boot.Size/mebi)
	}
	if data.Start != boot.Start+boot.Size || data.Type != 0x83 {
		x.problem(part, "partition 2 starts at %d with type %#02x, not right after partition 1 with type 0x83 (Linux)", data.Start, data.Type)
	}
	if end := data.Start + data.Size; end > x.report.Bytes {
		x.problem(part, "partition 2 ends at %d and the image at %d: the file is cut off, copy or download it again", end, x.report.Bytes)
	}
	if e := entry(2); e.Size != 0 || entry(3).Size != 0 {
		x.problem(part, "there is a third partition: init could not grow the data partition over it")
	}
	return nil
}

// readData says what is on partition 2: in a built image the marker and zeros, in a copy
// of a used card an ext4.
func (x *examination) readData() {
	const part = "data partition"
	r := io.NewSectionReader(x.file, x.report.Data.Start, x.report.Data.Size)
	head := make([]byte, 2048)
	if _, err := r.ReadAt(head, 0); err != nil {
		x.report.DataState = "unreadable"
		x.problem(part, "it cannot be read: %v", err)
		return
	}
	if binary.LittleEndian.Uint16(head[1024+56:]) == 0xef53 {
		label, _, _ := bytes.Cut(head[1024+120:1024+136], []byte{0})
		x.report.DataState = string(label)
		if x.report.DataState != image.DataLabel && x.report.DataState != image.DataLabelNew {
			x.problem(part, "it holds a file system named %q that is not ours: init would refuse it", label)
		}
		return
	}
	x.report.DataState = "fresh"
	if !bytes.HasPrefix(head, []byte(image.DataMarker)) {
		x.report.DataState = "unknown"
		x.problem(part, "it holds neither the marker of a new image nor an ext4: init could not tell whether it may format it")
		return
	}
	buffer, zero := make([]byte, mebi), make([]byte, mebi)
	_, _ = r.Seek(int64(len(image.DataMarker)), io.SeekStart) // within the partition
	for {
		n, err := r.Read(buffer)
		if !bytes.Equal(buffer[:n], zero[:n]) {
			x.problem(part, "it is marked as new and is not empty: something of the build lies there")
			return
		}
		if err != nil {
			return // the end; a file that is cut off is the partition table's problem
		}
	}
}
