package office

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"autocom/pbx"
	"autocom/provision"
	"autocom/store"
)

// PoolSoftphone is the pool of the installations of softphones; those of other
// devices are named by their Kind or their maker.
const PoolSoftphone = "softphone"

// numbering is the numbers that may be given, and to whom.
type numbering struct {
	main  pool
	pools map[string]pool          // Kind, PoolSoftphone or maker → its own numbers
	kept  map[provision.MAC]string // for one phone each
	whose map[string]provision.MAC // the same by number
	apart map[string]bool          // numbers of pools and kept ones: the main range does not give them
	width int                      // digits
}

// pool is one range, or several.
type pool struct {
	text   string
	ranges [][2]int
	width  int // digits
}

// maxNumbers bounds a range: a hand-typed 1-99999999 is a mistake.
const maxNumbers = 10000

// numbering checks everything that the settings say of numbers.
func (c *Config) numbering() (*numbering, error) {
	main, err := parsePool("extensions", c.Extensions, c.Emergency, c.Never)
	if err != nil {
		return nil, err
	}
	n := &numbering{
		main: main, width: main.width,
		pools: map[string]pool{}, kept: map[provision.MAC]string{}, whose: map[string]provision.MAC{}, apart: map[string]bool{},
	}
	owner := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(c.Pools)) {
		what := "pool " + name
		if name == "" {
			return nil, errors.New("a pool has no name: write softphone, adapter, base or a maker")
		}
		if name == string(provision.KindGateway) {
			return nil, fmt.Errorf("%s: gateways are trunks and get no number: remove it", what)
		}
		p, err := parsePool(what, c.Pools[name], c.Emergency, c.Never)
		if err != nil {
			return nil, err
		}
		if p.width != n.width {
			return nil, fmt.Errorf("%s %q: its numbers need as many digits as extensions %q", what, p.text, main.text)
		}
		for number := range p.all {
			if other := owner[number]; other != "" {
				return nil, fmt.Errorf("%s and pool %s both contain %s: a number is in one pool", what, other, number)
			}
			owner[number], n.apart[number] = name, true
		}
		n.pools[name] = p
	}
	if len(n.pools) > 0 && !slices.ContainsFunc(slices.Collect(n.main.all), func(s string) bool { return !n.apart[s] }) {
		return nil, fmt.Errorf("extensions %q: the pools take all of them: choose a larger range", main.text)
	}
	return n, n.keep(c)
}

// keep notes the numbers that are kept for phones.
func (n *numbering) keep(c *Config) error {
	macs := slices.SortedFunc(maps.Keys(c.Reserved), func(a, b provision.MAC) int { return slices.Compare(a[:], b[:]) })
	for _, mac := range macs {
		number, what := c.Reserved[mac], "reserved number of "+mac.String()
		if mac.IsZero() || mac.Multicast() {
			return fmt.Errorf("%s: %s is no phone's hardware address", what, mac)
		}
		p, err := parsePool(what, number, c.Emergency, c.Never)
		if err != nil {
			return err
		}
		if lo, hi := p.ranges[0][0], p.ranges[0][1]; lo != hi || len(p.ranges) > 1 {
			return fmt.Errorf("%s %q: write one number", what, number)
		}
		if p.width != n.width {
			return fmt.Errorf("%s %q: it needs as many digits as extensions %q", what, number, n.main.text)
		}
		if other, taken := n.whose[number]; taken {
			return fmt.Errorf("%s: %s is reserved for %s already", what, number, other)
		}
		n.kept[mac], n.whose[number], n.apart[number] = number, mac, true
	}
	return nil
}

// poolOf is the range of a device, and how the settings call it. What a device is says
// more of the number that suits it than who made it.
func (n *numbering) poolOf(d provision.Device) (name string, p pool) {
	kind := string(d.Kind)
	if d.Soft() {
		kind = PoolSoftphone
	}
	for _, name := range []string{kind, d.Vendor} {
		if p, ok := n.pools[name]; ok {
			return name, p
		}
	}
	return "", n.main
}

// candidates yields the numbers that a device may have, in the order they are tried.
func (n *numbering) candidates(d provision.Device, line int) func(yield func(string) bool) {
	name, p := n.poolOf(d)
	return func(yield func(string) bool) {
		if own := n.kept[d.MAC]; own != "" && !d.MAC.IsZero() && line == 1 && !yield(own) {
			return
		}
		for number := range p.all {
			if _, kept := n.whose[number]; kept || name == "" && n.apart[number] {
				continue
			}
			if !yield(number) {
				return
			}
		}
	}
}

// knows reports whether a number is one of the office's.
func (n *numbering) knows(number string) bool {
	if n.apart[number] {
		return true
	}
	for own := range n.main.all {
		if own == number {
			return true
		}
	}
	return false
}

// full says that a device's range has no number left, and who has them.
type full struct {
	what, text    string // "phones.pools.base", "280-299"
	held, resting int
}

func (n *numbering) full(d provision.Device, held map[string]store.NumberState) error {
	name, p := n.poolOf(d)
	f := full{what: "phones.extensions", text: p.text}
	if name != "" {
		f.what = "phones.pools." + name
	}
	for number := range p.all {
		switch held[number] {
		case store.Bound, store.Reserved:
			f.held++
		case store.Quarantine:
			f.resting++
		}
	}
	return f
}

func (f full) Error() string {
	return fmt.Sprintf(whyFull, f.text, strconv.Itoa(f.held), strconv.Itoa(f.resting), f.what)
}

func (f full) Is(target error) bool { return target == ErrFull }

func parsePool(what, text string, emergency []string, never map[string]string) (pool, error) {
	p := pool{text: text}
	total := 0
	for part := range strings.SplitSeq(text, ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		if !ok {
			to = from
		}
		lo, hi, err := bounds(from, to)
		if err != nil {
			return pool{}, fmt.Errorf("%s %q: %w", what, text, err)
		}
		p.width = cmp.Or(p.width, len(from))
		if len(from) != p.width {
			return pool{}, fmt.Errorf("%s %q: all numbers need the same count of digits", what, text)
		}
		p.ranges = append(p.ranges, [2]int{lo, hi})
		total += hi - lo + 1
	}
	if total > maxNumbers {
		return pool{}, fmt.Errorf("%s %q: %d numbers are more than %d: choose a smaller range", what, text, total, maxNumbers)
	}
	slices.SortFunc(p.ranges, func(a, b [2]int) int { return a[0] - b[0] })
	return p, p.refuse(what, emergency, never)
}

func bounds(from, to string) (lo, hi int, err error) {
	if len(from) < 2 || len(from) > 6 || len(from) != len(to) || from[0] == '0' || from > to {
		return 0, 0, fmt.Errorf("%s-%s is no range: write two numbers of 2 to 6 digits, the lower first, as in 201-299", from, to)
	}
	for i := range len(from) {
		if from[i] < '0' || from[i] > '9' || to[i] < '0' || to[i] > '9' {
			return 0, 0, fmt.Errorf("%s-%s is no range: only digits, as in 201-299", from, to)
		}
		lo, hi = lo*10+int(from[i]-'0'), hi*10+int(to[i]-'0')
	}
	return lo, hi, nil
}

// refuse names the first number of the range that must never be given.
func (p pool) refuse(what string, emergency []string, never map[string]string) error {
	for number := range p.all {
		if why := forbidden(number, emergency, never); why != "" {
			return fmt.Errorf("%s %q contain %s, which is %s: choose a range without it, as 201-299", what, p.text, number, why)
		}
	}
	return nil
}

// forbidden says why a number must not be given to anybody, or "".
func forbidden(number string, emergency []string, never map[string]string) string {
	e := pbx.EmergencyCollision(number, emergency)
	switch {
	case e == "":
		return never[number]
	case e == number:
		return "the emergency number " + e
	}
	return "mixed up with the emergency number " + e
}

// all yields the numbers from the lowest on.
func (p pool) all(yield func(string) bool) {
	for _, r := range p.ranges {
		for i := r[0]; i <= r[1]; i++ {
			if !yield(fmt.Sprintf("%0*d", p.width, i)) {
				return
			}
		}
	}
}
