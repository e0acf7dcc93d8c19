package flash

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// card is a medium in memory that can be bad, pulled, or smaller than it says.
type card struct {
	data    []byte
	real    int64 // beyond it, writes are lost, as on false cards; 0: all is real
	failAt  int64 // writing there fails; 0: never
	forgets int
	log     []int64 // where was written, in order
}

func (c *card) WriteAt(b []byte, at int64) (int, error) {
	if c.failAt > 0 && at >= c.failAt {
		return 0, errors.New("input/output error")
	}
	c.log = append(c.log, at)
	if c.real == 0 || at < c.real {
		copy(c.data[at:], b)
	}
	return len(b), nil
}
func (c *card) ReadAt(b []byte, at int64) (int, error) { return copy(b, c.data[at:]), nil }
func (c *card) Sync() error                            { return nil }
func (c *card) Forget() error                          { c.forgets++; return nil }

// sample is an image of ours: a table, then anything.
func sample() []byte {
	b := make([]byte, 10*mebi+5)
	_, _ = rand.NewChaCha8([32]byte{2}).Read(b)
	table(b, 0x0c, 0x83)
	return b
}

// table writes two partitions, of 1 and of 9 MiB.
func table(b []byte, boot, data byte) {
	clear(b[446:510])
	b[446+4], b[462+4] = boot, data
	for at, v := range map[int]uint32{440: 0x1a2b3c4d, 446 + 8: 0, 446 + 12: 2048, 462 + 8: 2048, 462 + 12: 9 * 2048} {
		binary.LittleEndian.PutUint32(b[at:], v)
	}
	b[510], b[511] = 0x55, 0xaa
}

func from(b []byte) *source { return &source{Reader: bytes.NewReader(b), size: int64(len(b))} }

func TestWhatIsWrittenIsTheImageAndItsStartComesLast(t *testing.T) {
	want := sample()
	c := &card{data: bytes.Repeat([]byte{0xff}, len(want))}
	var last, calls int64
	err := transfer(context.Background(), from(want), c, func(done, total int64) {
		if done < last || total != 2*int64(len(want)) {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		last = done
		calls++
	})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(c.data, want) {
		t.Error("the card is not the image")
	}
	if c.log[0] != 0 || c.log[len(c.log)-1] != 0 || c.log[1] != mebi {
		t.Errorf("written at %v, want the first MiB first (erased) and last", c.log)
	}
	if c.forgets != 2 {
		t.Errorf("read back %d times past the cache, want 2", c.forgets)
	}
	if last != 2*int64(len(want)) || calls == 0 {
		t.Errorf("progress ended at %d of %d", last, 2*len(want))
	}
}

func TestAnInterruptedOrBadCardStartsNothing(t *testing.T) {
	image := sample()
	stop, cancel := context.WithCancel(context.Background())
	defer cancel()
	for name, c := range map[string]struct {
		card card
		ctx  context.Context
		want string
	}{
		"a false card":         {card{real: 6 * mebi}, context.Background(), "worn out or false, take another"},
		"a card that gives up": {card{failAt: 6 * mebi}, context.Background(), "then take another card"},
		"Ctrl-C":               {card{}, stop, "context canceled: the card starts nothing now: write it again"},
	} {
		t.Run(name, func(t *testing.T) {
			m := c.card
			m.data = bytes.Repeat([]byte{0xff}, len(image))
			err := transfer(c.ctx, from(image), &m, func(done, total int64) {
				if c.ctx == stop && done > total/4 {
					cancel()
				}
			})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want …%s", err, c.want)
			}
			if !bytes.Equal(m.data[:mebi], make([]byte, mebi)) {
				t.Error("the first MiB is not empty: the card looks startable")
			}
		})
	}
}

// machine is a laptop: sda runs it, sdb is a card reader, sdc lies in a RAID, mmcblk0 is
// locked, sdd has no card in it.
func machine() fstest.MapFS {
	files := map[string]string{
		"proc/self/mountinfo": "25 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n" +
			"31 25 8:17 / /media/anna/AUTOCOM rw - vfat /dev/sdb1 rw\n",
		"proc/swaps":                   "Filename\tType\tSize\tUsed\tPriority\n/dev/sde1 partition 1000 0 -2\n",
		"sys/block/sda/dev":            "8:0\n",
		"sys/block/sda/size":           "1000000000\n",
		"sys/block/sda/sda1/partition": "1\n",
		"sys/block/sda/sda1/dev":       "8:1\n",

		"sys/class/block/sda1/partition": "1\n",

		"sys/block/sdb/dev":            "8:16\n",
		"sys/block/sdb/size":           "31116288\n",
		"sys/block/sdb/sdb1/partition": "1\n",
		"sys/block/sdb/sdb1/dev":       "8:17\n",

		"sys/block/sdc/dev":              "8:32\n",
		"sys/block/sdc/size":             "31116288\n",
		"sys/block/sdc/holders/md0/mark": "",

		"sys/block/sdd/dev":  "8:48\n",
		"sys/block/sdd/size": "0\n",

		"sys/block/sde/dev":            "8:64\n",
		"sys/block/sde/size":           "31116288\n",
		"sys/block/sde/sde1/partition": "1\n",
		"sys/block/sde/sde1/dev":       "8:65\n",

		"sys/block/sdf/dev":          "8:80\n",
		"sys/block/sdf/size":         "31116288\n",
		"sys/block/sdf/removable":    "1\n",
		"sys/block/sdf/device/model": "Card Reader     \n",

		"sys/block/sdg/dev":          "8:96\n",
		"sys/block/sdg/size":         "31116288\n",
		"sys/block/sdg/removable":    "0\n",
		"sys/block/sdg/device/model": "Backup HDD\n",

		"sys/block/mmcblk1/dev":         "179:8\n",
		"sys/block/mmcblk1/size":        "31116288\n",
		"sys/block/mmcblk1/device/type": "MMC\n",
		"sys/block/mmcblk1/device/name": "DF4032\n",

		"sys/block/mmcblk2/dev":         "179:16\n",
		"sys/block/mmcblk2/size":        "31116288\n",
		"sys/block/mmcblk2/device/type": "SD\n",
		"sys/block/mmcblk2/device/name": "SC32G\n",

		"sys/block/mmcblk0/dev":  "179:0\n",
		"sys/block/mmcblk0/size": "31116288\n",
		"sys/block/mmcblk0/ro":   "1\n",
	}
	m := fstest.MapFS{}
	for name, text := range files {
		m[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

func TestRefusals(t *testing.T) {
	for device, want := range map[string]string{
		"/dev/sda":      "/dev/sda is the disk that this computer runs from (sda1 is /): name the card (lsblk lists the disks)",
		"/dev/sda1":     "/dev/sda1 is a partition: name the whole disk (lsblk shows which)",
		"/dev/sdb":      "/dev/sdb1 is mounted on /media/anna/AUTOCOM: unmount it first",
		"/dev/sdc":      "/dev/sdc is in use by /dev/md0 (RAID, LVM or encryption): name the card, or take that apart first",
		"/dev/sdd":      "/dev/sdd is empty: put the card into the reader",
		"/dev/sde":      "/dev/sde1 is swap space of this computer: name the card (lsblk lists the disks)",
		"/dev/mmcblk0":  "/dev/mmcblk0 is write-protected: slide the card's lock up",
		"/dev/sdz":      "/dev/sdz is no disk: name a device such as /dev/sdb (lsblk lists them)",
		"/home/anna/sd": "/home/anna/sd is no disk: name a device such as /dev/sdb (lsblk lists them)",
	} {
		if _, err := check(machine(), device, mebi); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", device, err, want)
		}
	}
	if _, err := check(machine(), "/dev/sdf", 32e9); err == nil || err.Error() != "/dev/sdf holds 15931 MB and the image needs 32000: take a larger card" {
		t.Errorf("a small card: got %v", err)
	}
}

func TestDisksAreDescribed(t *testing.T) {
	const size = 31116288 * 512
	for device, want := range map[string]Device{
		"/dev/sdf":     {Name: "/dev/sdf", Model: "Card Reader", Bytes: size, Removable: true},
		"/dev/sdg":     {Name: "/dev/sdg", Model: "Backup HDD", Bytes: size},
		"/dev/mmcblk1": {Name: "/dev/mmcblk1", Model: "DF4032", Bytes: size}, // soldered in
		"/dev/mmcblk2": {Name: "/dev/mmcblk2", Model: "SC32G", Bytes: size, Removable: true},
	} {
		if got, err := check(machine(), device, 600e6); err != nil || got != want {
			t.Errorf("got %+v, %v, want %+v", got, err, want)
		}
	}
}

func TestToRefusesAFileAndAMissingDevice(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.img")
	if err := os.WriteFile(name, sample(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := To(context.Background(), name, name, nil); err == nil || !strings.Contains(err.Error(), "is no disk: name a device") {
		t.Errorf("a file as device: %v", err)
	}
	if err := To(context.Background(), name, name+"-none", nil); err == nil || !strings.Contains(err.Error(), "is it in the reader?") {
		t.Errorf("a missing device: %v", err)
	}
}
