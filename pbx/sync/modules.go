package sync

import "slices"

// reloads says which module reads a file again, in the order of reloading: hints
// of the dialplan name lines, so the lines come first. A file that is not here is
// read once, at the start: asterisk.conf and modules.conf by the core, pjsip.conf
// because transports are not reloadable, ccss.conf because Asterisk 22 refuses, manager.conf because our own connection
// hangs on it.
var reloads = []struct{ file, module string }{
	{"acl.conf", "acl"},
	{"logger.conf", "logger"},
	{"indications.conf", "indications"},
	{"features.conf", "features"},
	{"udptl.conf", "udptl"},
	{"cdr.conf", "cdr"},
	{"cel.conf", "cel"},
	{"cel_custom.conf", "cel_custom.so"},
	{"rtp.conf", "res_rtp_asterisk.so"},
	{"musiconhold.conf", "res_musiconhold.so"},
	{"pjsip_acl.conf", "res_pjsip.so"},
	{"pjsip_trunks.conf", "res_pjsip.so"},
	{"pjsip_lines.conf", "res_pjsip.so"},
	{"pjsip_notify.conf", "res_pjsip_notify.so"},
	{"res_parking.conf", "res_parking.so"},
	{"confbridge.conf", "app_confbridge.so"},
	{"followme.conf", "app_followme.so"},
	{"voicemail.conf", "app_voicemail.so"},
	{"voicemail_pin.sh", "app_voicemail.so"}, // run at every change of a PIN
	{"queuerules.conf", "app_queue.so"},
	{"queues.conf", "app_queue.so"},
	{"extensions.conf", "pbx_config.so"},
}

// Modules are those that read changed files again, each once; restart says that one of the
// files is read at Asterisk's start only.
func Modules(changed []string) (modules []string, restart bool) { return modulesOf(changed) }

// modulesOf are the modules to reload for changed files, each once; restart is
// true when one of the files has none.
func modulesOf(changed []string) (modules []string, restart bool) {
	known := 0
	for _, r := range reloads {
		if slices.Contains(changed, r.file) {
			known++
			if !slices.Contains(modules, r.module) {
				modules = append(modules, r.module)
			}
		}
	}
	return modules, known < len(changed)
}
