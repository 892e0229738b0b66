package upstream

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/concourse/concourse-kubernetes/testflight/runner"
	"github.com/concourse/concourse/atc"
	"sigs.k8s.io/yaml"
)

const suitePackage = "github.com/concourse/concourse/testflight"

// Suite is upstream's suite.
type Suite struct {
	// Dir is a folder within this module that git ignores, for what the suite has
	// to find in its module, and for Ginkgo's report, report.json.
	Dir string
	// WorkDir is a folder outside of any git repository, because `fly execute`
	// uploads what git knows of a folder, and specs execute in temporary ones.
	WorkDir string
	// Fly is the path of the fly that web is to hand out.
	Fly string
	// Mirror is the host:port of a registry that has the images of Docker Hub
	// that the suite uses: library/clearlinux.
	Mirror string
}

func (s Suite) runner() string    { return filepath.Join(s.WorkDir, "ginkgo") }
func (s Suite) specs() string     { return filepath.Join(s.Dir, "testflight.test") }
func (s Suite) fixtures() string  { return filepath.Join(s.Dir, "fixtures") }
func (s Suite) artifacts() string { return filepath.Join(s.WorkDir, "cli-artifacts") }
func (s Suite) sourceDefaults() string {
	return filepath.Join(s.WorkDir, "base-resource-type-defaults.yml")
}
func (s Suite) report() string { return filepath.Join(s.Dir, "report.json") }

// Prepare builds the suite and writes the files that its web is started with.
func (s Suite) Prepare(ctx context.Context) error {
	for _, dir := range []string{s.Dir, s.artifacts()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	if err := s.build(ctx); err != nil {
		return err
	}
	if err := s.copyFixtures(ctx); err != nil {
		return fmt.Errorf("copy the fixtures of %s: %w", suitePackage, err)
	}
	if err := archiveFly(s.Fly, s.artifacts()); err != nil {
		return fmt.Errorf("pack %s for web to hand out: %w", s.Fly, err)
	}
	return s.writeSourceDefaults()
}

// WebFlags are the flags of web that no other suite wants. Their files are there
// after Prepare.
func (s Suite) WebFlags() []string {
	return []string{
		"--cli-artifacts-dir=" + s.artifacts(),
		"--base-resource-type-defaults=" + s.sourceDefaults(),
	}
}

// build compiles specs and runner.
func (s Suite) build(ctx context.Context) error {
	if _, err := goCommand(ctx, "test", "-c", "-o", s.specs(), suitePackage); err != nil {
		return err
	}
	return runner.Build(ctx, s.runner())
}

func (s Suite) copyFixtures(ctx context.Context) error {
	source, err := goCommand(ctx, "list", "-f", "{{.Dir}}", suitePackage)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(s.fixtures()); err != nil {
		return err
	}
	return os.CopyFS(s.fixtures(), os.DirFS(filepath.Join(strings.TrimSpace(source), "fixtures")))
}

// writeSourceDefaults has web look for images of Docker Hub at the mirror.
func (s Suite) writeSourceDefaults() error {
	defaults, err := yaml.Marshal(map[string]atc.Source{
		"registry-image": {"registry_mirror": map[string]string{"host": s.Mirror}},
	})
	if err != nil {
		return err
	}
	return os.WriteFile(s.sourceDefaults(), defaults, 0o644)
}

func goCommand(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", arguments...)
	var said strings.Builder
	command.Stderr = &said
	printed, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", command, err, strings.TrimSpace(said.String()))
	}
	return string(printed), nil
}
