package pbx

import "fmt"

// KindMusic is the kind of the musics that people on hold hear.
const KindMusic = "music"

// DefaultMusic is the class of Asterisk that is heard where nobody chose one.
const DefaultMusic = "default"

// CheckMusic says whether a music can be chosen: its id is also the name of its class in
// Asterisk. "" is the site's own choice.
func (p Plan) CheckMusic(id string) error {
	if id == "" || id == DefaultMusic {
		return nil
	}
	if _, ok := p.Object(KindMusic, id); !ok {
		return fmt.Errorf("music %q does not exist: use the id of one, or leave it out", id)
	}
	return nil
}
