package health

import (
	"context"
	"testing"
	"time"
)

// Nobody sets the clock of the machine that tests run on; autocom try does, in a box.
func TestJumpsEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Jumps(ctx, func(by time.Duration) { t.Errorf("a jump of %v", by) }) }()
	select {
	case err := <-done:
		t.Fatalf("it ended by itself: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	cancel()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end with its context")
	}
}
