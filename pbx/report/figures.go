package report

// Figure is what one number means, in a sentence of each language.
type Figure struct {
	ID   string `json:"id"`
	Unit string `json:"unit"` // "calls", "seconds", "percent"
	EN   string `json:"en"`
	FR   string `json:"fr"`
}

// QueueFigures are the definitions of a queue's numbers, in the order of the report.
var QueueFigures = []Figure{
	{"offered", "calls", "Calls that entered the queue in the period; each of the other figures of calls counts some of these, even when they ended after it.", "Appels entrés dans la file pendant la période ; les autres nombres d’appels en comptent une partie, même terminés après elle."},
	{"answered", "calls", "Offered calls that were connected to an agent.", "Appels présentés qui ont été mis en relation avec un agent."},
	{"abandoned", "calls", "Offered calls whose caller hung up while waiting, after the time of a short abandon or later.", "Appels présentés dont l’appelant a raccroché pendant l’attente, au moins après la durée d’un abandon court."},
	{"abandoned_short", "calls", "Offered calls whose caller hung up while waiting, sooner than the time of a short abandon (5 s unless chosen otherwise).", "Appels présentés dont l’appelant a raccroché avant la durée d’un abandon court (5 s sauf autre choix)."},
	{"timed_out", "calls", "Offered calls that left the queue because they had waited as long as the queue allows.", "Appels présentés sortis de la file après l’attente maximale permise."},
	{"left_by_key", "calls", "Offered calls whose caller pressed the key to leave the queue.", "Appels présentés dont l’appelant est sorti de la file par une touche."},
	{"left_empty", "calls", "Offered calls that left the queue because no agent was there any more.", "Appels présentés sortis de la file parce qu’il n’y avait plus d’agent."},
	{"withdrawn", "calls", "Offered calls that somebody took out of the queue while they waited.", "Appels présentés retirés de la file par quelqu’un pendant l’attente."},
	{"lost", "calls", "Offered calls that waited when the exchange was restarted or lost its power.", "Appels présentés qui attendaient quand le standard a redémarré ou perdu le courant."},
	{"waiting", "calls", "Offered calls that still wait now.", "Appels présentés qui attendent encore."},
	{"refused", "calls", "Calls that could not enter the queue, because it was full or without agents; they are not offered.", "Appels qui n’ont pas pu entrer, file pleine ou sans agent ; ils ne sont pas présentés."},
	{"in_time", "calls", "Answered calls that waited no longer than the time of the service level (20 s unless chosen otherwise).", "Appels répondus sans attendre plus que la durée du niveau de service (20 s sauf autre choix)."},
	{"service_level", "percent", "Calls answered in time, of all offered calls but short abandons, lost ones and those that still wait.", "Part des appels répondus à temps parmi les appels présentés, sans les abandons courts, les perdus et ceux qui attendent encore."},
	{"wait_answered", "seconds", "Average wait of the answered calls, from entering the queue to the agent.", "Attente moyenne des appels répondus, de l’entrée dans la file à l’agent."},
	{"wait_abandoned", "seconds", "Average wait of the abandoned calls, short ones left out.", "Attente moyenne des appels abandonnés, sans les abandons courts."},
	{"wait_longest", "seconds", "Longest wait of any offered call that no longer waits.", "Plus longue attente d’un appel présenté qui n’attend plus."},
	{"talk", "seconds", "Time that the answered calls spent with agents, together; up to a transfer, where there was one.", "Durée totale des conversations avec les agents, jusqu’au transfert s’il y en a eu un."},
	{"talk_average", "seconds", "Talk divided by the answered calls.", "Durée des conversations divisée par les appels répondus."},
	{"ring_no_answer", "calls", "Times that a call rang at an agent who did not take it; one call may do so several times.", "Sonneries chez un agent qui n’a pas pris l’appel ; un appel peut en compter plusieurs."},
}

// AgentFigures are those of an agent's numbers.
var AgentFigures = []Figure{
	{"taken", "calls", "Calls of queues that the agent was connected to, of those that entered in the period.", "Appels de files mis en relation avec l’agent, parmi ceux entrés pendant la période."},
	{"missed", "calls", "Times that a call of a queue rang at the agent in the period and was not taken.", "Sonneries d’un appel de file chez l’agent pendant la période, sans réponse."},
	{"talk", "seconds", "Time that the taken calls spent with the agent, together.", "Durée totale des conversations des appels pris."},
	{"talk_average", "seconds", "Talk divided by the calls taken.", "Durée des conversations divisée par les appels pris."},
	{"logged_in", "seconds", "Part of the period in which the agent was logged in to at least one queue; a restart of the exchange does not end it.", "Part de la période où l’agent était connecté à au moins une file ; un redémarrage du standard ne l’interrompt pas."},
	{"paused", "seconds", "Part of the login in which the agent was paused in every queue logged in to, wrap-up left out.", "Part de la connexion où l’agent était en pause dans toutes ses files, hors post-appel."},
	{"pauses", "seconds", "The pauses, by the reason that the agent gave.", "Les pauses, par motif donné par l’agent."},
	{"wrap_up", "seconds", "Part of the login in which the agent was paused with the reason wrapup.", "Part de la connexion en pause avec le motif wrapup (post-appel)."},
	{"occupancy", "percent", "Talk and wrap-up, of the login without the pauses; absent when there was no such login.", "Conversations et post-appel, rapportés à la connexion sans les pauses ; absent sans connexion."},
}
