package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"

	"rsc.io/qr"

	"autocom/office"
	"autocom/provision"
)

// console is the task that keeps the text of the screen: <run>/console, which a
// unit of root shows on every console.
type console struct {
	office *office.Office
	lan    *lan
	silent bool   // the settings name no exchange
	code   string // opens the administrator's pages
	run    string
	log    *slog.Logger
}

func (c console) String() string { return "console" }

// Run writes the text whenever it is another one, until ctx ends.
func (c console) Run(ctx context.Context) error {
	events := c.office.Subscribe(ctx)
	shown := ""
	for {
		text := screen(c.office.Site(), c.code, c.lan.Giving(), c.lan.Holder())
		if c.silent {
			text = silent(c.office.Site())
		}
		if text != shown {
			shown = text
			err := writeFile(filepath.Join(c.run, "console"), []byte(text), 0o644)
			if err == nil { // root's unit looks for this, and takes it away before it reads the text
				err = writeFile(filepath.Join(c.run, "show-console"), nil, 0o644)
			}
			if err != nil {
				c.log.Warn("the screen shows an old text", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-events:
		case <-c.lan.news:
		}
	}
}

// screen is what somebody who stands before the box has to know: that the box gives
// out the addresses, or who has the one that it would take.
func screen(site provision.Site, code string, giving bool, holder provision.MAC) string {
	french := site.Language == "fr"
	say := func(fr, en string) string {
		if french {
			return fr
		}
		return en
	}
	var b strings.Builder
	if !giving { // with all that it has to say then, a console of 25 lines is full
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "  autocom %s - %s\n\n", version, site.Name)
	if site.Address == (netip.Addr{}) {
		b.WriteString("  " + say("Pas encore d'adresse : branchez le câble réseau, attendez une minute.",
			"No address yet: plug in the network cable and wait for a minute.") + "\n")
		if !holder.IsZero() {
			fmt.Fprintf(&b, say(
				"  Personne ne donne d'adresses, et l'appareil %s a %s :\n  débranchez-le, ou écrivez network.address dans autocom.toml.\n",
				"  Nobody gives addresses, and the device %s has %s:\n  unplug it, or write network.address in autocom.toml.\n"), holder, fallback.Addr())
		}
		return b.String()
	}
	url := "http://" + site.Host() + "/"
	fmt.Fprintf(&b, "  %s\n\n", say("Un numéro pour un smartphone : sur le même réseau, ouvrez", "A number for a smartphone: on the same network, open"))
	fmt.Fprintf(&b, "      %s\n\n", url)
	b.WriteString(halfBlocks(url))
	if !giving {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "  %s\n", say("Téléphones de bureau : branchez-les, ils se règlent seuls.", "Desk phones: plug them in, they set themselves up."))
	fmt.Fprintf(&b, "  %s %sui/ - code %s\n", say("Réglages :", "Settings:"), url, code)
	if giving {
		fmt.Fprintf(&b, "  %s\n  %s\n",
			say("Pas de routeur ici : cette boîte donne elle-même les adresses du réseau.", "There is no router here: this box gives out the network's addresses itself."),
			say("Si le smartphone le demande : oui, rester connecté à ce Wi-Fi sans Internet.", "If the smartphone asks: yes, stay on this Wi-Fi without internet."))
	}
	return b.String()
}

// silent is the screen of a box whose settings have no [asterisk]: somebody deleted
// it, and nobody who stands before the telephones would guess so.
func silent(site provision.Site) string {
	text := "The settings have no [asterisk]: telephones get numbers and cannot call.\n" +
		"  Write these two lines at the end of autocom.toml on the card:"
	if site.Language == "fr" {
		text = "Les réglages n'ont pas de [asterisk] : les téléphones ont un numéro et\n" +
			"  ne peuvent pas appeler.\n  Écrivez ces lignes à la fin de autocom.toml sur la carte :"
	}
	return fmt.Sprintf("\n  autocom %s - %s\n\n  %s\n\n      [asterisk]\n      ami = %q\n", version, site.Name, text, defaults().Asterisk.AMI)
}

// halfBlocks draws a QR code with two modules per character. A console is white
// on black: the light modules are drawn.
func halfBlocks(text string) string {
	code, err := qr.Encode(text, qr.L)
	if err != nil {
		return "" // the address stands above
	}
	const border = 2
	light := func(x, y int) bool { return !code.Black(x, y) }
	var b strings.Builder
	for y := -border; y < code.Size+border; y += 2 {
		b.WriteString("      ")
		for x := -border; x < code.Size+border; x++ {
			switch up, down := light(x, y), y+1 < code.Size+border && light(x, y+1); {
			case up && down:
				b.WriteString("█")
			case up:
				b.WriteString("▀")
			case down:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
