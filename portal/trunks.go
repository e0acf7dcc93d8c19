package portal

import (
	"context"
	"net/http"
	"slices"
)

// Trunks is how lines to the outside are now. An exchange that does not answer is an
// ErrConflict; a device that is no gateway an fs.ErrNotExist.
type Trunks interface {
	Trunk(ctx context.Context, id string) (TrunkLive, error)
	// Test asks the other end now and waits for its answer.
	Test(ctx context.Context, id string) (TrunkLive, error)
	// TrunkPresets are the kinds of trunks to choose from.
	TrunkPresets() any
	// TrunkFor proposes the fields of a trunk for a gateway that the senses have found.
	TrunkFor(device string) (TrunkProposal, error)
}

// TrunkLive is a trunk at this moment.
type TrunkLive struct {
	State        string `json:"state"`        // up, down, unknown (it is not asked), off
	Registration string `json:"registration"` // registered, trying, rejected; "" it does not log in
	Milliseconds int    `json:"ms"`           // that its last answer took; 0 none
	Calls        int    `json:"calls"`        // now
	Text         string `json:"text"`         // in a sentence, with the remedy
}

// TrunkProposal is what a new trunk would hold.
type TrunkProposal struct {
	Preset string `json:"preset"`
	Server string `json:"server"`
	Name   string `json:"name"`
}

var trunksOf = collections[slices.IndexFunc(collections, func(c collection) bool { return c.path == "trunks" })]

func (p *Portal) liveTrunk(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if _, ok := p.objectOf(w, trunksOf, id); !ok {
		return
	}
	live, err := p.Trunks.Trunk(r.Context(), id)
	if err != nil {
		p.refused(w, "trunk "+id, err)
		return
	}
	reply(w, http.StatusOK, live)
}

func (p *Portal) trunkPresets(w http.ResponseWriter, _ *http.Request) {
	reply(w, http.StatusOK, p.Trunks.TrunkPresets())
}

func (p *Portal) trunkFor(w http.ResponseWriter, r *http.Request) {
	proposal, err := p.Trunks.TrunkFor(r.PathValue("id"))
	if err != nil {
		p.refused(w, "gateway with that id", err)
		return
	}
	reply(w, http.StatusOK, proposal)
}

func (p *Portal) testTrunk(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if _, ok := p.objectOf(w, trunksOf, id); !ok || !decode(w, r, &struct{}{}, true) {
		return
	}
	live, err := p.Trunks.Test(r.Context(), id)
	if err != nil {
		p.refused(w, "trunk "+id, err)
		return
	}
	reply(w, http.StatusOK, live)
}
