package main

import (
	"context"
	"path/filepath"
	"slices"
	"sync"

	"autocom/provision"
	leasefile "autocom/provision/leases"
	"autocom/provision/link"
	"autocom/provision/offer"
	"autocom/provision/pnp"
	"autocom/provision/sniff"
)

// counts remembers the counters of the senses that run now.
type counts struct {
	mu sync.Mutex
	of map[string]func() any
}

func (c *counts) on(name string, counters func() any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]func() any{}
	}
	c.of[name] = counters
}

// into adds the figures of this moment.
func (c *counts) into(all map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, counters := range c.of {
		all[name] = counters()
	}
}

// senses are what listens, and answers, on the phones' interface.
func (d *daemon) senses(name string) []task {
	inform := &offer.Inform{
		Interface: name, Local: d.lan.Address, Answer: d.office.Inform, Options: d.makers.Options, Silent: d.lan.Giving, Log: d.log,
	}
	d.counts.on("inform", func() any { return inform.Counters() })
	tasks := append(d.listeners(name, "", d.intake.Take), inform)
	if d.cfg.Listen.PnP {
		p := &pnp.Responder{
			Interface: name, Local: d.lan.Address, Neighbour: d.watch.Neighbour, Answer: d.office.PnPURL, Log: d.log,
		}
		d.counts.on("pnp", func() any { return p.Counters() })
		tasks = append(tasks, p, &pnp.Rivals{Interface: name, Local: d.lan.Address, Rival: d.rival, Log: d.log})
	}
	return tasks
}

// listeners say nothing themselves. suffix tells their counters from those of another
// interface.
func (d *daemon) listeners(name, suffix string, sink func(provision.Sighting)) []task {
	dhcp := &sniff.DHCP{Interface: name, Sink: sink, Log: d.log}
	lldp := &sniff.LLDP{Interface: name, Sink: sink, Log: d.log}
	d.counts.on("dhcp"+suffix, func() any { return dhcp.Counters() })
	d.counts.on("lldp"+suffix, func() any { return lldp.Counters() })
	return []task{dhcp, lldp, d.neighbours(name, suffix, sink)}
}

func (d *daemon) neighbours(name, suffix string, sink func(provision.Sighting)) task {
	arp := &link.Neighbours{Interface: name, Sink: sink, Log: d.log}
	d.counts.on("arp"+suffix, func() any { return arp.Counters() })
	return arp
}

// leaseFiles is the task that reads what DHCP servers on this machine have given,
// ours too.
func (d *daemon) leaseFiles() task {
	files := append(slices.Clone(d.cfg.Network.Leases),
		filepath.Join(d.cfg.Paths.Run, "dnsmasq.leases"), filepath.Join(d.cfg.Paths.Data, "leases", "dnsmasq.leases"))
	w := &leasefile.Watch{Paths: files, Sink: d.intake.Take, Log: d.log}
	d.counts.on("leases", func() any { return w.Counters() })
	return w
}

// further is the task that listens on interfaces beside the phones' own: phones may be
// plugged in there, or speak in a VLAN of it. Nothing is offered there.
type further struct {
	daemon  *daemon
	changes chan []link.Interface
}

func (f *further) String() string { return "further interfaces" }

// Changed takes a list from link.Watch; only the last one counts.
func (f *further) Changed(list []link.Interface) {
	for {
		select {
		case f.changes <- list:
			return
		default:
		}
		select {
		case <-f.changes:
		default:
		}
	}
}

// Run follows the list until ctx ends.
func (f *further) Run(ctx context.Context) error {
	running := map[string]func(){} // interface → stop
	defer func() {
		for _, stop := range running {
			stop()
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return nil
		case list := <-f.changes:
			now := map[string]bool{}
			for _, i := range list {
				now[i.Name] = true
				if running[i.Name] == nil {
					running[i.Name] = f.daemon.lan.start(ctx, f.tasks(i))
				}
			}
			for name, stop := range running {
				if !now[name] {
					stop()
					delete(running, name)
				}
			}
		}
	}
}

// tasks are what listens on a further interface. The frames of a VLAN of the phones'
// interface, and of its bridge, are heard there already.
func (f *further) tasks(i link.Interface) []task {
	d, suffix := f.daemon, "_"+i.Name
	sink := d.intake.Take
	if i.VLAN != 0 {
		sink = func(s provision.Sighting) {
			if s.VLAN == 0 {
				s.VLAN = i.VLAN
			}
			d.intake.Take(s)
		}
	}
	if lan, _ := d.watch.LAN(); i.Parent != 0 || lan.Bridge != 0 && lan.Bridge == i.Index {
		return []task{d.neighbours(i.Name, suffix, sink)}
	}
	return d.listeners(i.Name, suffix, sink)
}
