package volumeimage_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"code.cloudfoundry.org/lager/v3"
	"code.cloudfoundry.org/lager/v3/lagertest"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/volumeimage"
)

func TestVolumeImage(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(10 * time.Second)
	RunSpecs(t, "Volume Image Suite")
}

// someTime is when files were written, so that they have it in common.
var someTime = time.Unix(981173106, 7)

// worker has volumes, and serves their images.
type worker struct {
	volumesDir string
	images     *volumeimage.Images
	log        *lagertest.TestLogger
	url        string
}

// plenty is more than any spec's volume takes, sparse files in full.
var plenty = volumeimage.Limits{Size: 1 << 60, Memory: 64 << 20}

func newWorker() *worker { return newWorkerWithin(plenty) }

func newWorkerWithin(limits volumeimage.Limits) *worker {
	GinkgoHelper()
	server := httptest.NewUnstartedServer(nil)
	w := &worker{
		volumesDir: GinkgoT().TempDir(),
		log:        lagertest.NewTestLogger("worker"),
		url:        "http://" + server.Listener.Addr().String(),
	}
	w.images = volumeimage.New(w.volumesDir, server.Listener.Addr().String(), limits, w.log)
	server.Config.Handler = w.images.Handler()
	server.Start()
	DeferCleanup(server.Close)
	return w
}

func (w *worker) volume(handle string) string {
	return filepath.Join(w.volumesDir, "live", handle)
}

// fill makes a volume with a root file system that holds some files, and
// returns the root file system.
func (w *worker) fill(handle string, files map[string]string) string {
	GinkgoHelper()
	rootfs := filepath.Join(w.volume(handle), "volume", "rootfs")
	Expect(os.MkdirAll(rootfs, 0o755)).To(Succeed())
	for file, content := range files {
		Expect(os.WriteFile(filepath.Join(rootfs, file), []byte(content), 0o644)).To(Succeed())
	}
	return rootfs
}

// copyOf makes a copy-on-write child of a volume, as Baggageclaim records it.
func (w *worker) copyOf(parent, handle string) string {
	GinkgoHelper()
	rootfs := w.fill(handle, nil)
	Expect(os.Symlink(w.volume(parent), filepath.Join(w.volume(handle), "parent"))).To(Succeed())
	return rootfs
}

func (w *worker) remove(handle string) {
	GinkgoHelper()
	Expect(os.RemoveAll(w.volume(handle))).To(Succeed())
}

func (w *worker) reference(rootfs string) string {
	GinkgoHelper()
	reference, err := w.images.Reference(context.Background(), rootfs)
	Expect(err).NotTo(HaveOccurred())
	return reference
}

// image asks for the manifest, as a node does.
func (w *worker) image(reference string) (v1.Image, error) {
	GinkgoHelper()
	parsed, err := name.NewDigest(reference)
	Expect(err).NotTo(HaveOccurred())
	return remote.Image(parsed)
}

// layer pulls an image and returns its only layer.
func (w *worker) layer(reference string) v1.Layer {
	GinkgoHelper()
	image, err := w.image(reference)
	Expect(err).NotTo(HaveOccurred())
	layers, err := image.Layers()
	Expect(err).NotTo(HaveOccurred())
	Expect(layers).To(HaveLen(1))
	return layers[0]
}

// logged counts the log's entries of that name.
func (w *worker) logged(name string) int {
	count := 0
	for _, entry := range w.log.Logs() {
		if strings.HasSuffix(entry.Message, name) {
			count++
		}
	}
	return count
}

func errorsOf(log *lagertest.TestLogger) []string {
	var found []string
	for _, entry := range log.Logs() {
		if entry.LogLevel == lager.ERROR {
			found = append(found, entry.Message+": "+entry.Data["error"].(string))
		}
	}
	return found
}
