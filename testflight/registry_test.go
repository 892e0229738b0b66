package testflight_test

import (
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/registry"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// specRegistry is a registry of a spec's own, which counts what is downloaded.
type specRegistry struct {
	address string
	server  *http.Server

	mutex     sync.Mutex
	downloads map[string]int

	// held is locked while downloads wait.
	held sync.RWMutex
}

// serveRegistry starts an empty one that ends with its spec.
func serveRegistry() *specRegistry {
	GinkgoHelper()
	r := &specRegistry{address: runs.Cluster.SpecRegistry(), downloads: map[string]int{}}
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	r.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.Method == http.MethodGet && strings.Contains(request.URL.Path, "/blobs/") {
			r.count(request)
			r.held.RLock()
			defer r.held.RUnlock()
		}
		handler.ServeHTTP(w, request)
	})}

	listener, err := net.Listen("tcp", r.address)
	Expect(err).NotTo(HaveOccurred())
	go func() {
		defer GinkgoRecover()
		if err := r.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			Expect(err).NotTo(HaveOccurred())
		}
	}()
	DeferCleanup(r.stop)
	return r
}

func (r *specRegistry) stop() {
	GinkgoHelper()
	Expect(r.server.Close()).To(Succeed())
}

func (r *specRegistry) count(request *http.Request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.downloads[path.Base(request.URL.Path)]++
}

// hold has downloads wait until they are released, by the end of the spec at the
// latest.
func (r *specRegistry) hold() (release func()) {
	r.held.Lock()
	release = sync.OnceFunc(r.held.Unlock)
	DeferCleanup(release)
	return release
}

// downloaded returns how often each blob was downloaded, by its digest.
func (r *specRegistry) downloaded() map[string]int {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return maps.Clone(r.downloads)
}
