// Package phonesim turns a hardware address into a telephone that behaves as a
// maker's phone does: it asks for an address, finds its settings, reads them with
// a strict parser of its own, registers, calls, speaks a tone and hears one.
//
// It shares nothing with the templates that write the settings, so that a mistake
// in them is seen here as it would be on the desk. Everything that touches the
// network runs in the caller's network namespace.
package phonesim
