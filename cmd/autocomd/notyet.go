package main

import "log/slog"

// sayNotYet logs the keys that somebody has set and that this version does not serve.
// Their defaults are the ports of a later version, so only another value is a wish.
func sayNotYet(c config, log *slog.Logger) {
	normal := defaults().Listen
	for _, l := range []struct{ key, value, normal string }{
		{"listen.https", c.Listen.HTTPS, normal.HTTPS},
		{"listen.tftp", c.Listen.TFTP, normal.TFTP},
	} {
		if l.value != "" && l.value != l.normal {
			log.Warn("nothing listens there in this version: phones and pages use http", "key", l.key, "value", l.value)
		}
	}
}
