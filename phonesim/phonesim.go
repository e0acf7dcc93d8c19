// Package phonesim turns a hardware address into a telephone that behaves as a
// maker's phone does: it asks for an address, finds its settings, reads them with
// a strict parser of its own, registers, calls, speaks a tone and hears one. New makes
// one of Kinds, and of Others what stands beside phones on a LAN; a Thief goes after
// what belongs to other phones.
//
// It shares nothing with the templates that write the settings, so that a mistake
// in them is seen here as it would be on the desk. Everything that touches the
// network runs in the caller's network namespace.
//
// To add a maker, write a desk: what it says by DHCP, the roads on which it looks for
// its settings, the files it asks for, and what they mean; then its parser, from public
// documents alone, and a line in cases of the tests.
package phonesim
