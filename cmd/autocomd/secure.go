package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"path/filepath"
	"strconv"

	"autocom/provision"
	"autocom/provision/trust"
)

// caName is the file with the certificate of the box's authority, for phones and people.
const caName = "autocom-ca.crt"

// secure opens the authority and the port of HTTPS. Without them everything goes by
// http: a broken file or a taken port is no reason to have no telephones.
func (d *daemon) secure(ctx context.Context) {
	if d.cfg.Listen.HTTPS == "" {
		return
	}
	authority, err := trust.Open(d.trustDir(), []string{d.hostname})
	if err != nil {
		d.log.Error("no HTTPS and no TLS", "error", err)
		return
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", d.cfg.Listen.HTTPS)
	if err != nil {
		d.log.Error("no HTTPS: stop the program that has the port, or write another one in listen.https", "error", err)
	}
	d.trust, d.tls = authority, l
}

func (d *daemon) closeTLS() error {
	if d.tls == nil {
		return nil
	}
	return d.tls.Close()
}

// asteriskTrust is trustDir as Asterisk sees it: its other directories are there too.
const asteriskTrust = "/data/trust/"

func (d *daemon) trustDir() string { return filepath.Join(d.cfg.Paths.Data, "trust") }

// certificate is the path of Asterisk's, for an address of the box; "" without one.
func (d *daemon) certificate(address netip.Addr) string {
	if d.trust == nil || !address.IsValid() {
		return ""
	}
	if _, err := d.trust.WriteFor(d.trustDir(), address); err != nil {
		d.log.Error("Asterisk has no certificate for TLS", "error", err)
		return ""
	}
	return asteriskTrust + trust.ServerFile
}

// securePort is that of HTTPS as phones are told it, 0 when there is none.
func (d *daemon) securePort() uint16 {
	if d.tls == nil {
		return 0
	}
	_, port, err := net.SplitHostPort(d.tls.Addr().String())
	if err != nil {
		return 0
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

// caFile is the name of our authority's certificate, "" when there is none.
func (d *daemon) caFile() string {
	if d.trust == nil {
		return ""
	}
	return caName
}

// find gives phones their files, and whoever else asks the authority's certificate: it
// is public, and people load it into their browser. The office knows which phone has it.
func (d *daemon) find(ctx context.Context, r provision.Request) (provision.File, error) {
	if r.Protocol == "https" {
		d.distrust.good(r.Remote.Addr())
	}
	file, err := d.office.Find(ctx, r)
	if errors.Is(err, fs.ErrNotExist) && r.Name == caName && r.Token == "" && d.trust != nil {
		return provision.File{Name: caName, ContentType: "application/x-x509-ca-cert", Body: d.trust.PEM()}, nil
	}
	return file, err
}

// caPEM is the certificate that the office gives phones, nil when there is none.
func (d *daemon) caPEM() []byte {
	if d.trust == nil {
		return nil
	}
	return d.trust.PEM()
}

// port checks a listen key that may be empty: nothing listens then.
func port(key, value string) error {
	if value == "" {
		return nil
	}
	_, p, err := net.SplitHostPort(value)
	if n, bad := strconv.ParseUint(p, 10, 16); err != nil || bad != nil || n == 0 {
		return fmt.Errorf(`%s = %q: write ":443" or ":69", an address with a port, or "" for none`, key, value)
	}
	return nil
}
