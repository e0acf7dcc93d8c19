package portal

import (
	"encoding/json"
	"slices"
	"time"

	"autocom/portal/forms"
)

// weekday is one day of the calendar, a day being 1440 wide.
type weekday struct {
	Name string
	Bars []bar
}

type bar struct {
	X, Width int
	Text     string
}

var dayWords = []struct {
	id   string
	name forms.Text
}{
	{"mon", forms.Text{FR: "lun", EN: "Mon"}}, {"tue", forms.Text{FR: "mar", EN: "Tue"}}, {"wed", forms.Text{FR: "mer", EN: "Wed"}},
	{"thu", forms.Text{FR: "jeu", EN: "Thu"}}, {"fri", forms.Text{FR: "ven", EN: "Fri"}}, {"sat", forms.Text{FR: "sam", EN: "Sat"}}, {"sun", forms.Text{FR: "dim", EN: "Sun"}},
}

// week draws opening hours; a range that ends before it begins goes on the next day.
func week(body forms.Body, lang string) []weekday {
	var hours struct {
		Week []struct {
			Days     []string
			From, To string
		}
	}
	text, err := json.Marshal(body)
	if err != nil || json.Unmarshal(text, &hours) != nil {
		return nil
	}
	out := make([]weekday, len(dayWords))
	for i, d := range dayWords {
		out[i].Name = d.name.In(lang)
	}
	for _, r := range hours.Week {
		from, to := minuteOf(r.From), minuteOf(r.To)
		for i, d := range dayWords {
			if from < 0 || to < 0 || !slices.Contains(r.Days, d.id) {
				continue
			}
			label := r.From + " – " + r.To
			if from < to {
				out[i].Bars = append(out[i].Bars, bar{from, to - from, label})
				continue
			}
			out[i].Bars = append(out[i].Bars, bar{from, 1440 - from, label})
			if to > 0 {
				out[(i+1)%7].Bars = append(out[(i+1)%7].Bars, bar{0, to, label})
			}
		}
	}
	return out
}

func minuteOf(clock string) int {
	if clock == "24:00" {
		return 1440
	}
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}
