package portal

// Admin is the pages for who looks after the phones, in one language.
type Admin struct {
	// frame
	Phones, Makers, Security, Login, Logout, SkipTo, Offline, GetNumber, Menu, Lists string
	// the setup code
	CodeOnScreen, CodeByPhone, CodeInFile                                     string
	CodeTitle, CodeWhy, CodeAgain, Code, CodeHint, Enter, CodeWrong, CodeWait string
	// the list
	ShowPhones, ShowWaiting, ShowProblems, ShowOthers     string
	Search, SearchHint, Find, WaitingOne, WaitingMany     string
	NonePhones, NoneWaiting, NoneProblems, NoneOthers     string
	NoneFound, Since, Heard, Next, Previous, More, Number string
	PlugIn, NoNumber                                      string
	// states
	StateSeen, StatePending, StateAllocated, StateFetched, StateRegistered string
	StateLost, StateUnsupported, StateRejected, StateReleased, StateGuest  string
	// next steps
	StepsTitle, StepWait, StepUnplug, StepType, StepReset, StepRegister string
	StepLost, StepWasReset, StepApprove, StepSupport                    string
	// one device
	Back, Address, Hardware, Maker, Model, Firmware, Network, FirstSeen string
	LastSeen, Name, Softphone, UnknownMaker, VLAN, CodeOf, CodeDial     string
	WindowOpen                                                          string
	Lines, Line, Handset, Port, Connected, NotConnected, NotYet         string
	KindBase, KindAdapter, KindGateway                                  string
	OwnURL, OwnURLWhy, Actions                                          string
	Approve, ApproveWhy, Reject, RejectWhy, Release, ReleaseWhy         string
	Resync, ResyncWhy, Reset, ResetWhy, Replace, ReplaceWhy, ReplaceOf  string
	Rename, RenameWhy, Save, Keys, KeysWhy, KeysFormat, AddLine         string
	AddLineWhy, Password, PasswordWhy, ShowPassword, User, PasswordIs   string
	PasswordOnce, Why, WhyNone, Field, Weight, Proved                   string
	ProvedNot, WhyWeights, Gone                                         string
	// outcomes
	Done, DoneApprove, DoneReject, DoneRelease, DoneResync, DoneReset string
	DoneReplace, DoneRename, DoneKeys, DoneLine, BadNumber, BadKeys   string
	Failed, NotDone                                                   string
	// makers
	MakersWhy, Checked, Untried, SelfSetup, ByPnP, DHCPOption         string
	DHCPValue, Router, RouterWhy, TypeIn, TypeInWhy, HowReset, Served string
	Recognised, RecognisedWhy, Gateways, GatewaysWhy, ExceptFor       string
	FormHex, InHex, FormAddress, FormText, NoOptions, NoMakers        string
	CountServed                                                       string
	// security
	Alerts, AlertsNone, Trail, TrailWhy, TrailNone, When                                                   string
	Who, File, Outcome, Given, GivenSecret, Refused, NoFile, WithToken, Page, AlertDo                      string
	AlertThief, AlertNames, AlertCode, AlertToken, AlertBlocked, AlertPnP, AlertDHCP, AlertAny, AlertSetup string
}

var adminFrench = Admin{
	Phones: "Téléphones", Makers: "Fabricants", Security: "Sécurité", Login: "S'occuper des téléphones", Logout: "Quitter",
	Menu: "Menu", Lists: "Listes", SkipTo: "Aller au contenu", Offline: "La boîte ne répond plus : cette page n'est plus à jour.", GetNumber: "Un numéro pour ce téléphone",

	CodeTitle: "Code de mise en route", CodeWhy: "Pour s'occuper des téléphones de ce bureau, il faut un code de huit chiffres. Il se trouve :",
	CodeOnScreen: "sur l'écran branché à la boîte ;", CodeByPhone: "au téléphone : composez %s sur celui qui a été branché en premier, il le dit deux fois ;",
	CodeInFile: "dans autocom.toml sur la carte, sous setup_code, si quelqu'un l'y a écrit avant le démarrage.",
	CodeAgain:  "Il permet de choisir un nouveau mot de passe d'administrateur. Il s'affiche sur l'écran branché à la boîte ; sans écran, lisez par SSH le fichier /data/setup-code. Si setup_code est écrit dans autocom.toml, c'est celui-là.",
	Code:       "Code", CodeHint: "8 chiffres", Enter: "Entrer", CodeWrong: "Ce n'est pas le bon code : relisez-le, ou écoutez-le encore.",
	CodeWait: "Trop d'essais : réessayez dans %d secondes.",

	ShowPhones: "Téléphones", ShowWaiting: "En attente", ShowProblems: "Problèmes", ShowOthers: "Autres appareils",
	Search: "Chercher", SearchHint: "numéro, nom, modèle, adresse", Find: "Chercher",
	WaitingOne: "1 téléphone attend votre réponse", WaitingMany: "%d téléphones attendent votre réponse",
	NonePhones: "Aucun téléphone pour l'instant.", NoneWaiting: "Personne n'attend.", NoneProblems: "Tout va bien : aucun téléphone n'a de problème.",
	NoneOthers: "Aucun autre appareil n'a été vu sur ce réseau.", NoneFound: "Rien ne correspond à cette recherche.",
	Since: "connu depuis", Heard: "vu", Next: "Suivants", Previous: "Précédents", More: "page %d sur %d", Number: "Numéro",
	PlugIn: "Branchez un téléphone sur ce réseau : il apparaît ici en quelques secondes.", NoNumber: "sans numéro",

	StateSeen: "Vu", StatePending: "En attente", StateAllocated: "Numéro attribué", StateFetched: "Réglages reçus", StateRegistered: "Prêt",
	StateLost: "Injoignable", StateUnsupported: "Non pris en charge", StateRejected: "Refusé", StateReleased: "Numéro libéré", StateGuest: "En attente, connecté",

	StepsTitle: "Que faire", StepWait: "Rien : il vient chercher ses réglages, cela prend une minute ou deux.",
	StepUnplug:   "Débranchez le téléphone, attendez cinq secondes, rebranchez-le.",
	StepType:     "Sinon, tapez cette adresse dans sa page web, là où il demande l'adresse du serveur de configuration :",
	StepReset:    "S'il a servi ailleurs, remettez-le à zéro :",
	StepRegister: "Il a ses réglages et va se connecter. Si rien ne vient en deux minutes, débranchez-le et rebranchez-le.",
	StepLost:     "Vérifiez son câble réseau et son alimentation : il ne répond plus.",
	StepWasReset: "S'il a été remis à zéro, appuyez sur « Ce téléphone a été remis à zéro ».",
	StepApprove:  "Regardez si ce téléphone est bien à vous, puis appuyez sur « Accepter ».",
	StepSupport:  "Il peut servir avec un compte tapé à la main : demandez un numéro sur la page de cette boîte.",

	Back: "Tous les téléphones", Address: "Adresse", Hardware: "Adresse matérielle", Maker: "Fabricant", Model: "Modèle", Firmware: "Logiciel",
	Network: "Réseau", FirstSeen: "Vu la première fois", LastSeen: "Vu la dernière fois", Name: "Nom", Softphone: "Téléphone logiciel",
	UnknownMaker: "Fabricant inconnu", VLAN: "VLAN", CodeOf: "Code de ce téléphone", CodeDial: "Sur ce téléphone, composez %s puis le code : il est accepté aussitôt.",
	WindowOpen: "Il peut venir chercher ses mots de passe jusqu'à %s.",
	Lines:      "Lignes", Line: "Ligne", Handset: "Combiné", Port: "Prise", Connected: "connectée", NotConnected: "pas connectée", NotYet: "pas encore de numéro",
	KindBase: "Base DECT : un numéro par combiné", KindAdapter: "Adaptateur : un numéro par prise", KindGateway: "Passerelle vers le réseau téléphonique",
	OwnURL: "Adresse à taper dans ce téléphone", OwnURLWhy: "Il est derrière un routeur. Cette adresse est à lui seul : elle ne sert qu'à la première adresse qui la demande. Tapez-la dans sa page web, ou scannez-la.",
	Actions: "Agir", Approve: "Accepter", ApproveWhy: "Il reçoit un numéro et se règle seul.",
	Reject: "Refuser", RejectWhy: "Il n'aura pas de numéro, même s'il redemande. Son numéro lui est repris.",
	Release: "Libérer son numéro", ReleaseWhy: "Le numéro lui est repris et se repose, puis peut aller à un autre. Le téléphone ne peut plus appeler ; s'il redemande, il en reçoit un nouveau.",
	Resync: "Relire ses réglages", ResyncWhy: "Le téléphone reprend son fichier, sans couper un appel.",
	Reset: "Ce téléphone a été remis à zéro", ResetWhy: "Il reçoit un nouveau mot de passe, qu'il peut venir chercher dans les minutes qui suivent. L'ancien ne vaut plus rien.",
	Replace: "Il en remplace un autre", ReplaceWhy: "Ce téléphone reprend le numéro d'un autre, avec de nouveaux mots de passe. L'ancien téléphone perd ce numéro.", ReplaceOf: "Numéro à reprendre",
	Rename: "Nom", RenameWhy: "Il s'affiche chez ceux qu'il appelle, et dans l'annuaire.", Save: "Enregistrer",
	Keys: "Touches à voyant", KeysWhy: "Chaque touche montre si un poste est occupé, l'appelle, et prend l'appel qui y sonne.", KeysFormat: "Une touche par ligne : le numéro, un espace, le nom.",
	AddLine: "Un combiné de plus", AddLineWhy: "La base reçoit un numéro de plus, pour le combiné suivant.",
	Password: "Page web du téléphone", PasswordWhy: "Son mot de passe a été tiré au hasard. Le montrer est noté dans le journal.", ShowPassword: "Montrer le mot de passe", User: "Utilisateur", PasswordIs: "Mot de passe",
	PasswordOnce: "Montré cette fois seulement.", Why: "Pourquoi est-ce un téléphone ?", WhyNone: "Rien n'a encore été entendu qui le dise.",
	Field: "Indice", Weight: "Poids", Proved: "prouvé", ProvedNot: "non prouvé",
	WhyWeights: "Les poids s'ajoutent, chaque indice comptant une fois ; un poids négatif parle contre. L'adresse matérielle seule ne suffit jamais.", Gone: "Cet appareil n'est plus connu.",

	Done: "C'est fait.", DoneApprove: "Accepté : son numéro est attribué.", DoneReject: "Refusé.", DoneRelease: "Son numéro est libéré.", DoneResync: "Le téléphone va relire ses réglages.",
	DoneReset: "De nouveaux réglages l'attendent : redémarrez le téléphone.", DoneReplace: "Il a repris ce numéro.", DoneRename: "Le nom est changé.", DoneKeys: "Les touches sont changées.", DoneLine: "Une ligne de plus est prête.",
	BadNumber: "Ce n'est pas un numéro : écrivez de 2 à 6 chiffres.", BadKeys: "La ligne « %s » n'est pas une touche : écrivez le numéro, un espace, le nom (60 touches au plus).",
	Failed: "Le changement n'a pas pu être gardé : voyez le journal de la boîte.", NotDone: "Rien n'a changé.",

	MakersWhy: "Les téléphones de ces fabricants se règlent seuls dès qu'on les branche. Sur un réseau avec un autre routeur, les valeurs ci-dessous les y aident.",
	Checked:   "Fichiers comparés avec", Untried: "Pas encore essayé sur un vrai téléphone", SelfSetup: "Se règle seul :", ByPnP: "il demande lui-même sur le réseau (SIP PnP)",
	DHCPOption: "Option DHCP", DHCPValue: "Valeur", Router: "Dans un autre routeur", RouterWhy: "À écrire dans le serveur DHCP du routeur, telles quelles :",
	TypeIn: "Dans le téléphone", TypeInWhy: "À taper dans sa page web, comme adresse du serveur de configuration :", HowReset: "Remise à zéro",
	Served: "Servis", Recognised: "Reconnus seulement", RecognisedWhy: "Ils sont vus et nommés, mais ne reçoivent ni numéro ni fichier. Pour un tel téléphone, demandez un numéro sur la page de cette boîte et tapez son compte dedans.",
	Gateways: "Passerelles", GatewaysWhy: "Elles mènent au réseau téléphonique et ne reçoivent jamais de numéro de poste. Les lignes extérieures ne sont pas encore dans cette version.", ExceptFor: "Sauf",
	FormHex: "octets", InHex: "en octets", FormAddress: "adresse IPv4", FormText: "texte", NoOptions: "Aucune option DHCP connue pour ces téléphones.", NoMakers: "Aucun fabricant n'est connu.",
	CountServed: "%d servis, %d reconnus seulement",

	Alerts: "À regarder", AlertsNone: "Rien à signaler.",
	AlertDo: "Si l'appareil qui a demandé n'est pas à vous, débranchez-le, ou refusez-le sur sa page.",
	Trail:   "Fichiers donnés", TrailWhy: "Chaque demande d'un fichier, la plus récente d'abord.", TrailNone: "Aucun fichier n'a encore été demandé.", When: "Quand",
	Who: "Qui", File: "Fichier", Outcome: "Résultat", Given: "donné", GivenSecret: "donné avec son compte", Refused: "refusé", NoFile: "n'existe pas", WithToken: "par son adresse secrète", Page: "Page",
	AlertThief: "Quelqu'un a demandé le fichier d'un autre", AlertNames: "Une adresse demande les fichiers de beaucoup d'autres", AlertCode: "De mauvais codes ont été composés", AlertToken: "Une adresse secrète sert à quelqu'un d'autre", AlertBlocked: "Une adresse est bloquée",
	AlertPnP: "Un autre appareil répond aux téléphones à notre place", AlertDHCP: "Un autre serveur donne des adresses", AlertAny: "À regarder", AlertSetup: "Le code de mise en route a servi",
}

var adminEnglish = Admin{
	Phones: "Phones", Makers: "Makers", Security: "Security", Login: "Look after the phones", Logout: "Log out",
	Menu: "Menu", Lists: "Lists", SkipTo: "Skip to content", Offline: "The box no longer answers: this page is out of date.", GetNumber: "A number for this phone",

	CodeTitle: "Setup code", CodeWhy: "Looking after the phones of this office takes a code of eight digits. It is found:",
	CodeOnScreen: "on the screen connected to the box;", CodeByPhone: "by telephone: dial %s on the one that was plugged in first, which says it twice;",
	CodeInFile: "in autocom.toml on the card, as setup_code, if somebody wrote it there before the start.",
	CodeAgain:  "It lets you choose a new administrator's password. It is on the screen connected to the box; without a screen, read the file /data/setup-code by SSH. If setup_code is written in autocom.toml, it is that one.",
	Code:       "Code", CodeHint: "8 digits", Enter: "Enter", CodeWrong: "That is not the code: read it again, or hear it again.",
	CodeWait: "Too many attempts: try again in %d seconds.",

	ShowPhones: "Phones", ShowWaiting: "Waiting", ShowProblems: "Problems", ShowOthers: "Other devices",
	Search: "Search", SearchHint: "number, name, model, address", Find: "Search",
	WaitingOne: "1 phone waits for your answer", WaitingMany: "%d phones wait for your answer",
	NonePhones: "No phones yet.", NoneWaiting: "Nobody waits.", NoneProblems: "All is well: no phone has a problem.",
	NoneOthers: "No other device was seen on this network.", NoneFound: "Nothing matches this search.",
	Since: "known since", Heard: "last seen", Next: "Next", Previous: "Previous", More: "page %d of %d", Number: "Number",
	PlugIn: "Plug a phone into this network: it appears here within seconds.", NoNumber: "no number",

	StateSeen: "Seen", StatePending: "Waiting", StateAllocated: "Number given", StateFetched: "Settings fetched", StateRegistered: "Ready",
	StateLost: "Out of reach", StateUnsupported: "Not supported", StateRejected: "Refused", StateReleased: "Number released", StateGuest: "Waiting, connected",

	StepsTitle: "What to do", StepWait: "Nothing: it is fetching its settings, which takes a minute or two.",
	StepUnplug:   "Unplug the phone, wait for five seconds, plug it in again.",
	StepType:     "Otherwise type this address into its web page, where it asks for the configuration server:",
	StepReset:    "If it was used elsewhere before, reset it:",
	StepRegister: "It has its settings and is about to connect. If nothing happens within two minutes, unplug it and plug it in again.",
	StepLost:     "Check its network cable and its power: it no longer answers.",
	StepWasReset: "If it was reset, press “This phone was reset”.",
	StepApprove:  "See whether this phone is yours, then press “Approve”.",
	StepSupport:  "It can work with an account typed by hand: ask for a number on the page of this box.",

	Back: "All phones", Address: "Address", Hardware: "Hardware address", Maker: "Maker", Model: "Model", Firmware: "Firmware",
	Network: "Network", FirstSeen: "First seen", LastSeen: "Last seen", Name: "Name", Softphone: "Softphone",
	UnknownMaker: "Unknown maker", VLAN: "VLAN", CodeOf: "Code of this phone", CodeDial: "On that phone dial %s and the code: it is approved at once.",
	WindowOpen: "It may fetch its passwords until %s.",
	Lines:      "Lines", Line: "Line", Handset: "Handset", Port: "Port", Connected: "connected", NotConnected: "not connected", NotYet: "no number yet",
	KindBase: "DECT base: a number per handset", KindAdapter: "Adapter: a number per port", KindGateway: "Gateway to the telephone network",
	OwnURL: "Address to type into this phone", OwnURLWhy: "It is behind a router. This address is its own: it serves only the first address that asks for it. Type it into the phone's web page, or scan it.",
	Actions: "Act", Approve: "Approve", ApproveWhy: "It gets a number and sets itself up.",
	Reject: "Refuse", RejectWhy: "It gets no number, even if it asks again. Its number is taken back.",
	Release: "Release its number", ReleaseWhy: "The number is taken back and rests, then may go to another. The phone can no longer call; if it asks again, it gets a new one.",
	Resync: "Read its settings again", ResyncWhy: "The phone fetches its file again, without cutting a call.",
	Reset: "This phone was reset", ResetWhy: "It gets a new password, which it may fetch in the next minutes. The old one is worth nothing.",
	Replace: "It replaces another", ReplaceWhy: "This phone takes over the number of another, with new passwords. The old phone loses that number.", ReplaceOf: "Number to take over",
	Rename: "Name", RenameWhy: "People whom it calls see it, and it stands in the phone book.", Save: "Save",
	Keys: "Keys with lamps", KeysWhy: "Each key shows whether a phone is busy, calls it, and picks up what rings there.", KeysFormat: "One key per line: the number, a space, the name.",
	AddLine: "One more handset", AddLineWhy: "The base gets one more number, for the next handset.",
	Password: "The phone's own web page", PasswordWhy: "Its password was made at random. Showing it is noted in the audit.", ShowPassword: "Show the password", User: "User", PasswordIs: "Password",
	PasswordOnce: "Shown this once only.", Why: "Why is this a phone?", WhyNone: "Nothing has been heard yet that says so.",
	Field: "Clue", Weight: "Weight", Proved: "proved", ProvedNot: "not proved",
	WhyWeights: "Weights add up, each clue counting once; a negative one speaks against. The hardware address alone never suffices.", Gone: "This device is no longer known.",

	Done: "Done.", DoneApprove: "Approved: it has a number.", DoneReject: "Refused.", DoneRelease: "Its number is released.", DoneResync: "The phone is about to read its settings again.",
	DoneReset: "New settings wait for it: restart the phone.", DoneReplace: "It has taken over that number.", DoneRename: "The name is changed.", DoneKeys: "The keys are changed.", DoneLine: "One more line is ready.",
	BadNumber: "That is no number: write 2 to 6 digits.", BadKeys: "The line “%s” is no key: write the number, a space, the name (60 keys at most).",
	Failed: "The change could not be kept: see the box's log.", NotDone: "Nothing was changed.",

	MakersWhy: "Phones of these makers set themselves up when they are plugged in. On a network with another router, the values below help them.",
	Checked:   "Files held against", Untried: "Not tried on a real phone", SelfSetup: "Sets itself up:", ByPnP: "it asks on the network by itself (SIP PnP)",
	DHCPOption: "DHCP option", DHCPValue: "Value", Router: "In another router", RouterWhy: "To write into the router's DHCP server, exactly so:",
	TypeIn: "In the phone", TypeInWhy: "To type into its web page, as the address of the configuration server:", HowReset: "Reset",
	Served: "Served", Recognised: "Recognised only", RecognisedWhy: "They are seen and named, and get neither a number nor a file. For such a phone ask for a number on the page of this box and type its account into it.",
	Gateways: "Gateways", GatewaysWhy: "They lead to the telephone network and never get an extension. Trunks are not in this version yet.", ExceptFor: "Except",
	FormHex: "bytes", InHex: "in bytes", FormAddress: "IPv4 address", FormText: "text", NoOptions: "No DHCP option is known for these phones.", NoMakers: "No maker is known.",
	CountServed: "%d served, %d recognised only",

	Alerts: "To look at", AlertsNone: "Nothing to report.",
	AlertDo: "If the device that asked is not yours, unplug it, or refuse it on its page.",
	Trail:   "Files given out", TrailWhy: "Each request for a file, newest first.", TrailNone: "No file was asked for yet.", When: "When",
	Who: "Who", File: "File", Outcome: "Outcome", Given: "given", GivenSecret: "given with its account", Refused: "refused", NoFile: "does not exist", WithToken: "by its secret address", Page: "Page",
	AlertThief: "Somebody asked for another's file", AlertNames: "One address asks for the files of many others", AlertCode: "Wrong codes were dialled", AlertToken: "A secret address is used by somebody else", AlertBlocked: "An address is blocked",
	AlertPnP: "Another device answers phones in our place", AlertDHCP: "Another server gives out addresses", AlertAny: "To look at", AlertSetup: "The setup code was used",
}

// state gives the word for a device's state.
func (a Admin) state(s string) string {
	return map[string]string{
		"seen": a.StateSeen, "pending": a.StatePending, "allocated": a.StateAllocated, "fetched": a.StateFetched,
		"registered": a.StateRegistered, "lost": a.StateLost, "unsupported": a.StateUnsupported,
		"rejected": a.StateRejected, "released": a.StateReleased,
	}[s]
}
