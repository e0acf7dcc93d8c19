package portal

import (
	"regexp"
	"strings"
)

// saying is a sentence of the code in English, with %s for what varies, and in French.
type saying struct{ english, french string }

// sayings are the sentences that office and inventory say about a device, and the
// forms that makers' data begin with. A test reads their sources and names what is missing.
var sayings = []saying{
	// inventory
	{"it is behind a router, or nothing proved its hardware address: connect it to the network of this box, or ask for a number on the page",
		"il est derrière un routeur, ou rien ne prouve son adresse matérielle : branchez-le sur le réseau de cette boîte, ou demandez un numéro sur la page"},
	{"no hardware address is known yet", "son adresse matérielle n'est pas encore connue"},
	{"its hardware address is a group address, which no phone owns", "son adresse matérielle est une adresse de groupe, qu'aucun téléphone ne porte"},
	{"its hardware address was made up, as smartphones and virtual machines do: ask for a number on the page of this box instead",
		"son adresse matérielle est inventée, comme le font les smartphones et les machines virtuelles : demandez plutôt un numéro sur la page de cette boîte"},
	{"it behaves like a phone, but its maker is not known here", "il se comporte comme un téléphone, mais son fabricant n'est pas connu ici"},
	{"it waits for somebody's approval", "il attend l'accord de quelqu'un"},
	{"no new phones are taken: the mode is closed", "aucun nouveau téléphone n'est accepté : le mode est « closed » (fermé)"},
	// office
	{"every number of the range is held or in quarantine: make phones.extensions larger or release a number",
		"tous les numéros de la plage sont pris ou au repos : agrandissez phones.extensions, ou libérez un numéro"},
	{"too many new phones at once: those that wait get their number by themselves when some have registered",
		"trop de nouveaux téléphones à la fois : ceux qui attendent auront leur numéro d'eux-mêmes quand d'autres se seront connectés"},
	{"too many others wait for a click: approve or reject some of them first",
		"trop d'autres attendent une réponse : acceptez-en ou refusez-en d'abord"},
	{"somebody refused it", "quelqu'un l'a refusé"},
	{"somebody released its number; it gets another when it asks again", "quelqu'un a libéré son numéro ; il en recevra un autre quand il redemandera"},
	{"it did not register in time: unplug the phone and plug it in again", "il ne s'est pas connecté à temps : débranchez le téléphone et rebranchez-le"},
	{"it cannot be done: %s", "impossible : %s"},
	{"the installation has no number", "cette installation n'a pas de numéro"},
	{"%s has not been recognised as a phone, so there is no file to give it", "%s n'a pas été reconnu comme un téléphone : il n'y a pas de fichier à lui donner"},
	{"%s holds no number", "%s n'a pas de numéro"},
	// the exchange
	{"%s is not registered: unplug it and plug it in again", "%s n'est pas connecté : débranchez-le et rebranchez-le"},
	// makers
	{"there are no files for %s phones yet: ask for a number on the page of this box and type its account into the phone",
		"il n'y a pas encore de fichiers pour les téléphones %s : demandez un numéro sur la page de cette boîte et tapez son compte dans le téléphone"},
	{"a gateway to the mobile network is no phone: add it as a trunk on the page of this box",
		"une passerelle vers le réseau mobile n'est pas un téléphone : ajoutez-la comme ligne extérieure sur la page de cette boîte"},
	{"a gateway to telephone lines is no phone: add it as a trunk on the page of this box",
		"une passerelle vers des lignes téléphoniques n'est pas un téléphone : ajoutez-la comme ligne extérieure sur la page de cette boîte"},
}

type spoken struct {
	pattern *regexp.Regexp
	french  string
}

// spell makes the table that translated reads.
func spell(table []saying) []spoken {
	out := make([]spoken, 0, len(table))
	for _, s := range table {
		text := strings.ReplaceAll(regexp.QuoteMeta(s.english), "%s", "(.+)")
		out = append(out, spoken{regexp.MustCompile("(?s)^" + text + "$"), s.french})
	}
	return out
}

// translated gives a sentence of ours in the reader's language; foreign says that
// nobody has translated it, so that it is still English.
func (p *Portal) translated(text, lang string) (said string, foreign bool) {
	text = strings.TrimPrefix(text, ErrConflict.Error()+": ")
	if text == "" || lang == "en" {
		return text, false
	}
	return p.french(text, 0)
}

func (p *Portal) french(text string, depth int) (string, bool) {
	for _, s := range p.spoken {
		groups := s.pattern.FindStringSubmatch(text)
		if groups == nil {
			continue
		}
		parts := strings.Split(s.french, "%s")
		out := parts[0]
		for i, g := range groups[1:] {
			if depth < 2 { // a sentence about a sentence
				g, _ = p.french(g, depth+1)
			}
			out += g + parts[i+1]
		}
		return out, false
	}
	return text, true
}
