package host

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Package is a Debian package.
type Package struct {
	Name string
	// File is the pattern of a file that is there once the package is installed.
	File string
}

// InstallMissing installs those of the packages that the machine lacks, with apt-get. It
// writes to out which they are.
func InstallMissing(ctx context.Context, packages []Package, out io.Writer) error {
	missing := missing(packages)
	if len(missing) == 0 {
		return nil
	}
	fmt.Fprintf(out, "installing the Debian packages %s\n", strings.Join(missing, ", "))
	if err := aptGet(ctx, "update"); err != nil {
		return err
	}
	return aptGet(ctx, append([]string{"install", "--yes", "--no-install-recommends"}, missing...)...)
}

// missing returns the names of the packages that are not installed.
func missing(packages []Package) []string {
	var names []string
	for _, wanted := range packages {
		if found, _ := filepath.Glob(wanted.File); len(found) == 0 {
			names = append(names, wanted.Name)
		}
	}
	return names
}

func aptGet(ctx context.Context, arguments ...string) error {
	command := exec.CommandContext(ctx, "apt-get", arguments...)
	command.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	_, err := Run(command)
	return err
}
