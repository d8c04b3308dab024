package main

import (
	"io"
	"log/slog"
)

// newLogger returns the host's own log, and its level, which may be changed.
// The level and the format were checked with the configuration. An error that
// repeats is counted, see [repeats].
func newLogger(w io.Writer, cfg config) (*slog.Logger, *slog.LevelVar) {
	level := new(slog.LevelVar)
	level.Set(logLevel(cfg))
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if cfg.LogFormat == "json" {
		handler = slog.NewJSONHandler(w, options)
	}
	return slog.New(countRepeats(handler)), level
}

func logLevel(cfg config) (level slog.Level) {
	_ = level.UnmarshalText([]byte(cfg.LogLevel))
	return level
}
