package contained

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"code.cloudfoundry.org/lager/v3"
	"github.com/concourse/concourse/worker/baggageclaim/api"
)

// refusal is why a request was refused. Upstream's API keeps the reason to itself.
type refusal struct{ reason error }

type refusalKey struct{}

// refuse logs why a request is refused, and has [Handler] tell its client. Its
// error is the one for upstream's API, which looks for a missing file's.
func refuse(ctx context.Context, logger lager.Logger, handle string, err error) error {
	logger.Info("refused", lager.Data{"error": err.Error()})
	isOurs := errors.Is(err, ErrLeadsOut) || errors.Is(err, ErrNotAFile)
	if noted, ok := ctx.Value(refusalKey{}).(*refusal); ok && isOurs {
		noted.reason = fmt.Errorf("volume %s: %w", handle, err)
	}
	return err
}

// Handler is upstream's API of a [Repository], whose errors say why a path was
// refused: status 422, in the form of the API's other errors.
func Handler(upstream http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		noted := &refusal{}
		upstream.ServeHTTP(&explaining{ResponseWriter: w, noted: noted}, r.WithContext(context.WithValue(r.Context(), refusalKey{}, noted)))
	})
}

// explaining answers with the reason of a refusal in place of upstream's error.
type explaining struct {
	http.ResponseWriter
	noted     *refusal
	explained bool
}

func (e *explaining) WriteHeader(status int) {
	if e.noted.reason == nil || status < http.StatusBadRequest {
		e.ResponseWriter.WriteHeader(status)
		return
	}
	e.explained = true
	api.RespondWithError(e.ResponseWriter, e.noted.reason, http.StatusUnprocessableEntity)
}

func (e *explaining) Write(p []byte) (int, error) {
	if e.explained {
		return len(p), nil // upstream's error
	}
	return e.ResponseWriter.Write(p)
}

// Flush sends what upstream writes while a long request goes on.
func (e *explaining) Flush() {
	if flusher, ok := e.ResponseWriter.(http.Flusher); ok {
		flusher.Flush()
	}
}

// Unwrap is for [http.ResponseController].
func (e *explaining) Unwrap() http.ResponseWriter { return e.ResponseWriter }
