package volumeimage

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"code.cloudfoundry.org/lager/v3"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// repository is that of all images: their digests tell them apart, and volumes
// of the same content are the same image.
const repository = "volume"

// Images are those of a worker's volumes: the ones that [Images.Reference] was
// asked for, as long as their volumes are there.
type Images struct {
	volumesDir string
	registry   string
	limits     Limits
	logger     lager.Logger
	grace      time.Duration
	stall      time.Duration

	// A place in these is held by who reads a volume.
	readers struct{ making, serving chan struct{} }

	mu     sync.Mutex
	made   map[tree]*image
	making map[tree]*making
}

// New returns the images of the volumes that Baggageclaim keeps in a directory.
// The registry is the address, HOST:PORT, at which the node reaches the result
// as an HTTP handler.
func New(volumesDir, registry string, limits Limits, logger lager.Logger) *Images {
	i := &Images{
		volumesDir: volumesDir, registry: registry, limits: limits, logger: logger, grace: grace, stall: stall,
		made: map[tree]*image{}, making: map[tree]*making{},
	}
	i.readers.making = make(chan struct{}, makingAtOnce)
	i.readers.serving = make(chan struct{}, servingAtOnce)
	return i
}

// Reference is the reference, with a digest, by which the node pulls a directory
// of a volume as an image. The first call for a volume reads all of it. That goes
// on for a while when the context ends, so that a later call finds it done.
func (i *Images) Reference(ctx context.Context, directory string) (string, error) {
	asked, err := parseTree(i.volumesDir, directory)
	if err != nil {
		return "", fmt.Errorf("make an image of a volume: %w", err)
	}
	origin := asked.origin()
	i.forgetRemoved()
	m := i.join(origin)
	defer i.leave(origin, m)
	select {
	case <-m.done:
		if m.err != nil {
			return "", fmt.Errorf("make an image of volume %s (%s): %w", origin.handle(), origin, m.err)
		}
		return i.registry + "/" + repository + "@" + m.image.manifest.Digest.String(), nil
	case <-ctx.Done():
		return "", fmt.Errorf("make an image of volume %s (%s): not read to its end yet: %w", origin.handle(), origin, context.Cause(ctx))
	}
}

// make returns the tree's image, which it makes if there is none yet.
func (i *Images) make(ctx context.Context, of tree) (*image, error) {
	if known := i.find(func(made *image) bool { return made.tree == of }); known != nil {
		return known, nil
	}
	select {
	case i.readers.making <- struct{}{}:
		defer func() { <-i.readers.making }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait until fewer volumes are read: %w", context.Cause(ctx))
	}
	began := time.Now()
	made, err := newImage(ctx, of, i.limits)
	if err != nil {
		return nil, err
	}
	i.logger.Info("made-image", lager.Data{
		"volume": of.handle(), "digest": made.manifest.Digest.String(), "bytes": made.layer.Size, "took": time.Since(began).String(),
	})
	i.mu.Lock()
	defer i.mu.Unlock()
	i.made[of] = made
	return made, nil
}

// forgetRemoved drops the images of volumes that are gone.
func (i *Images) forgetRemoved() {
	i.mu.Lock()
	defer i.mu.Unlock()
	maps.DeleteFunc(i.made, func(of tree, _ *image) bool { return !of.exists() })
}

// forget drops an image whose volume has changed.
func (i *Images) forget(changed *image) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.made[changed.tree] == changed {
		delete(i.made, changed.tree)
	}
}

// find returns an image that is as wanted and whose volume is there, or nil.
func (i *Images) find(wanted func(*image) bool) *image {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, made := range i.made {
		if wanted(made) && made.tree.exists() {
			return made
		}
	}
	return nil
}

func (i *Images) manifest(digest string) *image {
	return i.find(func(made *image) bool { return is(made.manifest.Descriptor, digest) })
}

func (i *Images) blob(digest string) *image {
	return i.find(func(made *image) bool { return is(made.config.Descriptor, digest) || is(made.layer, digest) })
}

func is(described v1.Descriptor, digest string) bool { return described.Digest.String() == digest }
