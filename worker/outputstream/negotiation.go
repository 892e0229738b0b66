package outputstream

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/google/uuid"
)

const (
	idPrefix   = "acknowledged-"
	queryKey   = "output"
	queryValue = "acknowledged"
)

// NewID returns an ID for the streams of a process that says that the worker can
// send pieces.
func NewID() string {
	return idPrefix + uuid.NewString()
}

// CanSendPieces says whether the worker that gave a stream its ID can send pieces.
func CanSendPieces(id string) bool {
	return strings.HasPrefix(id, idPrefix)
}

// Query is that with which web asks for pieces.
func Query() url.Values {
	return url.Values{queryKey: {queryValue}}
}

// Wanted says whether a request for a stream asks for pieces.
func Wanted(r *http.Request) bool {
	return r.URL.Query().Get(queryKey) == queryValue
}
