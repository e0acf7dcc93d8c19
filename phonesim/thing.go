package phonesim

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
)

// thing stands on the LAN, asks for an address and is no phone. Nothing may be given to it.
type thing struct {
	name string
	says identity
}

// things are what offices have beside phones, by what they say (Fingerbank, recog).
var things = map[string]identity{
	// An HP printer asks for options 66 and 67 as phones do.
	"printer": {class: "Hewlett-Packard JetDirect", wants: []byte{6, 3, 1, 15, 66, 67, 13, 44, 12}, hostname: "NPI{MAC}"},
	"laptop":  {class: "MSFT 5.0", wants: []byte{1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252}, hostname: "PC-ACCUEIL"},
	// A PXE client must never get our boot options (PXE 2.1, 2.2.1).
	"pxe":    {class: "PXEClient:Arch:00000:UNDI:002001", wants: []byte{1, 2, 3, 4, 5, 6, 11, 12, 13, 15, 16, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67, 97, 128, 129, 130, 131, 132, 133, 134, 135}},
	"switch": {class: "dslforum.org", wants: []byte{1, 3, 6, 15, 66, 67, 43, 125}, hostname: "sw-{mac}"},
	// A camera of a maker that makes phones too.
	"camera": {class: "udhcp 1.20.2", wants: []byte{1, 3, 6, 12, 15, 28, 42}, hostname: "IPCAM"},
}

// Others are the kinds of New that are no phones.
func Others() []string { return slices.Sorted(maps.Keys(things)) }

func (t thing) kind() string                        { return t.name }
func (t thing) dhcp() identity                      { return t.says }
func (t thing) agent(net.HardwareAddr) string       { return t.name }
func (t thing) obeys(map[string]string, bool) order { return ignore }
func (t thing) base() bool                          { return false }
func (t thing) provision(context.Context, *Phone, string) error {
	return fmt.Errorf("a %s looks for no settings", t.name)
}
