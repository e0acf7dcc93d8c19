package conference

import (
	"embed"
	"fmt"

	"autocom/pbx"
)

//go:embed files/*.tmpl
var files embed.FS

// room is a conference as its templates see it.
type room struct {
	pbx.Object
	Conference
	Prompts string // value of CHANNEL(language); "" each their own
	Class   string // of the music
}

// Asks reports whether who enters is asked for a PIN.
func (r room) Asks() bool { return r.PIN != "" || r.LeaderPIN != "" }

// recordings is where sound is kept, in a directory of each day (pbx/record); how long, and
// that there is room left, is looked after there.
const recordings = "/data/recordings"

// Render gives what the rooms of a plan add to Asterisk's files. An error names the room.
func Render(plan pbx.Plan) (pbx.Fragments, error) {
	var rooms []room
	for _, o := range plan.All(Kind) {
		c, err := Decode(o)
		if err != nil {
			return pbx.Fragments{}, err
		}
		if err := c.Validate(plan); err != nil {
			return pbx.Fragments{}, fmt.Errorf("conference %s: %w", o.ID, err)
		}
		r := room{Object: o, Conference: c, Prompts: pbx.Prompts(c.Language), Class: c.Music}
		if r.Class == "" {
			r.Class = pbx.DefaultMusic
		}
		rooms = append(rooms, r)
	}
	return plan.Fill(files, struct {
		Directory string
		Rooms     []room
	}{recordings, rooms})
}
