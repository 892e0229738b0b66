package protocol

import (
	"net/url"
	"path/filepath"
)

// OutputFile is where init keeps an output of a process.
func OutputFile(stateDir, id string, kind Kind) string {
	name := map[Kind]string{Stdout: "stdout", Stderr: "stderr"}[kind]
	return filepath.Join(stateDir, url.PathEscape(id)+"."+name)
}
