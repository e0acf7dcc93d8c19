package pbx

// promptDirs are the directories of spoken text, under Asterisk's sounds, by language.
// Debian makes no link "fr" to its French prompts, so they are named in full.
var promptDirs = map[string]string{"fr": "fr_CA_f_June", "en": "en_US_f_Allison"}

// Prompts is the value of CHANNEL(language) in which a channel hears a language; "" for
// one that nobody has spoken.
func Prompts(language string) string { return promptDirs[language] }
