package upstream

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/runner"
)

// patience bounds a run. One takes a fraction of that on 2 cores.
const patience = 45 * time.Minute

// Run runs all specs against the Concourse at a URL, in several processes at
// once, with their output on out. The error is nil only if all that ran passed.
// A summary comes with it where the specs got as far as that.
func (s Suite) Run(ctx context.Context, url string, processes int, out io.Writer) (runner.Summary, error) {
	environment, err := s.environment(ctx, url)
	if err != nil {
		return runner.Summary{}, err
	}
	return runner.Suite{
		Name:        "upstream's testflight",
		Runner:      s.runner(),
		Specs:       s.specs(),
		Report:      s.report(),
		Processes:   processes,
		Patience:    patience,
		Environment: environment,
	}.Run(ctx, out)
}

// environment is ours, with a home and a folder for temporary files of the
// suite's own, which leaves both behind, and with what Go derives from a home.
func (s Suite) environment(ctx context.Context, url string) ([]string, error) {
	added := []string{
		"ATC_URL=" + url,
		// The specs that look at what a runtime can do expect of this one what ours
		// does too: hermetic steps are cut off.
		"RUNTIME=containerd",
	}
	for variable, name := range map[string]string{"HOME": "home", "TMPDIR": "tmp"} {
		folder := filepath.Join(s.WorkDir, name)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		added = append(added, variable+"="+folder)
	}

	ofGo := []string{"GOCACHE", "GOMODCACHE", "GOENV"}
	values, err := goCommand(ctx, append([]string{"env"}, ofGo...)...)
	if err != nil {
		return nil, err
	}
	for i, value := range strings.Split(strings.TrimSuffix(values, "\n"), "\n") {
		added = append(added, ofGo[i]+"="+value)
	}
	return append(os.Environ(), added...), nil
}
