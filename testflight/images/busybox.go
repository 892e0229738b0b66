package images

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/concourse/concourse-kubernetes/testflight/host"
)

const certificates = "/etc/ssl/certs/ca-certificates.crt"

// The packages whose programs the images contain.
var (
	busyboxPackage = host.Package{Name: "busybox-static", File: "/bin/busybox"}
	bashPackage    = host.Package{Name: "bash-static", File: "/bin/bash-static"}
)

var (
	//go:embed files/passwd
	passwd []byte
	//go:embed files/group
	group []byte
	//go:embed files/printenv
	printenv []byte
)

// DebianPackages are the packages whose programs the images contain.
func DebianPackages() []host.Package {
	return []host.Package{bashPackage, busyboxPackage}
}

// busyboxLayer is a complete small system: every image starts with it.
func busyboxLayer(ctx context.Context) (v1.Layer, error) {
	busybox, err := programOf(busyboxPackage)
	if err != nil {
		return nil, err
	}

	applets, err := listApplets(ctx)
	if err != nil {
		return nil, err
	}

	entries := []entry{
		file("bin/busybox", 0o755, busybox),
		file("usr/bin/printenv", 0o755, printenv),
		file("etc/passwd", 0o644, passwd),
		file("etc/group", 0o644, group),
		homeOf(1000, "home/concourse"),
		directory("root", 0o700),
		directory("tmp", 0o1777),
	}

	for _, applet := range applets {
		entries = append(entries, link(applet, "/bin/busybox"))
	}

	return newLayer(entries)
}

// listApplets returns the paths at which this busybox's applets belong.
func listApplets(ctx context.Context) ([]string, error) {
	list, err := exec.CommandContext(ctx, busyboxPackage.File, "--list-full").Output()
	if err != nil {
		return nil, fmt.Errorf("list the applets of %s: %w: reinstall the package %s", busyboxPackage.File, err, busyboxPackage.Name)
	}

	var applets []string

	for applet := range strings.FieldsSeq(string(list)) {
		if applet != "bin/busybox" && applet != "usr/bin/printenv" {
			applets = append(applets, applet)
		}
	}

	return applets, nil
}

func variantLayer() (v1.Layer, error) {
	return newLayer([]entry{file("etc/variant", 0o644, []byte("other\n"))})
}

func bashLayer() (v1.Layer, error) {
	bash, err := programOf(bashPackage)
	if err != nil {
		return nil, err
	}

	return newLayer([]entry{file("bin/bash", 0o755, bash)})
}

// certificatesLayer holds the certificate authorities that the build machine
// trusts, or nothing if it has none.
func certificatesLayer() (v1.Layer, error) {
	trusted, err := os.ReadFile(certificates)
	if os.IsNotExist(err) {
		return newLayer(nil)
	}

	if err != nil {
		return nil, fmt.Errorf("read the trusted certificate authorities: %w", err)
	}

	return newLayer([]entry{file(strings.TrimPrefix(certificates, "/"), 0o644, trusted)})
}

// programOf reads the program of an installed package.
func programOf(debian host.Package) ([]byte, error) {
	program, err := os.ReadFile(debian.File)
	if err != nil {
		return nil, fmt.Errorf("read a program for the images: %w: run apt-get install %s", err, debian.Name)
	}

	return program, nil
}
