package mockresource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	defaultVersion = "mock"

	// mirroredVersion is the variable that tells a mirrored mock which version
	// of its parent it is.
	mirroredVersion = "MIRRORED_VERSION"
)

// Resource is the mock resource in its container.
type Resource struct {
	// Root is the file system that mirroring copies.
	Root FileSystem
	// Environ is the environment, as "name=value".
	Environ []string
	// Privileged says that the container is privileged.
	Privileged bool
	// Log is where the actions say what they do: standard error.
	Log io.Writer
}

// Run does the action check, in or out, which reads a request from input and
// answers on output. The directory is where in writes and out reads.
func (r Resource) Run(ctx context.Context, action, directory string, input io.Reader, output io.Writer) error {
	var (
		answer any
		err    error
	)

	switch action {
	case "check":
		answer, err = r.check(ctx, input)
	case "in":
		answer, err = r.get(directory, input)
	case "out":
		answer, err = r.put(directory, input)
	default:
		return fmt.Errorf("unknown action %q: start this program under the name check, in or out", action)
	}

	if err != nil {
		return err
	}

	return json.NewEncoder(output).Encode(answer)
}

func (r Resource) check(ctx context.Context, input io.Reader) ([]Version, error) {
	var request checkRequest
	if err := decode(input, &request); err != nil {
		return nil, err
	}

	source := request.Source
	r.logSource(source)

	if err := delay(ctx, source.CheckDelay); err != nil {
		return nil, err
	}

	if source.CheckFailure != "" {
		return nil, fmt.Errorf("intentionally failing to check: %s", source.CheckFailure)
	}

	switch {
	case source.ForceVersion != "":
		return []Version{r.version(source.ForceVersion)}, nil
	case request.Version != nil:
		return []Version{r.version(request.Version.Version)}, nil
	case source.NoInitialVersion:
		return []Version{}, nil
	default:
		return []Version{r.version(r.initialVersion(source))}, nil
	}
}

func (r Resource) get(directory string, input io.Reader) (response, error) {
	var request getRequest
	if err := decode(input, &request); err != nil {
		return response{}, err
	}

	version := request.Version.Version

	r.logSource(request.Source)
	r.logf("fetching version: %s", version)

	if r.Privileged {
		r.logf("fetching in a privileged container")
	}

	if request.Source.MirrorSelf || request.Params.MirrorSelf {
		if err := r.mirror(directory, version); err != nil {
			return response{}, err
		}
	}

	files := Files{"version": version + "\n", "privileged": r.Privileged}

	if err := files.merge(request.Source.CreateFiles, request.Params.CreateFiles).write(directory); err != nil {
		return response{}, err
	}

	return response{Version: request.Version, Metadata: request.Source.Metadata}, nil
}

func (r Resource) put(directory string, input io.Reader) (response, error) {
	var request putRequest
	if err := decode(input, &request); err != nil {
		return response{}, err
	}

	r.logSource(request.Source)

	version, err := versionToPut(directory, request.Params)
	if err != nil {
		return response{}, err
	}

	r.logf("pushing version: %s", version)

	if r.Privileged {
		r.logf("pushing in a privileged container")
	}

	if request.Params.PrintEnv {
		for _, variable := range r.Environ {
			r.logf("env: %s", variable)
		}
	}

	return response{Version: r.version(version), Metadata: request.Source.Metadata}, nil
}

func versionToPut(directory string, params PutParams) (string, error) {
	switch {
	case params.File != "":
		content, err := os.ReadFile(filepath.Join(directory, params.File))
		if err != nil {
			return "", fmt.Errorf("read the version to push: %w", err)
		}

		return strings.TrimSpace(string(content)), nil
	case params.Version != "":
		return params.Version, nil
	default:
		return "", errors.New("no version specified")
	}
}

func (r Resource) version(version string) Version {
	if r.Privileged {
		return Version{Version: version, Privileged: "true"}
	}

	return Version{Version: version}
}

func (r Resource) initialVersion(source Source) string {
	if source.InitialVersion != "" {
		return source.InitialVersion
	}

	for _, variable := range r.Environ {
		if value, found := strings.CutPrefix(variable, mirroredVersion+"="); found && value != "" {
			return value
		}
	}

	return defaultVersion
}

func (r Resource) logSource(source Source) {
	if source.Log != "" {
		r.logf("%s", source.Log)
	}
}

func (r Resource) logf(format string, args ...any) {
	fmt.Fprintf(r.Log, format+"\n", args...)
}

func delay(ctx context.Context, notation string) error {
	if notation == "" {
		return nil
	}

	duration, err := time.ParseDuration(notation)
	if err != nil {
		return fmt.Errorf("read check_delay of the source: %w: write it as 1m30s", err)
	}

	select {
	case <-ctx.Done():
		return fmt.Errorf("interrupted in the check_delay of %s: %w", duration, context.Cause(ctx))
	case <-time.After(duration):
		return nil
	}
}
