package usher

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/usherhost/usher/sdk/go/internal/abi"
)

// CacheRecord is a cached value and when it goes, in milliseconds since 1970.
type CacheRecord struct {
	Value     string `json:"value"`
	ExpiresAt int64  `json:"expires_at"`
}

// CacheError says why the cache was not changed.
type CacheError struct {
	Code string // such as "CacheValueSizeExceeded"
}

// Error returns the code, as a sentence.
func (e *CacheError) Error() string { return "cache: " + e.Code }

// CacheGet returns the record at key, and false when there is none. All
// actions of a trigger share one cache, which may forget at any time.
func CacheGet(key string) (CacheRecord, bool) {
	var record CacheRecord
	answer := abi.CacheGet(key)
	return record, answer != nil && json.Unmarshal(answer, &record) == nil
}

// CacheSet stores value at key for ttl; 0 is the host's default of 15 minutes.
// The error is a [*CacheError].
func CacheSet(key, value string, ttl time.Duration) (CacheRecord, error) {
	request, err := json.Marshal(struct {
		Key   string `json:"key"`
		Value string `json:"value"`
		TTL   int64  `json:"ttl,omitempty"`
	}{key, value, ttl.Milliseconds()})
	if err != nil {
		return CacheRecord{}, err
	}
	return cacheAnswer(abi.CacheSet(request))
}

// CacheDelete forgets what is at key. The error is a [*CacheError].
func CacheDelete(key string) error {
	_, err := cacheAnswer(abi.CacheDelete(key))
	return err
}

func cacheAnswer(answer []byte) (CacheRecord, error) {
	var wire struct {
		Type   string      `json:"type"`
		Code   string      `json:"code"`
		Record CacheRecord `json:"record"`
	}
	if err := json.Unmarshal(answer, &wire); err != nil {
		return CacheRecord{}, fmt.Errorf("read the cache's answer: %w", err)
	}
	if wire.Type != "success" {
		return CacheRecord{}, &CacheError{Code: wire.Code}
	}
	return wire.Record, nil
}
