package phonesim

import (
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
)

// makers are the phones that New makes.
var makers = map[string]func(net.HardwareAddr) *Phone{
	"yealink":           NewYealink,
	"yealink-w70b":      NewYealinkBase,
	"snom":              NewSnom,
	"snom-m700":         NewSnomBase,
	"grandstream-gxp":   NewGrandstream,
	"grandstream-grp":   NewGrandstreamGRP,
	"grandstream-ht802": NewGrandstreamAdapter,
	"fanvil":            NewFanvil,
	"fanvil-x3":         NewFanvilText,
	"polycom":           NewPolycom,
	"cisco-spa":         NewCiscoSPA,
	"cisco-mpp":         NewCiscoMPP,
	"gigaset-n510":      NewGigasetN510,
	"gigaset-n870":      NewGigasetN870,
	"mitel":             NewMitel,
	"panasonic":         NewPanasonic,
	"htek":              NewHtek,
	"digium":            NewDigium,
	"softphone":         func(net.HardwareAddr) *Phone { return NewSoftphone("") },
}

// Kinds are the phones that New makes; Others names what is no phone.
func Kinds() []string { return slices.Sorted(maps.Keys(makers)) }

// New makes a phone of one of Kinds, or a thing of Others. A softphone needs no MAC.
func New(kind string, mac net.HardwareAddr) (*Phone, error) {
	if make, ok := makers[kind]; ok {
		return make(mac), nil
	}
	if says, ok := things[kind]; ok {
		return newPhone(thing{name: kind, says: says}, mac), nil
	}
	return nil, fmt.Errorf("%q is no kind of phone: one of %s, or as a thing that is none: %s", kind,
		strings.Join(Kinds(), ", "), strings.Join(Others(), ", "))
}
