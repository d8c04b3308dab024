package executor

import (
	"testing"
	"time"
)

func TestEachTransitionOfTheIntake(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		from intake
		do   func(*intake)
		want intake
	}{
		{"direct, a new one finds no room", intake{state: direct}, (*intake).refuse, intake{state: overflow, missed: true, needsRoom: true}},
		{"recheck, a new one finds no room", intake{state: recheck}, (*intake).refuse, intake{state: overflow, missed: true, needsRoom: true}},
		{"overflow, a new one comes", intake{state: overflow}, (*intake).refuse, intake{state: overflow, missed: true, needsRoom: true}},
		{"direct, a claim begins", intake{state: direct, due: time.Unix(1, 0)}, (*intake).beginClaim, intake{state: direct}},
		{"recheck, a claim begins", intake{state: recheck, missed: true}, (*intake).beginClaim, intake{state: direct}},
		{"overflow, a claim begins", intake{state: overflow, missed: true}, (*intake).beginClaim, intake{state: overflow}},
		{"overflow, a claim gets all it asked for", intake{state: overflow}, func(i *intake) { i.endClaim(true) }, intake{state: overflow}},
		{"direct, a claim gets all it asked for", intake{state: direct}, func(i *intake) { i.endClaim(true) }, intake{state: overflow}},
		{"overflow, a claim gets less", intake{state: overflow}, func(i *intake) { i.endClaim(false) }, intake{state: direct}},
		{"overflow, a claim gets less and missed one", intake{state: overflow, missed: true}, func(i *intake) { i.endClaim(false) }, intake{state: recheck, missed: true}},
		{"direct, a claim fails", intake{state: direct}, (*intake).failClaim, intake{state: overflow}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := tt.from
			if tt.do(&got); got != tt.want {
				t.Errorf("%+v becomes %+v, want %+v", tt.from, got, tt.want)
			}
			if got.takesNew() != (got.state != overflow) {
				t.Errorf("takesNew is %t in state %d", got.takesNew(), got.state)
			}
		})
	}
}

func TestTheStoreIsAskedWhenSomethingIsDue(t *testing.T) {
	t.Parallel()
	now := time.Now()
	i := intake{state: direct}
	if i.wantsClaim(now) {
		t.Error("a claim is wanted with nothing due")
	}
	if !i.dueAt(now.Add(time.Second)) || i.wantsClaim(now) || !i.wantsClaim(now.Add(time.Second)) {
		t.Error("a claim is wanted at another time than the due one")
	}
	if i.dueAt(now.Add(2*time.Second)) || !i.dueAt(now) || !i.wantsClaim(now) {
		t.Error("the earliest due time does not hold")
	}
}
