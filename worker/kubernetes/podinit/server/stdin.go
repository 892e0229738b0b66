package server

import (
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// stdin is the way into a process. It is closed by the end of what a client
// sends, not by the end of the client.
type stdin struct {
	file     *os.File
	terminal bool

	mu      sync.Mutex
	claimed bool
	ended   bool
	midLine bool
}

// claim tells of an attach. If the first has no stdin there will be none.
func (s *stdin) claim(hasStdin bool) {
	s.mu.Lock()
	first := !s.claimed
	s.claimed = true
	s.mu.Unlock()
	if first && !hasStdin {
		s.end()
	}
}

// copy writes all of a reader and then closes stdin, unless the reader broke.
func (s *stdin) copy(reader io.Reader) error {
	if _, err := io.Copy(s, reader); err != nil {
		return err
	}
	s.end()
	return nil
}

// Write takes input for the process.
func (s *stdin) Write(data []byte) (int, error) {
	n, err := s.file.Write(data)
	if n > 0 {
		s.mu.Lock()
		s.midLine = data[n-1] != '\n'
		s.mu.Unlock()
	}
	return n, err
}

func (s *stdin) end() {
	s.mu.Lock()
	first, midLine := !s.ended, s.midLine
	s.ended = true
	s.mu.Unlock()
	switch {
	case !first:
	case s.terminal:
		s.typeEndOfFile(midLine)
	default:
		s.file.Close()
	}
}

// typeEndOfFile types the terminal's end of file character: a terminal can't
// be closed for input only. In the middle of a line the first one only hands
// over that line.
func (s *stdin) typeEndOfFile(midLine bool) {
	endOfFile := byte(4)
	control(s.file, func(fd int) error {
		settings, err := unix.IoctlGetTermios(fd, unix.TCGETS)
		if err == nil {
			endOfFile = settings.Cc[unix.VEOF]
		}
		return err
	})
	keys := []byte{endOfFile}
	if midLine {
		keys = append(keys, endOfFile)
	}
	s.file.Write(keys)
}
