package pbx

import "time"

// KindApp is the kind of softphone applications: Linphone on a smartphone on which a person
// rings with a number of their own, beside their desk phone. Its id is "soft-…", as of all
// that is no telephone; its name is what its owner calls it.
const KindApp = "app"

// App is whose number an application rings with. It has no line while the number is not that
// person's.
type App struct {
	Person string    `json:"person"` // id
	Number string    `json:"number"`
	Made   time.Time `json:"made"`
}
