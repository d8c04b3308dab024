package tape

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/usherhost/usher/host"
)

// usual are the settings that most runs have: a tape has those that differ from these, and
// says that it is base 2. They were the defaults when that form was made, and never change
// with it: tapes that are stored depend on them. The tapes before have no base, and first
// in its place.
var (
	usual = usualWith(host.Retry{MaxAttempts: 25, InitialMillis: 5_000, MaxMillis: 14_400_000, MaxAge: "24h"}, "48h")
	first = usualWith(host.Retry{MaxAttempts: 10, InitialMillis: 2_000, MaxMillis: 600_000}, "1h")
)

const base = 2

func usualWith(retry host.Retry, resumeMaxAge host.Age) host.Settings {
	return host.Settings{
		Limits: host.Limits{
			TimeoutMillis: 20_000, MemoryBytes: 64 << 20, OutputBytes: 1 << 20, LogBytes: 256 << 10, RecordBytes: 8 << 20,
			HostCalls: 10_000, HTTPRequests: 50, RequestBytes: 1 << 20, ResponseBytes: 4 << 20, HTTPTimeoutMillis: 10_000,
			Fuel: 10_000_000_000,
		},
		Egress:     host.Egress{Mode: host.EgressAllowlist},
		Retry:      retry,
		OnFailure:  host.Continue,
		Checkpoint: host.CheckpointAsync,

		Resume:       host.ResumeOn,
		ResumeMaxAge: resumeMaxAge,

		Tape:          host.TapeAll,
		TapeBodyBytes: 1 << 20,
	}
}

// packed are settings as a tape has them.
type packed struct {
	Base int `json:"base,omitempty"`
	host.Settings
}

// packSettings returns the settings in JSON without those that are usual; nil without
// settings. Where one that is usually set is not, all are there, in a list.
func packSettings(s *host.Settings) ([]byte, error) {
	if s == nil {
		return nil, nil
	}
	less := packed{base, *s}
	var pack any = &less
	if !unusual(&less.Settings) {
		pack = []host.Settings{*s}
	} else if less.IsZero() {
		return []byte(`{"base":2}`), nil
	}
	b, err := json.Marshal(pack)
	if err != nil {
		return nil, fmt.Errorf("encode the settings of a tape: %w", err)
	}
	return b, nil
}

// unusual clears in s what is usual, and reports whether s laid over that is what it was.
func unusual(s *host.Settings) bool {
	// Most are usual as a whole, and reflection would take as long as all the rest.
	if s.Limits == usual.Limits {
		s.Limits = host.Limits{}
	} else if !without(reflect.ValueOf(&s.Limits).Elem(), reflect.ValueOf(usual.Limits)) {
		return false
	}
	if s.Retry == usual.Retry {
		s.Retry = host.Retry{}
	} else if !without(reflect.ValueOf(&s.Retry).Elem(), reflect.ValueOf(usual.Retry)) {
		return false
	}
	all := [...]struct{ value, usually *string }{
		{(*string)(&s.Egress.Mode), (*string)(&usual.Egress.Mode)},
		{(*string)(&s.OnFailure), (*string)(&usual.OnFailure)},
		{(*string)(&s.Checkpoint), (*string)(&usual.Checkpoint)},
		{(*string)(&s.Resume), (*string)(&usual.Resume)},
		{(*string)(&s.ResumeMaxAge), (*string)(&usual.ResumeMaxAge)},
		{(*string)(&s.Tape), (*string)(&usual.Tape)},
	}
	for _, one := range all {
		if *one.value == "" {
			return false
		}
		if *one.value == *one.usually {
			*one.value = ""
		}
	}
	if s.TapeBodyBytes == 0 {
		return false
	}
	if s.TapeBodyBytes == usual.TapeBodyBytes {
		s.TapeBodyBytes = 0
	}
	return true
}

// without clears the fields of v that are as in base, and reports whether v laid over
// base is what v was.
func without(v, base reflect.Value) bool {
	for i := range v.NumField() {
		field, usually := v.Field(i), base.Field(i)
		if usually.IsZero() {
			continue
		}
		if field.IsZero() {
			return false
		}
		if field.Equal(usually) {
			field.SetZero()
		}
	}
	return true
}

// unpackSettings returns the settings that packSettings was given.
func unpackSettings(b []byte) (*host.Settings, error) {
	if len(b) == 0 {
		return nil, nil
	}
	var all []host.Settings
	if json.Unmarshal(b, &all) == nil && len(all) == 1 {
		return &all[0], nil
	}
	var s packed
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, corrupt("the settings on the tape are damaged: %v", err)
	}
	over := usual
	switch s.Base {
	case 0:
		over = first
	case base:
	default:
		return nil, corrupt("the settings on the tape have base %d, which this usher does not know", s.Base)
	}
	whole := s.Over(over)
	return &whole, nil
}
