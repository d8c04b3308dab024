package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
)

// authorities are the places where systems have the certificates of public authorities.
var authorities = []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"}

// image makes the context that the container file is built from, for a platform.
func image(ctx context.Context, dir string, t target) error {
	o, err := originOf(ctx)
	if err != nil {
		return err
	}
	if err := emptyDir(dir); err != nil {
		return err
	}
	for _, sub := range []string{"data", "rootfs/tmp", "rootfs/etc/ssl/certs"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil { //nolint:gosec // of an image
			return err
		}
	}
	if err := os.Chmod(filepath.Join(dir, "rootfs/tmp"), 0o777|os.ModeSticky); err != nil { //nolint:gosec // a folder of the image
		return err
	}
	file, err := os.ReadFile("host/deploy/container/Containerfile")
	if err != nil {
		return err
	}
	certificates, err := readFirst(authorities)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		"Containerfile":                            file,
		"rootfs/etc/passwd":                        []byte("usher:x:65532:65532::/data:/sbin/nologin\n"),
		"rootfs/etc/group":                         []byte("usher:x:65532:\n"),
		"rootfs/etc/ssl/certs/ca-certificates.crt": certificates,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil { //nolint:gosec // of an image
			return err
		}
	}
	return build(ctx, o, t, filepath.Join(dir, "usher"))
}

func readFirst(files []string) ([]byte, error) {
	for _, file := range files {
		if content, err := os.ReadFile(file); err == nil {
			return content, nil
		}
	}
	return nil, errors.New("this machine has no certificates of public authorities: install ca-certificates")
}
