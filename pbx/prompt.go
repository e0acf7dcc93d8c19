package pbx

import "fmt"

// KindPrompt is the kind of the sounds that people upload or record from a phone.
const KindPrompt = "prompt"

// PromptDir is where they lie. Asterisk takes <dir>/fr/<id> before <dir>/<id> for a caller
// whose language is French (main/file.c: the language goes before the last part of an
// absolute path).
const PromptDir = "/data/prompts"

// Prompt is the sound of a prompt as Asterisk's files name it, without language and
// without the ending; "" for "". It may not be recorded yet.
func (p Plan) Prompt(id string) (string, error) {
	if id == "" {
		return "", nil
	}
	if _, ok := p.Object(KindPrompt, id); !ok {
		return "", fmt.Errorf("prompt %q does not exist", id)
	}
	return PromptDir + "/" + id, nil
}
