package portal

import (
	"fmt"
	"strings"
)

// tellSteps says what happened in a call, one sentence for each thing.
func (p *Portal) tellSteps(c callRecord, n names, lang string) []told {
	zone := p.zone()
	var out []told
	waiting, handed := c.Start, ""
	queue := ""
	for _, s := range c.Steps {
		who, text := n.of(s.Who.Number, s.Who.Name), ""
		after := long(s.At.Sub(waiting).Seconds())
		switch s.What {
		case "asked":
			text = fmt.Sprintf(say(lang, "Demande %s", "Asks for %s"), who)
		case "queue":
			queue, waiting = p.queueName(s.Where), s.At
			text = fmt.Sprintf(say(lang, "Entre dans la file %s", "Enters the queue %s"), queue)
		case "answered":
			if text = fmt.Sprintf(say(lang, "%s répond, après %s de sonnerie", "%s answers, after ringing for %s"), who, after); queue != "" {
				text = fmt.Sprintf(say(lang, "%s répond, après %s d'attente dans la file %s", "%s answers, after %s in the queue %s"), who, after, queue)
			}
		case "transferred":
			if handed = n.of(s.Where, ""); handed != "" {
				text = fmt.Sprintf(say(lang, "%s passe l'appel à %s", "%s passes the call on to %s"), who, handed)
			} else {
				text = fmt.Sprintf(say(lang, "%s passe l'appel", "%s passes the call on"), who)
			}
			waiting, queue = s.At, ""
		case "joined":
			text = fmt.Sprintf(say(lang, "%s prend part à l'appel", "%s is in the call"), who)
			if handed != "" {
				text = fmt.Sprintf(say(lang, "%s répond, après %s de sonnerie", "%s answers, after ringing for %s"), who, after)
			}
		case "voicemail":
			text = fmt.Sprintf(say(lang, "La messagerie de %s répond", "The mailbox of %s answers"), n.of(s.Where, ""))
		case "conference":
			text = fmt.Sprintf(say(lang, "Entre dans la conférence %s", "Enters the conference %s"), n.of(s.Where, ""))
		case "parked":
			text = fmt.Sprintf(say(lang, "L'appel est parqué : %s", "The call is parked: %s"), s.Where)
		case "pickup":
			text = fmt.Sprintf(say(lang, "%s intercepte l'appel", "%s picks the call up"), who)
		case "forwarded":
			text = fmt.Sprintf(say(lang, "Renvoi par %s", "Forwarded by %s"), who)
		case "left":
			text = fmt.Sprintf(say(lang, "%s quitte l'appel", "%s leaves the call"), who)
		default:
			continue // a word of a later version
		}
		out = append(out, told{s.At.In(zone).Format("15:04:05"), strings.TrimSpace(text)})
	}
	end := say(lang, "Fin de l'appel", "End of the call")
	if c.Answer.IsZero() {
		end = map[string]string{
			"busy":   say(lang, "Occupé : fin de l'appel", "Busy: end of the call"),
			"missed": fmt.Sprintf(say(lang, "Personne n'a répondu : fin après %s", "Nobody answered: end after %s"), long(c.Wait)),
			"failed": say(lang, "L'appel n'a pas pu aboutir", "The call found no way"),
		}[c.Result]
	}
	if end == "" {
		end = say(lang, "Fin de l'appel", "End of the call")
	}
	return append(out, told{c.End.In(zone).Format("15:04:05"), end})
}
