package portal

// Door is the pages where people come in and look after their account, in one language.
type Door struct {
	LoginTitle, LoginWhy, Name, Password, LogIn, LoginWrong, Busy, Forgotten, ForgottenAnswer string
	ResetTitle, ResetWhy, NewPassword, PasswordHint, Set                                      string
	WelcomeTitle, WelcomeWhy, AdminName, Begin, Show                                          string
	TheOffice, SiteName, Optional, Language, Country, CountryWhy, TimeZone, TakesTime         string
	NewPhones, ModeOpen, ModeAsk, ModeClosed                                                  string
	TheNetwork, Fixed, FixedWhy, FixedNot, BoxAddress, DHCPUnknown, DHCPOther, DHCPNone       string
	DHCPObserve, DHCPServe                                                                    string
	Short, Long, Guessed, BadName, Taken, LastAdmin, Full, BadTokenName, NotThere, BadChoice  string
	DeniedTitle, DeniedWhy                                                                    string
	Me, MyNumbers, NoNumbers, Role, OldPassword, ChangePassword, ChangeWhy                    string
	RoleUser, RoleAgent, RoleSupervisor, RoleAdmin                                            string
}

var doorFrench = Door{
	LoginTitle: "Se connecter", LoginWhy: "Pour votre numéro, votre messagerie, ou pour s'occuper des téléphones.",
	Name: "Nom", Password: "Mot de passe", LogIn: "Se connecter", LoginWrong: "Le nom ou le mot de passe n'est pas le bon.",
	Busy:      "Trop de personnes se connectent en même temps : réessayez dans un instant.",
	Forgotten: "Mot de passe oublié ?", ForgottenAnswer: "Demandez à un administrateur un lien pour en choisir un autre. Un administrateur en choisit un autre avec le code de mise en route, affiché sur l'écran de la boîte :",
	ResetTitle: "Nouveau mot de passe d'administrateur", ResetWhy: "Ce mot de passe remplace l'ancien. Tous les navigateurs connectés avec ce compte sont déconnectés.",
	NewPassword: "Nouveau mot de passe", PasswordHint: "%d caractères au moins", Set: "Enregistrer",
	WelcomeTitle: "Bienvenue", WelcomeWhy: "Choisissez le mot de passe de la personne qui s'occupe des téléphones.",
	AdminName: "Nom de l'administrateur", Begin: "Commencer", Show: "Montrer",
	TheOffice: "Le bureau", SiteName: "Nom du bureau", Optional: "facultatif : il s'affiche sur les téléphones", Language: "Langue des téléphones et des annonces",
	Country: "Pays", CountryWhy: "il décide des numéros d'urgence", TimeZone: "Fuseau horaire", TakesTime: "La boîte n'a pas l'heure : elle prendra celle de ce navigateur,",
	NewPhones: "Un téléphone inconnu se branche", ModeOpen: "Il reçoit un numéro aussitôt", ModeAsk: "Il attend votre accord", ModeClosed: "Il ne reçoit rien",
	TheNetwork: "Le réseau", Fixed: "Garder cette adresse pour toujours.", FixedWhy: "Conseillé : elle est inscrite dans chaque téléphone.",
	FixedNot: "À laisser ainsi sans routeur : la boîte suivra le routeur qui viendra.", BoxAddress: "Adresse de la boîte",
	DHCPUnknown: "On ne sait pas si un autre appareil donne les adresses de ce réseau.", DHCPOther: "Un autre appareil donne les adresses de ce réseau : %s.",
	DHCPNone:    "Aucun autre appareil ne donne d'adresses sur ce réseau.",
	DHCPObserve: "Le routeur donne les adresses ; sans lui, cette boîte", DHCPServe: "Cette boîte donne les adresses : coupez le DHCP du routeur",
	Short: "Le mot de passe est trop court : écrivez 8 caractères ou plus.", Long: "Le mot de passe est trop long.",
	Guessed: "Ce mot de passe est parmi les premiers que l'on essaierait : choisissez-en un autre.",
	BadName: "Un nom a de 1 à 40 lettres, chiffres, points, tirets ou soulignés.", Taken: "Ce nom est déjà pris : choisissez-en un autre.",
	LastAdmin: "C'est le seul administrateur : créez-en d'abord un autre.", Full: "Il y en a déjà trop : supprimez-en.",
	BadTokenName: "Écrivez à quoi sert cette clé, en 1 à 60 caractères.", NotThere: "Il n'existe plus.",
	BadChoice:   "Choisissez un rôle et une langue de la liste.",
	DeniedTitle: "Pas pour ce compte", DeniedWhy: "Cette page est réservée à d'autres : demandez à un administrateur, ou connectez-vous avec un autre compte.",
	Me: "Mon compte", MyNumbers: "Mes numéros", NoNumbers: "aucun", Role: "Rôle", OldPassword: "Mot de passe actuel", ChangePassword: "Changer de mot de passe",
	ChangeWhy: "Vos autres navigateurs seront déconnectés.",
	RoleUser:  "Utilisateur", RoleAgent: "Agent", RoleSupervisor: "Superviseur", RoleAdmin: "Administrateur",
}

var doorEnglish = Door{
	LoginTitle: "Log in", LoginWhy: "For your number, your messages, or to look after the phones.",
	Name: "Name", Password: "Password", LogIn: "Log in", LoginWrong: "The name or the password is wrong.",
	Busy:      "Too many people log in at once: try again in a moment.",
	Forgotten: "Forgotten the password?", ForgottenAnswer: "Ask an administrator for a link to choose another. An administrator chooses another with the setup code, which is on the screen of the box:",
	ResetTitle: "New password of an administrator", ResetWhy: "It takes the place of the old one. All browsers that are logged in with this account are logged out.",
	NewPassword: "New password", PasswordHint: "%d characters or more", Set: "Save",
	WelcomeTitle: "Welcome", WelcomeWhy: "Choose the password of the person who looks after the phones.",
	AdminName: "Name of the administrator", Begin: "Begin", Show: "Show",
	TheOffice: "The office", SiteName: "Name of the office", Optional: "optional: phones show it", Language: "Language of phones and prompts",
	Country: "Country", CountryWhy: "it decides which numbers call for help", TimeZone: "Time zone", TakesTime: "The box does not know the time: it will take this browser's,",
	NewPhones: "When an unknown phone is plugged in", ModeOpen: "It gets a number at once", ModeAsk: "It waits for your approval", ModeClosed: "It gets nothing",
	TheNetwork: "The network", Fixed: "Keep this address for ever.", FixedWhy: "Recommended: it stands in every phone.",
	FixedNot: "Better not without a router: the box will follow the router that comes.", BoxAddress: "Address of the box",
	DHCPUnknown: "It is not known whether another device gives out the addresses of this network.", DHCPOther: "Another device gives out the addresses of this network: %s.",
	DHCPNone:    "No other device gives out addresses on this network.",
	DHCPObserve: "The router gives out addresses; without one this box does", DHCPServe: "This box gives out addresses: switch off the router's DHCP",
	Short: "The password is too short: write 8 characters or more.", Long: "The password is too long.",
	Guessed: "This password is one of the first that somebody would try: choose another.",
	BadName: "A name has 1 to 40 letters, digits, dots, hyphens or underscores.", Taken: "This name is taken: choose another.",
	LastAdmin: "It is the only administrator: make another one first.", Full: "There are too many already: remove some.",
	BadTokenName: "Write what this token is for, in 1 to 60 characters.", NotThere: "It is no longer there.",
	BadChoice:   "Choose a role and a language of the list.",
	DeniedTitle: "Not for this account", DeniedWhy: "This page is for others: ask an administrator, or log in with another account.",
	Me: "My account", MyNumbers: "My numbers", NoNumbers: "none", Role: "Role", OldPassword: "Present password", ChangePassword: "Change the password",
	ChangeWhy: "Your other browsers will be logged out.",
	RoleUser:  "User", RoleAgent: "Agent", RoleSupervisor: "Supervisor", RoleAdmin: "Administrator",
}
