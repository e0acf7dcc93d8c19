package portal

import "net/http"

// directory answers the house's numbers with the names behind them, as phones show them.
func (p *Portal) directory(w http.ResponseWriter, _ *http.Request) {
	type entry struct {
		Number string `json:"number"`
		Name   string `json:"name"`
	}
	list := []entry{}
	for _, e := range p.Directory() {
		list = append(list, entry(e))
	}
	reply(w, http.StatusOK, list)
}
