package prompt

import (
	"fmt"
	"path"
	"strings"

	"autocom/pbx"
)

// Ending is that of every file: Asterisk's name for a WAV of 16 kHz, one channel, 16 bits.
const Ending = ".wav16"

// Languages are the variants that a prompt may have beside the one for everybody, "".
var Languages = []string{"fr", "en"}

// Uploaded is the file of an uploaded variant, relative to pbx.PromptDir; language "" is
// what callers hear whose language has none.
func Uploaded(id, language string) string { return path.Join(language, id+Ending) }

// PhoneDir holds what phones record, relative to pbx.PromptDir. Asterisk writes there and
// nowhere else.
const PhoneDir = "phone"

// Recorded is the file of a recording from a phone in a slot, "1" or "2", relative to
// pbx.PromptDir: a new one goes into the slot that is not heard, and then becomes the one
// that is by a single write to AstDB. Callers hear the old one or the new one, never half
// of one, and the power may go at any moment.
func Recorded(id, language, slot string) string {
	return path.Join(PhoneDir, id+"-"+language+"-"+slot+Ending)
}

// Key is the key of AstDB's family Family that names the slot heard; absent: what was
// uploaded is heard.
func Key(id, language string) string { return id + "-" + language }

// Family is where Key stands in AstDB.
const Family = "ac/prompt"

// Event is the user event that tells of a recording kept; its headers are Prompt, For (the
// language; Language is that of the channel) and Slot.
const Event = "PromptRecorded"

// Slot reads the headers of an Event: whatever it says names no file but a prompt's.
func Slot(plan pbx.Plan, id, language, slot string) (file string, err error) {
	if _, ok := plan.Object(Kind, id); !ok {
		return "", fmt.Errorf("prompt %q does not exist", id)
	}
	if language != "fr" && language != "en" || slot != "1" && slot != "2" {
		return "", fmt.Errorf("prompt %s: recording %q of language %q is none of ours", id, slot, strings.ToValidUTF8(language, "?"))
	}
	return Recorded(id, language, slot), nil
}
