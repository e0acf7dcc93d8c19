package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"time"

	"autocom/phonesim"
)

// Hardware addresses of the virtual phones: the makers' prefixes, the rest by seed.
func yealinkMAC(r *rand.Rand) net.HardwareAddr { return phoneMAC(r, 0x80, 0x5e, 0xc0) }
func snomMAC(r *rand.Rand) net.HardwareAddr    { return phoneMAC(r, 0x00, 0x04, 0x13) }

func phoneMAC(r *rand.Rand, oui ...byte) net.HardwareAddr {
	return append(net.HardwareAddr(oui), byte(r.Uint32()), byte(r.Uint32()), byte(r.Uint32()))
}

// phonePatience is how long a phone may take from plug to registration.
const phonePatience = 3 * time.Minute

// thinLine is the whole promise: three phones get numbers, hear each other, and a
// power cut changes nothing, nor does a restart.
func (t *trial) thinLine(ctx context.Context) error {
	r := rand.New(rand.NewPCG(t.seed, 0))
	phones := []*phonesim.Phone{phonesim.NewYealink(yealinkMAC(r)), phonesim.NewSnom(snomMAC(r)), phonesim.NewSoftphone("")}
	if err := t.boot(ctx, "first boot"); err != nil {
		return err
	}
	for _, p := range phones {
		if err := t.plug(ctx, p); err != nil {
			return err
		}
	}
	for _, a := range phones {
		for _, b := range phones {
			if a != b {
				if err := t.call(ctx, a, b); err != nil {
					return err
				}
			}
		}
	}
	boss, err := t.enter(ctx)
	if err != nil {
		return err
	}
	if err := boss.setsUp(ctx, phones); err != nil {
		return err
	}
	settled := time.After(10 * time.Second) // what is younger may be lost with the power
	if err := t.step("restart the exchange by the page, in a call", func() (string, error) { return boss.restartsExchange(ctx, phones[0], phones[1]) }); err != nil {
		return err
	}
	select {
	case <-settled:
	case <-ctx.Done():
	}
	before := map[*phonesim.Phone]string{}
	for _, p := range phones {
		before[p] = p.Number()
	}
	// The power fails in the whole office; the smartphone has a battery.
	t.powerCut()
	for _, p := range phones[:2] {
		if err := t.wire.Unplug(p); err != nil {
			return err
		}
	}
	if err := t.boot(ctx, "boot after the power cut"); err != nil {
		return err
	}
	for _, p := range phones[:2] {
		if err := t.plug(ctx, p); err != nil {
			return err
		}
	}
	if err := t.refresh(ctx, phones[2]); err != nil {
		return err
	}
	for _, p := range phones {
		if p.Number() != before[p] {
			return fmt.Errorf("%s had number %s and has %s after the power cut", p, before[p], p.Number())
		}
	}
	t.say("%8s  the numbers are the same as before", "")
	if err := t.step("the clock goes on from before the power cut", func() (string, error) { return t.remembered(ctx) }); err != nil {
		return err
	}
	if err := t.step("the browser is still logged in", func() (string, error) { return boss.opened(ctx) }); err != nil {
		return err
	}
	if boss, err = t.enter(ctx); err != nil {
		return err
	}
	if err := t.step("the message of before the power cut", func() (string, error) { return boss.messages(ctx, phones[1]) }); err != nil {
		return err
	}
	if err := t.step("the group rings", func() (string, error) { return "300", phonesim.Rings(ctx, phones[0], phones[1], "300") }); err != nil {
		return err
	}
	for i, a := range phones {
		if err := t.call(ctx, a, phones[(i+1)%len(phones)]); err != nil {
			return err
		}
	}
	return t.again(ctx, boss, phones)
}

// again restarts the box by its page: phones that nobody touches are reached again.
func (t *trial) again(ctx context.Context, boss *owner, phones []*phonesim.Phone) error {
	if err := t.step("restart the box by the page", func() (string, error) { return boss.restartsBox(ctx) }); err != nil {
		return err
	}
	if err := t.boot(ctx, "boot after that"); err != nil {
		return err
	}
	for _, p := range phones {
		if err := t.refresh(ctx, p); err != nil {
			return err
		}
	}
	return t.call(ctx, phones[1], phones[0])
}

// plug does with a phone what a person does: plugs it in, or opens the page on it.
func (t *trial) plug(ctx context.Context, p *phonesim.Phone) error {
	ctx, cancel := context.WithTimeout(ctx, phonePatience)
	defer cancel()
	p.Open("http://" + t.box.String() + "/")
	err := t.step("plug in "+p.String(), func() (string, error) {
		if err := t.wire.Plug(ctx, p); err != nil {
			return "", err
		}
		if err := p.Provision(ctx); err != nil {
			return "", err
		}
		if err := p.Register(ctx); err != nil {
			return "", err
		}
		return "number " + p.Number(), nil
	})
	t.report.Phones = append(t.report.Phones, tryPhone{Kind: p.Kind(), MAC: p.MAC.String(), Number: p.Number(), Marks: p.Marks()})
	return err
}

// refresh waits until a phone that kept its power is registered again.
func (t *trial) refresh(ctx context.Context, p *phonesim.Phone) error {
	ctx, cancel := context.WithTimeout(ctx, phonePatience)
	defer cancel()
	return t.step(p.Kind()+" registers again", func() (string, error) {
		for {
			err := p.Refresh(ctx)
			if err == nil {
				return "number " + p.Number(), nil
			}
			select {
			case <-ctx.Done():
				return "", err
			case <-time.After(time.Second):
			}
		}
	})
}

func (t *trial) call(ctx context.Context, a, b *phonesim.Phone) error {
	return t.step(fmt.Sprintf("%s calls %s", a.Number(), b.Number()), func() (string, error) {
		h, err := phonesim.Talk(ctx, a, b, b.Number())
		t.report.Calls = append(t.report.Calls, h)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("answered after %.2f s; both hear: %.0f dB over noise there, %.0f dB here",
			h.Answered.Seconds(), h.Callee.Level-h.Callee.Noise, h.Caller.Level-h.Caller.Noise), nil
	})
}
