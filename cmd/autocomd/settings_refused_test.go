package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// settingsRefused are settings that make no sense, and what is said of them.
var settingsRefused = []struct{ id, body, says, french string }{
	{"mail", `{"host":"","from":"@","tls":"starttls"}`,
		"host is missing: name the mail server, or leave everything empty to send no letters", "host manque\u00a0: donnez le serveur de courrier, ou laissez tout vide pour n'envoyer aucune lettre"},
	{"mail", `{"host":"","user":"bob","tls":"starttls"}`,
		"host is missing: name the mail server, or leave everything empty to send no letters", "host manque\u00a0: donnez le serveur de courrier, ou laissez tout vide pour n'envoyer aucune lettre"},
	{"mail", `{"host":"smtp.example.org","from":"@","tls":"starttls"}`,
		"from \"@\" is no address: letters need one that the server accepts", "\"@\" n'est pas une adresse\u00a0: il en faut une que le serveur accepte"},
	{"mail", `{"host":"smtp..org","from":"a@example.org","tls":"starttls"}`,
		"host \"smtp..org\": the name or address of the mail server is expected, as smtp.example.org", "host \"smtp..org\"\u00a0: il faut le nom ou l'adresse du serveur de courrier, comme smtp.example.org"},
	{"mail", `{"host":"smtp.example.org","from":"a..b@example.org","tls":"starttls"}`,
		"from \"a..b@example.org\" is no address: letters need one that the server accepts", "\"a..b@example.org\" n'est pas une adresse\u00a0: il en faut une que le serveur accepte"},
	{"mail", `{"host":"smtp.example.org","from":".@example.org","tls":"starttls"}`,
		"from \".@example.org\" is no address: letters need one that the server accepts", "\".@example.org\" n'est pas une adresse\u00a0: il en faut une que le serveur accepte"},
	{"mail", `{"host":"smtp.example.org","from":"a@example..org","tls":"starttls"}`,
		"from \"a@example..org\" is no address: letters need one that the server accepts", "\"a@example..org\" n'est pas une adresse\u00a0: il en faut une que le serveur accepte"},
	{"mail", `{"host":"   ","from":"a@example.org"}`,
		"host \"   \": the name or address of the mail server is expected, as smtp.example.org", "host \"   \"\u00a0: il faut le nom ou l'adresse du serveur de courrier, comme smtp.example.org"},
	{"mail", `{"host":"smtp.example.org","from":"a@example.org","port":-1}`,
		"port -1: 1 to 65535, or leave it out", "port -1\u00a0: de 1 à 65535, ou rien"},
	{"mail", `{"host":"smtp.example.org","from":"a@example.org","tls":""}`,
		"tls \"\": use tls, starttls or none", "tls \"\"\u00a0: choisissez tls, starttls ou none"},
	{"agents", `{"reasons":[{"code":"0","name":"x"}]}`,
		"reason \"0\": its code is one digit from 1 to 9", "reason \"0\"\u00a0: son code est un chiffre de 1 à 9"},
	{"agents", `{"reasons":[{"code":"1","name":""}]}`,
		"reason 1: its name has 1 to 40 letters, digits, spaces and signs that need no quotes", "reason 1\u00a0: son nom a de 1 à 40 lettres, chiffres, espaces et signes simples"},
	{"agents", `{"reasons":[{"code":"1","name":"   "}]}`,
		"reason 1: its name has 1 to 40 letters, digits, spaces and signs that need no quotes", "reason 1\u00a0: son nom a de 1 à 40 lettres, chiffres, espaces et signes simples"},
	{"agents", `{"reasons":[{"code":"1","name":"wrapup"}]}`,
		"reason 1: the exchange itself says \"wrapup\" of agents: choose another name", "reason 1\u00a0: le standard lui-même dit \"wrapup\" des agents\u00a0: choisissez un autre nom"},
	{"agents", `{"listen_notice":"nowhere"}`,
		"listen_notice: prompt \"nowhere\" does not exist", "listen_notice: prompt \"nowhere\" n'existe pas"},
	{"parking", `{"first":720,"last":701}`,
		"slots 720 to 701: write two numbers of 2 to 6 digits, the lower first, as 701 and 720", "places 720 à 701\u00a0: écrivez deux numéros de 2 à 6 chiffres, le plus petit d'abord, comme 701 et 720"},
	{"parking", `{"first":0,"last":0}`,
		"slots 0 to 0: write two numbers of 2 to 6 digits, the lower first, as 701 and 720", "places 0 à 0\u00a0: écrivez deux numéros de 2 à 6 chiffres, le plus petit d'abord, comme 701 et 720"},
	{"parking", `{"seconds":0}`,
		"seconds 0: 10 to 3600", "seconds 0\u00a0: de 10 à 3600"},
	{"parking", `{"first":200,"last":220}`,
		"slot 201 is the number of \"awa\": choose other slots or give them another number", "la place 201 est le numéro de \"awa\"\u00a0: choisissez d'autres places, ou donnez-lui un autre numéro"},
	{"parking", `{"music":"nowhere"}`,
		"music \"nowhere\" does not exist: use the id of one, or leave it out", "la musique \"nowhere\" n'existe pas"},
	{"recording", `{"format":"mp3"}`,
		"format \"mp3\": use wav or small", "format \"mp3\"\u00a0: choisissez wav ou small"},
	{"recording", `{"days":-1}`,
		"days -1: 1 to 3650, or 0 for 90", "days -1\u00a0: de 1 à 3650, ou 0 pour 90"},
	{"recording", `{"sound":"../etc/passwd"}`,
		"sound \"../etc/passwd\": the name of one of Asterisk's sounds is expected, as in conf-now-recording", "sound \"../etc/passwd\"\u00a0: il faut le nom d'un son d'Asterisk, comme conf-now-recording"},
	{"records", `{"days":-1}`,
		"days -1: 1 to 3650, or 0 for 365", "days -1\u00a0: de 1 à 3650, ou 0 pour 365"},
	{"records", `{"days":99999}`,
		"days 99999: 1 to 3650, or 0 for 365", "days 99999\u00a0: de 1 à 3650, ou 0 pour 365"},
	{"voicemail", `{"pin":0}`,
		"pin 0: a PIN has 4 to 10 digits at least", "pin 0\u00a0: un code a au moins de 4 à 10 chiffres"},
	{"voicemail", `{"shortest":30,"longest":10}`,
		"shortest 30 and longest 10: no message would be kept: make longest larger", "shortest 30 et longest 10\u00a0: aucun message ne serait gardé\u00a0: agrandissez longest"},
	{"voicemail", `{"messages":0}`,
		"messages 0: a box holds 1 to 1000", "messages 0\u00a0: une boîte contient de 1 à 1000 messages"},
	{"voicemail", `{"after_mail":""}`,
		"after_mail \"\": use keep, heard or delete", "after_mail \"\"\u00a0: choisissez keep, heard ou delete"},
	{"voicemail", `{"operator":{"kind":"number","id":"999"}}`,
		"operator: number \"999\" does not exist", "operator: number \"999\" n'existe pas"},
	{"voicemail", `{"operator":{"kind":"moon"}}`,
		"operator: a call cannot be sent to a \"moon\": use number, voicemail, hangup or menu, queue, conference, group, announcement, hours, outside, directory, paging", "operator\u00a0: un appel ne peut pas aller vers \"moon\"\u00a0: choisissez number, voicemail, hangup ou menu, queue, conference, group, announcement, hours, outside, directory, paging"},
	{"outside", `{"prefix":"00"}`,
		"prefix \"00\": one digit or none", "prefix \"00\"\u00a0: un chiffre ou rien"},
	{"outside", `{"prefix":"x"}`,
		"prefix \"x\": one digit or none", "prefix \"x\"\u00a0: un chiffre ou rien"},
	{"outside", `{"prefix":"2"}`,
		"prefix \"2\": the number 201 of the house begins with it: choose another digit, as 0", "prefix \"2\"\u00a0: le numéro 201 de la maison commence ainsi\u00a0: choisissez un autre chiffre, comme 0"},
	{"codes", `{"voicemail":[""]}`,
		"voicemail: code \"\": 1 to 6 of the keys 0-9 * # are needed", "voicemail\u00a0: code \"\"\u00a0: il faut de 1 à 6 des touches 0 à 9, * et #"},
	{"codes", `{"voicemail":["abc"]}`,
		"voicemail: code \"abc\": 1 to 6 of the keys 0-9 * # are needed", "voicemail\u00a0: code \"abc\"\u00a0: il faut de 1 à 6 des touches 0 à 9, * et #"},
	{"codes", `{"voicemail":["+"]}`,
		"voicemail: code \"\": 1 to 6 of the keys 0-9 * # are needed", "voicemail\u00a0: code \"\"\u00a0: il faut de 1 à 6 des touches 0 à 9, * et #"},
	{"codes", `{"voicemail":["201="]}`,
		"201 of voicemail is mistaken for number 201 of \"awa\": give one of them another", "201 (voicemail) se confond avec le numéro 201 de \"awa\"\u00a0: donnez-en un autre à l'un d'eux"},
	{"codes", `{"voicemail":["112="]}`,
		"112 of voicemail is mistaken for the emergency number 112: give it another code", "112 (voicemail) se confond avec le numéro d'urgence 112\u00a0: donnez-lui un autre code"},
	{"codes", `{"voicemail":["*20="]}`,
		"*20 of voicemail is mistaken for *20 of forward-off: give one of them another code", "*20 (voicemail) se confond avec *20 (forward-off)\u00a0: donnez un autre code à l'un d'eux"},
	{"codes", `{"voicemail":["*98=","*98="]}`,
		"*98 of voicemail is mistaken for *98 of voicemail: give one of them another code", "*98 (voicemail) se confond avec *98 (voicemail)\u00a0: donnez un autre code à l'un d'eux"},
	{"codes", `{"nothing":["*98="]}`,
		"there is no function \"nothing\"", "la fonction \"nothing\" n'existe pas"},
	{"blacklist", `{"answer":""}`,
		"answer \"\": use busy or prompt", "answer \"\"\u00a0: choisissez busy ou prompt"},
	{"emergency", `{"notify":["999"]}`,
		"there is no field \"notify\"", "il n'y a pas de champ \"notify\""},
	{"emergency", `{"trunks":["nowhere"]}`,
		"trunk \"nowhere\" does not exist", "trunk \"nowhere\" n'existe pas"},
	{"emergency", `{"numbers":["999"]}`,
		"there is no field \"numbers\"", "il n'y a pas de champ \"numbers\""},
	{"fraud", `{"longest":0}`,
		"longest 0: 1 to 1440 minutes", "longest 0\u00a0: de 1 à 1440 minutes"},
	{"fraud", `{"night":"20:00-20:00"}`,
		"night \"20:00-20:00\": it ends when it begins: leave it out, or choose two times", "night \"20:00-20:00\"\u00a0: elle finit quand elle commence\u00a0: ne donnez rien, ou choisissez deux heures"},
	{"fraud", `{"night":"never"}`,
		"night \"never\": two times are needed, as in 20:00-06:00", "night \"never\"\u00a0: il faut deux heures, comme 20:00-06:00"},
	{"fraud", `{"countries":["0"]}`,
		"country \"0\": its code is needed, as in 33; of the Caribbean with the area: 1876", "country \"0\"\u00a0: il faut l'indicatif, comme 33\u00a0; aux Caraïbes avec la région\u00a0: 1876"},
	{"fraud", `{"countries":[""]}`,
		"country \"\": its code is needed, as in 33; of the Caribbean with the area: 1876", "country \"\"\u00a0: il faut l'indicatif, comme 33\u00a0; aux Caraïbes avec la région\u00a0: 1876"},
	{"fraud", `{"new":""}`,
		"new \"\": use block, tell or allow", "new \"\"\u00a0: choisissez block, tell ou allow"},
	{"music", `{"default":"nowhere"}`,
		"default: music \"nowhere\" does not exist: use the id of one, or leave it out", "default\u00a0: la musique \"nowhere\" n'existe pas"},
	{"site", `{"title":"\u0007"}`,
		"site.name = \"\\a\": write letters, digits and signs alone", "nom \"\\a\"\u00a0: écrivez seulement des lettres, des chiffres et des signes"},
	{"site", `{"language":"xx"}`,
		"site.language = \"xx\": write fr or en", "langue \"xx\"\u00a0: écrivez fr ou en"},
	{"site", `{"timezone":"Mars/Phobos"}`,
		"site.timezone = \"Mars/Phobos\" is unknown: write a name of the IANA list, as Africa/Douala", "le fuseau horaire \"Mars/Phobos\" est inconnu\u00a0: écrivez un nom de la liste de l'IANA, comme Africa/Douala"},
	{"site", `{"timezone":"Local"}`,
		"site.timezone = \"Local\" is unknown: write a name of the IANA list, as Africa/Douala", "le fuseau horaire \"Local\" est inconnu\u00a0: écrivez un nom de la liste de l'IANA, comme Africa/Douala"},
	{"site", `{"address":"1.2.3"}`,
		"network.address = \"1.2.3\": write \"auto\" or an IPv4 address of a host with its prefix of /8 to /30, as \"192.168.1.10/24\"", "adresse \"1.2.3\"\u00a0: écrivez «\u00a0auto\u00a0», ou l'adresse IPv4 d'un hôte avec son préfixe de /8 à /30, comme «\u00a0192.168.1.10/24\u00a0»"},
	{"site", `{"address":"192.168.1.0/24"}`,
		"network.address = \"192.168.1.0/24\": write \"auto\" or an IPv4 address of a host with its prefix of /8 to /30, as \"192.168.1.10/24\"", "adresse \"192.168.1.0/24\"\u00a0: écrivez «\u00a0auto\u00a0», ou l'adresse IPv4 d'un hôte avec son préfixe de /8 à /30, comme «\u00a0192.168.1.10/24\u00a0»"},
	{"site", `{"address":"192.168.1.255/24"}`,
		"network.address = \"192.168.1.255/24\": write \"auto\" or an IPv4 address of a host with its prefix of /8 to /30, as \"192.168.1.10/24\"", "adresse \"192.168.1.255/24\"\u00a0: écrivez «\u00a0auto\u00a0», ou l'adresse IPv4 d'un hôte avec son préfixe de /8 à /30, comme «\u00a0192.168.1.10/24\u00a0»"},
	{"site", `{"address":"127.0.0.1/8"}`,
		"network.address = \"127.0.0.1/8\": write \"auto\" or an IPv4 address of a host with its prefix of /8 to /30, as \"192.168.1.10/24\"", "adresse \"127.0.0.1/8\"\u00a0: écrivez «\u00a0auto\u00a0», ou l'adresse IPv4 d'un hôte avec son préfixe de /8 à /30, comme «\u00a0192.168.1.10/24\u00a0»"},
	{"site", `{"address":"224.0.0.1/4"}`,
		"network.address = \"224.0.0.1/4\": write \"auto\" or an IPv4 address of a host with its prefix of /8 to /30, as \"192.168.1.10/24\"", "adresse \"224.0.0.1/4\"\u00a0: écrivez «\u00a0auto\u00a0», ou l'adresse IPv4 d'un hôte avec son préfixe de /8 à /30, comme «\u00a0192.168.1.10/24\u00a0»"},
	{"site", `{"address":"192.168.1.10/33"}`,
		"network.address = \"192.168.1.10/33\": write \"auto\" or an IPv4 address of a host with its prefix of /8 to /30, as \"192.168.1.10/24\"", "adresse \"192.168.1.10/33\"\u00a0: écrivez «\u00a0auto\u00a0», ou l'adresse IPv4 d'un hôte avec son préfixe de /8 à /30, comme «\u00a0192.168.1.10/24\u00a0»"},
	{"site", `{"address":"192.168.1.10/32"}`,
		"network.address = \"192.168.1.10/32\": write \"auto\" or an IPv4 address of a host with its prefix of /8 to /30, as \"192.168.1.10/24\"", "adresse \"192.168.1.10/32\"\u00a0: écrivez «\u00a0auto\u00a0», ou l'adresse IPv4 d'un hôte avec son préfixe de /8 à /30, comme «\u00a0192.168.1.10/24\u00a0»"},
	{"site", `{"dhcp":"maybe"}`,
		"network.dhcp = \"maybe\": write observe or serve", "DHCP \"maybe\"\u00a0: écrivez observe ou serve"},
	{"site", `{"mode":"ajar"}`,
		"phones.mode = \"ajar\": write open or ask or closed", "mode \"ajar\"\u00a0: écrivez open, ask ou closed"},
}

func TestSettingsThatMakeNoSenseAreRefused(t *testing.T) {
	d := whole(t, nil)
	settle(t, d, 3)
	srv := httptest.NewServer(d.portal)
	t.Cleanup(srv.Close)
	for _, tt := range settingsRefused {
		for lang, says := range map[string]string{
			"en": "it cannot be done: settings " + tt.id + ": " + tt.says, "fr": "impossible\u00a0: réglages " + tt.id + "\u00a0: " + tt.french,
		} {
			r, err := http.NewRequest(http.MethodPut, srv.URL+"/api/v1/settings/"+tt.id, strings.NewReader(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+d.portal.Key)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Accept-Language", lang)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			var problem struct{ Detail string }
			err = json.NewDecoder(resp.Body).Decode(&problem)
			resp.Body.Close()
			if resp.StatusCode < 400 || resp.StatusCode >= 500 || err != nil || problem.Detail != says {
				t.Errorf("%s %s in %s: %d %q, want %q", tt.id, tt.body, lang, resp.StatusCode, problem.Detail, says)
			}
		}
	}
}
