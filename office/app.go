package office

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/netip"

	"autocom/pbx"
	"autocom/provision"
)

// Linphone's maker and its one file, by remote provisioning.
const (
	appMaker = "linphone"
	appFile  = "linphone.xml"
)

// NewAppID is the id of an application that nobody has had.
func NewAppID() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return "soft-" + hex.EncodeToString(b[:])
}

// appSecret is the password of an application's line, which follows from the key and the id
// as that of a browser does: it is kept nowhere, and goes with the id.
func (o *Office) appSecret(id string) string {
	mac := hmac.New(sha256.New, []byte(o.cfg.SoftphoneKey))
	mac.Write([]byte("application " + id))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// apps are the lines of applications whose number is still their owner's. Name, language and
// right are the person's: asterisk-conf knows.
func (o *Office) apps(plan pbx.Plan) []pbx.Endpoint {
	var out []pbx.Endpoint
	for _, x := range plan.Objects {
		var app pbx.App
		if o.cfg.SoftphoneKey == "" || x.Kind != pbx.KindApp || pbx.Decode(x, &app) != nil || !has(plan, app.Person, app.Number) {
			continue
		}
		if pbx.EmergencyCollision(app.Number, o.cfg.Emergency) != "" {
			continue
		}
		user := x.ID + "-1"
		out = append(out, pbx.Endpoint{
			ID: user, Secret: o.appSecret(x.ID), Number: app.Number, Name: app.Number, Lang: plan.Language,
			Right: pbx.RightInternal, Expiry: expiry(user),
		})
	}
	return out
}

// AppFile is what an application has to know of its line, password included; fs.ErrNotExist
// when it has none. Who may have the file is for the caller to know; the trail says who had it.
func (o *Office) AppFile(id string, from netip.Addr) (provision.File, error) {
	for _, e := range o.Plan().Endpoints {
		if e.ID != id+"-1" || e.Web {
			continue
		}
		if x, ok := o.Object(pbx.KindApp, id); !ok || x.ID != id {
			break
		}
		p := o.phone(o.Site(), provision.Device{
			ID: id, Vendor: appMaker, Verdict: provision.VerdictPhone, Allocation: provision.AllocationBound,
			Lines: []provision.Line{{N: 1, Number: e.Number, Name: e.Name, Secret: e.Secret}},
		}, true)
		p.URL = "" // it has no address of its own: no phone book either
		file, err := o.cfg.Files.Render(p, appFile)
		if err != nil {
			return provision.File{}, err
		}
		o.audit.secret.Add(1)
		o.trail.given(Audit{At: o.now(), Device: id, IP: from, File: appFile, Protocol: "http", Secret: true, Token: true, Outcome: OutcomeGiven})
		return file, nil
	}
	return provision.File{}, fmt.Errorf("application %q: %w", id, fs.ErrNotExist)
}
