package bootstrap

import (
	"errors"
	"fmt"

	"github.com/usherhost/usher/host"
	"github.com/usherhost/usher/host/jsbuild/dist"
	"github.com/usherhost/usher/host/jsbuild/npm/locked"
	"github.com/usherhost/usher/host/made"
)

var errOffline = errors.New("nothing may be fetched")

// Problem returns an error of [Make] as one that says what to do: a [host.Error], and a
// [dist.ErrNoEngine].
func Problem(s locked.Source, err error) error {
	wrong := &host.Error{Code: host.Unavailable, Text: "the JavaScript engine can't be made: " + err.Error(), Hint: hint(s, err)}
	return dist.Missing(wrong)
}

// hint says what to do about an engine that was not made.
func hint(s locked.Source, err error) string {
	if errors.Is(err, errOffline) {
		return "run 'usher engine make' once where there is a network, or " + folder
	}
	if errors.Is(err, made.ErrNoCache) {
		return "set XDG_CACHE_HOME to a folder that this user may write to"
	}
	p, ok := errors.AsType[*locked.Problem](err)
	if !ok {
		return "see whether the disk is full, and whether this user may write to the cache directory"
	}
	if s.Folder != "" {
		return fmt.Sprintf("fill %s again where there is a network: usher engine fetch FOLDER", s.Folder)
	}
	switch p.Kind {
	case locked.Unreachable:
		return "see whether this machine reaches it (HTTPS_PROXY is honoured), name another registry with USHER_NPM_REGISTRY=URL, or " + folder
	case locked.Absent:
		return "USHER_NPM_REGISTRY must be an npm registry that has, or passes on, the packages of " + locked.PublicRegistry
	case locked.Refused:
		return "give its user and password or token: USHER_NPM_REGISTRY=https://USER:PASSWORD@HOST/PATH or https://:TOKEN@HOST/PATH"
	case locked.Changed:
		return "the registry, or a proxy before it, changes packages: name another one with USHER_NPM_REGISTRY=URL, or " + folder
	default:
		return "name another registry with USHER_NPM_REGISTRY=URL, or " + folder
	}
}

const folder = "copy a folder that 'usher engine fetch FOLDER' filled on another machine, and set USHER_NPM_FOLDER to it"
