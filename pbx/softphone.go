package pbx

// KindSoftphone is the kind of browser phones: a browser in which somebody rings with a
// number of theirs, beside their desk phone. Its id is the installation's, "soft-…".
const KindSoftphone = "softphone"

// Softphone is whose number a browser rings with. It has no line while that is nobody's:
// who has the number next is not listened to.
type Softphone struct {
	Number string `json:"number"`
	Person string `json:"person,omitempty"` // id of who has the number; or
	Device string `json:"device,omitempty"` // of the installation that got it by itself
}
