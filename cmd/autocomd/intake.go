package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"autocom/office"
	"autocom/provision"
)

// intake is the task that brings sightings to the office without making a sense
// wait for the card. Several hands let a burst share one commit.
type intake struct {
	office  *office.Office
	log     *slog.Logger
	queue   chan provision.Sighting
	dropped atomic.Int64
}

const (
	intakeQueue = 1024
	intakeHands = 16
)

func newIntake(o *office.Office, log *slog.Logger) *intake {
	return &intake{office: o, log: log, queue: make(chan provision.Sighting, intakeQueue)}
}

func (i *intake) String() string { return "intake" }

// Take never waits: a flood is dropped and counted, phones repeat themselves.
func (i *intake) Take(s provision.Sighting) {
	select {
	case i.queue <- s:
	default:
		i.dropped.Add(1)
	}
}

// Run works until ctx ends.
func (i *intake) Run(ctx context.Context) error {
	var hands sync.WaitGroup
	for range intakeHands {
		hands.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case s := <-i.queue:
					if _, err := i.office.Apply(ctx, office.Sighted{Sighting: s}); err != nil {
						i.log.Error("a device was seen and not noted", "mac", s.MAC, "error", err)
					}
				}
			}
		})
	}
	hands.Wait()
	return nil
}
