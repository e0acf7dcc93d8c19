package pbxtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"autocom/phonesim"
)

// Hears fails when a call does not hear the tone hz alone and without breaks; other is
// the tone that it speaks itself. Half a second may pass until the sound is there.
func Hears(t testing.TB, c *phonesim.Call, hz, other float64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var e phonesim.Ear
	for range 6 {
		var err error
		if e, err = c.Hear(ctx, 300*time.Millisecond, hz, other); err != nil {
			t.Fatal(err)
		}
		if e.Clear() {
			return
		}
	}
	t.Errorf("it does not hear the other: %s", e)
}

// Eventually waits until f is nil, or fails with its last error after d.
func Eventually(t testing.TB, d time.Duration, f func() error) {
	t.Helper()
	deadline := time.Now().Add(d)
	for {
		err := f()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(fmt.Errorf("after %s: %w", d, err))
		}
		time.Sleep(20 * time.Millisecond)
	}
}
