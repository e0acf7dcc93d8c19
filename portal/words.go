package portal

import (
	"net/http"
	"strconv"
	"strings"
)

// Words is the page in one language.
type Words struct {
	Lang, Other, OtherName                       string
	Title, Offer, OfferWhy, Name, NameHint, Get  string
	Yours, Waiting, WaitingWhy, Refused          string
	RefusedWhy, Here, NotHere                    string
	Linphone, Step1, Step2, Step3, Link          string
	Browser                                      string
	Card, CardWhy, Server, User, Password, Proto string
	ShowAgain, ShowAgainWhy, Dial                string
	Failed, TooMany                              string
	Admin                                        Admin
	Setup                                        Setup
	Door                                         Door
}

var french = Words{
	Lang: "fr", Other: "en", OtherName: "English",
	Title: "Téléphone", Offer: "Ce téléphone peut avoir un numéro", OfferWhy: "Il pourra appeler les autres postes et sonner, sur ce réseau.",
	Name: "Votre nom", NameHint: "facultatif : il s'affiche chez ceux que vous appelez", Get: "Obtenir un numéro",
	Yours:   "Votre numéro",
	Waiting: "En attente", WaitingWhy: "Quelqu'un doit accepter cet appareil, ou un numéro doit se libérer. Cette page se met à jour seule.",
	Refused: "Refusé", RefusedWhy: "Cet appareil n'a pas été accepté. Adressez-vous à la personne qui s'occupe du standard.",
	Here: "Prêt : ce numéro sonne.", NotHere: "Pas encore connecté : suivez les étapes ci-dessous.",
	Browser:  "Téléphoner dans ce navigateur",
	Linphone: "Avec l'application Linphone (gratuite)",
	Step1:    "Installez Linphone sur le smartphone ou l'ordinateur.",
	Step2:    "Dans l'assistant, choisissez de scanner un code QR (ou « configuration distante ») :",
	Step3:    "Sur ce même smartphone, copiez plutôt cette adresse dans « configuration distante » :",
	Link:     "Adresse de configuration",
	Card:     "Avec une autre application SIP", CardWhy: "Recopiez ces réglages. Gardez-les pour vous.",
	Server: "Serveur", User: "Utilisateur", Password: "Mot de passe", Proto: "Transport",
	ShowAgain: "Afficher à nouveau le code et le mot de passe", ShowAgainWhy: "Ils sont cachés depuis la première connexion.",
	Dial:    "Essayez : appelez le numéro d'un autre poste.",
	Failed:  "Le numéro n'a pas pu être enregistré : réessayez dans un instant.",
	TooMany: "Trop de demandes depuis cet appareil : réessayez dans dix minutes.",
	Admin:   adminFrench,
	Setup:   setupFrench,
	Door:    doorFrench,
}

var english = Words{
	Lang: "en", Other: "fr", OtherName: "Français",
	Title: "Telephone", Offer: "This phone can have a number", OfferWhy: "It can then call the other phones, and ring, on this network.",
	Name: "Your name", NameHint: "optional: people whom you call see it", Get: "Get a number",
	Yours:   "Your number",
	Waiting: "Waiting", WaitingWhy: "Somebody has to accept this device, or a number has to become free. This page updates by itself.",
	Refused: "Refused", RefusedWhy: "This device was not accepted. Ask the person who looks after the telephones.",
	Here: "Ready: this number rings.", NotHere: "Not connected yet: follow the steps below.",
	Browser:  "Use this browser as a phone",
	Linphone: "With the app Linphone (free)",
	Step1:    "Install Linphone on the smartphone or computer.",
	Step2:    "In its assistant choose to scan a QR code (or “remote configuration”):",
	Step3:    "On this same smartphone, copy this address into “remote configuration” instead:",
	Link:     "Configuration address",
	Card:     "With another SIP app", CardWhy: "Copy these settings. Keep them to yourself.",
	Server: "Server", User: "User", Password: "Password", Proto: "Transport",
	ShowAgain: "Show the code and the password again", ShowAgainWhy: "They are hidden since the first connection.",
	Dial:    "Try it: call the number of another phone.",
	Failed:  "The number could not be kept: try again in a moment.",
	TooMany: "Too many requests from this device: try again in ten minutes.",
	Admin:   adminEnglish,
	Setup:   setupEnglish,
	Door:    doorEnglish,
}

// words chooses the reader's language: the one clicked, then the browser's, then the site's.
func (p *Portal) words(r *http.Request) Words {
	tag := accepted(r.Header.Get("Accept-Language"))
	if c, err := r.Cookie(cookieLanguage); err == nil && (c.Value == "fr" || c.Value == "en") {
		tag = c.Value
	}
	if tag == "" {
		tag = p.Site().Language
	}
	return wordsIn(tag)
}

func wordsIn(lang string) Words {
	if lang == "fr" {
		return french
	}
	return english
}

// accepted gives the best of our languages in an Accept-Language header (RFC 9110
// 12.5.4), "" when neither is in it.
func accepted(header string) string {
	best, weight := "", 0.0
	for part := range strings.SplitSeq(header, ",") {
		tag, params, _ := strings.Cut(part, ";")
		q := 1.0
		if v, ok := strings.CutPrefix(strings.TrimSpace(params), "q="); ok {
			if f, err := strconv.ParseFloat(v, 64); err == nil {
				q = f
			}
		}
		tag, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		if (tag == "fr" || tag == "en") && q > weight {
			best, weight = tag, q
		}
	}
	return best
}
