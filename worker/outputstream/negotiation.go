package outputstream

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

const (
	idPrefix    = "acknowledged-"
	queryKey    = "output"
	queryAsking = "acknowledged"
)

// NewID returns an ID for the streams of a process that says that the worker can
// send pieces.
func NewID() string {
	return idPrefix + uuid.NewString()
}

// Offered says whether the ID of a stream is one of NewID's.
func Offered(id string) bool {
	return strings.HasPrefix(id, idPrefix)
}

// Asking is the query with which web asks for pieces.
func Asking() url.Values {
	return url.Values{queryKey: {queryAsking}}
}

// Asked says whether a request for a stream asks for pieces.
func Asked(r *http.Request) bool {
	return r.URL.Query().Get(queryKey) == queryAsking
}
