package voicemail

import (
	"embed"
	"fmt"
	"regexp"

	"autocom/pbx"
)

//go:embed files/*.tmpl
var files embed.FS

// view is what the templates see.
type view struct {
	Settings
	Context     string
	Zone        string // of the site, in which times are said
	Operator    string // target in the dialplan; "" none
	Boxes       []box
	Own, Of, To []string // codes
	Clock       []string
	FR, EN      string // values of CHANNEL(language)
}

// box is one mailbox.
type box struct {
	Number, Name  string
	Lang, Prompts string
	Hidden        bool
}

// zoneName is the form of a name of the time zone database.
var zoneName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9][A-Za-z0-9_+-]*){0,2}$`)

// Box is the mailbox of a number as Asterisk names it.
func Box(number string) string { return number + "@" + Context }

// Render gives the boxes, their codes and the lamps of their phones.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	fail := func(err error) (pbx.Fragments, error) {
		return pbx.Fragments{}, fmt.Errorf("settings %s: %w", Feature, err)
	}
	s, err := Decode(plan)
	if err != nil {
		return pbx.Fragments{}, err
	}
	if err := s.Validate(plan); err != nil {
		return fail(err)
	}
	v := view{Settings: s, Context: Context, Zone: plan.TimeZone, FR: pbx.Prompts("fr"), EN: pbx.Prompts("en")}
	if v.Zone == "" || v.Zone == "Local" {
		v.Zone = "UTC"
	}
	if !zoneName.MatchString(v.Zone) {
		return fail(fmt.Errorf("time zone %q: a name of the IANA list is expected, as Africa/Douala", plan.TimeZone))
	}
	if !s.Operator.Zero() {
		if v.Operator, err = plan.Target(s.Operator); err != nil {
			return fail(fmt.Errorf("operator: %w", err))
		}
	}
	codes, err := plan.Codes()
	if err != nil {
		return pbx.Fragments{}, err
	}
	v.Own, v.Of, v.To, v.Clock = digits(codes["voicemail"]), digits(codes["voicemail-of"]), digits(codes["voicemail-to"]), digits(codes["clock"])
	lamps := map[string][]pbx.Setting{}
	for _, x := range plan.Extensions() {
		if !x.HasVoicemail() {
			continue
		}
		v.Boxes = append(v.Boxes, box{Number: x.Number, Name: pbx.CleanName(x.Name), Lang: x.Person.Language,
			Prompts: pbx.Prompts(x.Person.Language), Hidden: x.Person.Hidden})
		for _, line := range x.Lines {
			lamps[line] = lamp(x.Number, plan.Code("voicemail"))
		}
	}
	out, err := plan.Fill(files, v)
	out.Lines = lamps
	return out, err
}

// lamp are the keys of a line that make its lamp follow a box: Asterisk tells it unasked
// (RFC 3842 3.3 allows both), unless the phone has subscribed. The phone's message key
// calls the code.
func lamp(number, code string) []pbx.Setting {
	out := []pbx.Setting{{Key: "mailboxes", Value: Box(number)}, {Key: "mwi_subscribe_replaces_unsolicited", Value: "yes"}}
	if code != "" {
		out = append(out, pbx.Setting{Key: "voicemail_extension", Value: code})
	}
	return out
}

func digits(codes []pbx.Code) []string {
	var out []string
	for _, c := range codes {
		out = append(out, c.Digits)
	}
	return out
}
