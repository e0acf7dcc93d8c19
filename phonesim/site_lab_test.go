//go:build lab

package phonesim

import (
	"testing"
	"time"
)

// In words: five hundred virtual phones for these tests run in one program.
func TestFiveHundredPhonesInOneProcess(t *testing.T) {
	bytesEach, goroutinesEach := site(t, "br-many", "10.62.0.1/21", 500, 2*time.Second)
	if bytesEach > 1<<20 {
		t.Errorf("a phone holds %.0f bytes, want a megabyte at most", bytesEach)
	}
	if goroutinesEach > 20 {
		t.Errorf("a phone runs %.1f goroutines, want 20 at most", goroutinesEach)
	}
}
