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

// captureLibraryLogs sends what libraries print with package log to log, at
// debug level: net/http prints a line whenever a server that an action calls
// sends bytes that nobody asked for.
func captureLibraryLogs(log *slog.Logger) {
	slog.SetLogLoggerLevel(slog.LevelDebug)
	slog.SetDefault(log)
}

func logLevel(cfg config) (level slog.Level) {
	_ = level.UnmarshalText([]byte(cfg.LogLevel))
	return level
}
