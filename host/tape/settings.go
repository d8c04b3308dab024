package tape

import (
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/usherhost/usher/host"
)

// usual are the settings that most runs have. A tape has those that differ from these.
// They were the defaults when version 1 of the stored form was made, and never change
// with it: tapes that are stored depend on them.
var usual = host.Settings{
	Limits: host.Limits{
		TimeoutMillis: 20_000, MemoryBytes: 64 << 20, OutputBytes: 1 << 20, LogBytes: 256 << 10, RecordBytes: 8 << 20,
		HostCalls: 10_000, HTTPRequests: 50, RequestBytes: 1 << 20, ResponseBytes: 4 << 20, HTTPTimeoutMillis: 10_000,
		Fuel: 10_000_000_000,
	},
	Egress:     host.Egress{Mode: host.EgressAllowlist},
	Retry:      host.Retry{MaxAttempts: 10, InitialMillis: 2_000, MaxMillis: 600_000},
	OnFailure:  host.Continue,
	Checkpoint: host.CheckpointAsync,

	Resume:       host.ResumeOn,
	ResumeMaxAge: "1h",

	Tape:          host.TapeAll,
	TapeBodyBytes: 1 << 20,
}

// packSettings returns the settings in JSON without those that are usual; nil without
// settings. Where one that is usually set is not, all are there, in a list.
func packSettings(s *host.Settings) ([]byte, error) {
	if s == nil {
		return nil, nil
	}
	if reflect.DeepEqual(*s, usual) {
		return []byte("{}"), nil
	}
	var packed any = []host.Settings{*s}
	if less := *s; without(reflect.ValueOf(&less).Elem(), reflect.ValueOf(usual)) {
		packed = less
	}
	b, err := json.Marshal(packed)
	if err != nil {
		return nil, fmt.Errorf("encode the settings of a tape: %w", err)
	}
	return b, nil
}

// without clears the fields of v that are as in base, and reports whether v laid over
// base is what v was.
func without(v, base reflect.Value) bool {
	for i := range v.NumField() {
		field, usually := v.Field(i), base.Field(i)
		if field.Kind() == reflect.Struct {
			if !without(field, usually) {
				return false
			}
			continue
		}
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
	var s host.Settings
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, corrupt("the settings on the tape are damaged: %v", err)
	}
	s = s.Over(usual)
	return &s, nil
}
