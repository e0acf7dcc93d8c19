package account

import "fmt"

// Role is how far somebody may go; each may all that those before it may.
type Role int

// The roles. Nobody is who has not logged in.
const (
	Nobody     Role = iota
	User            // their own numbers
	Agent           // and their work in queues
	Supervisor      // and the work of others: wallboard, reports, calls, recordings
	Admin           // and the box
)

var roles = [...]string{"nobody", "user", "agent", "supervisor", "admin"}

func (r Role) String() string {
	if r < Nobody || int(r) >= len(roles) {
		return fmt.Sprintf("role %d", int(r))
	}
	return roles[r]
}

// ParseRole reads a role that an account may have.
func ParseRole(text string) (Role, error) {
	for r := User; r <= Admin; r++ {
		if roles[r] == text {
			return r, nil
		}
	}
	return Nobody, ErrRole
}

// MarshalText gives the role's name.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads it.
func (r *Role) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRole(string(text))
	return err
}
