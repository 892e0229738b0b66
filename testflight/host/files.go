package cluster

import (
	"encoding/json"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// write writes a file and makes its directory.
func write(path string, content []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, mode)
}

func writeJSON(path string, value any) error {
	content, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	return write(path, content, 0o644)
}

func writeYAML(path string, value any) error {
	content, err := yaml.Marshal(value)
	if err != nil {
		return err
	}
	return write(path, content, 0o644)
}
