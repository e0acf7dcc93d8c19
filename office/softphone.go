package office

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"autocom/pbx"
)

// BrowserID is the id of the browser phone of the installation that holds token: like
// SoftID, and another one, for the same browser may also have told Linphone a number.
func BrowserID(token string) string {
	sum := sha256.Sum256([]byte("autocom browser phone " + token))
	return "soft-" + hex.EncodeToString(sum[:8])
}

// browserExpiry is how long the registration of a browser lasts. The end of its
// WebSocket ends it anyway.
const browserExpiry = 10 * time.Minute

// BrowserLine is the SIP user and the password of a browser phone; "" before there is a
// key. The password is not kept anywhere: it follows from the key and the id.
func (o *Office) BrowserLine(id string) (user, password string) {
	if o.cfg.SoftphoneKey == "" {
		return "", ""
	}
	mac := hmac.New(sha256.New, []byte(o.cfg.SoftphoneKey))
	mac.Write([]byte("browser phone " + id))
	return id + "-1", hex.EncodeToString(mac.Sum(nil)[:16])
}

// browsers are the lines of browser phones: of those whose number is still whose it was.
func (o *Office) browsers(plan pbx.Plan) []pbx.Endpoint {
	var out []pbx.Endpoint
	for _, x := range plan.Objects {
		var soft pbx.Softphone
		if x.Kind != pbx.KindSoftphone || pbx.Decode(x, &soft) != nil || soft.Number == "" {
			continue
		}
		user, password := o.BrowserLine(x.ID)
		if user == "" || pbx.EmergencyCollision(soft.Number, o.cfg.Emergency) != "" {
			continue
		}
		e := pbx.Endpoint{
			ID: user, Secret: password, Number: soft.Number, Name: cmp.Or(x.Name, soft.Number), Lang: plan.Language,
			Right: pbx.RightInternal, Expiry: browserExpiry, Web: true,
		}
		switch {
		case soft.Person != "":
			// Name, language and right are the person's: asterisk-conf knows.
			if !has(plan, soft.Person, soft.Number) {
				continue
			}
		default:
			at := slices.IndexFunc(plan.Endpoints, func(p pbx.Endpoint) bool { return p.ID == soft.Device+"-1" && p.Number == soft.Number })
			if at < 0 {
				continue
			}
			e.Name, e.Lang, e.Right = plan.Endpoints[at].Name, plan.Endpoints[at].Lang, plan.Endpoints[at].Right
		}
		out = append(out, e)
	}
	return out
}

// has reports whether a number is a person's.
func has(plan pbx.Plan, person, number string) bool {
	x, ok := plan.Object(pbx.KindPerson, person)
	var p pbx.Person
	return ok && pbx.Decode(x, &p) == nil && slices.Contains(p.Numbers, number)
}
