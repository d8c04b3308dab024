package admin

// What the fuzz tests call without a server between.
var (
	DecodeBytes   = decodeBytes
	MergeSettings = mergeSettings
	CheckPatch    = checkPatch
)
