// Command weave writes our atccmd and concourse packages from upstream's
// source in the module cache. It runs from the root of this module, as part of
// `make generate`.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/concourse/concourse-kubernetes/atc/atccmd/weave"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run() error {
	const upstream = "github.com/concourse/concourse"

	list := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", upstream)
	list.Stderr = os.Stderr
	dir, err := list.Output()
	if err != nil {
		return fmt.Errorf("find the source of %s: go list: %w", upstream, err)
	}

	return weave.Generate(strings.TrimSpace(string(dir)), ".", weave.Packages())
}
