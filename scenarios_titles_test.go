package autocom_test

// title is what people call a part of autocom, whatever its package is named.
type title struct{ pkg, words, about string }

// titles are in the order of docs/scenarios.md: what people do every day first, what the
// box does by itself last. A package that is not here comes after them, by its own name.
var titles = []title{
	{"lab", "The whole office", "A box, its telephones and what goes wrong in an office, from the first plug to the power cut."},
	{"pbx/pbxtest", "Calls", "One telephone calls another: sound, pictures, and many at once."},
	{"pbx/transfer", "Handing a call over", "With a word before or without, by a key of the phone or by digits."},
	{"pbx/forward", "Calls that ring elsewhere", "Forwards, do not disturb, and a second phone that rings too."},
	{"pbx/waiting", "A second call", "What happens to a call for somebody who is on the phone."},
	{"pbx/pickup", "Taking a call that rings elsewhere", ""},
	{"pbx/parking", "Parking a call", "A caller waits in a numbered place until any phone takes the call."},
	{"pbx/group", "Ring groups", "One number that rings several phones."},
	{"pbx/voicemail", "Voicemail", "Messages, greetings and PINs."},
	{"pbx/recall", "Calling again", "The number that was called last, and the last caller."},
	{"pbx/speeddial", "Short numbers", ""},
	{"pbx/directory", "Calling by name", "A caller presses the first letters of a name."},
	{"pbx/paging", "Announcements through the phones", "Speaking out of one phone or many, without anybody lifting."},
	{"pbx/conference", "Conferences", "Rooms in which several people speak."},
	{"pbx/inbound", "Calls from outside", "The number that was called decides where a call goes and which language it hears."},
	{"pbx/menu", "Voice menus", "A greeting, and a key that leads on."},
	{"pbx/hours", "Opening hours", "Open, closed, holidays, and the switch for day and night."},
	{"pbx/prompt", "Recorded greetings", "Spoken into a phone or uploaded."},
	{"pbx/music", "Music on hold", ""},
	{"pbx/queue", "Queues and agents", "Callers wait, agents log in and pause, supervisors listen."},
	{"pbx/report", "Figures of queues", ""},
	{"pbx/record", "Recording calls", ""},
	{"pbx/calls", "Records of calls", "Who called whom, when, and who answered."},
	{"pbx/blacklist", "Unwanted callers", ""},
	{"pbx/trunk", "Lines to the outside", "Providers, and gateways to mobile and analogue lines."},
	{"pbx/route", "Who may call where", "Rights, limits, and what protects from calls that somebody else makes at your cost."},
	{"pbx/emergency", "Emergency calls", "Nothing refuses them."},
	{"cmd/autocomd", "The box and its page", "What is set on the page and what is done at a phone are the same, and numbers stay through crashes and moves."},
	{"asterisk-conf", "The exchange itself", "Asterisk, the program that carries the calls, as it is set up here."},
	{"provision/offer", "Addresses for phones", "What the server that gives addresses tells phones."},
	{"provision/pnp", "Phones that ask everybody", "Some makers' phones ask the whole network where their settings are."},
	{"provision/serve", "Phones that fetch their settings", ""},
	{"provision/sniff", "Phones that are seen on the cable", "The box listens and says nothing."},
	{"provision/leases", "Phones in other servers' lists", ""},
	{"provision/link", "The network of the box", ""},
	{"portal/browsertest", "The virtual person of these tests", ""},
	{"phonesim", "The virtual telephones of these tests", ""},
}

// titled gives the heading and the sentence of a part, and its place; a part without a title
// has its package's.
func (p proof) titled() (words, about string, place int) {
	for i, t := range titles {
		if t.pkg == p.pkg {
			return t.words, t.about, i
		}
	}
	return "`" + p.pkg + "`", p.about, len(titles)
}
