//go:build !noengine

package dist

import "embed"

//go:embed all:*
var files embed.FS
