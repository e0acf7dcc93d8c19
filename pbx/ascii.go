package pbx

import "strings"

// ascii has the letters of French, and of names that live beside it, without their accents.
var ascii = strings.NewReplacer(
	"à", "a", "â", "a", "ä", "a", "á", "a", "ã", "a", "å", "a", "ç", "c", "è", "e", "é", "e", "ê", "e", "ë", "e",
	"î", "i", "ï", "i", "í", "i", "ì", "i", "ñ", "n", "ô", "o", "ö", "o", "ó", "o", "ò", "o", "õ", "o", "ø", "o",
	"ù", "u", "û", "u", "ü", "u", "ú", "u", "ÿ", "y", "ý", "y", "œ", "oe", "æ", "ae", "ß", "ss",
	"À", "A", "Â", "A", "Ä", "A", "Á", "A", "Ã", "A", "Å", "A", "Ç", "C", "È", "E", "É", "E", "Ê", "E", "Ë", "E",
	"Î", "I", "Ï", "I", "Í", "I", "Ì", "I", "Ñ", "N", "Ô", "O", "Ö", "O", "Ó", "O", "Ò", "O", "Õ", "O", "Ø", "O",
	"Ù", "U", "Û", "U", "Ü", "U", "Ú", "U", "Ÿ", "Y", "Ý", "Y", "Œ", "OE", "Æ", "AE",
)

// ASCII takes the accents off: "Aïcha" → "Aicha". Letters of other scripts stay.
func ASCII(s string) string { return ascii.Replace(s) }
