package offer

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/insomniacslk/dhcp/dhcpv4"

	"autocom/provision"
)

var (
	phoneMAC = provision.MAC{0x00, 0x15, 0x65, 0xaa, 0xbb, 0x01}
	boxMAC   = provision.MAC{0x02, 0, 0, 0, 0, 0x10}
	phoneIP  = netip.MustParseAddr("192.0.2.50")
	boxIP    = netip.MustParseAddr("192.0.2.10")
)

// informed is the frame of a phone, its message written by a library that is not ours.
func informed(t testing.TB, change ...dhcpv4.Modifier) []byte {
	t.Helper()
	m, err := dhcpv4.New(append([]dhcpv4.Modifier{
		dhcpv4.WithMessageType(dhcpv4.MessageTypeInform), dhcpv4.WithHwAddr(phoneMAC[:]), dhcpv4.WithClientIP(phoneIP.AsSlice()),
		dhcpv4.WithTransactionID(dhcpv4.TransactionID{1, 2, 3, 4}), dhcpv4.WithOption(dhcpv4.OptClassIdentifier("yealink")),
		dhcpv4.WithRequestedOptions(dhcpv4.OptionTFTPServerName, dhcpv4.OptionVendorSpecificInformation, dhcpv4.OptionNTPServers),
	}, change...)...)
	if err != nil {
		t.Fatal(err)
	}
	b := frame(phoneIP, phoneMAC, netip.MustParseAddr("255.255.255.255"), provision.MAC{255, 255, 255, 255, 255, 255}, m.ToBytes())
	b[etherLen+minIP+1], b[etherLen+minIP+3] = clientPort, serverPort // from 68 to 67
	return b
}

func testInform(url string) *Inform {
	return &Inform{
		Interface: "lan0", Local: func() netip.Addr { return boxIP }, Log: slog.New(slog.DiscardHandler),
		Answer: func(_ context.Context, s provision.Sighting) (provision.Phone, bool) {
			return provision.Phone{Site: provision.Site{Address: boxIP, VoiceVLAN: 20}, Device: provision.Device{Vendor: "yealink", MAC: s.MAC}, URL: url},
				s.Fields[provision.FieldOption60] == "yealink"
		},
		Options: func(p provision.Phone) ([]provision.Option, error) {
			return []provision.Option{{Code: 66, Text: p.URL}, {Code: 160, Text: p.URL}, {Code: 43, Sub: map[uint8]string{1: "x"}}}, nil
		},
	}
}

func TestAPhoneWithALeaseAsks(t *testing.T) {
	i := testInform("http://192.0.2.10/")
	q, ok := i.read(informed(t))
	if !ok {
		t.Fatal("the question is not read")
	}
	b := i.ask(t.Context(), q, boxMAC)
	if b == nil {
		t.Fatal("no answer")
	}
	if !bytes.Equal(b[:6], phoneMAC[:]) || checksum(0, b[etherLen:etherLen+minIP]) != 0 {
		t.Errorf("frame to %x, checksum of its header %x", b[:6], checksum(0, b[etherLen:etherLen+minIP]))
	}
	ip := b[etherLen:]
	udpPart := ip[minIP:]
	if sum := checksum(uint32(udp)+uint32(len(udpPart)), append(bytes.Clone(ip[12:20]), udpPart...)); sum != 0 {
		t.Errorf("UDP checksum %x", sum)
	}
	m, err := dhcpv4.FromBytes(udpPart[udpLen:])
	if err != nil {
		t.Fatal(err)
	}
	got := []any{m.MessageType(), m.TransactionID, m.ClientIPAddr.String(), m.YourIPAddr.String(), m.ClientHWAddr.String(),
		m.ServerIdentifier().String(), m.Options.Has(dhcpv4.OptionIPAddressLeaseTime), m.TFTPServerName(),
		string(m.Options.Get(dhcpv4.OptionVendorSpecificInformation)), m.Options.Has(dhcpv4.GenericOptionCode(160)), m.NTPServers()[0].String(),
		m.Options.Has(dhcpv4.GenericOptionCode(132)), netip.AddrFrom4([4]byte(ip[16:20])).String()}
	want := []any{dhcpv4.MessageTypeAck, dhcpv4.TransactionID{1, 2, 3, 4}, "192.0.2.50", "0.0.0.0", phoneMAC.String(),
		"192.0.2.10", false, "http://192.0.2.10/", "\x01\x01x", false, "192.0.2.10", false, "192.0.2.50"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWhoIsNotAnswered(t *testing.T) {
	for name, tc := range map[string]struct {
		change  []dhcpv4.Modifier
		mangle  func([]byte)
		inform  func(*Inform)
		counted InformCounters
	}{
		"a laptop":                     {change: []dhcpv4.Modifier{dhcpv4.WithOption(dhcpv4.OptClassIdentifier("MSFT 5.0"))}, counted: InformCounters{Questions: 1, Silent: 1}},
		"another's MAC in the message": {change: []dhcpv4.Modifier{dhcpv4.WithHwAddr(net.HardwareAddr{0, 0x15, 0x65, 1, 2, 3})}, counted: InformCounters{Malformed: 1}},
		"another's address":            {change: []dhcpv4.Modifier{dhcpv4.WithClientIP(net.IPv4(192, 0, 2, 51))}, counted: InformCounters{Malformed: 1}},
		"no address":                   {change: []dhcpv4.Modifier{dhcpv4.WithClientIP(net.IPv4zero)}, counted: InformCounters{Malformed: 1}},
		"by a relay":                   {change: []dhcpv4.Modifier{dhcpv4.WithGatewayIP(net.IPv4(192, 0, 2, 1))}},
		"a DISCOVER":                   {change: []dhcpv4.Modifier{dhcpv4.WithMessageType(dhcpv4.MessageTypeDiscover)}},
		"cut short":                    {mangle: func(b []byte) { b[etherLen+2], b[etherLen+3] = 0, 5 }, counted: InformCounters{Malformed: 1}},
		"the box serves itself":        {inform: func(i *Inform) { i.Silent = func() bool { return true } }, counted: InformCounters{Questions: 1, Silent: 1}},
		"the box has no address":       {inform: func(i *Inform) { i.Local = func() netip.Addr { return netip.Addr{} } }, counted: InformCounters{Questions: 1, Silent: 1}},
		"its maker's options are broken": {inform: func(i *Inform) {
			i.Options = func(provision.Phone) ([]provision.Option, error) { return nil, errors.New("broken") }
		}, counted: InformCounters{Questions: 1, Failed: 1}},
	} {
		i := testInform("http://192.0.2.10/")
		if tc.inform != nil {
			tc.inform(i)
		}
		b := informed(t, tc.change...)
		if tc.mangle != nil {
			tc.mangle(b)
		}
		q, ok := i.read(b)
		if ok && i.ask(t.Context(), q, boxMAC) != nil {
			t.Errorf("%s is answered", name)
		}
		if diff := cmp.Diff(tc.counted, i.Counters()); diff != "" {
			t.Errorf("%s: counters (-want +got):\n%s", name, diff)
		}
	}
}

func TestAFloodOfQuestions(t *testing.T) {
	i := testInform("http://192.0.2.10/")
	now := time.Unix(1000, 0)
	answered := 0
	for range 1000 {
		if i.may(now) {
			answered++
		}
	}
	if answered != perSecond || !i.may(now.Add(time.Second)) {
		t.Errorf("%d answers in one second, want %d, and more in the next", answered, perSecond)
	}
}

// A phone that forgets the end of its options, as some do.
func TestAQuestionWithoutEnd(t *testing.T) {
	b := informed(t)
	end := bytes.LastIndexByte(b, optEnd)
	for cut, class := range map[int]string{end: "yealink", end - 1: "yealin"} {
		if q, err := decode(b[:cut]); err != nil || q.mac != phoneMAC || q.class != class {
			t.Errorf("%d bytes: %+v %v", cut, q, err)
		}
	}
}

func FuzzInform(f *testing.F) {
	f.Add(informed(f))
	f.Add(informed(f, dhcpv4.WithOption(dhcpv4.OptMaxMessageSize(1))))
	f.Add([]byte{})
	long := []option{text(66, string(bytes.Repeat([]byte("x"), 255))), text(43, string(bytes.Repeat([]byte("y"), 255))), text(160, string(bytes.Repeat([]byte("z"), 255)))}
	f.Fuzz(func(t *testing.T, b []byte) {
		q, err := decode(b)
		if err != nil {
			return
		}
		for field, value := range q.sighting().Fields {
			if value != provision.Clean(value) {
				t.Errorf("%s is not clean: %q", field, value)
			}
		}
		out := q.answer(boxIP, boxMAC, long)
		if n := len(out) - etherLen - minIP - udpLen; n > q.maximum || n > maxMaximum {
			t.Errorf("an answer of %d bytes, %d are taken", n, q.maximum)
		}
		if _, err := dhcpv4.FromBytes(out[etherLen+minIP+udpLen:]); err != nil {
			t.Errorf("the answer: %v", err)
		}
		if !bytes.Equal(out[:6], q.source[:]) {
			t.Errorf("the answer goes to %x, the question came from %v", out[:6], q.source)
		}
	})
}
