package mockresource

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// Files are files to write, path to content. Content that is not a string is
// written as JSON.
type Files map[string]any

// variables lets a pipeline write "((" and "))" into a file although Concourse
// interpolates the pipeline.
var variables = strings.NewReplacer("START_VAR", "((", "END_VAR", "))")

// merge returns the files with others over them.
func (f Files) merge(others ...Files) Files {
	merged := maps.Clone(f)
	for _, other := range others {
		maps.Copy(merged, other)
	}

	return merged
}

// write writes the files into the directory and never outside it.
func (f Files) write(directory string) error {
	root, err := os.OpenRoot(directory)
	if err != nil {
		return fmt.Errorf("open the directory to fetch into: %w", err)
	}
	defer root.Close()

	for path, content := range f {
		text, err := textOf(content)
		if err != nil {
			return fmt.Errorf("content of %s: %w", path, err)
		}

		if err := root.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("create the directory of %s: %w", path, err)
		}

		if err := root.WriteFile(path, []byte(variables.Replace(text)), 0o644); err != nil {
			return fmt.Errorf("create %s: %w", path, err)
		}
	}

	return nil
}

func textOf(content any) (string, error) {
	if text, ok := content.(string); ok {
		return text, nil
	}

	encoded, err := json.Marshal(content)

	return string(encoded), err
}
