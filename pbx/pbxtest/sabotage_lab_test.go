//go:build lab

package pbxtest_test

import (
	"testing"

	"autocom/pbx"
	"autocom/pbx/pbxtest"
)

// The tests are tested: each mistake in the rendered files makes a scene fail.
func TestThirtyMistakesInTheRenderedFilesAreEachNoticed(t *testing.T) {
	guests := house()
	guests.Endpoints = append(guests.Endpoints, pbx.Endpoint{ID: "001565999999-1", Secret: "secret-of-a-guest-phone", Lang: "fr", Right: pbx.RightGuest})
	lined := house()
	pbxtest.Person(&lined, "awa", "Awa", func(x *pbx.Person) { x.Class = pbx.RightNational }, "202")
	pbxtest.Trunk(&lined, "201")
	const dialplan, lines = "extensions.conf", "pjsip_lines.conf"
	for _, c := range []struct {
		words     string
		plan      pbx.Plan
		scene     pbxtest.Scene
		sabotages []pbxtest.Sabotage
	}{
		{"a call", house(), callScene, []pbxtest.Sabotage{
			{"a number rings another one's phone", dialplan, "ac-take,s,1(202,001565000202-1,", "ac-take,s,1(202,001565000204-1,"},
			{"a lamp watches another phone", dialplan, "202,hint,PJSIP/001565000202-1", "202,hint,PJSIP/001565000204-1"},
			{"a phone shows another number", lines, `"Poste 201" <201>`, `"Poste 201" <299>`},
			{"a phone has another secret", lines, "password = secret-of-001565000202-1", "password = secret-of-somebody-else-1"},
			{"phones are given codecs that they lack", "pjsip.conf", "allow = g722,alaw,ulaw,opus,h264,vp8", "allow = opus"},
			{"phones may not call inside", "pjsip.conf", "context = ac-phone-internal", "context = ac-phone-guest"},
		}},
		{"a stranger", house(), strangerScene, []pbxtest.Sabotage{
			{"no secret is asked", lines, "auth = 001565000201-1\n", ""},
		}},
		{"a phone that nobody approved", guests, guestScene, []pbxtest.Sabotage{
			{"guests reach the house", dialplan, "[ac-phone-guest]\n", "[ac-phone-guest]\ninclude => ac-ext\n"},
			{"guests do not hear themselves", dialplan, "exten => *43,1,Gosub(ac-room,s,1)", "exten => *43,1,Hangup()"},
		}},
		{"a group", house(), groupScene, []pbxtest.Sabotage{
			{"a member is forgotten", dialplan, "Local/202@ac-member/n&Local/203@ac-member/n", "Local/202@ac-member/n"},
			{"nobody is told why it rings", dialplan, "Set(CALLERID(name)=Ventes ${CALLERID(name)})", "NoOp()"},
		}},
		{"a group of which nobody is there", house(), nobodyInTheGroupScene, []pbxtest.Sabotage{
			{"the call does not go on", dialplan, "Gosub(ac-return,s,1(600))\n same => n,Goto(ac-number,204,1)", "Hangup()"},
		}},
		{"a message", house(), mailboxScene, []pbxtest.Sabotage{
			{"messages lie in another box", dialplan, "VoiceMail(${ARG1}@autocom", "VoiceMail(203@autocom"},
			{"a lamp is that of another box", lines, "mailboxes = 202@autocom", "mailboxes = 203@autocom"},
		}},
		{"somebody who is not there", house(), absentScene, []pbxtest.Sabotage{
			{"the mailbox never answers", dialplan, "Gosub(ac-mailbox,s,1(${ARG1},${AC_RESULT}))", "NoOp()"},
		}},
		{"a menu", house(), menuScene, []pbxtest.Sabotage{
			{"a key leads elsewhere", dialplan, "exten => 1,1,Goto(ac-number,202,1)", "exten => 1,1,Goto(ac-number,204,1)"},
			{"no extension can be dialled in it", dialplan, "include => ac-direct\n", ""},
		}},
		{"a menu in which nothing is pressed", house(), silenceScene, []pbxtest.Sabotage{
			{"silence leads nowhere", dialplan, "[${AC_SILENT} >= 1]?ac-number,204,1)", "[${AC_SILENT} >= 1]?ac-hangup,s,1)"},
		}},
		{"a queue", house(), queueScene, []pbxtest.Sabotage{
			{"the queue has lost its member", "queues.conf", "member => Local/202@ac-member/n,0,202,hint:202@ac-ext", ""},
			{"the prefix is lost", dialplan, "Set(CALLERID(name)=Aide ${CALLERID(name)})", "NoOp()"},
		}},
		{"a room", house(), conferenceScene, []pbxtest.Sabotage{
			{"the PIN opens nothing", dialplan, `"${AC_PIN}" = "4711"`, `"${AC_PIN}" = "4712"`},
		}},
		{"a wrong PIN", house(), wrongPINScene, []pbxtest.Sabotage{
			{"any PIN opens the room", dialplan, `"${AC_PIN}" = "4711"`, `"x" = "x"`},
			{"PINs can be tried for ever", dialplan, "${AC_TRIES} >= 3", "${AC_TRIES} >= 300"},
		}},
		{"a forward", house(), forwardScene, []pbxtest.Sabotage{
			{"forwards are not looked up", dialplan, "Gosub(ac-forward,s,1(${ARG1},cfu,${ARG5}))", "Set(AC_WAY=)"},
		}},
		{"do not disturb", house(), disturbScene, []pbxtest.Sabotage{
			{"nobody asks whether it is on", dialplan, "${DB_EXISTS(ac/${ARG1}/dnd)}", "0"},
		}},
		{"digits during a call", house(), keysScene, []pbxtest.Sabotage{
			{"the called may not transfer", dialplan, `"outside"]?:tk)}`, `"outside"]?:k)}`},
			{"the digits are others", "features.conf", "blindxfer = ##", "blindxfer = #1"},
		}},
		{"parking", house(), parkScene, []pbxtest.Sabotage{
			{"the slots begin elsewhere", "res_parking.conf", "parkpos = 701-720", "parkpos = 711-720"},
		}},
		{"taking a call that rings elsewhere", house(), pickupScene, []pbxtest.Sabotage{
			{"the phones are in no group", lines, "named_pickup_group = site", "named_pickup_group = elsewhere"},
			{"a key takes the call of another phone", dialplan, "exten => **202,1,PickupChan(PJSIP/001565000202-1)", "exten => **202,1,PickupChan(PJSIP/001565000204-1)"},
		}},
		{"an intercom", house(), intercomScene, []pbxtest.Sabotage{
			{"phones are not asked to answer by themselves", dialplan, "PJSIP_HEADER(add,Call-Info)=<sip:autocom>\\;answer-after=0)\n same => n,Set(PJSIP_HEADER(add,Alert-Info)=<http://autocom>\\;info=alert-autoanswer\\;delay=0)", "AC_NOTHING=1)"},
		}},
		{"a call from outside", lined, inwardScene, []pbxtest.Sabotage{
			{"it rings somebody else", dialplan, "Gosub(ac-blacklist,s,1)\n same => n,Goto(ac-number,201,1)", "Gosub(ac-blacklist,s,1)\n same => n,Goto(ac-number,203,1)"},
		}},
		{"a call to the outside", lined, outwardScene, []pbxtest.Sabotage{
			{"mobile numbers are open to everybody", dialplan, "exten => _6[25-9]XXXXXXX,1,Goto(ac-refuse,class,1)", "exten => _6[25-9]XXXXXXX,1,Gosub(ac-route-outside,s,1(national,237${EXTEN},${EXTEN},${EXTEN}))"},
			{"national numbers lead nowhere", dialplan, "exten => _2[2-4]XXXXXXX,1,Gosub(ac-route-outside", "exten => _2[2-4]XXXXXXX,1,NoOp(ac-route-outside"},
		}},
		{"a short number", house(), speedDialScene, []pbxtest.Sabotage{
			{"it dials another", dialplan, "Set(AC_DIAL=203)", "Set(AC_DIAL=204)"},
		}},
	} {
		t.Run(c.words, func(t *testing.T) { pbxtest.Sabotaged(t, c.plan, c.scene, c.sabotages...) })
	}
}
