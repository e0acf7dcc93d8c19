package portal

// softWords are the browser phone in one language.
type softWords struct {
	Title, Plain, PlainWhy, Open, Trust, NoHTTPS  string
	Absent, AbsentWhy, Nobody, NobodyWhy, Get     string
	NoScript, Offline, OfflineWhy, Again          string
	Dial, DialHint, Call, Video, Erase, Keypad    string
	People, Recent, Empty, Devices, Micro, Camera string
	Speaker, Ringer, Notify, Install, Which       string
	Licences, Calls                               string

	Script map[string]string // what the script says; %s is a name or a number
}

func softWordsOf(lang string) softWords {
	if lang == "fr" {
		return softFrench
	}
	return softEnglish
}

var softFrench = softWords{
	Title:    "Téléphone",
	Plain:    "Ouvrez cette page par https pour téléphoner",
	PlainWhy: "Un navigateur ne donne le micro et la caméra qu'à une page protégée (https). Cette page-ci est arrivée par http.",
	Open:     "Ouvrir la page protégée", Trust: "La première fois : faire accepter le certificat de la boîte par ce navigateur",
	NoHTTPS: "Cette boîte n'a pas de https en ce moment : la personne qui s'occupe du standard trouvera pourquoi dans le journal.",
	Absent:  "Pas de téléphone dans cette version", AbsentWhy: "Ce programme a été compilé sans le téléphone du navigateur (make web). Les autres téléphones fonctionnent.",
	Nobody: "Vous n'avez pas encore de numéro", NobodyWhy: "Demandez à la personne qui s'occupe du standard de vous donner un numéro, ou prenez-en un pour ce navigateur.",
	Get: "Obtenir un numéro", NoScript: "Le téléphone a besoin de JavaScript : autorisez-le pour cette adresse.",
	Offline: "La boîte ne répond pas", OfflineWhy: "Vérifiez que cet appareil est sur le réseau des téléphones.", Again: "Réessayer",
	Dial: "Nom ou numéro", DialHint: "Tapez un numéro, ou les premières lettres d'un nom", Call: "Appeler", Video: "Appeler avec l'image", Erase: "Effacer",
	Keypad: "Clavier", People: "Annuaire", Recent: "Derniers appels", Empty: "Aucun appel pour l'instant.",
	Devices: "Micro, haut-parleur, caméra", Micro: "Micro", Camera: "Caméra", Speaker: "Haut-parleur", Ringer: "Sonnerie",
	Notify: "M'avertir quand le téléphone sonne", Install: "Installer comme application", Which: "Numéro", Licences: "Licences du téléphone",
	Calls: "Appels en cours",
	Script: map[string]string{
		"starting": "Connexion…", "ready": "Prêt", "lost": "Connexion perdue : nouvel essai…", "refused": "Refusé par le standard : %s",
		"elsewhere": "Le téléphone est ouvert dans une autre fenêtre.", "here": "L'utiliser ici", "loggedout": "Vous n'êtes plus connecté : ouvrez la page à nouveau.",
		"noline": "Pas de ligne : %s", "voicemail": "%s nouveaux messages", "voicemail1": "1 nouveau message",
		"nomic": "Le micro n'est pas accessible : autorisez-le pour cette page dans les réglages du navigateur.", "nocam": "La caméra n'est pas accessible.",
		"calling": "Appel de %s…", "ringing": "Ça sonne chez %s", "incoming": "%s vous appelle", "incomingvideo": "%s vous appelle avec l'image", "up": "En ligne avec %s",
		"held": "%s est en attente", "heldby": "%s vous a mis en attente", "transferring": "Transfert…", "transferred": "Transféré", "notransfer": "Le transfert n'a pas abouti : %s",
		"answer": "Répondre", "answervideo": "Répondre avec l'image", "decline": "Refuser", "hangup": "Raccrocher", "hold": "Mettre en attente", "resume": "Reprendre",
		"mute": "Couper le micro", "unmute": "Rétablir le micro", "cameraon": "Montrer l'image", "cameraoff": "Cacher l'image", "keys": "Touches",
		"transfer": "Transférer", "to": "À qui ?", "blind": "Transférer tout de suite", "consult": "Parler d'abord", "join": "Relier %s et %s", "cancel": "Annuler",
		"busy": "Occupé", "nobody": "Personne ne répond", "unknown": "Ce numéro n'existe pas", "forbidden": "Cet appel n'est pas autorisé", "failed": "L'appel n'a pas abouti : %s",
		"missed": "Appel manqué de %s", "free": "libre", "onphone": "en ligne", "rings": "sonne", "absent": "absent", "default": "Choix du système",
		"you": "Votre image", "picture": "Image %s", "call": "Appeler %s", "in": "reçu", "out": "émis", "lostcall": "La connexion de l'appel est perdue.",
	},
}

var softEnglish = softWords{
	Title:    "Phone",
	Plain:    "Open this page by https to make calls",
	PlainWhy: "A browser gives microphone and camera to a protected page (https) alone. This page came by http.",
	Open:     "Open the protected page", Trust: "The first time: make this browser accept the box's certificate",
	NoHTTPS: "This box has no https now: who looks after the telephones finds the reason in the log.",
	Absent:  "No phone in this build", AbsentWhy: "This program was compiled without the browser phone (make web). Other telephones work.",
	Nobody: "You have no number yet", NobodyWhy: "Ask who looks after the telephones to give you a number, or take one for this browser.",
	Get: "Get a number", NoScript: "The phone needs JavaScript: allow it for this address.",
	Offline: "The box does not answer", OfflineWhy: "See that this device is on the telephones' network.", Again: "Try again",
	Dial: "Name or number", DialHint: "Type a number, or the first letters of a name", Call: "Call", Video: "Call with picture", Erase: "Erase",
	Keypad: "Keypad", People: "Directory", Recent: "Recent calls", Empty: "No calls yet.",
	Devices: "Microphone, speaker, camera", Micro: "Microphone", Camera: "Camera", Speaker: "Speaker", Ringer: "Ringer",
	Notify: "Notify me when the phone rings", Install: "Install as an application", Which: "Number", Licences: "Licences of the phone",
	Calls: "Calls",
	Script: map[string]string{
		"starting": "Connecting…", "ready": "Ready", "lost": "Connection lost: trying again…", "refused": "Refused by the exchange: %s",
		"elsewhere": "The phone is open in another window.", "here": "Use it here", "loggedout": "You are not logged in any more: open the page again.",
		"noline": "No line: %s", "voicemail": "%s new messages", "voicemail1": "1 new message",
		"nomic": "The microphone cannot be used: allow it for this page in the settings of the browser.", "nocam": "The camera cannot be used.",
		"calling": "Calling %s…", "ringing": "It rings at %s", "incoming": "%s calls you", "incomingvideo": "%s calls you with picture", "up": "Talking to %s",
		"held": "%s is on hold", "heldby": "%s has put you on hold", "transferring": "Transferring…", "transferred": "Transferred", "notransfer": "The transfer did not work: %s",
		"answer": "Answer", "answervideo": "Answer with picture", "decline": "Decline", "hangup": "Hang up", "hold": "Hold", "resume": "Resume",
		"mute": "Mute", "unmute": "Unmute", "cameraon": "Show picture", "cameraoff": "Hide picture", "keys": "Keys",
		"transfer": "Transfer", "to": "To whom?", "blind": "Transfer at once", "consult": "Talk first", "join": "Connect %s and %s", "cancel": "Cancel",
		"busy": "Busy", "nobody": "Nobody answers", "unknown": "This number does not exist", "forbidden": "This call is not allowed", "failed": "The call did not work: %s",
		"missed": "Missed call from %s", "free": "free", "onphone": "on the phone", "rings": "rings", "absent": "away", "default": "As the system chooses",
		"you": "Your picture", "picture": "Picture %s", "call": "Call %s", "in": "received", "out": "made", "lostcall": "The connection of the call is lost.",
	},
}
