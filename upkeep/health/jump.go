package health

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// never is a time that no timer of ours sees, 2200-01-01.
const never = 7258118400

// Jumps tells how far the clock of the machine jumps whenever somebody sets it, until ctx
// ends. Slewing, as time servers do with small offsets, is no jump.
//
// The kernel tells it to a timer made with TFD_TIMER_CANCEL_ON_SET (timerfd_create(2)).
func Jumps(ctx context.Context, heard func(by time.Duration)) error {
	fd, err := unix.TimerfdCreate(unix.CLOCK_REALTIME, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return fmt.Errorf("watch the clock: %w", err)
	}
	timer := os.NewFile(uintptr(fd), "clock")
	defer timer.Close()
	defer context.AfterFunc(ctx, func() { timer.SetReadDeadline(time.Unix(1, 0)) })()

	began := time.Now()
	off := func() time.Duration { // of the clock, against time passed
		now := time.Now()
		return now.Round(0).Sub(began.Round(0)) - now.Sub(began)
	}
	at, buf := off(), make([]byte, 8)
	for {
		err := unix.TimerfdSettime(fd, unix.TFD_TIMER_ABSTIME|unix.TFD_TIMER_CANCEL_ON_SET,
			&unix.ItimerSpec{Value: unix.Timespec{Sec: never}}, nil)
		if err != nil && !errors.Is(err, unix.ECANCELED) {
			return fmt.Errorf("watch the clock: %w", err)
		}
		// It may have jumped before the timer was there.
		if now := off(); (now - at).Abs() > time.Second {
			heard(now - at)
			at = now
		}
		if _, err := timer.Read(buf); ctx.Err() != nil {
			return nil
		} else if err != nil && !errors.Is(err, unix.ECANCELED) {
			return fmt.Errorf("watch the clock: %w", err)
		}
	}
}
