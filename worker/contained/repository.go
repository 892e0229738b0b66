package contained

import (
	"context"
	"fmt"
	"io"
	"os"

	"code.cloudfoundry.org/lager/v3"
	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse/worker/baggageclaim"
	"github.com/concourse/concourse/worker/baggageclaim/uidgid"
	"github.com/concourse/concourse/worker/baggageclaim/volume"
	"golang.org/x/sync/semaphore"
)

// Repository is upstream's, with streams that stay inside their volumes.
type Repository struct {
	volume.Repository

	volumes   volume.Filesystem
	unpacking *semaphore.Weighted // of streams
}

// MaxUnpacking is how many streams are unpacked at a time. Each has a thread, of which
// the Go runtime allows 10,000 before it ends the process.
const MaxUnpacking = 1000

// NewRepository returns the repository of the volumes of a file system. It fails
// where tar is not GNU tar.
func NewRepository(volumes volume.Filesystem) (*Repository, error) {
	if err := requireGNUTar(); err != nil {
		return nil, err
	}
	keepOwners := uidgid.NoopNamespacer{}
	return &Repository{
		Repository: volume.NewRepository(volumes, volume.NewLockManager(), keepOwners, keepOwners),
		volumes:    volumes,
		unpacking:  semaphore.NewWeighted(MaxUnpacking),
	}, nil
}

// StreamIn unpacks an archive into a directory of a volume, which it makes. A
// limit of 0 is none. It returns true if the stream is at fault.
func (r *Repository) StreamIn(ctx context.Context, handle, path string, encoding baggageclaim.Encoding, limitInMB float64, stream io.Reader) (bool, error) {
	logger := session(ctx, "stream-in", handle, path)
	data, err := r.dataPath(handle)
	if err != nil {
		logger.Error("failed-to-find-volume", err)
		return false, err
	}
	local, err := destination(data, path)
	if err != nil {
		return false, refuse(ctx, logger, handle, err)
	}
	if err := r.unpacking.Acquire(ctx, 1); err != nil {
		return false, fmt.Errorf("wait until fewer than %d streams are unpacked: %w", MaxUnpacking, err)
	}
	defer r.unpacking.Release(1)
	limited := newLimitedStream(stream, limitInMB)
	isBad, err := unpack(ctx, data, local, encoding, limited)
	if limited.err != nil {
		return true, limited.err // which upstream's API compares
	}
	return isBad, err
}

// StreamOut writes a directory's content, or a single file, as an archive.
func (r *Repository) StreamOut(ctx context.Context, handle, path string, encoding baggageclaim.Encoding, dest io.Writer) error {
	source, err := r.source(ctx, "stream-out", handle, path)
	if err != nil {
		return err
	}
	defer source.Close()
	return pack(ctx, source, encoding, dest)
}

// StreamP2pOut sends a directory's content to another worker's Baggageclaim.
func (r *Repository) StreamP2pOut(ctx context.Context, handle, path string, encoding baggageclaim.Encoding, streamInURL string) error {
	source, err := r.source(ctx, "stream-p2p-out", handle, path)
	if err != nil {
		return err
	}
	defer source.Close()

	// The request's context ends the packing too, if the other worker gives up.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	reader, writer := io.Pipe()
	packed := make(chan struct{})
	go func() {
		defer close(packed)
		writer.CloseWithError(pack(ctx, source, encoding, writer))
	}()
	err = put(ctx, streamInURL, encoding, reader)
	cancel()
	reader.Close()
	<-packed
	return err
}

// source opens the file or directory that a task streams out. It logs why not.
func (r *Repository) source(ctx context.Context, task, handle, path string) (*os.File, error) {
	logger := session(ctx, task, handle, path)
	data, err := r.dataPath(handle)
	if err != nil {
		logger.Error("failed-to-find-volume", err)
		return nil, err
	}
	source, err := Open(data, path)
	if err != nil {
		return nil, refuse(ctx, logger, handle, err)
	}
	return source, nil
}

// dataPath is where the content of a volume is on the node.
func (r *Repository) dataPath(handle string) (string, error) {
	found, ok, err := r.volumes.LookupVolume(handle)
	if err != nil {
		return "", fmt.Errorf("look for volume %s: %w", handle, err)
	}
	if !ok {
		return "", volume.ErrVolumeDoesNotExist // which upstream's API compares
	}
	return found.DataPath(), nil
}

func session(ctx context.Context, task, handle, path string) lager.Logger {
	return lagerctx.FromContext(ctx).Session(task, lager.Data{"volume": handle, "sub-path": path})
}
