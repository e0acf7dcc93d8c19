package calls

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// record writes an event as Asterisk does.
func record(kind, channel, unique, linked string, at int, more map[string]string) string {
	q := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	f := []string{"ac1", kind, fmt.Sprint(1795457743 + at), "500000", more["user"], more["name"], more["num"], "", "", "",
		more["exten"], more["context"], channel, more["app"], more["data"], unique, linked, "", more["extra"]}
	for i := range f {
		f[i] = q(f[i])
	}
	return strings.Join(f, ",") + "\n"
}

const (
	alice = "PJSIP/001565000001-1-00000000"
	bob   = "PJSIP/001565000002-1-00000001"
)

// talk is one call as the log has it, from channel n on.
func talk(n, at int, name string) string {
	a, b := fmt.Sprintf("autocom-1.%d", n), fmt.Sprintf("autocom-1.%d", n+1)
	bridge := map[string]string{"extra": fmt.Sprintf(`{"bridge_id":"b%d","bridge_technology":"simple_bridge"}`, n)}
	return record("CHAN_START", alice, a, a, at, map[string]string{"name": name, "num": "201", "exten": "202"}) +
		record("AC_NUMBER", alice, a, a, at, map[string]string{"user": "AC_NUMBER", "extra": `{"extra":"202"}`}) +
		record("CHAN_START", bob, b, a, at, map[string]string{"num": "202", "exten": "s"}) +
		record("ANSWER", bob, b, a, at+3, nil) + record("ANSWER", alice, a, a, at+3, nil) +
		record("BRIDGE_ENTER", bob, b, a, at+3, bridge) + record("BRIDGE_ENTER", alice, a, a, at+3, bridge) +
		record("BRIDGE_EXIT", alice, a, a, at+10, bridge) + record("BRIDGE_EXIT", bob, b, a, at+10, bridge) +
		record("HANGUP", bob, b, a, at+10, map[string]string{"extra": `{"hangupcause":16}`}) +
		record("HANGUP", alice, a, a, at+10, map[string]string{"extra": `{"hangupcause":16}`}) +
		record("LINKEDID_END", alice, a, a, at+10, nil)
}

func read(log string) (out []Call, book *Book, spoiled int) {
	book = &Book{}
	events, _, spoiled := Scan([]byte(log))
	for i, e := range events {
		out = append(out, book.Add(e, int64(i))...)
	}
	return out, book, spoiled
}

func TestACall(t *testing.T) {
	got, book, spoiled := read(talk(0, 0, "Awa"))
	if len(got) != 1 || spoiled != 0 || book.Open() != 0 {
		t.Fatalf("%+v, %d spoiled", got, spoiled)
	}
	c := got[0]
	if c.From != (Party{"201", "Awa", "001565000001-1"}) || c.AnsweredBy.Number != "202" || c.Wait != 3 || c.Talk != 7 || c.Result != Answered || c.Number != "202" {
		t.Errorf("%+v", c)
	}
}

// Whatever a caller is named, a record is one record and the next is read.
func TestNamesThatLookLikeRecords(t *testing.T) {
	for _, name := range []string{`a"b`, "a\nb", "\n\"ac1\",\"HANGUP\"", `","x`, `\`, `"`, "\"\n\"ac1\",", "=cmd|' /C calc'!A0", "\x00\xff", strings.Repeat("x", 5000)} {
		got, _, spoiled := read(talk(0, 0, name) + talk(2, 20, "Awa"))
		if len(got) != 2 || spoiled != 0 || got[0].From.Name != name || got[1].From.Name != "Awa" {
			t.Errorf("%q: %d calls, %d spoiled", name, len(got), spoiled)
		}
	}
}

// The plug is pulled at any byte of the first call; a second call follows after the boot.
func TestAPowerCutAtAnyByte(t *testing.T) {
	first, second := talk(0, 0, "A\"wa\n"), strings.ReplaceAll(talk(0, 100, "Bob"), "autocom-1.", "autocom-2.")
	for cut := range len(first) {
		got, book, spoiled := read(first[:cut] + "\n" + second)
		if cut == 0 || !strings.Contains(first[:cut], "CHAN_START") {
			continue
		}
		n := len(got)
		if n == 0 || got[n-1].From.Name != "Bob" || got[n-1].Result != Answered {
			t.Fatalf("cut at %d: the call after it is %+v (%d spoiled)", cut, got, spoiled)
		}
		if book.Open() != 0 {
			t.Errorf("cut at %d: %d calls are open", cut, book.Open())
		}
	}
}

// A record that is written only half waits for its rest.
func TestARecordThatIsBeingWritten(t *testing.T) {
	log := talk(0, 0, "Awa")
	for n := range len(log) {
		events, used, spoiled := Scan([]byte(log[:n]))
		more, _, _ := Scan([]byte(log[used:]))
		if spoiled != 0 || len(events)+len(more) != 12 {
			t.Fatalf("read at %d: %d and %d events, %d spoiled", n, len(events), len(more), spoiled)
		}
	}
}

// Who lost the book reads again from Low and gets every open call, and of the others none
// that it could mistake for a new one.
func TestReadingAgainFromLow(t *testing.T) {
	long, short := strings.SplitAfter(talk(2, 1, "long"), "\n"), strings.SplitAfter(talk(0, 0, "short"), "\n")
	for i := range len(long) - 1 {
		// "short" begins before the i-th record of "long" and ends after it.
		lines := append(append(append(append([]string{}, short[:6]...), long[:i+1]...), short[6:]...), long[i+1:]...)
		all, _, _ := read(strings.Join(lines, ""))
		if len(all) != 2 {
			t.Fatalf("%d: %d calls", i, len(all))
		}
		book := &Book{}
		var low int64
		for n := range lines[:len(lines)-8] {
			events, _, _ := Scan([]byte(lines[n]))
			for _, e := range events {
				book.Add(e, int64(n))
			}
		}
		low = book.Low(int64(len(lines) - 8))
		again, _, _ := read(strings.Join(lines[low:], ""))
		open := book.Open()
		if len(again) < open {
			t.Errorf("%d: %d calls were open, %d are read again", i, open, len(again))
		}
		for _, c := range again {
			if c.From.Name == "" || c.Answer.IsZero() {
				t.Errorf("%d: half a call: %+v", i, c)
			}
		}
	}
}

func TestACallOfWhichNothingIsHeardAnyMore(t *testing.T) {
	log := strings.Join(strings.SplitAfter(talk(0, 0, "Awa"), "\n")[:7], "")
	_, book, _ := read(log)
	at := time.Unix(1795457743, 0)
	if got := book.Stale(at.Add(time.Hour)); len(got) != 0 || book.Open() != 1 {
		t.Errorf("after an hour: %+v", got)
	}
	got := book.Stale(at.Add(25 * time.Hour))
	if len(got) != 1 || !got[0].Cut || got[0].Result != Answered || got[0].End.Sub(got[0].Start) != 3*time.Second {
		t.Errorf("after a day: %+v", got)
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte(talk(0, 0, "Awa")))
	f.Add([]byte("\"ac1\",\n\"ac1\""))
	f.Fuzz(func(t *testing.T, log []byte) {
		events, used, _ := Scan(log)
		if used > len(log) {
			t.Fatal("more is read than there is")
		}
		book := &Book{}
		for i, e := range events {
			book.Add(e, int64(i))
		}
		book.Cut(time.Time{})
		if book.Open() != 0 {
			t.Error("calls are open after all were ended")
		}
	})
}
