package pbx

import "testing"

func TestAWrongTypeIsToldInWordsOfJSON(t *testing.T) {
	var into struct {
		Members []string `json:"members"`
		Then    struct{} `json:"then"`
		Ring    int      `json:"ring"`
		Name    *bool    `json:"on"`
	}
	for body, want := range map[string]string{
		`{"members":7}`: `group x: field "members": a list is expected, not number`,
		`{"then":"a"}`:  `group x: field "then": an object is expected, not string`,
		`{"ring":"a"}`:  `group x: field "ring": a number is expected, not string`,
		`{"on":"yes"}`:  `group x: field "on": true or false is expected, not string`,
	} {
		if err := Decode(Object{Kind: "group", ID: "x", Body: []byte(body)}, &into); err == nil || err.Error() != want {
			t.Errorf("%s: %v", body, err)
		}
	}
}
