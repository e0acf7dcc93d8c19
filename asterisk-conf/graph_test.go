package asteriskconf

import (
	"errors"
	"strings"
	"testing"

	"autocom/pbx"
)

func TestNothingFromOutsideReachesAWayOut(t *testing.T) {
	for _, plan := range []pbx.Plan{small(), connected()} {
		files, err := Render(plan)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range Isolation(files) {
			t.Error(err)
		}
	}
}

func TestIsolationFindsLeaks(t *testing.T) {
	replace := func(file, old, new string) func(pbx.Files) {
		return func(f pbx.Files) {
			if !strings.Contains(string(f[file]), old) {
				panic(file + " does not hold " + old)
			}
			f[file] = []byte(strings.Replace(string(f[file]), old, new, 1))
		}
	}
	add := func(file, text string) func(pbx.Files) {
		return func(f pbx.Files) { f[file] = append(f[file], "\n"+text+"\n"...) }
	}
	for _, c := range []struct {
		name string
		edit func(pbx.Files)
		says string
	}{
		{"a trunk that includes the house's numbers", replace("extensions.conf", "[ac-incoming-orange]", "[ac-incoming-orange]\ninclude => ac-ext"), "ac-incoming-orange includes ac-ext"},
		{"a number from outside that dials out", replace("extensions.conf", "exten => +237222000000,1,Goto(ac-in-main,s,1)", "exten => +237222000000,1,Goto(ac-out-internal,0699112233,1)"), "outside reaches a way out: ac-incoming-orange → ac-out-internal"},
		{"a step in the middle that goes out", replace("extensions.conf", "[ac-arrive]\nexten => s,1,", "[ac-arrive]\nexten => s,1,GotoIf($[1]?ac-out-mobile,${CALLERID(num)},1)\n same => n,"), "→ ac-out-mobile"},
		{"a Gosub", replace("extensions.conf", "[ac-blacklist]\nexten => s,1,", "[ac-blacklist]\nexten => s,1,Gosub(ac-route-all,s,1(international,1,1,1))\n same => n,"), "→ ac-route-all"},
		{"a Local channel", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Dial(Local/${ARG1}@ac-out-national/n)\n same => n,"), "→ ac-out-national (Dial Local"},
		{"a leg's handler", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Dial(PJSIP/001565000001-1,20,b(ac-out-national^0699112233^1))\n same => n,"), "→ ac-out-national"},
		{"a hangup handler", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Set(CHANNEL(hangup_handler_push)=ac-out-national,0699112233,1)\n same => n,"), "→ ac-out-national"},
		{"an ExecIf", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,ExecIf($[1]?Goto(ac-phone-mobile,${ARG1},1))\n same => n,"), "→ ac-phone-mobile"},
		{"digits looked up among the ways out", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Background(beep,,,ac-out-mobile)\n same => n,"), "→ ac-out-mobile (Background"},
		{"dial by name", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Directory(autocom,ac-out-mobile)\n same => n,"), "→ ac-out-mobile (Directory"},
		{"the context of a transfer", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Set(__TRANSFER_CONTEXT=ac-phone-international)\n same => n,"), "→ ac-phone-international"},
		{"a trunk dialled at once", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Gosub(ac-trunk-gsm,s,1(,${ARG1},0,,x,national,60))\n same => n,"), "→ ac-trunk-gsm"},
		{"a context of variables", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Goto(${ARG1},${ARG2},1)\n same => n,"), "a context of variables"},
		{"a stored destination made of digits", replace("extensions.conf", "Goto(ac-out-mobile,0699112233,1)", "Goto(ac-out-mobile,${EXTEN},1)"), "leads to more than what its person has stored"},
		{"a forward that nobody compared", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Goto(ac-go,international,1)\n same => n,"), "has not compared"},
		{"a forward set elsewhere", replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Set(AC_WAY=international)\n same => n,"), "only ac-reach may"},
		{"callers from outside who transfer", replace("extensions.conf", "${ARG2},i${AC_OPTIONS}", "${ARG2},iT${AC_OPTIONS}"), "option T of Dial"},
		{"phones that send their callers elsewhere", replace("extensions.conf", "${ARG2},i${AC_OPTIONS}", "${ARG2},${AC_OPTIONS}"), "ac-ring: without option i"},
		{"a called trunk that transfers", replace("extensions.conf", ",120,i", ",120,it"), "option t of Dial"},
		{"a called trunk with the options of a phone", replace("extensions.conf", " same => n,Gosub(ac-options,s,1(outside))", " same => n,Gosub(ac-options,s,1)"), "the options of a phone"},
		{"a trunk that transfers by REFER", replace("pjsip_trunks.conf", "allow_transfer = no", "allow_transfer = yes"), "allow_transfer"},
		{"a trunk that is a phone", replace("pjsip_trunks.conf", "direct_media = no", "set_var = AC_INSIDE=1"), "no variables of a phone"},
		{"a trunk with the context of a phone", replace("pjsip_trunks.conf", "context = ac-incoming-box", "context = ac-phone-everything"), "trunk-<id>, and nothing else"},
		{"a trunk with the context of another", replace("pjsip_trunks.conf", "context = ac-incoming-box", "context = ac-incoming-orange"), "trunk-<id>, and nothing else"},
		{"an endpoint more with the name of a trunk", add("pjsip_trunks.conf", "[trunk-zz]\ntype = endpoint\ncontext = ac-phone-international"), "endpoint trunk-zz: context \"ac-phone-international\": trunk-<id>"},
		{"an endpoint for whoever calls", add("pjsip_trunks.conf", "[anonymous]\ntype = endpoint\ncontext = ac-phone-mobile"), "endpoint anonymous: anybody calls by it"},
		{"whoever calls by the password of a phone", add("pjsip_lines.conf", "[anonymous]\ntype = endpoint\ncontext = ac-phone-mobile\nauth = 001565000001-1"), "endpoint anonymous: anybody calls by it"},
		{"whoever calls is a trunk", add("pjsip_trunks.conf", "[anonymous]\ntype = endpoint\ncontext = ac-incoming-box"), "endpoint anonymous: context \"ac-incoming-box\": trunk-<id>"},
		{"a phone without a password", replace("pjsip_lines.conf", "\nauth = 001565000001-1", ""), "endpoint 001565000001-1: anybody calls by it"},
		{"a phone with an empty password", replace("pjsip_lines.conf", "password = aaaaaaaaaaaaaaaaaaaaaaaa", "password ="), "endpoint 001565000001-1: anybody calls by it"},
		{"an address taken for a phone", add("pjsip_trunks.conf", "[x]\ntype = identify\nendpoint = 001565000001-1\nmatch = 203.0.113.9"), "identify x: an address or a header is taken for"},
		{"a stranger's context that is no phone's", add("pjsip_trunks.conf", "[x]\ntype = endpoint\ncontext = ac-ext"), "neither a phone's nor a trunk's"},
		{"a menu with the numbers of a phone", func(f pbx.Files) {
			replace("extensions.conf", "exten => +237222000000,1,Goto(ac-in-main,s,1)", "exten => +237222000000,1,Goto(ac-menu-x,s,1)")(f)
			add("extensions.conf", "[ac-menu-x]\ninclude => ac-phone-internal\nexten => s,1,Background(beep)\n same => n,WaitExten(5)")(f)
		}, "outside reaches a way out: ac-incoming-orange → ac-menu-x (Goto, line"},
		{"a trunk called past its context", replace("extensions.conf", "[ac-arrive]\nexten => s,1,", "[ac-arrive]\nexten => s,1,Dial(PJSIP/${CALLERID(num)}@trunk-gsm,20,i)\n same => n,"), "ac-arrive calls a trunk itself"},
		{"a class too far", replace("extensions.conf", "[ac-out-internal]", "[ac-out-internal]\nexten => 123456,1,Gosub(ac-route-all,s,1(mobile,1,1,1))"), "right internal calls numbers of class mobile"},
		{"a right that includes more", replace("extensions.conf", "[ac-phone-internal]", "[ac-phone-internal]\ninclude => ac-out-mobile"), "right internal reaches a way out"},
		{"a code that dials with more rights", add("extensions.conf", "[ac-features]\nexten => *55,1,Goto(ac-out-international,0033612345678,1)"), "right internal reaches a way out"},
		{"a guest with codes", replace("extensions.conf", "[ac-phone-guest]", "[ac-phone-guest]\ninclude => ac-features"), "waits for approval reaches"},
		{"a queue's key", func(f pbx.Files) {
			replace("extensions.conf", "[ac-ring]\nexten => s,1,", "[ac-ring]\nexten => s,1,Queue(x,C)\n same => n,")(f)
			add("queues.conf", "[x]\ncontext = ac-phone-mobile")(f)
		}, "→ ac-phone-mobile (queues.conf"},
		{"calls out of a mailbox", add("voicemail.conf", "[x]\ndialout = ac-out-mobile"), "makes calls out of a mailbox"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files, err := Render(connected())
			if err != nil {
				t.Fatal(err)
			}
			c.edit(files)
			if err := errors.Join(Isolation(files)...); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
