package daemon

import (
	"io"
	"log/slog"

	"github.com/usherhost/usher/host/settings"
)

// NewLogger returns the host's own log, and its level, which may be changed.
// The level and the format were checked with the configuration. An error that
// repeats is counted, see [repeats].
func NewLogger(w io.Writer, cfg settings.Config) (*slog.Logger, *slog.LevelVar) {
	level := new(slog.LevelVar)
	level.Set(logLevel(cfg))
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if cfg.LogFormat == "json" {
		handler = slog.NewJSONHandler(w, options)
	}
	return slog.New(countRepeats(handler)), level
}

// CaptureLibraryLogs sends what libraries print with package log to log, at
// debug level: net/http prints a line whenever a server that an action calls
// sends unexpected bytes.
func CaptureLibraryLogs(log *slog.Logger) {
	slog.SetLogLoggerLevel(slog.LevelDebug)
	slog.SetDefault(log)
}

func logLevel(cfg settings.Config) (level slog.Level) {
	_ = level.UnmarshalText([]byte(cfg.LogLevel))
	return level
}
