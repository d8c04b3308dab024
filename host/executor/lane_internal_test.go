package executor

import (
	"fmt"
	"testing"

	"github.com/usherhost/usher/host"
)

func waitingFor(action string, n int) host.Execution {
	return host.Execution{
		ID: fmt.Sprint(action, n), Plan: []host.Step{{ActionID: action}}, Progress: []host.StepState{host.StepPending},
		Event: &host.Event{Body: make([]byte, 10)},
	}
}

func TestTwiceTheWeightIsTwiceThePlaces(t *testing.T) {
	t.Parallel()
	l := newLanes(60)
	heavy := waitingFor("heavy", 0)
	l.of(&heavy).weight = 2
	for n := range 100 {
		l.push(waitingFor("heavy", n))
		l.push(waitingFor("light", n))
	}
	for {
		if _, _, ok := l.pop(); !ok {
			break
		}
	}
	light := waitingFor("light", 0)
	h, s := l.of(&heavy).running, l.of(&light).running
	if h < 2*s-2 || h > 2*s+2 || l.running != h+s || l.running >= 60 {
		t.Errorf("heavy has %d, light %d of 60 places", h, s)
	}
	if l.count != 200-h-s || l.bodies != 10*l.count {
		t.Errorf("%d wait with %d bytes, after %d and %d", l.count, l.bodies, h, s)
	}
}

func TestUnusedLanesAreRemoved(t *testing.T) {
	t.Parallel()
	l := newLanes(4)
	kept := waitingFor("kept", 0)
	if _, ok := l.enter(&kept); !ok {
		t.Fatal("no place")
	}
	for n := range 5 * maxLanes {
		x := waitingFor(fmt.Sprint("action", n), 0)
		if a, ok := l.enter(&x); ok {
			l.leave(a)
		}
	}
	if len(l.byID) > maxLanes || l.of(&kept).running != 1 {
		t.Errorf("%d lanes are kept, %d run in the one in use", len(l.byID), l.of(&kept).running)
	}
}
