package office

import (
	"fmt"
	"testing"

	"autocom/provision"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What is said twice is done once: nothing changes the second time, nothing is written.
func TestTwiceIsOnce(t *testing.T) {
	const a, b = "00:15:65:aa:00:01", "00:15:65:aa:00:02"
	for _, c := range []func(d *desk) Command{
		func(d *desk) Command { return Sighted{d.phone(1)} },
		func(d *desk) Command { return Sighted{d.adapter(3)} },
		func(d *desk) Command { return Approve{b} },
		func(d *desk) Command { return Claim{"001565aa0002-1", d.device(b).Code} },
		func(d *desk) Command { return Registered{"001565aa0001-1"} },
		func(d *desk) Command { return Registered{"001565aa0002-1"} },
		func(d *desk) Command { return Present{"001565aa0001-1"} },
		func(d *desk) Command { return Unregistered{"001565aa0001-1"} },
		func(d *desk) Command { return Trusted{a} },
		func(d *desk) Command { return Fetched{ID: a, Secret: true, TLS: true} },
		func(d *desk) Command { return Replace{b, "201"} },
		func(d *desk) Command { return Rename{a, "Awa"} },
		func(d *desk) Command { return SetKeys{a, []provision.Key{{Number: "202"}}} },
		func(d *desk) Command { return Release{a} },
		func(d *desk) Command { return Release{b} },
		func(d *desk) Command { return Reject{a} },
		func(d *desk) Command { return Reject{b} },
		func(d *desk) Command { return GetNumber{Token: "a token of one installation", Kind: "linphone"} },
		func(d *desk) Command { return Tick{} },
		func(d *desk) Command { return furnish{} },
	} {
		d := open(t, multiline)
		d.do(Sighted{d.phone(1)})
		d.do(Registered{"001565aa0001-1"})
		d.cfg.Mode = ModeAsk
		d.reopen()
		d.do(Sighted{d.phone(2)})
		command := c(d)
		t.Run(fmt.Sprintf("%T", command), func(t *testing.T) {
			d.do(command)
			before, revision := d.Devices(), d.Plan().Revision
			d.do(command)
			if diff := cmp.Diff(before, d.Devices(), cmpopts.EquateComparable(provision.Device{}.IP)); diff != "" || d.Plan().Revision != revision {
				t.Errorf("revision %d, then %d; devices (-once +twice):\n%s", revision, d.Plan().Revision, diff)
			}
		})
	}
}
