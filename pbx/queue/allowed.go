package queue

import (
	"fmt"

	"autocom/pbx"
)

// Place is a queue that an agent may log in to.
type Place struct {
	Queue   string
	Penalty int
}

// Allowed gives for each number of an agent the queues that it may log in to, by id. Queues
// that make no sense are left out: Render names them.
func Allowed(plan pbx.Plan) map[string][]Place {
	out := map[string][]Place{}
	for _, o := range plan.All(Kind) {
		q, err := viewOf(plan, o)
		if err != nil {
			continue
		}
		for _, a := range q.Allowed {
			out[a.Number] = append(out[a.Number], Place{o.ID, a.Penalty})
		}
	}
	return out
}

// Reason finds why an agent pauses, by the digit or the name of a reason; "" is none.
func (s Settings) Reason(word string) (string, error) {
	if word == "" || word == WrapupReason {
		return word, nil
	}
	for _, r := range s.Reasons {
		if word == r.Code || word == r.Name {
			return r.Name, nil
		}
	}
	return "", fmt.Errorf("%q is no reason to pause: the settings %s list them", pbx.CleanName(word), SettingsID)
}
