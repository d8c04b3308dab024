package admin

import "time"

// What the fuzz tests call without a server between.
var (
	DecodeBytes   = decodeBytes
	MergeSettings = mergeSettings
	CheckPatch    = checkPatch
)

// SetSendWithin sets how long a tail's reader may take for one event.
func (s *Server) SetSendWithin(d time.Duration) { s.sendWithin = d }
