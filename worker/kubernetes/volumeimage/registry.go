package volumeimage

import (
	"errors"
	"net/http"
	"os"
	"strconv"
	"time"

	"code.cloudfoundry.org/lager/v3"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Handler serves the images as the read-only part of the OCI distribution API:
// by digest alone, and nothing that [Images.Reference] did not return.
func (i *Images) Handler() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /v2/{$}", func(http.ResponseWriter, *http.Request) {})
	routes.HandleFunc("GET /v2/"+repository+"/manifests/{digest}", i.serveManifest)
	routes.HandleFunc("GET /v2/"+repository+"/blobs/{digest}", i.serveBlob)
	routes.HandleFunc("/", http.NotFound)
	return routes
}

func (i *Images) serveManifest(w http.ResponseWriter, r *http.Request) {
	found := i.manifest(r.PathValue("digest"))
	if found == nil {
		i.refuse(w, r)
		return
	}
	serveDocument(w, r, found.manifest)
}

func (i *Images) serveBlob(w http.ResponseWriter, r *http.Request) {
	digest := r.PathValue("digest")
	found := i.blob(digest)
	switch {
	case found == nil:
		i.refuse(w, r)
	case is(found.config.Descriptor, digest):
		serveDocument(w, r, found.config)
	default:
		i.serveLayer(w, r, found)
	}
}

// refuse answers that there is no such image: its volume is gone, or the worker
// was restarted and nobody asked for it since.
func (i *Images) refuse(w http.ResponseWriter, r *http.Request) {
	i.logger.Info("no-such-image", lager.Data{"path": r.URL.Path})
	http.NotFound(w, r)
}

func serveDocument(w http.ResponseWriter, r *http.Request, document blob) {
	describe(w, document.Descriptor)
	if r.Method == http.MethodGet {
		w.Write(document.content) // a client that is gone needs no answer
	}
}

func (i *Images) serveLayer(w http.ResponseWriter, r *http.Request, from *image) {
	describe(w, from.layer)
	if r.Method != http.MethodGet {
		return
	}
	select {
	case i.readers.serving <- struct{}{}:
		defer func() { <-i.readers.serving }()
	case <-r.Context().Done():
		return
	}
	logger := i.logger.Session("serve-layer", lager.Data{"volume": from.tree.handle(), "digest": from.layer.Digest.String()})
	err := from.writeLayer(&unstalled{ResponseWriter: w, connection: http.NewResponseController(w), stall: i.stall}, i.limits)
	switch {
	case err == nil:
		logger.Info("served")
		return
	case errors.Is(err, os.ErrDeadlineExceeded):
		logger.Info("client-stalled", lager.Data{"error": err.Error()})
	case r.Context().Err() != nil:
		logger.Info("client-gone", lager.Data{"error": err.Error()})
	default:
		logger.Error("broken-off", err)
		i.forget(from)
	}
	panic(http.ErrAbortHandler) // the client must not take what it has for all
}

func describe(w http.ResponseWriter, document v1.Descriptor) {
	w.Header().Set("Content-Type", string(document.MediaType))
	w.Header().Set("Content-Length", strconv.FormatInt(document.Size, 10))
	w.Header().Set("Docker-Content-Digest", document.Digest.String())
}

// stall is how long a client may keep the worker waiting for it to take nothing of a
// layer, and leastRate, in bytes a second, how much it has to take of the rest. Few
// layers are served at a time, so one that only holds its place has to make room. The
// time that the worker takes to read is not counted.
const (
	stall     = time.Minute
	leastRate = 1 << 20
)

// unstalled fails a write that a client does not take in time.
type unstalled struct {
	http.ResponseWriter
	connection *http.ResponseController
	stall      time.Duration

	taken  int64
	waited time.Duration
}

func (u *unstalled) Write(p []byte) (int, error) {
	began := time.Now()
	allowed := u.stall + time.Duration(u.taken)*time.Second/leastRate
	if err := u.connection.SetWriteDeadline(began.Add(allowed - u.waited)); err != nil {
		return 0, err
	}
	n, err := u.ResponseWriter.Write(p)
	u.taken += int64(n)
	u.waited += time.Since(began)
	return n, err
}
