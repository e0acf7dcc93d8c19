package asteriskconf

import (
	_ "embed"
	"strings"
	"testing"
	"testing/fstest"

	"autocom/pbx"
)

// soundNames are the files of Debian's sound packages in our languages, one a line.
//
//go:embed testdata/sounds.txt
var soundNames string

// sounds are the installed prompts.
func sounds() fstest.MapFS {
	out := fstest.MapFS{}
	for name := range strings.Lines(soundNames) {
		out[strings.TrimSpace(name)] = &fstest.MapFile{}
	}
	return out
}

func TestWhatWeRenderPassesCheck(t *testing.T) {
	for _, plan := range []pbx.Plan{small(), many(500), {Hostname: "a", Language: "en", Address: small().Address, ManagerSecret: small().ManagerSecret}} {
		files, err := Render(plan)
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(files, sounds()); err != nil {
			t.Error(err)
		}
	}
}

// Every prompt that an application says by itself must be there in both languages.
func TestCheckMissesAPromptOfAnApplication(t *testing.T) {
	files, err := Render(small())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vm-youhave", "digits/day-3", "vm-mailboxfull"} {
		there := sounds()
		delete(there, "fr_CA_f_June/"+name+".g722")
		if err := Check(files, there); err == nil || !strings.Contains(err.Error(), "sound "+name+" does not exist in fr_CA_f_June") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckFinds(t *testing.T) {
	replace := func(file, old, new string) func(pbx.Files) {
		return func(f pbx.Files) {
			if !strings.Contains(string(f[file]), old) {
				panic(file + " does not hold " + old)
			}
			f[file] = []byte(strings.Replace(string(f[file]), old, new, 1))
		}
	}
	more := func(step string) func(pbx.Files) {
		return func(f pbx.Files) {
			f["extensions.conf"] = append(f["extensions.conf"], "\n[more]\nexten => s,1,"+step+"\n"...)
		}
	}
	queue := func(line string) func(pbx.Files) {
		return func(f pbx.Files) { f["queues.conf"] = append(f["queues.conf"], "\n[sales]\n"+line+"\n"...) }
	}
	cases := []struct {
		name string
		edit func(pbx.Files)
		says string
	}{
		{"a queue that nobody made", more("Queue(sales,C,,,60)"), "queue sales does not exist"},
		{"a member without a phone", queue("member => Local/999@ac-member/n,0,999,hint:999@ac-ext"), "member Local/999@ac-member/n cannot be rung"},
		{"a member that is a trunk", queue("member => PJSIP/trunk/0612345678,0,201,hint:201@ac-ext"), "cannot be rung"},
		{"a member without a hint", queue("member => Local/201@ac-member/n,0,201,hint:600@ac-ext"), "number 600 has no hint"},
		{"a queue with music of nobody", queue("musicclass = jazz"), "music jazz does not exist"},
		{"a queue's context that is gone", queue("context = ac-queue-exit-x"), "context ac-queue-exit-x does not exist"},
		{"a queue's prompt that is gone", queue("announce = /data/prompts/x"), "prompt x does not exist"},
		{"a Gosub to nowhere", replace("extensions.conf", "Gosub(ac-ring,s,1(001565000001-1,120))", "Gosub(ac-rings,s,1(001565000001-1))"), "context ac-rings does not exist"},
		{"a label that is gone", replace("extensions.conf", "n(done),", "n,"), "has no label done"},
		{"a priority too far", replace("extensions.conf", "Gosub(ac-sos,s,1(", "Gosub(ac-sos,s,99("), "no priority 99"},
		{"a target of variables", replace("extensions.conf", "Goto(next)", "Goto(${EXTEN})"), "nobody can check"},
		{"an include of nothing", replace("extensions.conf", "include => ac-ext", "include => ac-exts"), "context ac-exts does not exist"},
		{"a hint of nobody", replace("extensions.conf", "hint,PJSIP/001565000001-1", "hint,PJSIP/nobody"), "hint PJSIP/nobody is no endpoint"},
		{"a sound that is not there", replace("extensions.conf", "Playback(demo-echotest)", "Playback(demo-echo)"), "sound demo-echo does not exist in fr_CA_f_June"},
		{"a wildcard", replace("extensions.conf", "exten => *43,", "exten => _X.,"), "takes anything"},
		{"an application that runs programs", replace("extensions.conf", "Echo()", "System(reboot)"), "System: not an application"},
		{"a function we do not use", replace("extensions.conf", "${CHANNEL(endpoint)}", "${SHELL(id)}"), "SHELL is not a function"},
		{"a module that is not loaded", replace("modules.conf", "load = app_echo.so", ""), "app_echo.so is not loaded"},
		{"a gap in the priorities", replace("extensions.conf", " same => n,Echo()", " same => 9,Echo()"), "priority 9, expected 5"},
		{"a context that no phone can use", replace("pjsip.conf", "context = ac-phone-guest", "context = ac-nowhere"), `context "ac-nowhere" does not exist`},
		{"an endpoint without account", replace("pjsip_lines.conf", "(secret)", "(contact)"), "auth \"001565000001-1\" does not exist"},
		{"a template that is gone", replace("pjsip.conf", "[line-internal]", "[line-inside]"), "template line-internal does not exist"},
		{"a file that is gone", func(f pbx.Files) { delete(f, "pjsip_lines.conf") }, "pjsip_lines.conf: no such file"},
		{"a file that includes itself", replace("pjsip_lines.conf", ";", "#include pjsip_lines.conf\n;"), "include each other"},
		{"a GotoIfTime to nowhere", more("GotoIfTime(08:00-11:59,mon-fri,*,*?ac-gone,s,1)"), "context ac-gone does not exist"},
		{"a GosubIf to nowhere", more("GosubIf($[1]?ac-hangup,s,1(a,b):ac-gone,s,1(c))"), "context ac-gone does not exist"},
		{"an ExecIf that goes nowhere", more("ExecIf($[1]?Goto(ac-gone,s,1))"), "context ac-gone does not exist"},
		{"an ExecIf that runs programs", more("ExecIf($[1]?System(reboot))"), "System: not an application"},
		{"digits looked up nowhere", more("Background(beep,,,ac-gone)"), "context ac-gone does not exist"},
		{"nobody waits for silence", more("WaitExten(5)"), "has no extension t"},
		{"a sound of two that is not there", more("Read(X,beep&boop)"), "sound boop does not exist"},
		{"a prompt of ours that nobody made", more("Playback(/data/prompts/welcome)"), "prompt welcome does not exist"},
		{"a prompt asked for that nobody made", more("Gosub(ac-prompt-welcome,s,1(beep))"), "context ac-prompt-welcome does not exist"},
		{"a lamp of no device", replace("extensions.conf", "hint,PJSIP/001565000001-1", "hint,Custom:x"), "hint Custom:x is no endpoint"},
		{"a box that dials out", replace("voicemail.conf", "operator = no", "dialout = ac-ext"), "would let who opens a box dial out"},
		{"an operator that is gone", replace("voicemail.conf", "operator = no", "exitcontext = ac-gone"), "context ac-gone does not exist"},
		{"PINs that nobody judges", replace("voicemail.conf", "voicemail_pin.sh", "pin.sh"), "pin.sh does not exist"},
		{"half a line", replace("rtp.conf", "strictrtp = yes", "strictrtp"), "neither a section nor a key"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files, err := Render(small())
			if err != nil {
				t.Fatal(err)
			}
			c.edit(files)
			if err := Check(files, sounds()); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		})
	}
}
