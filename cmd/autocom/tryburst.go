package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"autocom/phonesim"
)

// tryBurst is one burst and its power cut.
type tryBurst struct {
	Phones  int           `json:"phones"`
	CutAt   int           `json:"cut_at"` // the plug was pulled when this many phones had their number
	Told    int           `json:"told"`   // had read their number before the box was dark
	Bound   int           `json:"bound"`  // of them, had registered
	Took    time.Duration `json:"took"`   // from the first plug to the cut
	Checked int           `json:"checked"`
}

// bursts pulls the plug in the middle of bursts of new phones: every number that a
// phone was told before the cut must be that phone's afterwards. One boot serves two
// ends: it shows what the cut left, and takes the next burst.
func (t *trial) bursts(ctx context.Context) error {
	r := rand.New(rand.NewPCG(t.seed, 1))
	image, err := roomy(t.image, t.dir)
	if err != nil {
		return err
	}
	t.image = image
	if err := t.boot(ctx, "first boot"); err != nil {
		return err
	}
	desk := phonesim.NewSnom(snomMAC(r)) // was there before, and rings the others
	if err := t.plug(ctx, desk); err != nil {
		return err
	}
	owner := map[string]string{desk.Number(): desk.String()} // number → phone, over all bursts
	for i := range t.kills {
		phones := make([]*phonesim.Phone, t.burst)
		for j := range phones {
			phones[j] = phonesim.NewYealink(yealinkMAC(r))
			if j%3 == 2 {
				phones[j] = phonesim.NewSnom(snomMAC(r))
			}
		}
		b := tryBurst{Phones: t.burst, CutAt: 1 + r.IntN(t.burst)}
		told, err := t.cutBurst(ctx, phones, &b)
		if err != nil {
			return err
		}
		if err := t.boot(ctx, fmt.Sprintf("boot after power cut %d of %d", i+1, t.kills)); err != nil {
			return err
		}
		if err := t.wire.Unplug(desk); err != nil {
			return err
		}
		if err := t.plug(ctx, desk); err != nil {
			return err
		}
		if err := t.settle(ctx, told, owner, &b); err != nil {
			return err
		}
		if err := t.ringAll(ctx, desk, told); err != nil {
			return err
		}
		t.report.Bursts = append(t.report.Bursts, b)
		for _, p := range phones {
			if err := t.wire.Unplug(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// roomyConfig gives every phone of every burst a number of its own.
const roomyConfig = `# written by autocom try --burst
[phones]
mode = "open"
extensions = "2001-2999"
new_per_minute = 1000
new_per_day = 5000
open_reservations = 900
[asterisk]
ami = "127.0.0.1:5038"
`

// roomy copies the image into dir and puts roomyConfig on its FAT, with mtools.
func roomy(image, dir string) (string, error) {
	copied, config := filepath.Join(dir, "burst.img"), filepath.Join(dir, "autocom.toml")
	if out, err := exec.Command("cp", "--sparse=always", image, copied).CombinedOutput(); err != nil {
		return "", fmt.Errorf("copy %s: %w: %s", image, err, out)
	}
	if err := os.WriteFile(config, []byte(roomyConfig), 0o644); err != nil {
		return "", err
	}
	if _, err := exec.LookPath("mcopy"); err != nil {
		return "", errors.New("mcopy is missing: apt install mtools")
	}
	// The FAT starts at 4 MiB: see image/disk.
	if out, err := exec.Command("mcopy", "-o", "-i", copied+"@@4M", config, "::autocom.toml").CombinedOutput(); err != nil {
		return "", fmt.Errorf("write autocom.toml into %s: %w: %s", copied, err, out)
	}
	return copied, nil
}

// cutBurst plugs all phones in within two seconds and pulls the box's plug when
// b.CutAt of them know their number. It returns the phones that know one.
func (t *trial) cutBurst(ctx context.Context, phones []*phonesim.Phone, b *tryBurst) ([]*phonesim.Phone, error) {
	ctx, stop := context.WithTimeout(ctx, phonePatience)
	defer stop()
	var told atomic.Int32
	reached := make(chan struct{})
	var all sync.WaitGroup
	start := time.Now()
	for i, p := range phones {
		all.Go(func() {
			select {
			case <-time.After(time.Duration(i) * 2 * time.Second / time.Duration(len(phones))):
			case <-ctx.Done():
				return
			}
			if t.wire.Plug(ctx, p) != nil || p.Provision(ctx) != nil {
				return // the cut came first; Told counts who was told
			}
			if told.Add(1) == int32(b.CutAt) {
				close(reached)
			}
			p.Register(ctx) // as far as it comes: the cut may come first
		})
	}
	select {
	case <-reached:
	case <-ctx.Done():
		return nil, fmt.Errorf("only %d of %d phones were told a number within %v", told.Load(), len(phones), phonePatience)
	}
	t.vm.Kill()
	b.Took = time.Since(start)
	stop()
	all.Wait()
	var known []*phonesim.Phone
	var errs []error
	for _, p := range phones {
		if p.Registered() {
			b.Bound++
		}
		if p.Number() != "" {
			known = append(known, p)
		}
		errs = append(errs, t.wire.Unplug(p))
	}
	b.Told = len(known)
	t.say("%6.1f s  %d new phones; power cut when %d had their number (%d told in all, %d registered)",
		b.Took.Seconds(), len(phones), b.CutAt, b.Told, b.Bound)
	return known, errors.Join(errs...)
}

// settle plugs the told phones in again: same number, and the box lets each register
// with the secret it was told.
func (t *trial) settle(ctx context.Context, told []*phonesim.Phone, owner map[string]string, b *tryBurst) error {
	return t.step(fmt.Sprintf("%d phones come back", len(told)), func() (string, error) {
		ctx, cancel := context.WithTimeout(ctx, phonePatience)
		defer cancel()
		errs := make(chan error, len(told))
		for _, p := range told {
			go func() {
				number := p.Number()
				err := t.wire.Plug(ctx, p)
				if err == nil {
					err = p.Provision(ctx)
				}
				if err == nil && p.Number() != number {
					err = fmt.Errorf("%s was told number %s before the power cut and %s after it", p, number, p.Number())
				}
				if err == nil {
					err = p.Register(ctx)
				}
				errs <- err
			}()
		}
		var err error
		for range told {
			err = errors.Join(err, <-errs)
		}
		if err != nil {
			return "", err
		}
		for _, p := range told {
			if other, taken := owner[p.Number()]; taken && other != p.String() {
				return "", fmt.Errorf("number %s belongs to %s and to %s", p.Number(), other, p)
			}
			owner[p.Number()] = p.String()
		}
		b.Checked = len(told)
		return "each has the number it was told, no number twice", nil
	})
}

// ringAll calls each number and looks which phone rings: what the phone shows and
// what the box believes are then the same.
func (t *trial) ringAll(ctx context.Context, desk *phonesim.Phone, told []*phonesim.Phone) error {
	return t.step(fmt.Sprintf("%s calls their %d numbers", desk.Number(), len(told)), func() (string, error) {
		for _, p := range told {
			if err := phonesim.Rings(ctx, desk, p, p.Number()); err != nil {
				return "", err
			}
		}
		return "each rings at its phone", nil
	})
}
