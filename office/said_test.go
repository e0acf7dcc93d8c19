package office

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"autocom/provision"
)

// Somebody forges the frames of a phone, each with another firmware.
func TestForgedFirmwareWearsNoCard(t *testing.T) {
	d := open(t, nil)
	d.do(Sighted{d.base(1)})
	d.do(Registered{"001565aa0001-1"})
	say := func(n int) {
		s := d.base(1)
		s.Fields[provision.FieldEvent] = fmt.Sprintf(`ua-profile;profile-type="device";vendor="yealink";model="W52P";version="25.81.0.%d"`, n)
		d.do(Sighted{s})
	}
	before := d.Plan().Revision
	for n := range 200 {
		say(n)
	}
	if writes := d.Plan().Revision - before; writes > saidTimes {
		t.Errorf("%d writes for 200 frames, want %d at most", writes, saidTimes)
	}
	if got := d.device("00:15:65:aa:00:01").Firmware; got != "25.81.0.199" {
		t.Errorf("firmware %q meanwhile, want the last", got)
	}
	d.clock = d.clock.Add(saidAfter)
	d.do(Tick{})
	d.do(Tick{})
	if writes := d.Plan().Revision - before; writes != saidTimes+1 {
		t.Errorf("%d writes with the hour's, want %d", writes, saidTimes+1)
	}
	d.reopen()
	if got := d.device("00:15:65:aa:00:01").Firmware; got != "25.81.0.199" {
		t.Errorf("firmware %q after the plug was pulled, want the last", got)
	}
}

// Datagrams in the name of a phone that has not registered yet must not keep it out.
func TestForgedDatagramsDoNotBlockAPhone(t *testing.T) {
	d := open(t, nil)
	d.do(Sighted{d.phone(1)})
	for n := range 10 {
		r := d.request(1, cfgOf(n+2))
		r.Protocol = "tftp"
		d.gets(r)
	}
	forged := d.request(1, cfgOf(1))
	forged.Protocol = "tftp"
	if got := d.gets(forged); got != "nothing" {
		t.Errorf("by TFTP: %s, want nothing", got)
	}
	if got := d.gets(d.request(1, cfgOf(1))); got != "keys" {
		t.Errorf("its own file by HTTP: %s, want keys", got)
	}
}

func TestManyAlertsOfOneKindLeaveTheOthers(t *testing.T) {
	d := open(t, nil)
	thief := Alert{Kind: AlertThief, Device: "00:15:65:aa:00:01", Text: "somebody asked for another's file"}
	d.NoteAlert(thief)
	for n := range 2 * maxAlerts {
		d.clock = d.clock.Add(time.Second)
		d.NoteAlert(Alert{Kind: AlertPnP, IP: netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)}), Text: "another answers"})
	}
	all := d.Alerts()
	if len(all) != maxOfKind+1 || all[maxOfKind].Kind != AlertThief {
		t.Errorf("%d alerts, the oldest %+v; want %d and the thief", len(all), all[len(all)-1], maxOfKind+1)
	}
}

// What was to be looked at is still to be looked at when other settings were chosen.
func TestAlertsOutliveTheOffice(t *testing.T) {
	d := open(t, nil)
	for n := range 3 {
		d.clock = d.clock.Add(time.Minute)
		d.NoteAlert(Alert{Kind: AlertSetup, Device: "account " + string(rune('a'+n)), Text: "the setup code was used"})
	}
	before := d.Alerts()
	d.reopen()
	for range 2 {
		d.Remind(before)
		if got := d.Alerts(); !slices.Equal(got, before) || len(got) != 3 {
			t.Errorf("%+v, want %+v", got, before)
		}
	}
}
