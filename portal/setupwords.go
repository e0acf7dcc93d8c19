package portal

// Setup is the pages on which people set up the exchange, in one language. What a kind's
// fields are called stands in portal/form.
type Setup struct {
	// lists
	Find, Search, All, None, NoneYet, Name, Number, New, MoreOf, Settings, SettingsLead, OwnChoice, NobodysPhones, GatewaysSeen, TrunkKinds string
	// forms
	Save, Remove, Up, Cancel, Delete, WrongFields, NothingChanged, Saved, Usual, MissingTitle, MissingWhy string
	// beside a form
	FlowTitle, FlowAgain, FlowGone, Listen, RefersTitle, WeekTitle, NightTitle, NightOpen, NightClosed, NightHoliday      string
	NightByHand, NightByClock, DoOpen, DoClose, DoAuto, Switched, TestTitle, TestButton, TestGood, TestBad, TestWhy       string
	CallsNow, SoundsTitle, ForAll, InFrench, InEnglish, Seconds, ByPhone, Upload, UploadHint, File, ForWhom, Uploaded     string
	NoFile, SoundGone, RecordTitle, RecordHow, RecordNumber, SongsTitle, SongsNone, SongHint, ForwardTitle, ForwardAlways string
	ForwardBusy, ForwardNone, ForwardAbsent, ForwardDND, ForwardHint, Forwarded, ForwardBad, Messages, ForwardUnknown     string
	// a look before
	ReviewTitle, ReviewNew, Before, After, Field, EffectTitle, EffectReads, EffectNumbers, EffectLamps, EffectPhones string
	EffectRestart, EffectCalls, EffectNoCalls, EffectTouched, EffectGoOn, Apply, GoBack                              string
	// conflicts
	ClashTitle, ClashWhy, ClashBy, ClashGone, ClashTheirs, ClashMine, ClashKeep, ClashTake string
	// deleting
	DropTitle, DropWhy, DropSounds, DropRefers, DropUsual string
	// undo
	UndoOffer, Undo, Undone, UndoneNot, ChangesTitle, ChangesLead, ChangesNone, WasChanged, WasNew, WasDeleted, WasUndone string
	By                                                                                                                    string
}

var setupFrench = Setup{
	Find: "Chercher", Search: "numéro ou nom", All: "Tout voir", None: "Rien ne correspond à cette recherche.", NoneYet: "Il n'y en a pas encore.", Name: "Nom", Number: "Numéro", New: "Nouveau", MoreOf: "et %d autres",
	Settings: "Réglages", SettingsLead: "Ce qui vaut pour toute la maison. Tant que vous n'avez rien choisi, les réglages d'origine sont bons.", OwnChoice: "réglé par vous", NobodysPhones: "Ces postes ne sont encore à personne :", GatewaysSeen: "Ces passerelles ont été vues sur le réseau :", TrunkKinds: "Que branchez-vous ?",

	Save: "Enregistrer", Remove: "Ôter", Up: "Monter", Cancel: "Annuler", Delete: "Supprimer…",
	WrongFields: "Quelque chose ne va pas : voyez les champs en rouge. Rien n'est perdu de ce que vous avez écrit.", NothingChanged: "Rien n'a changé.", Saved: "C'est enregistré.", Usual: "Revenir aux réglages d'origine…",
	MissingTitle: "Cette page n'existe pas", MissingWhy: "Ce que vous cherchez a peut-être été supprimé.",

	FlowTitle: "Le chemin d'un appel", FlowAgain: "voir plus haut", FlowGone: "n'existe plus", Listen: "Écouter", RefersTitle: "Ce qui mène ici",
	WeekTitle: "La semaine", NightTitle: "En ce moment", NightOpen: "Ouvert", NightClosed: "Fermé", NightHoliday: "Jour férié", NightByHand: "À la main, jusqu'à ce que quelqu'un change.", NightByClock: "D'après l'horloge.",
	DoOpen: "Ouvrir maintenant", DoClose: "Fermer maintenant", DoAuto: "Suivre l'horloge", Switched: "C'est changé.",
	TestTitle: "La ligne en ce moment", TestButton: "Essayer la ligne", TestGood: "La ligne marche.", TestBad: "La ligne ne marche pas.", TestWhy: "Demande à l'autre bout s'il est là, et dit ce qui ne va pas.", CallsNow: "appels en cours :",
	SoundsTitle: "Enregistrements", ForAll: "Pour toutes les langues", InFrench: "En français", InEnglish: "En anglais", Seconds: "secondes", ByPhone: "enregistré par téléphone",
	Upload: "Envoyer le fichier", UploadHint: "Un fichier WAV, de 5 minutes au plus.", File: "Fichier", ForWhom: "Langue", Uploaded: "Le son est en place.", NoFile: "Choisissez d'abord un fichier.", SoundGone: "Le son est supprimé.",
	RecordTitle: "L'enregistrer par téléphone", RecordHow: "Sur le poste d'un superviseur, composez", RecordNumber: "Donnez à ce message un numéro d'enregistrement : un superviseur pourra alors l'enregistrer depuis son poste.",
	SongsTitle: "Morceaux", SongsNone: "Aucun : on entend les morceaux d'origine.", SongHint: "Un fichier WAV, de 5 minutes au plus. Ses droits doivent vous permettre de le diffuser.",
	ForwardTitle: "Renvois du poste", ForwardAlways: "Toujours vers", ForwardBusy: "Si occupé, vers", ForwardNone: "Sans réponse, vers", ForwardAbsent: "Téléphone éteint, vers", ForwardDND: "Ne pas déranger", ForwardHint: "Un numéro comme ce poste le composerait. *99 et le numéro : sa boîte vocale. Rien : pas de renvoi. C'est aussitôt en place.",
	Forwarded: "Les renvois sont en place.", ForwardBad: "Un renvoi mène à un numéro : écrivez seulement ses chiffres.", Messages: "%d messages vocaux, dont %d nouveaux", ForwardUnknown: "Le standard ne répond pas : les renvois ne se voient pas en ce moment.",

	ReviewTitle: "Avant d'appliquer", ReviewNew: "Ce sera créé :", Before: "Avant", After: "Après", Field: "Champ",
	EffectTitle: "Ce que cela fait", EffectReads: "Le standard relit :", EffectNumbers: "Numéros qui répondent autrement :", EffectLamps: "Voyants à suivre de nouveau :", EffectPhones: "Postes dont le compte change :",
	EffectRestart: "Le standard redémarre dès que plus personne ne téléphone.", EffectCalls: "%d appels en cours", EffectNoCalls: "Aucun appel en cours.", EffectTouched: "dont %d avec ces numéros", EffectGoOn: "Ils continuent ; les suivants prennent le nouveau chemin.", Apply: "Appliquer", GoBack: "Revenir au formulaire",

	ClashTitle: "Quelqu'un d'autre a enregistré entre-temps", ClashWhy: "Voici les deux versions là où elles diffèrent. Ce que vous avez écrit est toujours dans le formulaire ci-dessous.", ClashBy: "Par %s", ClashGone: "Cet élément a été supprimé entre-temps. Enregistrer le crée de nouveau.", ClashTheirs: "Enregistré entre-temps", ClashMine: "Vous avez écrit", ClashKeep: "Enregistrer le formulaire garde votre version.", ClashTake: "Prendre l'autre version",

	DropTitle: "Supprimer « %s » ?", DropWhy: "Vous pourrez annuler cette suppression.", DropSounds: "Ses sons sont effacés avec lui, et annuler ne les rend pas.", DropRefers: "Cela sert encore ici. Changez d'abord :", DropUsual: "Revenir aux réglages d'origine : « %s » ?",

	UndoOffer: "Dernier changement :", Undo: "Annuler ce changement", Undone: "Annulé : %s.", UndoneNot: "Quelqu'un l'a changé depuis : annulez d'abord le changement le plus récent.", ChangesTitle: "Changements", ChangesLead: "Ce qui a été changé, et par qui. Le dernier changement d'un élément peut être annulé.", ChangesNone: "Rien n'a encore été changé.", WasChanged: "changé", WasNew: "créé", WasDeleted: "supprimé", WasUndone: "annulé",
	By: "par %s",
}

var setupEnglish = Setup{
	Find: "Search", Search: "number or name", All: "Show all", None: "Nothing matches this search.", NoneYet: "There is none yet.", Name: "Name", Number: "Number", New: "New", MoreOf: "and %d more",
	Settings: "Settings", SettingsLead: "What holds for the whole house. As long as you have chosen nothing, the usual settings are good.", OwnChoice: "set by you", NobodysPhones: "These extensions are nobody's yet:", GatewaysSeen: "These gateways were seen on the network:", TrunkKinds: "What do you connect?",

	Save: "Save", Remove: "Remove", Up: "Up", Cancel: "Cancel", Delete: "Delete…",
	WrongFields: "Something is wrong: see the fields in red. Nothing that you wrote is lost.", NothingChanged: "Nothing has changed.", Saved: "It is saved.", Usual: "Back to the usual settings…",
	MissingTitle: "This page does not exist", MissingWhy: "What you look for may have been deleted.",

	FlowTitle: "The way of a call", FlowAgain: "see above", FlowGone: "does not exist any more", Listen: "Listen", RefersTitle: "What leads here",
	WeekTitle: "The week", NightTitle: "Right now", NightOpen: "Open", NightClosed: "Closed", NightHoliday: "Holiday", NightByHand: "By hand, until somebody changes it.", NightByClock: "By the clock.",
	DoOpen: "Open now", DoClose: "Close now", DoAuto: "Follow the clock", Switched: "It is switched.",
	TestTitle: "The trunk right now", TestButton: "Test the trunk", TestGood: "The trunk works.", TestBad: "The trunk does not work.", TestWhy: "Asks the other end whether it is there, and says what failed.", CallsNow: "calls now:",
	SoundsTitle: "Recordings", ForAll: "For all languages", InFrench: "In French", InEnglish: "In English", Seconds: "seconds", ByPhone: "recorded by phone",
	Upload: "Send the file", UploadHint: "A WAV file, 5 minutes at most.", File: "File", ForWhom: "Language", Uploaded: "The sound is in place.", NoFile: "Choose a file first.", SoundGone: "The sound is deleted.",
	RecordTitle: "Record it by phone", RecordHow: "On a supervisor's phone dial", RecordNumber: "Give this prompt a number to record it: a supervisor can then record it from their phone.",
	SongsTitle: "Songs", SongsNone: "None: the built-in songs are heard.", SongHint: "A WAV file, 5 minutes at most. Its rights must let you play it to callers.",
	ForwardTitle: "Forwards of extension", ForwardAlways: "Always to", ForwardBusy: "When busy, to", ForwardNone: "Without an answer, to", ForwardAbsent: "Phone switched off, to", ForwardDND: "Do not disturb", ForwardHint: "A number as this phone would dial it. *99 and the number: its voicemail. Nothing: no forward. It holds at once.",
	Forwarded: "The forwards are in place.", ForwardBad: "A forward leads to a number: write its digits only.", Messages: "%d voice messages, %d of them new", ForwardUnknown: "The exchange does not answer: the forwards cannot be seen right now.",

	ReviewTitle: "Before it is applied", ReviewNew: "This will be new:", Before: "Before", After: "After", Field: "Field",
	EffectTitle: "What it does", EffectReads: "The exchange reads again:", EffectNumbers: "Numbers that are answered otherwise:", EffectLamps: "Lamps that are watched anew:", EffectPhones: "Extensions whose account changes:",
	EffectRestart: "The exchange restarts as soon as nobody is on the phone.", EffectCalls: "%d calls are on", EffectNoCalls: "No call is on.", EffectTouched: "%d of them with these numbers", EffectGoOn: "They go on; the next ones take the new way.", Apply: "Apply", GoBack: "Back to the form",

	ClashTitle: "Somebody else has saved meanwhile", ClashWhy: "These are both versions where they differ. What you wrote is still in the form below.", ClashBy: "By %s", ClashGone: "It was deleted meanwhile. Saving makes it anew.", ClashTheirs: "Saved meanwhile", ClashMine: "You wrote", ClashKeep: "Saving the form keeps your version.", ClashTake: "Take the other version",

	DropTitle: "Delete “%s”?", DropWhy: "You will be able to undo this.", DropSounds: "Its sounds are deleted with it, and no undo brings them back.", DropRefers: "It is still used here. Change these first:", DropUsual: "Back to the usual settings: “%s”?",

	UndoOffer: "Last change:", Undo: "Undo this change", Undone: "Undone: %s.", UndoneNot: "Somebody has changed it since: undo the latest change first.", ChangesTitle: "Changes", ChangesLead: "What was changed, and by whom. The last change of a thing can be undone.", ChangesNone: "Nothing was changed yet.", WasChanged: "changed", WasNew: "made", WasDeleted: "deleted", WasUndone: "undone",
	By: "by %s",
}
