package trunk

import (
	"embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"autocom/pbx"
)

//go:embed files/*.tmpl
var files embed.FS

// view is a trunk as its templates see it.
type view struct {
	pbx.Object
	Trunk
	Endpoint string
	Host     string // server with port and transport, as in a URI
	Match    string // addresses, for identify
	Allow    string
	Mode4733 string // Asterisk's word for DTMF
	Prompts  string
	Media    netip.Addr // ours
	Asked    string     // login
}

// Render gives what the trunks of a plan add to Asterisk's files. An error names the trunk.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	var views []view
	var permits []netip.Prefix
	from := map[netip.Prefix]string{}
	for _, o := range plan.All(Kind) {
		t, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := t.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("trunk %s: %w", o.ID, err)
		}
		v := view{Object: o, Trunk: t, Endpoint: Endpoint(o.ID), Host: t.Server, Allow: strings.Join(t.Codecs, ","),
			Prompts: pbx.Prompts(plan.Language), Media: plan.Address, Asked: t.Login, Mode4733: dtmf[t.DTMF]}
		if v.Asked == "" {
			v.Asked = t.User
		}
		if t.Port != 0 {
			v.Host = fmt.Sprintf("%s:%d", t.Server, t.Port)
		}
		if t.Transport == "tcp" || t.Transport == "tls" {
			v.Host += `\;transport=` + t.Transport
		}
		var match []string
		for _, p := range t.Sources() {
			if t.Off {
				break
			}
			if other, taken := from[p]; taken {
				return pbx.Fragments{}, fmt.Errorf("trunk %s: calls from %s are those of trunk %s already: give one of them other addresses", o.ID, p, other)
			}
			from[p] = o.ID
			match = append(match, strings.TrimSuffix(p.String(), "/32"))
		}
		v.Match = strings.Join(match, ",")
		views = append(views, v)
		if !t.Off {
			permits = append(permits, t.permits()...)
		}
	}
	out, err := plan.Fill(files, views)
	out.Permits = permits
	return out, err
}

var dtmf = map[string]string{"rfc4733": "rfc4733", "info": "info", "inband": "inband", "auto": "auto"}

// permits are the addresses outside of the LAN that the access list has to let in for
// calls from this trunk. Of a name that DNS knows nobody can tell the addresses for long:
// the list is opened, and what belongs to no trunk and no line is asked for a password, of
// which there is none.
func (t Trunk) permits() []netip.Prefix {
	out := t.Sources()
	if len(out) == 0 && t.Mode == Register {
		out = append(out, netip.PrefixFrom(netip.IPv4Unspecified(), 0))
	}
	return slices.DeleteFunc(out, func(p netip.Prefix) bool { return p.Addr().IsPrivate() || p.Addr().IsLinkLocalUnicast() })
}
