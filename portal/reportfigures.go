package portal

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"autocom/portal/forms"
)

// figure is what the report says of one of its numbers.
type figure struct{ ID, Unit, EN, FR string }

// figureNames are the short names of figures; what they mean exactly is said by the report.
var figureNames = map[string]forms.Text{
	"offered": {FR: "Présentés", EN: "Offered"}, "answered": {FR: "Répondus", EN: "Answered"}, "abandoned": {FR: "Abandonnés", EN: "Abandoned"},
	"abandoned_short": {FR: "Abandons courts", EN: "Short abandons"}, "timed_out": {FR: "Attente dépassée", EN: "Timed out"}, "left_by_key": {FR: "Sortis par une touche", EN: "Left by a key"},
	"left_empty": {FR: "Sortis faute d'agent", EN: "Left without agents"}, "withdrawn": {FR: "Retirés", EN: "Withdrawn"}, "lost": {FR: "Perdus", EN: "Lost"},
	"waiting": {FR: "Attendent encore", EN: "Still wait"}, "refused": {FR: "Refusés à l'entrée", EN: "Refused"}, "in_time": {FR: "Répondus à temps", EN: "Answered in time"},
	"service_level": {FR: "Niveau de service", EN: "Service level"}, "wait_answered": {FR: "Attente moyenne", EN: "Average wait"}, "wait_abandoned": {FR: "Attente avant abandon", EN: "Wait before abandon"},
	"wait_longest": {FR: "Attente la plus longue", EN: "Longest wait"}, "talk": {FR: "Conversation", EN: "Talk"}, "talk_average": {FR: "Conversation moyenne", EN: "Average talk"},
	"ring_no_answer": {FR: "Sonneries sans réponse", EN: "Rings not answered"},
	"taken":          {FR: "Pris", EN: "Taken"}, "missed": {FR: "Manqués", EN: "Missed"}, "logged_in": {FR: "Connecté", EN: "Logged in"}, "paused": {FR: "En pause", EN: "Paused"},
	"pauses": {FR: "Motifs de pause", EN: "Pauses"}, "wrap_up": {FR: "Post-appel", EN: "Wrap-up"}, "occupancy": {FR: "Occupation", EN: "Occupancy"},
}

// figureText writes a value as its unit is written.
func figureText(v json.RawMessage, unit, lang string) string {
	var n float64
	if json.Unmarshal(v, &n) == nil && string(v) != "null" {
		switch unit {
		case "seconds":
			return long(n)
		case "percent":
			return percent(n, lang)
		}
		return fmt.Sprint(int(n))
	}
	var reasons map[string]int
	if json.Unmarshal(v, &reasons) == nil && len(reasons) > 0 {
		var parts []string
		for reason, s := range reasons {
			parts = append(parts, strings.TrimSpace(reasonText(reason, lang)+" "+long(float64(s))))
		}
		slices.Sort(parts)
		return strings.Join(parts, ", ")
	}
	return "–"
}

func (f figure) name(lang string) string {
	if n, ok := figureNames[f.ID]; ok {
		return n.In(lang)
	}
	return f.ID
}

func (f figure) text(lang string) string { return say(lang, f.FR, f.EN) }
