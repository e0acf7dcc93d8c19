package portal

import (
	"regexp"
	"slices"
	"strings"
)

// saying is a sentence of the code in English, with %s for what varies (%d: a figure), and in French.
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
	{"every number of the range is held or in quarantine", "tous les numéros de la plage sont pris ou au repos"},
	{"every number of the range is held or in quarantine: make phones.extensions larger or release a number",
		"tous les numéros de la plage sont pris ou au repos : agrandissez phones.extensions, ou libérez un numéro"},
	{"every number of %s is held or in quarantine (%s held, %s in quarantine): make %s larger or release a number",
		"tous les numéros de %s sont pris ou au repos (%s pris, %s au repos) : agrandissez %s, ou libérez un numéro"},
	{"too many new phones at once: those that wait get their number by themselves when some have registered",
		"trop de nouveaux téléphones à la fois : ceux qui attendent auront leur numéro d'eux-mêmes quand d'autres se seront connectés"},
	{"too many others wait for a click: approve or reject some of them first",
		"trop d'autres attendent une réponse : acceptez-en ou refusez-en d'abord"},
	{"it waits for somebody's approval; too many others wait for it to have an account meanwhile",
		"il attend l'accord de quelqu'un ; trop d'autres attendent pour qu'il ait un compte d'ici là"},
	{"it waits for somebody's approval, and did not register meanwhile: unplug the phone and plug it in again",
		"il attend l'accord de quelqu'un, et ne s'est pas connecté d'ici là : débranchez le téléphone et rebranchez-le"},
	{"somebody refused it", "quelqu'un l'a refusé"},
	{"somebody released its number; it gets another when it asks again", "quelqu'un a libéré son numéro ; il en recevra un autre quand il redemandera"},
	{"%s took over its number %s", "%s a repris son numéro %s"},
	{"it did not register in time: unplug the phone and plug it in again", "il ne s'est pas connecté à temps : débranchez le téléphone et rebranchez-le"},
	{"it is behind a router: approve it, and type the address that is shown then into the phone",
		"il est derrière un routeur : acceptez-le, puis tapez dans le téléphone l'adresse qui s'affiche alors"},
	{"it is behind a router: type the address that is shown with it into the phone",
		"il est derrière un routeur : tapez dans le téléphone l'adresse affichée avec lui"},
	{"it is a gateway to telephone lines: it becomes a trunk, never an extension",
		"c'est une passerelle vers des lignes téléphoniques : elle devient une ligne extérieure, jamais un poste"},
	{"it asked nobody for its settings: unplug it and plug it in again; if it comes back here, it still holds another server's address: reset it",
		"il n'a demandé ses réglages à personne : débranchez-le et rebranchez-le ; s'il revient ici, il garde l'adresse d'un autre serveur : remettez-le à zéro"},
	{"it has its settings and does not register: unplug it and plug it in again; if it comes back here, reset it",
		"il a ses réglages et ne se connecte pas : débranchez-le et rebranchez-le ; s'il revient ici, remettez-le à zéro"},
	{"it has %s ports and %s numbers: the others wait for a free number",
		"il a %s prises et %s numéros : les autres attendent un numéro libre"},
	{"its next handset waits for a free number", "son prochain combiné attend un numéro libre"},
	{"it cannot be done: %s", "impossible : %s"},
	{"it cannot be done", "impossible"},
	{"the installation has no number", "cette installation n'a pas de numéro"},
	{"%s has not been recognised as a phone, so there is no file to give it", "%s n'a pas été reconnu comme un téléphone : il n'y a pas de fichier à lui donner"},
	{"%s holds no number", "%s n'a pas de numéro"},
	{"%s is no number: write 2 to 6 digits", "%s n'est pas un numéro : écrivez de 2 à 6 chiffres"},
	{"%s may not be given: it is %s", "%s ne peut pas être donné : c'est %s"},
	{"the emergency number %s", "le numéro d'urgence %s"},
	{"%s is reserved for %s", "%s est réservé à %s"},
	{"%s is the number of %s %s: give that another one first", "%s est le numéro de %s %s : donnez-lui d’abord un autre numéro"},
	{"somebody has changed it meanwhile: read it again", "quelqu’un l’a modifié entre-temps : relisez-le"},
	{"%s is not one of the numbers %s, and nobody holds it", "%s n'est pas dans les numéros %s, et personne ne l'a"},
	{"%s has the number %s already, on its line %s", "%s a déjà le numéro %s, sur sa ligne %s"},
	{"%s is no base with handsets: it gets no further line", "%s n'est pas une base à combinés : il ne reçoit pas d'autre ligne"},
	{"%s has its %s lines already", "%s a déjà ses %s lignes"},
	{"%s does not wait for a code", "%s n'attend pas de code"},
	{"the code is wrong", "le code n'est pas le bon"},
	{"too many wrong codes: wait 10 minutes", "trop de mauvais codes : attendez 10 minutes"},
	{"the name is longer than %s letters: write a shorter one", "le nom dépasse %s lettres : écrivez-en un plus court"},
	{"a phone has %s keys at most", "un téléphone a %s touches au plus"},
	{"key %s: %s cannot be dialled: write digits, * and #", "touche %s : %s ne se compose pas : écrivez des chiffres, * et #"},
	{"%s has no password of ours for its own page", "%s n'a pas de mot de passe de nous pour sa propre page"},
	{"mixed up with %s", "confondu avec %s"},
	// the trail and the alerts of office
	{"%s (%s times within a minute)", "%s (%s fois en une minute)"},
	{"its maker has no such file", "son fabricant n'a pas ce fichier"},
	{"it is for phones of the office, and it has no account", "il est pour les téléphones du bureau, et celui-ci n'a pas de compte"},
	{"another address used the token first", "une autre adresse s'est servie de cette adresse secrète d'abord"},
	{"its address asked for the files of too many others", "son adresse a demandé les fichiers de trop d'autres"},
	{"nothing proves whose address it is", "rien ne prouve à qui est cette adresse"},
	{"the file is of %s", "ce fichier est celui de %s"},
	{"nobody's phones ask for this name", "aucun téléphone ne demande ce nom"},
	{"it is not known as a phone", "il n'est pas connu comme un téléphone"},
	{"somebody refused the phone", "quelqu'un a refusé ce téléphone"},
	{"the token is nobody's", "cette adresse secrète n'est à personne"},
	{"its page is not open any more", "sa page n'est plus ouverte"},
	{"the token is of %s", "cette adresse secrète est celle de %s"},
	{"%s used the URL of the phone %s", "%s s'est servi de l'adresse secrète du téléphone %s"},
	{"%s from behind a router asked for the file of %s: it was refused", "%s, derrière un routeur, a demandé le fichier de %s : il ne l'a pas reçu"},
	{"%s asked for the file of %s: it was refused", "%s a demandé le fichier de %s : il ne l'a pas reçu"},
	{"%s asked for the files of more than %s others; it is not blocked because a phone there is registered",
		"%s a demandé les fichiers de plus de %s autres ; il n'est pas bloqué, car un téléphone y est connecté"},
	{"%s asked for the files of more than %s others: it is given nothing for 10 minutes",
		"%s a demandé les fichiers de plus de %s autres : il ne reçoit rien pendant 10 minutes"},
	{"%s wrong codes were dialled on the phone %s: it may try again in 10 minutes",
		"%s mauvais codes ont été composés sur le téléphone %s : il peut réessayer dans 10 minutes"},
	{"somebody at %s asked for the URL of %s, which is at %s: no secret was told",
		"quelqu'un à l'adresse %s a demandé l'adresse secrète de %s, qui est à l'adresse %s : il ne l'a pas reçue"},
	{"somebody at %s", "quelqu'un à l'adresse %s"},
	{"%s at %s", "%s à l'adresse %s"},
	{"password of its own page", "mot de passe de sa propre page"},
	// the exchange
	{"%s is not registered: unplug it and plug it in again", "%s n'est pas connecté : débranchez-le et rebranchez-le"},
	// makers
	{"there are no files for %s phones yet: ask for a number on the page of this box and type its account into the phone",
		"il n'y a pas encore de fichiers pour les téléphones %s : demandez un numéro sur la page de cette boîte et tapez son compte dans le téléphone"},
	{"this DECT base serves several handsets and there are no files for it yet: type an account for each handset into the base, from the page of this box",
		"cette base DECT sert plusieurs combinés et il n'y a pas encore de fichiers pour elle : tapez dans la base un compte par combiné, depuis la page de cette boîte"},
	{"there are no files for %s phones of its own exchanges %s yet: ask for a number on the page of this box and type its account into the phone",
		"il n'y a pas encore de fichiers pour les téléphones %s de ses propres standards %s : demandez un numéro sur la page de cette boîte et tapez son compte dans le téléphone"},
	{"this is an exchange, an access point, a camera or a loudspeaker, and no telephone: type an account into it if it is to be called",
		"c'est un standard, une borne Wi-Fi, une caméra ou un haut-parleur, pas un téléphone : tapez-y un compte s'il doit pouvoir être appelé"},
	{"this radio belongs to a DECT manager %s, which gets the accounts: connect that one to the network of this box",
		"cette antenne dépend d'un gestionnaire DECT %s, qui reçoit les comptes : branchez celui-ci sur le réseau de cette boîte"},
	{"%s has called the emergency number %s", "%s a appelé le numéro d'urgence %s"},
	{"the emergency call of %s to %s was answered", "l'appel d'urgence de %s au %s a abouti"},
	{"the emergency call of %s to %s found no line to the outside: the people of the house were called",
		"l'appel d'urgence de %s au %s n'a trouvé aucune ligne extérieure : les personnes de la maison ont été appelées"},
	{"the call of %s to %s was blocked: their minutes of the day are used up", "l'appel de %s au %s a été bloqué : ses minutes du jour sont épuisées"},
	{"the call of %s to %s was blocked: the site's minutes of the day are used up", "l'appel de %s au %s a été bloqué : les minutes du jour du site sont épuisées"},
	{"the call of %s to %s was blocked: the international minutes of the day are used up", "l'appel de %s au %s a été bloqué : les minutes internationales du jour sont épuisées"},
	{"the call of %s to %s was blocked: too many calls outside at once", "l'appel de %s au %s a été bloqué : trop d'appels extérieurs à la fois"},
	{"the call of %s to %s was blocked: no international calls at night", "l'appel de %s au %s a été bloqué : pas d'appels internationaux la nuit"},
	{"the setup code was typed: whoever did may make the first administrator", "le code de mise en route a été tapé : qui l'a fait peut créer le premier administrateur"},
	{"the setup code was typed: whoever did may give an administrator another password", "le code de mise en route a été tapé : qui l'a fait peut changer le mot de passe d'un administrateur"},
	{"the setup code made the first administrator: %s", "le code de mise en route a créé le premier administrateur : %s"},
	{"the setup code set the password of administrator %s", "le code de mise en route a changé le mot de passe de l'administrateur %s"},
	{"trunk %s does not answer: look at its cable, its address and the internet", "la ligne extérieure %s ne répond pas : vérifiez son câble, son adresse et Internet"},
	{"the provider of trunk %s does not let us in: it does not answer, or refuses the user name or the password; test the trunk on its page",
		"l'opérateur de la ligne extérieure %s ne nous laisse pas entrer : il ne répond pas, ou refuse l'identifiant ou le mot de passe ; essayez la ligne sur sa page"},
	{"a gateway to the mobile network is no phone: add it as a trunk",
		"une passerelle vers le réseau mobile n'est pas un téléphone : ajoutez-la comme ligne extérieure"},
	{"a gateway to telephone lines is no phone: add it as a trunk",
		"une passerelle vers des lignes téléphoniques n'est pas un téléphone : ajoutez-la comme ligne extérieure"},
}

// spoken is the table as translated reads it: most sentences have nothing that varies.
type spoken struct {
	exact    map[string]string
	patterns []pattern
}

type pattern struct {
	english *regexp.Regexp
	french  string
	said    int // letters of the English, without what varies
}

// nested is how deep sentences about sentences are read: "it cannot be done: settings agents:
// reason 1: its name has 1 to 40 letters".
const nested = 4

// few are the letters of a pattern that may end a sentence about a field.
const few = 16 // "%s does not exist"

func spell(table []saying) spoken {
	out := spoken{exact: map[string]string{}}
	unbroken := strings.NewReplacer(" :", "\u00a0:", " ;", "\u00a0;", "« ", "«\u00a0", " »", "\u00a0»") // French signs stay with their word
	for _, s := range table {
		s.french = unbroken.Replace(s.french)
		if !strings.Contains(s.english, "%") {
			out.exact[s.english] = s.french
			continue
		}
		text := strings.NewReplacer("%s", "(.+?)", "%d", "([0-9]+)").Replace(regexp.QuoteMeta(s.english))
		out.patterns = append(out.patterns, pattern{regexp.MustCompile("(?s)^" + text + "$"), s.french, len(strings.NewReplacer("%s", "", "%d", "").Replace(s.english))})
	}
	// What says most comes first: "%s at %s" would take a sentence that has words of its own.
	slices.SortStableFunc(out.patterns, func(a, b pattern) int { return b.said - a.said })
	return out
}

// inFrench are all sentences of ours.
func inFrench() spoken { return spell(slices.Concat(sayings, refusals, replies)) }

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
	if french, ok := p.spoken().exact[text]; ok {
		return french, false
	}
	// "ring 3: 5 to 300 seconds": names of fields are those of the API, in any language. What
	// has words of its own with its field comes before that, "%s does not exist" after it.
	about := ofField.FindStringSubmatch(text)
	for _, s := range p.spoken().patterns {
		if about != nil && s.said < few {
			if said, foreign := p.french(about[2], depth); !foreign {
				return about[1] + "\u00a0: " + said, false
			}
			about = nil
		}
		groups := s.english.FindStringSubmatch(text)
		if groups == nil {
			continue
		}
		parts := strings.Split(s.french, "%s")
		out := parts[0]
		for i, g := range groups[1:] {
			if depth < nested { // a sentence about a sentence
				g, _ = p.french(g, depth+1)
			}
			if i+1 == len(parts) {
				break // French does without the rest
			}
			out += g + parts[i+1]
		}
		return out, false
	}
	return text, true
}

// ofField tells a sentence about a field and what was written there.
var ofField = regexp.MustCompile(`(?s)^([a-z][a-z_.]{1,30}(?: "[^"]{0,200}"| -?[0-9]{1,20})?): (.+)$`)
