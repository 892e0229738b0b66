package supervise

import (
	"bytes"
	"io"
	"os"
)

// tailBytes is how much of a log's end is looked at.
const tailBytes = 64 << 10

// lastLines returns the last n lines of a file.
func lastLines(path string, n int) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()

	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	end := io.NewSectionReader(file, max(0, info.Size()-tailBytes), tailBytes)
	content, err := io.ReadAll(end)
	if err != nil {
		return "", err
	}
	lines := bytes.Split(bytes.TrimRight(content, "\n"), []byte("\n"))
	lines = lines[max(0, len(lines)-n):]
	return string(bytes.Join(lines, []byte("\n"))), nil
}
