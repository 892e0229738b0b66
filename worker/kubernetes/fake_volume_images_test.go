package kubernetes_test

import (
	"context"
	"strings"
	"sync/atomic"
)

// fakeVolumeImages makes an image of any directory, unless it has an error or
// never comes to an end.
type fakeVolumeImages struct {
	asked   atomic.Int32
	err     error
	reading chan struct{}
}

func (f *fakeVolumeImages) Serves(reference string) bool {
	return strings.HasPrefix(reference, "127.0.0.1:7790/")
}

func (f *fakeVolumeImages) Reference(ctx context.Context, directory string) (string, error) {
	f.asked.Add(1)
	if f.reading != nil {
		close(f.reading)
		<-ctx.Done()
		return "", context.Cause(ctx)
	}
	return "127.0.0.1:7790/volume@sha256:of" + directory, f.err
}
